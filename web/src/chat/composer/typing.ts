import { useEffect, useMemo } from "react";
import { useTell } from "../../records/LiveRecords";
import { useHere } from "../context";

/** While somebody writes it is told again after this time. */
const REFRESH_MS = 4_000;
/** Typing is not told in conversations of more people. */
export const MOST_PEOPLE = 50;

/** Tells the others that the caller is writing, and that they have stopped. */
export function useTypingSignal(enabled: boolean): { start: () => void; stop: () => void } {
  const tell = useTell();
  const { conversation } = useHere();
  const { id } = conversation;
  const tells = enabled && conversation.people <= MOST_PEOPLE;
  const signal = useMemo(() => {
    let told = 0;
    return {
      start: () => {
        const now = Date.now();
        if (!tells || now - told < REFRESH_MS) return;
        told = now;
        tell("chat.typing", { conversation: id, typing: true });
      },
      stop: () => {
        if (told === 0) return;
        told = 0;
        tell("chat.typing", { conversation: id, typing: false });
      },
    };
  }, [tell, id, tells]);
  useEffect(() => () => signal.stop(), [signal]);
  return signal;
}
