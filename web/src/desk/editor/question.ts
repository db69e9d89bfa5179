import type { Question, QuestionBase } from "../../api/desk-types";
import type { SkillId } from "../../api/skill-types";
import type { ChoiceOption, Kind } from "../../api/types";

/** The types of question in the order in which the editor offers them. */
export const KINDS: readonly Kind[] = ["single_choice", "multiple_choice", "true_false", "typed", "numeric", "ordering", "poll"];

/** Fewest and most options; the answer alphabet has six letters. */
export const OPTIONS = { min: 2, max: 6 } as const;
/** Fewest and most items to put in order. */
export const ITEMS = { min: 3, max: 6 } as const;
/** Most texts that count as right for a typed answer. */
export const ACCEPTED_MAX = 20;
/** Most questions of a quiz. */
export const QUESTIONS_MAX = 200;
/** Most skills of a question: one that exercises more says little about any. */
export const SKILLS_MAX = 16;
/** Seconds to answer. */
export const TIME = { min: 5, max: 240 } as const;

/** A question with nothing written yet. */
export function blankQuestion(kind: Kind): Question {
  return shaped({ prompt: "", image: null, time_limit_s: 20, points: kind === "poll" ? 0 : 1, explanation: null }, kind, ["", "", "", ""]);
}

/** The same question as another type: what was written is kept wherever the new type has a place for it. */
export function asKind(question: Question, kind: Kind): Question {
  if (question.kind === kind) return question;
  const { prompt, image, time_limit_s, explanation, skills } = question;
  const points = kind === "poll" ? 0 : question.kind === "poll" ? 1 : question.points;
  const next = shaped({ prompt, image, time_limit_s, explanation, points, ...(skills && { skills }) }, kind, textsOf(question));
  if ("options" in question && "options" in next) next.options = question.options;
  if (next.kind === "single_choice" && question.kind === "multiple_choice") next.correct = question.correct[0] ?? -1;
  if (next.kind === "multiple_choice" && question.kind === "single_choice" && question.correct >= 0) next.correct = [question.correct];
  return next;
}

/** The question with these skills; without any it has no field for them, as the server writes it. */
export function withSkills(question: Question, skills: SkillId[]): Question {
  const next = { ...question, skills };
  if (skills.length === 0) delete (next as Question).skills;
  return next;
}

/** Whether two versions of a question or quiz say the same. */
export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function shaped(base: QuestionBase, kind: Kind, texts: string[]): Question {
  switch (kind) {
    case "single_choice":
      return { ...base, kind, options: options(texts), correct: -1 };
    case "multiple_choice":
      return { ...base, kind, options: options(texts), correct: [] };
    case "poll":
      return { ...base, kind, options: options(texts) };
    case "true_false":
      return { ...base, kind, correct: true };
    case "typed":
      return { ...base, kind, accepted: written(texts, 1).slice(0, ACCEPTED_MAX), match_case: false, match_accents: false };
    case "numeric": {
      const value = Number.parseFloat(texts[0] ?? "");
      return { ...base, kind, value, tolerance: 0, unit: "" };
    }
    case "ordering":
      return { ...base, kind, items: written(texts, ITEMS.min).slice(0, ITEMS.max) };
  }
}

function textsOf(question: Question): string[] {
  switch (question.kind) {
    case "single_choice":
      // The right one first: it is the answer if the new type has only one.
      return rightFirst(question.options, [question.correct]);
    case "multiple_choice":
      return rightFirst(question.options, question.correct);
    case "poll":
      return question.options.map((option) => option.text);
    case "typed":
      return question.accepted;
    case "numeric":
      return Number.isFinite(question.value) ? [String(question.value)] : [];
    case "ordering":
      return question.items;
    case "true_false":
      return [];
  }
}

function rightFirst(all: ChoiceOption[], right: number[]): string[] {
  const texts = all.map((option) => option.text);
  return [...texts.filter((_, i) => right.includes(i)), ...texts.filter((_, i) => !right.includes(i))];
}

function options(texts: string[]): ChoiceOption[] {
  const padded = [...texts, "", "", "", ""].slice(0, Math.min(Math.max(texts.length, 4), OPTIONS.max));
  return padded.map((text) => ({ text, image: null }));
}

/** The texts without blanks at the end, at least `min` of them. */
function written(texts: string[], min: number): string[] {
  const kept = texts.filter((text) => text.trim() !== "");
  while (kept.length < min) kept.push("");
  return kept;
}
