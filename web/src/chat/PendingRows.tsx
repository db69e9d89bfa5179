import { Button } from "../ui/Button";
import { t } from "../words/words";
import { useSession } from "../api/session";
import type { NewMessage } from "../api/chat-types";
import type { PersonId } from "../api/types";
import type { Draft } from "./composer/drafts";
import { EVERYONE } from "./composer/mentions";
import { useHere } from "./context";
import { Face } from "./ConversationList";
import { MessageBody } from "./MessageBody";
import { queueOf } from "./outbox";
import { refusalText } from "./refusals";
import type { QueuedMessage } from "./send-queue";
import styles from "./room.module.css";

/** A message as it was before it was sent. */
export function draftOf(message: NewMessage, names: ReadonlyMap<PersonId, string>): Draft {
  const chosen = (message.mentions ?? []).map((id) => ({ id, name: names.get(id) ?? "" })).filter(({ name }) => name !== "");
  return { text: message.body, chosen: message.everyone ? [...chosen, { id: EVERYONE, name: t("chat.write.everyone") }] : chosen, reply_to: message.reply_to ?? null };
}

interface PendingRowsProps {
  pending: readonly QueuedMessage[];
  onRewrite: (queued: QueuedMessage) => void;
}

/** What is on its way, and what was refused with the ways on. */
export function PendingRows({ pending, onRewrite }: PendingRowsProps) {
  const { me } = useHere();
  const name = useSession()?.me.name ?? "";
  const queue = queueOf(me);
  return pending.map((queued, at) => {
    const { message, state } = queued;
    return (
      <div key={message.nonce} className={styles.row} data-row={`p${message.nonce}`} data-head={at === 0 ? "" : undefined} data-pending="">
        <div className={styles.gutter}>{at === 0 && <Face name={name} size={36} />}</div>
        <div className={styles.content}>
          {at === 0 && (
            <div className={styles.head}>
              <strong className={styles.sender}>
                <bdi>{name}</bdi>
              </strong>
            </div>
          )}
          <MessageBody body={message.body} names={[]} />
          {state.kind === "refused" ? (
            <div className={styles.refused} role="alert">
              <span>
                {t("chat.message.failed")}: {refusalText(state.error)}
              </span>
              <Button tone="outline" onPress={() => queue.retry(message.nonce)}>
                {t("chat.message.retry")}
              </Button>
              <Button
                tone="quiet"
                onPress={() => {
                  queue.discard(message.nonce);
                  onRewrite(queued);
                }}
              >
                {t("chat.message.rewrite")}
              </Button>
              <Button tone="quiet" onPress={() => queue.discard(message.nonce)}>
                {t("chat.message.discard")}
              </Button>
            </div>
          ) : (
            <p className={styles.readMark}>{t(state.kind === "sending" ? "chat.message.sending" : "chat.message.waiting")}</p>
          )}
        </div>
      </div>
    );
  });
}
