import { errorText } from "../api/client";
import type { Key } from "../words/words";

const REFUSALS: Record<string, Key> = {
  not_found: "friends.refused.not_found",
  oneself: "friends.refused.oneself",
  too_many: "friends.refused.too_many",
  too_many_requests: "friends.refused.rate",
  policy_forbids: "friends.refused.policy",
  blocked: "friends.refused.blocked",
  staff_not_blocked: "friends.refused.staff",
};

/** Why something between two people was not done, in words. */
export function refusalText(error: unknown): string {
  return errorText(error, REFUSALS);
}

/** Why a code brought nobody, in words. */
export function codeRefusalText(error: unknown): string {
  return errorText(error, { ...REFUSALS, not_found: "friends.refused.code_unknown", invalid_code: "friends.refused.code_invalid", oneself: "friends.refused.code_own" });
}
