/** A refusal of a command, or the lack of a reply (codes of the SDK below 100). */
export interface LiveError {
  code: number;
  message: string;
  temporary?: boolean;
}

/** Codes of the engine that this app acts on; the list is in docs/PROTOCOL.md. */
export const CODES = {
  permission_denied: 103,
  game_not_found: 1000,
  not_in_game: 1001,
  host_only: 1002,
  already_answered: 1004,
  invalid_answer: 1005,
  too_late: 1006,
  game_paused: 1007,
  kicked: 1013,
  stale_command: 1015,
  game_busy: 1017,
} as const;

/** Whether the same command may be sent again: nothing was decided about it. Codes under 100 are of the SDK (timeout, connection gone). */
export function isRetryable(error: LiveError): boolean {
  return error.temporary === true || error.code < 100 || error.code === CODES.game_busy;
}

export function asLiveError(error: unknown): LiveError {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "number") {
    return error as LiveError;
  }
  return { code: 0, message: error instanceof Error ? error.message : "no reply" };
}
