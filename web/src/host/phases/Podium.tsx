import type { Board } from "../../api/types";
import { useFocusOn } from "../../stage/use-focus";
import { number, ordinal, t } from "../../words/words";
import { Confetti } from "../Confetti";
import styles from "./phases.module.css";

const STEPS = 3;

/** The winners on their steps; equal scores stand on equal steps. */
export function Podium({ board }: { board: Board | null }) {
  const heading = useFocusOn<HTMLHeadingElement>("podium");
  const top = (board?.top ?? []).slice(0, STEPS);
  const rest = (board?.top ?? []).slice(STEPS);
  return (
    <section className={styles.podiumPage}>
      {top.length > 0 && <Confetti />}
      <h1 ref={heading} tabIndex={-1} className={styles.boardTitle}>
        {t("host.podium")}
      </h1>
      {top.length === 0 && <p className={styles.onPhones}>{t("host.podium.empty")}</p>}
      <ol className={styles.podium}>
        {top.map((row, index) => (
          <li key={row.participant} data-place={index + 1} data-rank={Math.min(row.rank, STEPS)}>
            <span className={styles.podiumName} dir="auto">
              {row.nickname}
            </span>
            <span className={styles.podiumScore}>{number(row.score)}</span>
            <span className={styles.step}>{ordinal(row.rank)}</span>
          </li>
        ))}
      </ol>
      {rest.length > 0 && (
        <ol className={styles.rest} start={STEPS + 1}>
          {rest.map((row) => (
            <li key={row.participant}>
              <span>{row.rank}</span> <span dir="auto">{row.nickname}</span> <span className={styles.score}>{number(row.score)}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
