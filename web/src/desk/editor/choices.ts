import type { Question } from "../../api/desk-types";

/** The types of question with tiles to choose from. */
export type ChoiceQuestion = Extract<Question, { options: unknown }>;

/** Whether the option at `index` is marked as right. */
export function isRight(question: ChoiceQuestion, index: number): boolean {
  if (question.kind === "single_choice") return question.correct === index;
  return question.kind === "multiple_choice" && question.correct.includes(index);
}

/** Marks or unmarks the option at `index`; a single choice has one right option at most. */
export function markRight(question: ChoiceQuestion, index: number, right: boolean): ChoiceQuestion {
  if (question.kind === "single_choice") return right ? { ...question, correct: index } : question;
  if (question.kind === "poll") return question;
  const others = question.correct.filter((i) => i !== index);
  return { ...question, correct: right ? [...others, index].sort((a, b) => a - b) : others };
}

/** Takes the option at `index` away; the marks stay with their texts. */
export function removeOption(question: ChoiceQuestion, index: number): ChoiceQuestion {
  const moved = (i: number): number => (i > index ? i - 1 : i);
  const options = question.options.filter((_, i) => i !== index);
  if (question.kind === "single_choice") return { ...question, options, correct: question.correct === index ? -1 : moved(question.correct) };
  if (question.kind === "poll") return { ...question, options };
  return { ...question, options, correct: question.correct.filter((i) => i !== index).map(moved) };
}

/** `list` with the entry at `from` now at `to`. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [entry] = next.splice(from, 1);
  if (entry !== undefined) next.splice(Math.max(0, Math.min(to, next.length)), 0, entry);
  return next;
}
