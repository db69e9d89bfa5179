import type { CategoryContent, Letter } from "../../../api/grade-types";
import { WHOLE_PPM } from "../../../api/record-types";

/** What a new letter scale begins with. */
export const USUAL_LETTERS: Letter[] = [
  { letter: "A", from_percent: 90 },
  { letter: "B", from_percent: 80 },
  { letter: "C", from_percent: 70 },
  { letter: "D", from_percent: 60 },
  { letter: "F", from_percent: 0 },
];

/** Whether the scale leaves a question open: a letter without a name or bound, one bound twice, nothing for the lowest grades. */
export function lettersFault(letters: readonly Letter[]): boolean {
  const bounds = letters.map((letter) => letter.from_percent);
  return letters.some((letter) => letter.letter.trim() === "" || !(letter.from_percent >= 0)) || new Set(bounds).size < bounds.length || !bounds.includes(0);
}

/** What the weights of categories make, percent. */
export function weightSum(categories: readonly Pick<CategoryContent, "weight_ppm">[]): number {
  return (categories.reduce((sum, category) => sum + (category.weight_ppm ?? 0), 0) / WHOLE_PPM) * 100;
}
