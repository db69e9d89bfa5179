import { useEffect, useRef, useState } from "react";
import type { Phase } from "../api/types";

const KEY = "schoolbell.muted";
/** Quiet enough to stay under a talking teacher. */
const VOLUME = 0.06;
const TICK_FROM_S = 5;

let context: AudioContext | null = null;

/** One soft tone: `frequency` in Hz, `start` and `length` in seconds from now. */
function tone(frequency: number, start: number, length: number): void {
  // Browsers allow sound only after the first press on the page; until then there is silence.
  if (typeof AudioContext === "undefined" || !navigator.userActivation?.hasBeenActive) return;
  context ??= new AudioContext();
  const at = context.currentTime + start;
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.type = "sine";
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(VOLUME, at);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + length);
}

function tick(): void {
  tone(880, 0, 0.06);
}

function chime(notes: number[]): void {
  notes.forEach((note, index) => tone(note, index * 0.13, 0.7));
}

const chimes: Partial<Record<Phase, number[]>> = {
  open: [659, 880],
  reveal: [587, 740, 880],
  podium: [523, 659, 784, 1047],
};

/** The host's sounds: a tick in the last five seconds, a chime when something opens. Remembers whether it is muted. */
export function useSound(phase: Phase | null, secondsLeft: number | null): { muted: boolean; toggle: () => void } {
  const [muted, setMuted] = useState(() => localStorage.getItem(KEY) === "yes");
  const before = useRef(phase);

  useEffect(() => {
    const changed = before.current !== phase;
    before.current = phase;
    const notes = phase === null ? undefined : chimes[phase];
    if (changed && notes && !muted) chime(notes);
  }, [phase, muted]);

  useEffect(() => {
    if (!muted && phase === "open" && secondsLeft !== null && secondsLeft > 0 && secondsLeft <= TICK_FROM_S) tick();
  }, [secondsLeft, phase, muted]);

  function toggle(): void {
    setMuted((now) => {
      localStorage.setItem(KEY, now ? "no" : "yes");
      return !now;
    });
  }
  return { muted, toggle };
}
