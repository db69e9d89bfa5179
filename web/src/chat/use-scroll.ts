import { useCallback, useEffect, useLayoutEffect, useRef, type RefObject } from "react";

/** Nearer than this to the end counts as the end; pixels. */
const END = 48;
/** Nearer than this to an end more is asked for; pixels. */
const NEAR = 800;

export interface ScrollParts {
  /** Whether the end of what is shown is the newest there is. */
  live: boolean;
  onNearStart: () => void;
  onNearEnd: () => void;
  /** Where the reader is; told after each move. */
  onPlace: (place: { atEnd: boolean; seen: string | null }) => void;
}
export interface Scroll {
  box: RefObject<HTMLDivElement | null>;
  inner: RefObject<HTMLDivElement | null>;
  toEnd: () => void;
  /** Brings a row into the middle and holds it there; false if it is not there. */
  show: (key: string, block?: "center" | "start") => boolean;
}

/**
 * Holds the reader's place in a list that grows at both ends: at the end, what comes is followed; elsewhere the row at the
 * top edge stays where it is, whatever is added or cut above and below. The browser's own anchoring is not in all of them.
 */
export function useScroll(parts: ScrollParts): Scroll {
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const anchor = useRef<{ key: string; top: number } | null>(null);
  const now = useRef(parts);
  useLayoutEffect(() => {
    now.current = parts;
  });

  const look = useCallback(() => {
    const element = box.current;
    if (element === null) return;
    const { scrollTop, clientHeight, scrollHeight } = element;
    const below = scrollHeight - scrollTop - clientHeight;
    pinned.current = below < END && now.current.live;
    anchor.current = null;
    let seen: string | null = null;
    // Only messages: the line of a day moves up when older ones of that day come.
    for (const row of element.querySelectorAll<HTMLElement>('[data-row^="m"]')) {
      const top = row.offsetTop;
      if (anchor.current === null && top + row.offsetHeight > scrollTop) anchor.current = { key: row.dataset["row"] ?? "", top: top - scrollTop };
      if (top >= scrollTop + clientHeight) break;
      if (top + row.offsetHeight <= scrollTop + clientHeight + END) seen = row.dataset["row"] ?? null;
    }
    now.current.onPlace({ atEnd: pinned.current, seen });
    if (scrollTop < NEAR) now.current.onNearStart();
    if (below < NEAR) now.current.onNearEnd();
  }, []);

  const settle = useCallback(() => {
    const element = box.current;
    if (element === null) return;
    if (pinned.current) element.scrollTop = element.scrollHeight;
    else if (anchor.current !== null) {
      const row = element.querySelector<HTMLElement>(`[data-row="${anchor.current.key}"]`);
      if (row !== null) {
        const by = row.offsetTop - element.scrollTop - anchor.current.top;
        if (Math.abs(by) >= 1) element.scrollTop += by;
      }
    }
    look();
  }, [look]);

  useLayoutEffect(settle);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watch = new ResizeObserver(settle);
    watch.observe(element);
    if (inner.current !== null) watch.observe(inner.current);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [look, settle]);

  const toEnd = useCallback(() => {
    pinned.current = true;
    settle();
  }, [settle]);
  const show = useCallback(
    (key: string, block: "center" | "start" = "center") => {
      const element = box.current;
      const row = element?.querySelector<HTMLElement>(`[data-row="${key}"]`);
      if (!element || !row) return false;
      pinned.current = false;
      const room = block === "center" ? (element.clientHeight - row.offsetHeight) / 2 : 24;
      element.scrollTop = row.offsetTop - Math.max(24, room);
      look();
      return true;
    },
    [look],
  );
  return { box, inner, toEnd, show };
}
