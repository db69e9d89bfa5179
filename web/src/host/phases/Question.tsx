import type { GameState } from "../../api/types";
import { markOf } from "../../answers/alphabet";
import { Mark } from "../../answers/Mark";
import { optionCount, optionText } from "../../answers/say";
import type { GameStore } from "../../live/game-store";
import { Clock } from "../../stage/Clock";
import { useFocusOn } from "../../stage/use-focus";
import { Button } from "../../ui/Button";
import { t } from "../../words/words";
import styles from "./phases.module.css";

/** The open question with its clock and the live count; also the moment after it, in the same places. */
export function Question({ store, state, onMissing }: { store: GameStore; state: GameState; onMissing: () => void }) {
  const question = state.question;
  const heading = useFocusOn<HTMLHeadingElement>(question?.index);
  if (!question) return null;
  const closed = state.phase === "closed";
  const counts = state.host ?? { answered: 0, expected: 0, connected: 0 };
  return (
    <section className={styles.question}>
      <div className={styles.clock}>
        <Clock store={store} from={state.opened_at ?? 0} to={state.closes_at ?? 0} stopped={closed || !state.closes_at} />
      </div>
      <div className={styles.asked} data-picture={question.image ? "" : undefined}>
        <h1 ref={heading} tabIndex={-1} className={styles.prompt} dir="auto">
          {question.prompt}
        </h1>
        {question.image && <img className={styles.picture} src={question.image.url} alt={question.image.alt} />}
      </div>
      {optionCount(question) === 0 ? (
        <p className={styles.onPhones}>{t(`play.kind.${question.kind}`)}</p>
      ) : question.kind === "ordering" ? (
        <ul className={styles.items}>
          {question.options?.map((option, index) => (
            <li key={index} dir="auto">
              {option.text}
            </li>
          ))}
        </ul>
      ) : (
        <ul className={styles.options}>
          {Array.from({ length: optionCount(question) }, (_, index) => {
            const mark = markOf(index);
            const image = question.options?.[index]?.image;
            return (
              <li key={index} style={{ background: mark.color, color: mark.ink }}>
                <Mark index={index} />
                {image && <img className={styles.optionImage} src={image.url} alt={image.alt} />}
                <span dir="auto">{optionText(question, index)}</span>
              </li>
            );
          })}
        </ul>
      )}
      <div className={styles.answered}>
        <strong aria-live="off">{closed ? t("host.closed") : t("host.answered", { answered: counts.answered, expected: counts.expected })}</strong>
        <Button tone="outline" onPress={onMissing} isDisabled={closed || counts.answered >= counts.expected}>
          {t("host.missing")}
        </Button>
      </div>
    </section>
  );
}
