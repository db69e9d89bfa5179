import type { Mastery } from "../api/skill-types";

/** How well a skill is known, in steps that can be told in a word and a colour. */
export type MasteryLevel = "mastered" | "nearly" | "growing" | "begun";

/** Chances from which a skill is nearly known, and from which it grows. */
const NEARLY = 0.75;
const GROWING = 0.4;

export function levelOf({ mastery, mastered }: Pick<Mastery, "mastery" | "mastered">): MasteryLevel {
  if (mastered) return "mastered";
  return mastery >= NEARLY ? "nearly" : mastery >= GROWING ? "growing" : "begun";
}
