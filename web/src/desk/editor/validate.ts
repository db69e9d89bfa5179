import type { Question, QuizContent } from "../../api/desk-types";
import type { ChoiceOption, Image } from "../../api/types";
import type { Key, Values } from "../../words/words";
import { ACCEPTED_MAX, ITEMS, OPTIONS, QUESTIONS_MAX, TIME } from "./question";

/** One thing to mend before saving. */
export interface Problem {
  /** Index of the question, null for the quiz as a whole. */
  question: number | null;
  /** The field in the question, named as the server names it: `options[1].text`. */
  field: string;
  key: Key;
  values?: Values;
}

/** What the server would refuse, in the order of the form. Empty: can be saved and played. */
export function problemsOf(content: QuizContent): Problem[] {
  const found: Problem[] = [...text(null, "title", content.title, 1, 120), ...text(null, "description", content.description, 0, 1_000)];
  const n = content.questions.length;
  if (n === 0) found.push({ question: null, field: "questions", key: "desk.problem.no_questions" });
  if (n > QUESTIONS_MAX) found.push({ question: null, field: "questions", key: "desk.problem.too_many_questions", values: { max: QUESTIONS_MAX } });
  content.questions.forEach((question, index) => found.push(...ofQuestion(question, index)));
  return found;
}

/** The problem of one field, if it has one. */
export function problemAt(problems: Problem[], question: number | null, field: string): Problem | undefined {
  return problems.find((problem) => problem.question === question && problem.field === field);
}

function ofQuestion(question: Question, at: number): Problem[] {
  const found = [...text(at, "prompt", question.prompt, 1, 500), ...image(at, "image", question.image)];
  if (!Number.isInteger(question.time_limit_s) || question.time_limit_s < TIME.min || question.time_limit_s > TIME.max) {
    found.push({ question: at, field: "time_limit_s", key: "desk.problem.time", values: { ...TIME } });
  }
  found.push(...text(at, "explanation", question.explanation ?? "", 0, 1_000));
  switch (question.kind) {
    case "single_choice":
      found.push(...options(at, question.options));
      if (question.correct < 0 || question.correct >= question.options.length) found.push({ question: at, field: "correct", key: "desk.problem.mark_one" });
      break;
    case "multiple_choice":
      found.push(...options(at, question.options));
      if (question.correct.length === 0) found.push({ question: at, field: "correct", key: "desk.problem.mark_some" });
      break;
    case "poll":
      found.push(...options(at, question.options));
      break;
    case "typed":
      if (question.accepted.length === 0) found.push({ question: at, field: "accepted", key: "desk.problem.accepted", values: { max: ACCEPTED_MAX } });
      question.accepted.forEach((answer, i) => found.push(...text(at, `accepted[${i}]`, answer, 1, 100)));
      break;
    case "numeric":
      if (!Number.isFinite(question.value) || Math.abs(question.value) > 1e15) found.push({ question: at, field: "value", key: "desk.problem.number" });
      if (!Number.isFinite(question.tolerance) || question.tolerance < 0) found.push({ question: at, field: "tolerance", key: "desk.problem.tolerance" });
      found.push(...text(at, "unit", question.unit, 0, 20));
      break;
    case "ordering":
      if (question.items.length < ITEMS.min || question.items.length > ITEMS.max) found.push({ question: at, field: "items", key: "desk.problem.items", values: { ...ITEMS } });
      question.items.forEach((item, i) => found.push(...text(at, `items[${i}]`, item, 1, 200)));
      found.push(...distinct(at, "items", question.items));
      break;
    case "true_false":
      break;
  }
  return found;
}

function options(at: number, all: ChoiceOption[]): Problem[] {
  const found: Problem[] = [];
  if (all.length < OPTIONS.min || all.length > OPTIONS.max) found.push({ question: at, field: "options", key: "desk.problem.options", values: { ...OPTIONS } });
  all.forEach((option, i) => {
    // A picture may stand alone on a tile.
    found.push(...text(at, `options[${i}].text`, option.text, option.image === null ? 1 : 0, 200));
    found.push(...image(at, `options[${i}].image`, option.image));
  });
  return [...found, ...distinct(at, "options", all.map((option) => option.text))];
}

/** `https:` addresses and paths of this server; not `//host`, which browsers read as another server. */
export function isPictureAddress(url: string): boolean {
  if (url.length > 2_000 || /[\s\\]/.test(url)) return false;
  return /^\/(?!\/)/.test(url) || /^https:\/\/[^/]/.test(url);
}

function image(at: number, field: string, picture: Image | null): Problem[] {
  if (picture === null) return [];
  const found = text(at, `${field}.alt`, picture.alt, 0, 300);
  if (!isPictureAddress(picture.url)) found.unshift({ question: at, field: `${field}.url`, key: "desk.problem.image" });
  return found;
}

function text(question: number | null, field: string, value: string, min: number, max: number): Problem[] {
  if (value.trim().length < min) return [{ question, field, key: "desk.problem.empty" }];
  // Characters as people count them, not UTF-16 units.
  return Array.from(value).length > max ? [{ question, field, key: "desk.problem.too_long", values: { max } }] : [];
}

function distinct(question: number, field: string, texts: string[]): Problem[] {
  const told = texts.map((entry) => entry.trim().replace(/\s+/g, " ")).filter((entry) => entry !== "");
  return new Set(told).size === told.length ? [] : [{ question, field, key: "desk.problem.twice" }];
}
