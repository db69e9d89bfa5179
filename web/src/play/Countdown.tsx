import { useEffect } from "react";
import type { GameState, YouPlayer } from "../api/types";
import type { GameStore } from "../live/game-store";
import { useSecondsLeft } from "../live/use-game";
import { useFocusOn } from "../stage/use-focus";
import { t, type Key } from "../words/words";
import { loadOrdering } from "./answers/lazy";
import styles from "./play.module.css";

export function Countdown({ store, state, you }: { store: GameStore; state: GameState; you: YouPlayer }) {
  const question = state.question;
  const seconds = useSecondsLeft(store, state.opens_at, false);
  const heading = useFocusOn<HTMLHeadingElement>(question?.index);
  const ordering = question?.kind === "ordering";
  useEffect(() => {
    // The list that can be dragged is a chunk of its own; it must be here before the clock runs.
    if (ordering) void loadOrdering();
  }, [ordering]);
  if (!question) return null;
  return (
    <section className={styles.center}>
      <p className={styles.soft}>{t("play.get_ready")}</p>
      <p key={seconds} className={styles.big} aria-hidden="true">
        {seconds ?? ""}
      </p>
      <h1 ref={heading} tabIndex={-1} className={styles.prompt} dir="auto">
        {question.prompt}
      </h1>
      {question.image && <img className={styles.picture} src={question.image.url} alt={question.image.alt} />}
      <p className={styles.pill} data-double={question.points === 2 ? "" : undefined}>
        {t(`play.points.${question.points}` as Key)}
      </p>
      {you.late && <p className={styles.soft}>{t("play.late.badge")}</p>}
    </section>
  );
}
