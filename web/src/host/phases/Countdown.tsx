import type { GameState } from "../../api/types";
import type { GameStore } from "../../live/game-store";
import { useSecondsLeft } from "../../live/use-game";
import { useFocusOn } from "../../stage/use-focus";
import { t, type Key } from "../../words/words";
import styles from "./phases.module.css";

export function Countdown({ store, state }: { store: GameStore; state: GameState }) {
  const question = state.question;
  const seconds = useSecondsLeft(store, state.opens_at, false);
  const heading = useFocusOn<HTMLHeadingElement>(question?.index);
  if (!question) return null;
  return (
    <section className={styles.center}>
      <p className={styles.kicker}>
        {t(`play.kind.${question.kind}`)} · {t(`play.points.${question.points}` as Key)}
      </p>
      <h1 ref={heading} tabIndex={-1} className={styles.prompt} dir="auto">
        {question.prompt}
      </h1>
      {question.image && <img className={styles.picture} src={question.image.url} alt={question.image.alt} />}
      <p key={seconds} className={styles.count} aria-label={t("host.countdown", { n: seconds ?? 0 })}>
        {seconds}
      </p>
    </section>
  );
}
