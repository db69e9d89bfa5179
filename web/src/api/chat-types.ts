import type { ClassId, PersonId, Role } from "./types";

/** Shapes of chat, mirroring the gateway's (`/api/v1/conversations`). Times are server milliseconds. */

export type ConversationId = string & { readonly __id: "conversation" };
export type MessageId = string & { readonly __id: "message" };

export type ConversationKind = "direct" | "group" | "class";
/** Who may write in a class's chat: all; students without replies to others; all, but not often; staff. */
export type ChatMode = "open" | "questions" | "slow" | "quiz_quiet" | "locked";

export interface ChatPerson {
  id: PersonId;
  name: string;
  role: Role;
}
/** What the caller may do there, in whatever mode it is. */
export interface May {
  /** False where the caller has finished the class. */
  send: boolean;
  /** Name, mode and people. */
  manage: boolean;
  /** Take away what others wrote; modes do not bind them. */
  moderate: boolean;
}
export interface Conversation {
  id: ConversationId;
  kind: ConversationKind;
  class: ClassId | null;
  title: string | null;
  mode: ChatMode;
  slow_s: number;
  last_seq: number;
  version: number;
  people: number;
  created_at: number;
  may: May;
  /** The other one of a direct conversation. */
  with: ChatPerson | null;
  /** How far the caller has read, and what is behind that. */
  read_seq: number;
  unread: number;
  /** How many of those name the caller. */
  mentions: number;
  /** Until then the caller wants to hear of mentions only. */
  muted_until: number | null;
  last: LastMessage | null;
}
export interface LastMessage {
  seq: number;
  sender: ChatPerson;
  /** Its beginning. */
  body: string;
  state: MessageState;
  sent_at: number;
}
export interface Unread {
  conversations: number;
  messages: number;
  mentions: number;
}

export type MessageState = "sent" | "deleted";
export interface Reaction {
  emoji: string;
  count: number;
  /** Whether the caller is among them; only in what the caller asked for. */
  mine?: boolean;
}
export interface Message {
  conversation: ConversationId;
  seq: number;
  id: MessageId;
  version: number;
  sender: ChatPerson;
  body: string;
  state: MessageState;
  sent_at: number;
  edited_at: number | null;
  /** The message that this one answers in its thread. */
  thread: number | null;
  /** The message that this one quotes. */
  reply_to: number | null;
  replies: number;
  last_reply_seq: number | null;
  mentions: PersonId[];
  everyone: boolean;
  reactions: Reaction[];
  pinned: boolean;
  /** Only to its sender. */
  nonce?: string;
}
export interface NewMessage {
  nonce: string;
  body: string;
  thread?: number;
  reply_to?: number;
  mentions?: PersonId[];
  everyone?: boolean;
}
export interface MessageEdit {
  version: number;
  body: string;
  edited_at: number;
}
export interface Readers {
  read: number;
  delivered: number;
  of: number;
}
/** How far the caller has come. */
export interface ReadMarks {
  read_seq: number;
  mentions: number;
  last_seq: number;
}
export interface Member extends ChatPerson {
  owner?: boolean;
}
export interface Fragment {
  text: string;
  match: boolean;
}
export interface FoundMessage {
  message: Message;
  fragments: Fragment[];
}
export interface Found {
  items: FoundMessage[];
  /** Where to go on; null at the beginning of the conversation. */
  searched_to: number | null;
}

/** What `chat:<conversation>` tells. */
export type ChatEvent =
  | { type: "message"; message: Message }
  | { type: "reactions"; seq: number; reactions: Reaction[]; version: number }
  | { type: "conversation"; conversation: Pick<Conversation, "id" | "title" | "mode" | "slow_s" | "version"> }
  | { type: "members" };
/** What `chat-signals:<conversation>` tells; nothing of it is kept. */
export type ChatSignal = { type: "typing"; person: PersonId; until_ms: number } | { type: "read"; person: PersonId; seq: number } | { type: "delivered"; person: PersonId; seq: number };
/** What a person's own channel tells about chat. */
export interface ChatNote {
  type: "chat";
  conversation: ConversationId;
  what: "opened" | "removed" | "mention" | "message";
  seq: number;
}
