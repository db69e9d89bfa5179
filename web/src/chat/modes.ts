import type { ChatMode } from "../api/chat-types";

export const MODES: readonly ChatMode[] = ["open", "questions", "slow", "quiz_quiet", "locked"];
/** Bounds of the pace, seconds, as the server has them. */
export const FASTEST_S = 5;
export const SLOWEST_S = 3_600;
const USUAL_S = 30;

/** The pace that was set last, or the usual one where none was. */
export function paceOf(seconds: number): number {
  return seconds >= FASTEST_S ? seconds : USUAL_S;
}
