import type { CurrentQuestion, Distribution, GameState, Solution } from "../../api/types";
import { markOf } from "../../answers/alphabet";
import { Mark } from "../../answers/Mark";
import { optionCount, optionText, saySolution } from "../../answers/say";
import { useFocusOn } from "../../stage/use-focus";
import { Icon } from "../../ui/Icon";
import { number, t } from "../../words/words";
import styles from "./phases.module.css";

/** The right answer and what the class answered, in the colours of the answers. */
export function Reveal({ state }: { state: GameState }) {
  const { question, reveal } = state;
  const heading = useFocusOn<HTMLHeadingElement>(question?.index);
  if (!question || !reveal) return null;
  const { solution, distribution, explanation } = reveal;
  return (
    <section className={styles.reveal}>
      <h1 ref={heading} tabIndex={-1} className={styles.prompt} dir="auto">
        {question.prompt}
      </h1>
      {distribution.counts ? (
        <Bars question={question} solution={solution} counts={distribution.counts} />
      ) : (
        <Written question={question} solution={solution} distribution={distribution} />
      )}
      <div className={styles.summary}>
        <strong>
          {distribution.answered === 0
            ? t("host.no_answers")
            : question.kind === "poll"
              ? t("host.votes", { n: distribution.answered })
              : t("host.correct_share", { correct: distribution.correct, answered: distribution.answered })}
        </strong>
        {explanation && <p dir="auto">{explanation}</p>}
      </div>
    </section>
  );
}

function Bars({ question, solution, counts }: { question: CurrentQuestion; solution: Solution; counts: number[] }) {
  const most = Math.max(1, ...counts);
  const right = solution.choices ?? [];
  return (
    <ul className={styles.bars}>
      {Array.from({ length: optionCount(question) }, (_, index) => {
        const mark = markOf(index);
        const count = counts[index] ?? 0;
        const isRight = right.includes(index);
        return (
          <li key={index} data-right={isRight ? "" : undefined} data-wrong={right.length > 0 && !isRight ? "" : undefined}>
            <span className={styles.barLabel} style={{ background: mark.color, color: mark.ink }}>
              <Mark index={index} />
              <span className={styles.barText} dir="auto">
                {optionText(question, index)}
              </span>
            </span>
            <span className={styles.barTrack}>
              <span className={styles.bar} style={{ background: mark.color, inlineSize: `${(count / most) * 100}%` }} />
            </span>
            <span className={styles.barCount}>{number(count)}</span>
            <span className={styles.barTick}>
              {isRight && (
                <>
                  <Icon name="tick" size="1.4em" />
                  <span className="visually-hidden">{t("host.right_answer")}</span>
                </>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Written({ question, solution, distribution }: { question: CurrentQuestion; solution: Solution; distribution: Distribution }) {
  const texts = distribution.texts ?? [];
  const most = Math.max(1, ...texts.map((text) => text.count));
  return (
    <div className={styles.written}>
      <div className={styles.solution}>
        <p>{t(solution.order ? "host.right_order" : "host.right_answer")}</p>
        {solution.order ? (
          <ol className={styles.order}>
            {solution.order.map((item) => (
              <li key={item} dir="auto">
                {optionText(question, item)}
              </li>
            ))}
          </ol>
        ) : (
          <p className={styles.solutionText} dir="auto">
            <Icon name="tick" size="1em" /> {saySolution(question, solution)}
          </p>
        )}
        {(solution.tolerance ?? 0) > 0 && <p>{t("host.tolerance", { n: solution.tolerance ?? 0 })}</p>}
      </div>
      {texts.length > 0 && (
        <ul className={styles.bars} aria-label={t("host.other_answers")}>
          {texts.slice(0, 6).map((text) => (
            <li key={text.text} data-wrong={text.correct ? undefined : ""}>
              <span className={styles.barLabel}>
                <span className={styles.barText} dir="auto">
                  {text.text}
                </span>
              </span>
              <span className={styles.barTrack}>
                <span className={styles.bar} style={{ background: text.correct ? "var(--good)" : "var(--border-strong)", inlineSize: `${(text.count / most) * 100}%` }} />
              </span>
              <span className={styles.barCount}>{number(text.count)}</span>
              <span className={styles.barTick}>
                {text.correct && (
                  <>
                    <Icon name="tick" size="1.4em" />
                    <span className="visually-hidden">{t("host.right_answer")}</span>
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
