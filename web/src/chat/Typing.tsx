import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { ChatSignal } from "../api/chat-types";
import type { PersonId } from "../api/types";
import { useEars } from "../records/LiveRecords";
import { t } from "../words/words";
import { useHere } from "./context";
import { chatKeys } from "./queries";
import styles from "./room.module.css";

/** A sign of writing counts so long, by this device's clock: the server's may differ. */
const SHOWN_MS = 6_000;
/** Signs of reading that come within this time are one reason to look. */
const GATHER_MS = 1_000;

/** Who is writing at the moment. It keeps its place, so that nothing moves when somebody begins. */
export function Typing() {
  const { conversation, me, names, room } = useHere();
  const [writing, setWriting] = useState<ReadonlyMap<PersonId, number>>(new Map());
  const queries = useQueryClient();
  const timer = useRef(0);
  const furthest = useRef(-Infinity);
  useEars(`chat-signals:${conversation.id}`, {
    onNote: (data) => {
      const signal = data as ChatSignal;
      if (signal.type === "typing" && signal.person !== me) {
        // Who stops is told as writing until now. The clocks differ by what the furthest sign was ahead.
        const ahead = signal.until_ms - Date.now();
        furthest.current = Math.max(furthest.current, ahead);
        const stops = ahead < furthest.current - SHOWN_MS / 2;
        setWriting((before) => (stops ? without(before, signal.person) : new Map(before).set(signal.person, Date.now() + SHOWN_MS)));
      } else if (signal.type === "read" && timer.current === 0) {
        timer.current = window.setTimeout(() => {
          timer.current = 0;
          void queries.invalidateQueries({ queryKey: [...chatKeys.conversation(conversation.id), "readers"] });
        }, GATHER_MS);
      }
    },
  });
  useEffect(() => () => window.clearTimeout(timer.current), []);
  useEffect(() => {
    if (writing.size === 0) return;
    const next = Math.min(...writing.values());
    const wait = window.setTimeout(() => setWriting((before) => new Map([...before].filter(([, until]) => until > Date.now()))), Math.max(50, next - Date.now() + 20));
    return () => window.clearTimeout(wait);
  }, [writing]);
  // Who has sent their message is not writing it any more.
  useEffect(
    () =>
      room.overhear((messages) => {
        const senders = new Set(messages.map(({ sender }) => sender.id));
        setWriting((before) => ([...before.keys()].some((person) => senders.has(person)) ? new Map([...before].filter(([person]) => !senders.has(person))) : before));
      }),
    [room],
  );
  const known = [...writing.keys()].flatMap((person) => names.get(person) ?? []);
  const [name, other] = known;
  const text = name === undefined ? "" : other === undefined ? t("chat.typing.one", { name }) : known.length === 2 ? t("chat.typing.two", { name, other }) : t("chat.typing.many");
  return (
    <p className={styles.typing} aria-live="off">
      {text}
    </p>
  );
}

function without(before: ReadonlyMap<PersonId, number>, person: PersonId): ReadonlyMap<PersonId, number> {
  const after = new Map(before);
  after.delete(person);
  return after;
}
