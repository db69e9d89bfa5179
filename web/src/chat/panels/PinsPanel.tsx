import { useQuery } from "@tanstack/react-query";
import { Loaded } from "../../records/Loaded";
import { EmptyState } from "../../ui/Surfaces";
import { t } from "../../words/words";
import { messageCalls } from "../calls";
import { useHere } from "../context";
import { chatKeys } from "../queries";
import { FoundLine } from "./FoundLine";
import { Side } from "./Side";
import styles from "../room.module.css";

/** What was pinned, for all to find again. */
export function PinsPanel({ onClose }: { onClose: () => void }) {
  const { conversation } = useHere();
  const pins = useQuery({ queryKey: chatKeys.pins(conversation.id), queryFn: (context) => messageCalls.pins(conversation.id, context) });
  return (
    <Side title={t("chat.pins")} onClose={onClose}>
      <div className={styles.sideScroll}>
        <Loaded query={pins} lines={[60, 60]}>
          {(items) =>
            items.length === 0 ? (
              <EmptyState icon="pin" title={t("chat.pins")} hint={t("chat.pins.none")} />
            ) : (
              <ul>
                {items.map((message) => (
                  <li key={message.seq}>
                    <FoundLine message={message}>{message.body}</FoundLine>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </div>
    </Side>
  );
}
