import { markOf } from "../../answers/alphabet";
import { Mark } from "../../answers/Mark";
import type { GameReport, QuestionReport } from "../../api/desk-types";
import { Icon } from "../../ui/Icon";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { barsOf, levelOf, solutionText, type Bar } from "./figures";
import { inSeconds, names, percent } from "./figure-words";
import styles from "./report.module.css";

/** Every question with its answers as bars. */
export function Questions({ report }: { report: GameReport }) {
  return (
    <ol className={styles.questions}>
      {report.questions.map((question) => (
        <li key={question.index}>
          <Question question={question} />
        </li>
      ))}
    </ol>
  );
}

function Question({ question }: { question: QuestionReport }) {
  const solution = solutionText(question);
  const plain = question.kind === "typed" || question.kind === "numeric" || question.kind === "ordering";
  return (
    <article className={styles.question}>
      <header className={styles.questionHead}>
        <h3 className={styles.prompt}>
          <span className="tabular">{question.index + 1}.</span> {question.prompt}
        </h3>
        {question.correct_rate !== null && (
          <span className={styles.rate} data-level={levelOf(question.correct_rate)}>
            {t("report.percent_right", { percent: percent(question.correct_rate) })}
          </span>
        )}
      </header>
      <p className={`${desk.soft} ${desk.small}`}>
        {t(`desk.kind.${question.kind}`)}
        {question.played ? (
          <>
            {" · "}
            {t("report.answered", { n: question.answered })}
            {question.mean_elapsed_ms !== null && <> · {t("report.mean_time", { seconds: inSeconds(question.mean_elapsed_ms) })}</>}
          </>
        ) : (
          <> · {t("report.not_played")}</>
        )}
      </p>
      {question.played && (question.answered === 0 ? <p className={desk.soft}>{t("report.no_answers")}</p> : <Bars bars={barsOf(question, names())} />)}
      {plain && solution !== "" && <p className={styles.solution}>{t("report.solution", { answer: solution })}</p>}
    </article>
  );
}

function Bars({ bars }: { bars: Bar[] }) {
  return (
    <ul className={styles.bars}>
      {bars.map((bar, i) => {
        const share = percent(bar.share);
        const words = t(bar.right === true ? "report.bar_right" : "report.bar", { label: bar.label, count: bar.count, percent: share });
        return (
          <li key={i} className={styles.bar}>
            <span className="visually-hidden">{words}</span>
            <span className={styles.barLabel} data-right={bar.right === true ? "" : undefined} aria-hidden="true">
              {bar.letter !== null && <Mark index={bar.letter} size="1em" />}
              {bar.image !== undefined && <img src={bar.image} alt="" />}
              <span className={styles.barText}>{bar.label}</span>
              {bar.right === true && <Icon name="tick" size={18} />}
            </span>
            <span className={styles.track} aria-hidden="true">
              <span className={styles.fill} style={{ inlineSize: `${bar.share * 100}%`, background: colorOf(bar) }} />
            </span>
            <span className={`${styles.barCount} tabular`} aria-hidden="true">
              {bar.count} <span className={desk.soft}>{share}</span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function colorOf(bar: Bar): string {
  if (bar.letter !== null) return markOf(bar.letter).color;
  return bar.right === true ? "var(--good)" : "var(--border-strong)";
}
