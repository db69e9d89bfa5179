import type { AnswerValue, QuestionView, Solution } from "./types";

/** Shapes of mastery and reviews. */
export type SkillId = string & { readonly __id: "skill" };
export type CardId = string & { readonly __id: "card" };
export type ItemId = string & { readonly __id: "item" };

export interface Skill {
  id: SkillId;
  title: string;
}
export interface Mastery {
  skill: Skill;
  /** Chance that the student knows it, 0 to 1. */
  mastery: number;
  mastered: boolean;
  answers: number;
  theta: number;
  se: number | null;
  updated_at: number;
}
/** A question without its solution, as practice shows it. */
export type AskedQuestion = Pick<QuestionView, "kind" | "prompt" | "image"> & Partial<Pick<QuestionView, "options" | "unit">>;
export type Rating = "again" | "hard" | "good" | "easy";
export interface ReviewCard {
  id: CardId;
  item: ItemId;
  due_at: number;
  question: AskedQuestion;
}
export interface Reviewed {
  due_at: number;
  correct?: boolean;
  solution?: Solution;
  explanation?: string | null;
}
export interface NextItem {
  item: ItemId;
  question: AskedQuestion;
  information: number;
}
export interface ResponseVerdict {
  correct: boolean;
  solution: Solution;
  explanation: string | null;
  mastery: Mastery[];
}
export interface NewResponse {
  item: ItemId;
  answer: AnswerValue;
  elapsed_ms: number;
  occurred_at: number;
  op: string;
}
