import type { ReactNode } from "react";
import type { Message } from "../../api/chat-types";
import { dateTime, t } from "../../words/words";
import { useHere } from "../context";
import styles from "../room.module.css";

/** A message away from where it stands; a press goes there. */
export function FoundLine({ message, children }: { message: Message; children: ReactNode }) {
  const { onShow, onThread } = useHere();
  return (
    <button type="button" className={styles.found} title={t("chat.search.go")} onClick={() => (message.thread === null ? onShow(message.seq) : onThread(message.thread))}>
      <span className={styles.head}>
        <strong>
          <bdi>{message.sender.name}</bdi>
        </strong>
        <span className={styles.time}>{dateTime(message.sent_at)}</span>
      </span>
      <span className={styles.foundText} dir="auto">
        {children}
      </span>
    </button>
  );
}
