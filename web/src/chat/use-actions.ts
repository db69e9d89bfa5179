import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { ConversationId, Message } from "../api/chat-types";
import { toast } from "../ui/toast";
import { t } from "../words/words";
import { messageCalls } from "./calls";
import { chatKeys } from "./queries";
import { refusalText } from "./refusals";
import type { Room } from "./room";
import type { Entry } from "./timeline";

export interface MessageActions {
  /** Messages whose deletion can still be taken back. */
  deleting: ReadonlySet<number>;
  react: (entry: Entry, emoji: string) => void;
  /** Resolves to whether it was taken; the words of a refusal are shown. */
  edit: (entry: Entry, body: string) => Promise<boolean>;
  remove: (entry: Entry) => void;
  restore: (seq: number) => void;
  pin: (entry: Entry) => void;
}

/** How long a deletion can be taken back. */
const REGRET_MS = 8_000;

/** What can be done to a message; what comes of it is shown at once. */
export function useActions(id: ConversationId, room: Room): MessageActions {
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState<ReadonlySet<number>>(new Set());
  const timers = useRef(new Map<number, number>());

  const acts = useMemo(() => {
    const shown = async (call: Promise<Message>): Promise<boolean> => {
      try {
        room.take([await call]);
        return true;
      } catch (error) {
        toast({ text: refusalText(error), tone: "bad" });
        return false;
      }
    };
    const forget = (seq: number): void => {
      window.clearTimeout(timers.current.get(seq));
      timers.current.delete(seq);
      setDeleting(new Set(timers.current.keys()));
    };
    const edit = async (entry: Entry, body: string, undoes: boolean): Promise<boolean> => {
      const done = await shown(messageCalls.edit(id, entry.seq, body));
      if (done && undoes) toast({ text: t("chat.message.changed"), action: { label: t("app.undo"), onPress: () => void edit(entry, entry.body, false) } });
      return done;
    };
    return {
      react: (entry: Entry, emoji: string) => {
        const mine = entry.reactions.find((one) => one.emoji === emoji)?.mine ?? false;
        void shown(messageCalls.react(id, entry.seq, emoji, !mine));
      },
      edit: (entry: Entry, body: string) => edit(entry, body, true),
      remove: ({ seq }: Entry) => {
        const timer = window.setTimeout(() => {
          void shown(messageCalls.delete(id, seq)).finally(() => forget(seq));
        }, REGRET_MS);
        timers.current.set(seq, timer);
        setDeleting(new Set(timers.current.keys()));
      },
      restore: forget,
      pin: (entry: Entry) => {
        void shown(messageCalls.pin(id, entry.seq, !entry.pinned)).then((done) => {
          if (!done) return;
          toast({ text: t(entry.pinned ? "chat.message.unpinned.toast" : "chat.message.pinned.toast") });
          void queries.invalidateQueries({ queryKey: chatKeys.pins(id) });
        });
      },
    };
  }, [id, room, queries]);

  useEffect(() => {
    const waiting = timers.current;
    // Who leaves has decided: what was deleted goes now.
    const leave = (): void => {
      for (const [seq, timer] of waiting) {
        window.clearTimeout(timer);
        void messageCalls.delete(id, seq, true).catch(() => undefined);
      }
      waiting.clear();
    };
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, [id]);

  return useMemo(() => ({ ...acts, deleting }), [acts, deleting]);
}
