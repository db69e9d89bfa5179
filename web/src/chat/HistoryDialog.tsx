import { useQuery } from "@tanstack/react-query";
import { Loaded } from "../records/Loaded";
import { Dialog } from "../ui/Dialog";
import { dateTime, t } from "../words/words";
import { messageCalls } from "./calls";
import { useHere } from "./context";
import { MessageBody } from "./MessageBody";
import { chatKeys } from "./queries";
import type { Entry } from "./timeline";
import styles from "./room.module.css";

/** What a message said before it was edited. */
export function HistoryDialog({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const { conversation } = useHere();
  const edits = useQuery({ queryKey: chatKeys.edits(conversation.id, entry.seq, entry.version), queryFn: (context) => messageCalls.edits(conversation.id, entry.seq, context) });
  return (
    <Dialog title={t("chat.history")} isOpen onClose={onClose}>
      <Loaded query={edits} lines={[60, 60]}>
        {(items) =>
          items.length === 0 ? (
            <p>{t("chat.history.none")}</p>
          ) : (
            <ul className={styles.versions}>
              {items.map((one) => (
                <li key={one.version} className={styles.version}>
                  <span className={styles.soft}>{dateTime(one.edited_at)}</span>
                  <MessageBody body={one.body} names={[]} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Dialog>
  );
}
