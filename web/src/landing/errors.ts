import type { Key } from "../words/words";

/** What the way into a game can fail with, in words. */
export const joinErrors: Record<string, Key> = {
  game_not_found: "join.error.game_not_found",
  not_found: "join.error.game_not_found",
  game_locked: "join.error.game_locked",
  game_full: "join.error.game_full",
  late_join_refused: "join.error.late_join_refused",
  nickname_taken: "join.error.nickname_taken",
  nickname_refused: "join.error.nickname_refused",
  kicked: "join.error.kicked",
  too_many_requests: "join.error.too_many_requests",
};
