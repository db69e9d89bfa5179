import { useEffect, useRef } from "react";

export interface Shortcuts {
  save: () => void;
  undo: () => void;
  redo: () => void;
}

/** Ctrl or cmd with S, Z, shift+Z or Y. They replace the browser's own undo, which knows nothing of moves and deletions. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector('[role="dialog"]')) return;
      const key = event.key.toLowerCase();
      const action = key === "s" ? "save" : key === "y" ? "redo" : key === "z" ? (event.shiftKey ? "redo" : "undo") : null;
      if (action === null) return;
      event.preventDefault();
      latest.current[action]();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
