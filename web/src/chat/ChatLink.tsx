import "../words/more/chat";
import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import { useSession } from "../api/session";
import type { ConversationId } from "../api/chat-types";
import type { PersonId } from "../api/types";
import { useEars, useTell } from "../records/LiveRecords";
import { t } from "../words/words";
import { useQueue } from "./outbox";
import { chatKeys, isChatNote, useUnread } from "./queries";
import styles from "./badge.module.css";

/** Notes that come within this time are one reason to look. */
const GATHER_MS = 250;

/** The way to the chat, with what is unread there. It also sends what waits, whichever page is open. */
export function ChatLink({ className }: { className: string }) {
  const session = useSession();
  const [path] = useLocation();
  const unread = useUnread(session !== null).data;
  useChatNotes();
  useQueue(session?.me.id ?? ("" as PersonId));
  const messages = unread?.messages ?? 0;
  const mentions = unread?.mentions ?? 0;
  return (
    <Link href="/chat" className={className} aria-current={path.startsWith("/chat") ? "page" : undefined}>
      {t("chat.title")}
      {messages + mentions > 0 && <Badge n={Math.max(messages, mentions)} strong={mentions > 0} />}
      {messages > 0 && <span className="visually-hidden">{t("chat.list.unread", { n: messages })}</span>}
    </Link>
  );
}

/** A number of unread messages, for the eye. */
export function Badge({ n, strong = false }: { n: number; strong?: boolean }) {
  return (
    <span className={styles.badge} data-strong={strong ? "" : undefined} aria-hidden="true">
      {n > 99 ? "99+" : n}
    </span>
  );
}

/** Looks again when the person's own channel says so. */
function useChatNotes(): void {
  const queries = useQueryClient();
  const stale = useRef<QueryKey[]>([]);
  const timer = useRef(0);
  const tell = useTell();
  const arrived = useRef(new Map<ConversationId, number>());
  const look = (...keys: QueryKey[]): void => {
    stale.current.push(...keys);
    if (timer.current !== 0) return;
    timer.current = window.setTimeout(() => {
      timer.current = 0;
      // Its writer is told that it has reached a device.
      for (const [conversation, seq] of arrived.current) tell("chat.delivered", { conversation, seq });
      arrived.current.clear();
      for (const queryKey of new Map(stale.current.splice(0).map((key) => [JSON.stringify(key), key])).values()) void queries.invalidateQueries({ queryKey });
    }, GATHER_MS);
  };
  useEffect(() => () => window.clearTimeout(timer.current), []);
  useEars(null, {
    onNote: (note) => {
      if (!isChatNote(note)) return;
      if (note.what === "message" || note.what === "mention") arrived.current.set(note.conversation, note.seq);
      look(chatKeys.list, chatKeys.unread);
      if (note.what === "removed" || note.what === "opened") look(chatKeys.conversation(note.conversation), chatKeys.ofClass);
    },
    onJoined: () => look(chatKeys.list, chatKeys.unread),
  });
}
