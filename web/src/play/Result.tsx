import type { GameState, PlayerResult, YouPlayer } from "../api/types";
import { saySolution } from "../answers/say";
import { useFocusOn } from "../stage/use-focus";
import { Icon } from "../ui/Icon";
import { Skeleton } from "../ui/Surfaces";
import { number, t } from "../words/words";
import { verdictKey } from "./announce";
import { Standing } from "./Standing";
import styles from "./play.module.css";

/** Right or wrong, how the points came about, and the own rank. */
export function Result({ state, you }: { state: GameState; you: YouPlayer }) {
  const result = you.result;
  const heading = useFocusOn<HTMLHeadingElement>(result === null);
  const question = state.question;
  if (!question) return null;
  if (result === null) {
    return (
      <section className={styles.center}>
        <h1 ref={heading} tabIndex={-1}>
          {t("play.result.waiting")}
        </h1>
        <Skeleton lines={[96, 64]} />
      </section>
    );
  }
  const solution = state.reveal ? saySolution(question, state.reveal.solution) : "";
  const tone = result.correct === true ? "good" : result.correct === false && result.answered ? "bad" : "plain";
  return (
    <section className={styles.result}>
      <div className={styles.verdict} data-tone={tone}>
        <span className={styles.verdictIcon} aria-hidden="true">
          <Icon name={tone === "good" ? "tick" : tone === "bad" ? "cross" : result.answered ? "bell" : "clock"} size={40} />
        </span>
        <h1 ref={heading} tabIndex={-1}>
          {t(verdictKey(result))}
        </h1>
        {tone === "bad" && <p>{t("play.result.wrong.hint")}</p>}
        {solution !== "" && result.correct !== true && (
          <p>
            <strong dir="auto">{t("play.result.solution", { answer: solution })}</strong>
          </p>
        )}
      </div>
      <PointsList result={result} points={question.points} />
      <Standing result={result} />
      {state.reveal?.explanation && (
        <p className={styles.explanation} dir="auto">
          {state.reveal.explanation}
        </p>
      )}
    </section>
  );
}

function PointsList({ result, points }: { result: PlayerResult; points: number }) {
  if (result.correct === null) return null;
  if (points === 0) return <p className={styles.soft}>{t("play.result.no_points")}</p>;
  return (
    <dl className={styles.points}>
      {result.streak_bonus > 0 && (
        <>
          <div>
            <dt>{t("play.result.speed")}</dt>
            <dd>+{number(result.points - result.streak_bonus)}</dd>
          </div>
          <div>
            <dt>
              <Icon name="flame" size={18} /> {t("play.result.streak_bonus", { n: result.streak })}
            </dt>
            <dd>+{number(result.streak_bonus)}</dd>
          </div>
        </>
      )}
      <div className={styles.pointsSum}>
        <dt>{t("play.result.points")}</dt>
        <dd>+{number(result.points)}</dd>
      </div>
      <div>
        <dt>{t("play.result.total")}</dt>
        <dd>{number(result.score)}</dd>
      </div>
    </dl>
  );
}

/** While the board is on the big screen: the top, and where this player stands. */
export function BoardScreen({ state, you }: { state: GameState; you: YouPlayer }) {
  const heading = useFocusOn<HTMLHeadingElement>("board");
  const top = state.board?.top ?? [];
  return (
    <section className={styles.result}>
      <h1 ref={heading} tabIndex={-1}>
        {t("play.board.title")}
      </h1>
      <ol className={styles.board}>
        {top.map((row) => (
          <li key={row.participant} data-you={row.participant === you.participant ? "" : undefined}>
            <span className={styles.boardRank}>{row.rank}</span>
            <span className={styles.boardName} dir="auto">
              {row.nickname}
            </span>
            <span className={styles.boardScore}>{number(row.score)}</span>
          </li>
        ))}
        {!top.some((row) => row.participant === you.participant) && (
          <li data-you="" data-apart="">
            <span className={styles.boardRank}>{you.rank}</span>
            <span className={styles.boardName}>{you.nickname}</span>
            <span className={styles.boardScore}>{number(you.score)}</span>
          </li>
        )}
      </ol>
      {you.result && <Standing result={you.result} />}
      <p className={styles.soft}>{t("play.board.look_up")}</p>
    </section>
  );
}
