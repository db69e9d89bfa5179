import { useEffect, useRef, type RefObject } from "react";

/** Moves the focus to the returned element's place whenever `key` changes, so that the new screen is read from its heading. */
export function useFocusOn<E extends HTMLElement>(key: unknown): RefObject<E | null> {
  const target = useRef<E>(null);
  useEffect(() => {
    // A dialog on top keeps the focus: the host may be renaming somebody while the question opens.
    // The host's controls keep it too: one button does every next step.
    const busy = document.querySelector('[role="dialog"]') !== null || document.activeElement?.closest("[data-controls]") != null;
    if (!busy) target.current?.focus({ preventScroll: true });
  }, [key]);
  return target;
}
