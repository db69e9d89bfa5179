import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { ChatEvent, Conversation } from "../api/chat-types";
import type { PersonId } from "../api/types";
import { useEars, useLinkState } from "../records/LiveRecords";
import { conversationCalls, messageCalls } from "./calls";
import { onSent } from "./outbox";
import { chatKeys, patchConversation } from "./queries";
import { Room } from "./room";

/** With more unread messages than these the reader begins at the first of them, not at the end. */
const MANY = 40;

/** Opens a conversation's messages and keeps them fresh; null for a moment, until it is there. */
export function useRoom(conversation: Conversation, at: number | null): Room | null {
  const { id } = conversation;
  const queries = useQueryClient();
  const [room, setRoom] = useState<Room | null>(null);
  const start = useRef(at ?? (conversation.unread > MANY ? conversation.read_seq : null));
  const state = useLinkState();
  useEffect(() => {
    const opened = new Room({
      page: (span) => messageCalls.page(id, span),
      later: (run, ms) => {
        const timer = window.setTimeout(run, ms);
        return () => window.clearTimeout(timer);
      },
    });
    void opened.open(start.current);
    setRoom(opened);
    const stop = onSent((message) => {
      if (message.conversation === id) opened.take([message]);
    });
    const back = (): void => opened.wake();
    window.addEventListener("online", back);
    return () => {
      window.removeEventListener("online", back);
      stop();
      opened.close();
    };
  }, [id]);
  useEffect(() => {
    if (state === "online") room?.wake();
  }, [state, room]);
  useEars(`chat:${id}`, {
    onNote: (data) => {
      const event = data as ChatEvent;
      room?.hear(event);
      if (event.type === "conversation") patchConversation(queries, id, (kept) => (event.conversation.version > kept.version ? { ...kept, ...event.conversation } : kept));
      else if (event.type === "members") void queries.invalidateQueries({ queryKey: chatKeys.conversation(id) });
      else if (event.type === "message") {
        const { message } = event;
        patchConversation(queries, id, (kept) =>
          message.seq < kept.last_seq ? kept : { ...kept, last_seq: message.seq, last: { seq: message.seq, sender: message.sender, body: message.body.slice(0, 200), state: message.state, sent_at: message.sent_at } },
        );
        if (message.pinned) void queries.invalidateQueries({ queryKey: chatKeys.pins(id) });
      }
    },
    onJoined: () => room?.joined(),
    onRefused: () => void queries.invalidateQueries({ queryKey: chatKeys.conversation(id), exact: true }),
  });
  return room;
}

/** What is read is told after this time, so that a quick scroll is one call. */
const READ_MS = 600;

/** Tells the server how far the caller has read: what was on a screen that is looked at. */
export function useReading(conversation: Conversation): (seq: number) => void {
  const { id } = conversation;
  const queries = useQueryClient();
  const told = useRef(conversation.read_seq);
  const seen = useRef(0);
  const timer = useRef(0);
  const tell = useRef(() => undefined as void);
  useEffect(() => {
    tell.current = () => {
      timer.current = 0;
      const seq = seen.current;
      if (seq <= told.current || document.visibilityState !== "visible") return;
      const before = told.current;
      told.current = seq;
      conversationCalls.read(id, seq).then(
        (marks) => {
          patchConversation(queries, id, (kept) => ({ ...kept, read_seq: Math.max(kept.read_seq, marks.read_seq), unread: Math.max(0, marks.last_seq - marks.read_seq), mentions: marks.mentions }));
          void queries.invalidateQueries({ queryKey: chatKeys.unread });
        },
        () => {
          // Told again with what is seen next.
          told.current = before;
        },
      );
    };
    const look = (): void => tell.current();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      window.clearTimeout(timer.current);
      timer.current = 0;
      tell.current();
    };
  }, [id, queries]);
  return (seq) => {
    if (seq <= seen.current) return;
    seen.current = seq;
    if (timer.current === 0) timer.current = window.setTimeout(() => tell.current(), READ_MS);
  };
}

/** The newest message that others wrote, for those who hear the page: what comes, not what is scrolled to. */
export function useAnnounced(room: Room | null, me: PersonId): { name: string; body: string } | null {
  const [newest, setNewest] = useState<{ name: string; body: string } | null>(null);
  useEffect(() => {
    if (room === null) return;
    let known = -1;
    return room.listen(() => {
      const { state, timeline } = room.look();
      if (state !== "ready") return;
      const last = timeline.entries[timeline.entries.length - 1];
      if (known >= 0 && last !== undefined && timeline.live && last.seq > known && last.sender.id !== me && last.state === "sent") setNewest({ name: last.sender.name, body: last.body.slice(0, 300) });
      known = Math.max(known, timeline.last);
    });
  }, [room, me]);
  return newest;
}
