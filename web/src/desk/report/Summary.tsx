import type { GameReport } from "../../api/desk-types";
import { number, t } from "../../words/words";
import desk from "../desk.module.css";
import { percent } from "./figure-words";
import { summaryOf } from "./figures";
import styles from "./report.module.css";

/** The numbers that matter first, and the questions worth another look. */
export function Summary({ report }: { report: GameReport }) {
  const { players, meanScore, correctRate, hardest } = summaryOf(report);
  const played = report.questions.filter((question) => question.played).length;
  const figures: { label: string; value: string }[] = [
    { label: t("report.players"), value: number(players) },
    { label: t("report.mean"), value: meanScore === null ? "–" : number(meanScore) },
    { label: t("report.right"), value: correctRate === null ? "–" : percent(correctRate) },
    { label: t("report.questions_played"), value: `${number(played)} / ${number(report.questions.length)}` },
  ];
  return (
    <div className={styles.summary}>
      <dl className={styles.figures}>
        {figures.map(({ label, value }) => (
          <div key={label} className={styles.figure}>
            <dt>{label}</dt>
            <dd className="tabular">{value}</dd>
          </div>
        ))}
      </dl>
      <section className={styles.hardest} aria-labelledby="hardest">
        <h2 id="hardest" className={styles.smallTitle}>
          {t("report.hardest")}
        </h2>
        {hardest.length === 0 ? (
          <p className={desk.soft}>{t("report.hardest.none")}</p>
        ) : (
          <ol className={styles.hardList}>
            {hardest.map((question) => (
              <li key={question.index}>
                <span className={styles.hardRate}>{percent(question.correct_rate ?? 0)}</span>
                <span>
                  {question.index + 1}. {question.prompt}
                </span>
              </li>
            ))}
          </ol>
        )}
      </section>
    </div>
  );
}
