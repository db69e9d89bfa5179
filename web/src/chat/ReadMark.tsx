import { useQuery } from "@tanstack/react-query";
import { Icon } from "../ui/Icon";
import { t } from "../words/words";
import { messageCalls } from "./calls";
import { useHere } from "./context";
import { chatKeys } from "./queries";
import type { Entry } from "./timeline";
import styles from "./room.module.css";

/** Signals of reading are told in small conversations only; elsewhere an open page looks from time to time. */
const LOOK_MS = 30_000;

/** How many have read a message. `quiet`: says nothing before somebody has. */
export function ReadMark({ entry, quiet = false }: { entry: Entry; quiet?: boolean }) {
  const { conversation } = useHere();
  const readers = useQuery({ queryKey: chatKeys.readers(conversation.id, entry.seq), queryFn: (context) => messageCalls.readers(conversation.id, entry.seq, context), refetchInterval: LOOK_MS, retry: false });
  if (readers.data === undefined) return null;
  const { read, delivered, of } = readers.data;
  if (quiet && read === 0 && delivered === 0) return null;
  const direct = conversation.kind === "direct";
  return (
    <p className={styles.readMark}>
      <Icon name="tick" size={16} />
      {direct ? t(read > 0 ? "chat.message.read" : "chat.message.delivered") : t("chat.message.read_by", { read, of })}
    </p>
  );
}
