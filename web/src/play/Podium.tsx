import type { GameState, YouPlayer } from "../api/types";
import { Bell } from "../shell/Bell";
import { useFocusOn } from "../stage/use-focus";
import { ButtonLink } from "../ui/Button";
import { number, ordinal, t } from "../words/words";
import styles from "./play.module.css";

const PODIUM = 3;

/** The end of the game with the own place first. */
export function Podium({ state, you }: { state: GameState; you: YouPlayer }) {
  const heading = useFocusOn<HTMLHeadingElement>("podium");
  const key = you.rank === 1 ? "play.podium.first" : you.rank <= PODIUM ? "play.podium.top" : "play.podium.thanks";
  return (
    <section className={styles.center}>
      <span className={styles.medal} data-place={you.rank <= PODIUM ? you.rank : undefined} aria-hidden="true">
        {ordinal(you.rank)}
      </span>
      <h1 ref={heading} tabIndex={-1}>
        {t(key, { name: you.nickname })}
      </h1>
      <p>{t("play.podium.place", { rank: ordinal(you.rank), of: state.board?.players ?? state.players })}</p>
      <p className={styles.pill}>{t("play.score", { n: you.score })}</p>
      <ol className={styles.board}>
        {state.board?.top.slice(0, PODIUM).map((row) => (
          <li key={row.participant} data-you={row.participant === you.participant ? "" : undefined}>
            <span className={styles.boardRank}>{row.rank}</span>
            <span className={styles.boardName} dir="auto">
              {row.nickname}
            </span>
            <span className={styles.boardScore}>{number(row.score)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function Ended({ state, you }: { state: GameState; you: YouPlayer }) {
  const heading = useFocusOn<HTMLHeadingElement>("ended");
  const played = state.board !== null;
  return (
    <section className={styles.center}>
      <Bell size={56} />
      <h1 ref={heading} tabIndex={-1}>
        {t("play.ended.title")}
      </h1>
      <p className={styles.soft}>{t(`play.ended.${state.ended ?? "finished"}`)}</p>
      {played && (
        <p>
          {t("play.podium.place", { rank: ordinal(you.rank), of: state.players })} · {t("play.score", { n: you.score })}
        </p>
      )}
      <ButtonLink href="/" tone="primary" size="large">
        {t("play.ended.again")}
      </ButtonLink>
    </section>
  );
}
