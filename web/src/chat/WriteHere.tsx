import { useEffect, useState, useSyncExternalStore } from "react";
import type { ApiError } from "../api/client";
import { Icon } from "../ui/Icon";
import { t, type Key } from "../words/words";
import { useHere, type Here } from "./context";
import { Composer, type ComposerProps } from "./composer/Composer";
import { nameOf } from "./names";
import { onSent } from "./outbox";
import styles from "./composer.module.css";

type WriteHereProps = Omit<ComposerProps, "label" | "wait"> & {
  /** Who began the thread, if it is one. */
  root?: { id: string } | undefined;
  /** What the server said to the newest message that it refused. */
  refused?: ApiError | undefined;
};

/** The composer, or why there is none. */
export function WriteHere({ root, refused, ...rest }: WriteHereProps) {
  const here = useHere();
  const wait = useSlowWait(here, refused);
  const closed = whyClosed(here, rest.thread !== null, root?.id);
  if (closed !== null) {
    return (
      <p className={styles.closed} role="status">
        <Icon name="lock" size={16} /> {t(closed)}
      </p>
    );
  }
  const { conversation } = here;
  const label = rest.thread !== null ? t("chat.write.thread") : t("chat.write.to", { name: nameOf(conversation) });
  return (
    <>
      {conversation.mode === "quiz_quiet" && !conversation.may.moderate && <p className={styles.notice}>{t("chat.quiz_quiet")}</p>}
      {conversation.kind === "class" && conversation.mode === "questions" && !conversation.may.moderate && rest.thread === null && <p className={styles.notice}>{t("chat.questions")}</p>}
      <Composer key={rest.thread ?? 0} {...rest} label={label} wait={wait} />
    </>
  );
}

/** Why the caller cannot write here now; null if they can. */
function whyClosed({ conversation, me }: Here, inThread: boolean, root: string | undefined): Key | null {
  const { may, mode } = conversation;
  if (!may.send) return "chat.read_only";
  if (may.moderate) return null;
  if (mode === "locked") return "chat.locked";
  return mode === "questions" && inThread && root !== undefined && root !== me ? "chat.questions.thread" : null;
}

/** Seconds until the caller may write again in slow mode; counted from when their last message was taken, by this device's clock. */
function useSlowWait({ conversation, me, room }: Here, refused: ApiError | undefined): number {
  const slow = conversation.mode === "slow" && !conversation.may.moderate ? conversation.slow_s : 0;
  const [until, setUntil] = useState(0);
  const [, tick] = useState(0);
  // Before anything was sent from this page the server's time of the last message has to do; a wrong clock waits no longer than the pace.
  const last = useSyncExternalStore(room.listen, () => [...room.look().timeline.entries].reverse().find((entry) => entry.sender.id === me)?.sent_at ?? 0);
  useEffect(() => {
    if (slow > 0 && last > 0) setUntil((before) => Math.max(before, Math.min(last + slow * 1_000, Date.now() + slow * 1_000)));
    else setUntil(0);
  }, [slow, last]);
  useEffect(
    () =>
      onSent((message) => {
        if (message.conversation === conversation.id && slow > 0) setUntil(Date.now() + slow * 1_000);
      }),
    [conversation.id, slow],
  );
  useEffect(() => {
    if (refused?.code === "slow_mode" && refused.retryAfter !== undefined) setUntil(Date.now() + refused.retryAfter * 1_000);
  }, [refused]);
  const wait = slow === 0 ? 0 : Math.max(0, Math.ceil((until - Date.now()) / 1_000));
  useEffect(() => {
    if (wait === 0) return;
    const timer = window.setTimeout(() => tick((before) => before + 1), 1_000 - ((Date.now() - until) % 1_000));
    return () => window.clearTimeout(timer);
  });
  return wait;
}
