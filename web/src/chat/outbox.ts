import { useEffect, useSyncExternalStore } from "react";
import type { Message } from "../api/chat-types";
import { ApiError } from "../api/client";
import { currentSession } from "../api/session";
import type { PersonId } from "../api/types";
import { useLinkState } from "../records/LiveRecords";
import { messageCalls } from "./calls";
import { SendQueue } from "./send-queue";

const ears = new Set<(message: Message) => void>();
let open: { person: PersonId; queue: SendQueue } | null = null;

/** The queue of the person at this device; one for all pages, so that a change of page loses no order. */
export function queueOf(person: PersonId): SendQueue {
  if (open?.person === person) return open.queue;
  const queue = new SendQueue({
    person,
    shelf: localStorage,
    send: (conversation, message) => {
      // Somebody else may have signed in meanwhile; what waits is for when its writer is back.
      if (currentSession()?.me.id !== person) return Promise.reject(new ApiError(401, "unauthorized", ""));
      return messageCalls.send(conversation, message);
    },
    later: (run, ms) => window.setTimeout(run, ms),
    onSent: (message) => {
      for (const ear of ears) ear(message);
    },
  });
  open = { person, queue };
  return queue;
}

/** Hears of each own message that the server has taken. */
export function onSent(ear: (message: Message) => void): () => void {
  ears.add(ear);
  return () => ears.delete(ear);
}

/** The queue, following its changes; what waits goes out when the connection is back. */
export function useQueue(person: PersonId): { queue: SendQueue; waiting: ReturnType<SendQueue["waiting"]> } {
  const queue = queueOf(person);
  const state = useLinkState();
  useEffect(() => {
    if (state === "online") queue.retry();
  }, [state, queue]);
  useEffect(() => {
    const back = (): void => queue.retry();
    window.addEventListener("online", back);
    return () => window.removeEventListener("online", back);
  }, [queue]);
  return { queue, waiting: useSyncExternalStore(queue.listen, queue.waiting) };
}
