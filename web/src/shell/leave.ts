import { useEffect, useRef, useSyncExternalStore } from "react";
import { navigate } from "wouter/use-browser-location";

/** What was about to happen when unsaved work stopped it; null if nothing waits. */
let waiting: (() => void) | null = null;
let guards = 0;
const listeners = new Set<() => void>();

function setWaiting(next: (() => void) | null): void {
  waiting = next;
  for (const listener of listeners) listener();
}

/** Does `go`, or asks first if there is unsaved work. */
export function leaveTo(go: () => void): void {
  if (guards > 0) setWaiting(go);
  else go();
}

/** Whether something on this page is not saved yet. */
export function hasUnsavedWork(): boolean {
  return guards > 0;
}

export interface Leaving {
  /** Whether somebody is about to leave and has to be asked. */
  asked: boolean;
  stay: () => void;
  go: () => void;
}

/**
 * Guards unsaved work while `dirty`: links, the back button, closing the tab. The caller shows the question.
 * The back button is caught by one additional entry of the history, which is stepped over once the work is saved.
 */
export function useLeaveGuard(dirty: boolean): Leaving {
  const pending = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => waiting,
  );
  const now = useRef(dirty);
  useEffect(() => {
    now.current = dirty;
    if (!dirty) return;
    guards += 1;
    if (!isGuard()) history.pushState({ guard: true }, "");
    window.addEventListener("beforeunload", stopUnload);
    document.addEventListener("click", stopLink, true);
    return () => {
      guards = Math.max(0, guards - 1);
      window.removeEventListener("beforeunload", stopUnload);
      document.removeEventListener("click", stopLink, true);
    };
  }, [dirty]);
  useEffect(() => {
    let guarded = isGuard();
    const note = (): void => {
      guarded = isGuard();
    };
    const back = (): void => {
      if (now.current) {
        // The entry on top is gone: put it back, and leave for good only when told to, which lifts the guards.
        if (guards > 0) {
          history.pushState({ guard: true }, "");
          setWaiting(() => history.go(-2));
        }
      } else if (guarded && !isGuard()) {
        // Only the guard's own entry was left: the person meant the page before.
        history.back();
      }
      note();
    };
    window.addEventListener("popstate", back);
    window.addEventListener("pushState", note);
    return () => {
      window.removeEventListener("popstate", back);
      window.removeEventListener("pushState", note);
    };
  }, []);
  // From the render that asked: a dialog may close, and so take back the question, before it tells the answer.
  const go = (): void => {
    guards = 0;
    setWaiting(null);
    pending?.();
  };
  return { asked: pending !== null, stay: () => setWaiting(null), go };
}

function stopUnload(event: BeforeUnloadEvent): void {
  if (guards > 0) event.preventDefault();
}

/** Whether the top of the history is the entry that catches the back button. */
function isGuard(): boolean {
  return (history.state as { guard?: boolean } | null)?.guard === true;
}

function stopLink(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || link.target === "_blank" || link.hasAttribute("download")) return;
  if (link.origin !== location.origin || link.pathname === location.pathname) return;
  event.preventDefault();
  event.stopPropagation();
  const { pathname, search } = link;
  setWaiting(() => navigate(pathname + search));
}
