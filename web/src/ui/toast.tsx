import { useSyncExternalStore } from "react";
import { t } from "../words/words";
import { Button, IconButton } from "./Button";
import { Icon } from "./Icon";
import styles from "./ui.module.css";

export interface Toast {
  text: string;
  tone?: "plain" | "bad";
  /** Offers to undo or to go somewhere. */
  action?: { label: string; onPress: () => void };
}

interface Shown extends Toast {
  id: number;
}

const PLAIN_MS = 5_000;
// Undo needs time to be noticed and reached by keyboard.
const ACTION_MS = 10_000;
const MOST = 3;

let shown: Shown[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: Shown[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

function dismiss(id: number): void {
  set(shown.filter((toast) => toast.id !== id));
}

/** Shows a short message at the bottom; it goes by itself and is read by screen readers. */
export function toast(message: Toast): void {
  lastId += 1;
  const id = lastId;
  set([...shown, { ...message, id }].slice(-MOST));
  window.setTimeout(() => dismiss(id), message.action ? ACTION_MS : PLAIN_MS);
}

/** Where toasts appear; once per app. */
export function Toasts() {
  const toasts = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
  return (
    // The attribute of React Aria: an open dialog neither hides this from screen readers nor closes by a press on it.
    <section className={styles.toasts} aria-label={t("app.notifications")} aria-live="polite" data-react-aria-top-layer="true">
      {toasts.map(({ id, text, tone = "plain", action }) => (
        <div key={id} className={styles.toast} data-tone={tone}>
          <span>{text}</span>
          {action && (
            <Button
              tone="quiet"
              onPress={() => {
                dismiss(id);
                action.onPress();
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton label={t("app.dismiss")} onPress={() => dismiss(id)}>
            <Icon name="close" />
          </IconButton>
        </div>
      ))}
    </section>
  );
}
