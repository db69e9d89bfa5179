import type { Grade } from "../api/grade-types";
import { number, t } from "../words/words";

/** A number with at most two decimals, as grades are shown. */
export function short(value: number): string {
  // Adding 0 makes −0 a plain 0.
  return number(Math.round(value * 100) / 100 + 0);
}

export function percent(value: number | null): string {
  return value === null ? "–" : t("why.points", { points: short(value) });
}

/** "91.5 % A", or a dash if nothing counts yet. */
export function gradeText({ percent: value, letter }: Grade): string {
  return letter === null ? percent(value) : `${percent(value)} ${letter}`;
}
