import { errorText } from "../api/client";
import type { Key } from "../words/words";

const REFUSALS: Record<string, Key> = {
  slow_mode: "chat.refused.slow_mode",
  chat_locked: "chat.refused.chat_locked",
  questions_only: "chat.refused.questions_only",
  quiz_running: "chat.refused.quiz_running",
  read_only: "chat.refused.read_only",
  unknown_mention: "chat.refused.unknown_mention",
  blocked: "friends.refused.blocked",
  not_found: "chat.refused.not_found",
  too_many_requests: "chat.refused.rate",
};

/** Why the chat did not do something, in words. */
export function refusalText(error: unknown): string {
  return errorText(error, REFUSALS);
}
