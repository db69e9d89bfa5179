import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { t } from "../words/words";
import { messageCalls } from "./calls";
import { useHere } from "./context";
import { chatKeys } from "./queries";
import styles from "./room.module.css";

/** The beginning of the message that is answered; a press goes there. */
export function Quote({ seq }: { seq: number }) {
  const { conversation, room, onShow } = useHere();
  const near = useSyncExternalStore(room.listen, () => room.look().timeline.entries.find((entry) => entry.seq === seq));
  const far = useQuery({ queryKey: chatKeys.message(conversation.id, seq), queryFn: (context) => messageCalls.get(conversation.id, seq, context), enabled: near === undefined, staleTime: 60_000 });
  const quoted = near ?? far.data;
  return (
    <button type="button" className={styles.quote} onClick={() => onShow(seq)}>
      {quoted === undefined ? (
        t("chat.message.quote.gone")
      ) : (
        <>
          <strong>
            <bdi>{t("chat.message.quote", { name: quoted.sender.name })}</bdi>
          </strong>
          <span dir="auto">{quoted.state === "deleted" ? t("chat.message.deleted") : quoted.body}</span>
        </>
      )}
    </button>
  );
}
