import { createContext, useContext } from "react";
import type { Conversation } from "../api/chat-types";
import type { PersonId } from "../api/types";
import type { MessageActions } from "./use-actions";
import type { Room } from "./room";
import type { Entry } from "./timeline";

/** What all parts of an open conversation share. */
export interface Here {
  conversation: Conversation;
  me: PersonId;
  /** Whether the caller teaches; in a class's chat modes do not bind them. */
  staff: boolean;
  room: Room;
  /** Names of those who have written or are in the conversation, by person. */
  names: ReadonlyMap<PersonId, string>;
  actions: MessageActions;
  /** The message that is being edited. */
  editing: number | null;
  onEdit: (seq: number | null) => void;
  /** Shows the thread of a message; null closes it. */
  onThread: (root: number | null) => void;
  /** Shows a message where it stands. */
  onShow: (seq: number) => void;
}

export const HereContext = createContext<Here | null>(null);

export function useHere(): Here {
  const here = useContext(HereContext);
  if (here === null) throw new Error("only within an open conversation");
  return here;
}

/** Whether the caller's message may be changed: for a day, as the server has it. */
const EDIT_MS = 24 * 3_600_000;

export const mayEdit = (here: Here, entry: Entry): boolean => entry.state === "sent" && entry.sender.id === here.me && here.conversation.may.send && Date.now() - entry.sent_at < EDIT_MS;
export const mayDelete = (here: Here, entry: Entry): boolean => entry.state === "sent" && (entry.sender.id === here.me || here.conversation.may.moderate);
export const mayPin = ({ conversation }: Here): boolean => conversation.may.moderate || (conversation.kind === "direct" && conversation.may.send);
