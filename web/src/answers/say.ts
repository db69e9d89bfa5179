import type { AnswerValue, CurrentQuestion, Solution } from "../api/types";
import { number, t } from "../words/words";
import { markOf } from "./alphabet";

type Asked = Pick<CurrentQuestion, "kind" | "options" | "unit">;

/** The words of the option at `index`; true/false has no options of its own. */
export function optionText(question: Asked, index: number): string {
  if (question.kind === "true_false") return t(index === 0 ? "play.true" : "play.false");
  const option = question.options?.[index];
  if (option === undefined) return markOf(index).letter;
  return option.text === "" ? (option.image?.alt ?? "") : option.text;
}

/** How many options are shown. */
export function optionCount(question: Asked): number {
  return question.kind === "true_false" ? 2 : (question.options?.length ?? 0);
}

/** An answer in words. */
export function sayAnswer(question: Asked, answer: AnswerValue): string {
  if ("choice" in answer) return optionText(question, answer.choice);
  if ("choices" in answer) return answer.choices.map((index) => optionText(question, index)).join(", ");
  if ("order" in answer) return answer.order.map((index) => optionText(question, index)).join(" → ");
  if ("number" in answer) return withUnit(answer.number, question.unit);
  return answer.text;
}

/** A solution in words; empty for a poll. */
export function saySolution(question: Asked, solution: Solution): string {
  if (solution.choices) return solution.choices.map((index) => optionText(question, index)).join(", ");
  if (solution.order) return solution.order.map((index) => optionText(question, index)).join(" → ");
  if (solution.number !== undefined) return withUnit(solution.number, question.unit);
  return solution.accepted?.[0] ?? "";
}

export function withUnit(value: number, unit: string | undefined): string {
  return unit ? `${number(value)} ${unit}` : number(value);
}
