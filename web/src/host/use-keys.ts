import { useEffect } from "react";

/** Runs `actions` by key (`event.key`, letters in lower case) wherever the focus is, except while somebody types or a dialog is open. */
export function useKeys(actions: Record<string, () => void>): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest('input, textarea, select, [role="dialog"], [role="menu"], [role="listbox"]')) return;
      // Space on a focused button presses that button.
      if (event.key === " " && target?.closest("button, a, [role='button']")) return;
      const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!action) return;
      event.preventDefault();
      action();
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [actions]);
}
