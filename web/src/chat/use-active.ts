import { useState } from "react";

export interface Active {
  /** Whether the pointer or the focus is on a message: its actions are in reach then. */
  isActive: (seq: number) => boolean;
  onFocus: (event: { target: EventTarget }) => void;
  onMouseOver: (event: { target: EventTarget }) => void;
}

/** Which messages of a list have the pointer and the focus; they may be two. */
export function useActive(): Active {
  const [pointed, setPointed] = useState<number | null>(null);
  const [focused, setFocused] = useState<number | null>(null);
  return {
    isActive: (seq) => seq === pointed || seq === focused,
    onFocus: (event) => setFocused((before) => rowOf(event.target) ?? before),
    onMouseOver: (event) => setPointed((before) => rowOf(event.target) ?? before),
  };
}

function rowOf(target: EventTarget): number | null {
  const row = target instanceof Element ? target.closest("[role=article]") : null;
  const seq = /^m(\d+)$/.exec(row?.getAttribute("data-row") ?? "")?.[1];
  return seq === undefined ? null : Number(seq);
}
