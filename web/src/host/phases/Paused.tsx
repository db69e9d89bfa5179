import type { PauseReason } from "../../api/types";
import { useFocusOn } from "../../stage/use-focus";
import { Icon } from "../../ui/Icon";
import { t } from "../../words/words";
import styles from "./phases.module.css";

/** The clock stands; "Go on" is the next step in the controls. */
export function Paused({ reason }: { reason: PauseReason }) {
  const heading = useFocusOn<HTMLHeadingElement>(reason);
  return (
    <section className={styles.center}>
      <Icon name="pause" size="14vmin" />
      <h1 ref={heading} tabIndex={-1} className={styles.boardTitle}>
        {t("host.paused")}
      </h1>
      <p className={styles.onPhones}>{t(`host.paused.${reason}`)}</p>
    </section>
  );
}
