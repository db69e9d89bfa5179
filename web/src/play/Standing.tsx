import type { PlayerResult } from "../api/types";
import { Icon } from "../ui/Icon";
import { t } from "../words/words";
import styles from "./play.module.css";

/** The own rank and who is just ahead: something to reach for, and nobody is shamed. */
export function Standing({ result }: { result: PlayerResult }) {
  const { ahead } = result;
  return (
    <div className={styles.standing}>
      <span className={styles.rank}>
        <span className="visually-hidden">{t("play.rank_label")} </span>
        {t("play.rank", { rank: result.rank, of: result.of })}
      </span>
      <span>
        {ahead === null ? result.score > 0 && t("play.rank.first") : ahead.gap === 0 ? t("play.rank.level", { name: ahead.nickname }) : t("play.rank.ahead", { n: ahead.gap, name: ahead.nickname })}
      </span>
      {result.streak > 1 && (
        <span className={styles.streak}>
          <Icon name="flame" size={18} /> {t("play.result.streak", { n: result.streak })}
        </span>
      )}
    </div>
  );
}
