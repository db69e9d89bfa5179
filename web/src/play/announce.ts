import type { GameState, YouPlayer } from "../api/types";
import { t } from "../words/words";

/** What a screen reader says about where the game stands. Changes exactly when there is news. */
export function announcement(state: GameState, you: YouPlayer): string {
  const question = state.question;
  if (state.pause !== null) return t(`play.paused.${state.pause}`);
  switch (state.phase) {
    case "countdown":
      return question ? `${t("play.question_of", { index: question.index + 1, of: question.of })}. ${question.prompt}` : "";
    case "open":
      return question ? `${question.prompt}. ${t(`play.kind.${question.kind}`)}` : "";
    case "closed":
      return t("play.times_up");
    case "reveal":
      return you.result ? resultWords(you) : "";
    case "ended":
      return t("play.ended.title");
    default:
      return "";
  }
}

/** Right or wrong, points and rank in one sentence. */
function resultWords(you: YouPlayer): string {
  const result = you.result;
  if (!result) return "";
  const score = t("play.score", { n: result.score });
  const rank = t("play.rank", { rank: result.rank, of: result.of });
  return `${t(verdictKey(result))} ${t("play.result.points")}: ${result.points}. ${score}. ${t("play.rank_label")}: ${rank}`;
}

export function verdictKey(result: { answered: boolean; correct: boolean | null }) {
  if (!result.answered) return "play.result.none" as const;
  if (result.correct === null) return "play.result.poll" as const;
  return result.correct ? ("play.result.correct" as const) : ("play.result.wrong" as const);
}
