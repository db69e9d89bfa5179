import type { GameState } from "../api/types";
import type { Key } from "../words/words";

/** What "Next" will do now, in words; null once the game is over. */
export function nextLabel(state: GameState): Key | null {
  if (state.pause !== null && state.phase !== "lobby") return "host.resume";
  const last = state.question !== null && state.question.index + 1 >= state.question.of;
  switch (state.phase) {
    case "lobby":
      return "host.next.start";
    case "countdown":
      return "host.next.open";
    case "open":
      return "host.next.close";
    case "closed":
      return "host.next.reveal";
    case "reveal":
      return last ? "host.next.podium" : "host.next.board";
    case "board":
      return "host.next.question";
    case "podium":
      return "host.next.end";
    case "ended":
      return null;
  }
}

/** The commands that make sense in this phase; the others are shown as off. */
export function allowed(state: GameState): { pause: boolean; skip: boolean; addTime: boolean; lock: boolean; end: boolean } {
  const { phase } = state;
  const running = phase === "countdown" || phase === "open" || phase === "closed" || phase === "reveal" || phase === "board";
  const paused = state.pause !== null;
  return {
    pause: running,
    skip: !paused && (phase === "countdown" || phase === "open"),
    addTime: !paused && phase === "open",
    lock: phase !== "ended" && phase !== "podium",
    end: phase !== "ended",
  };
}
