import type { AnswerValue, PersonId, QuestionView, Solution } from "./types";

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
export type AskedQuestion = QuestionView;
export type Rating = "again" | "hard" | "good" | "easy";
export interface ReviewCard {
  id: CardId;
  item: ItemId;
  due_at: number;
  reviews: number;
  /** Null if the question is not in any quiz any more. */
  question: AskedQuestion | null;
}
export interface ResponseResult {
  /** Null for a poll. */
  correct: boolean | null;
  solution: Solution;
  explanation: string | null;
  mastery: Mastery[];
}
export interface Reviewed extends ResponseResult {
  due_at: number;
}
/** What to practise next; all null if there is nothing to ask by now. */
export interface NextItem {
  item: ItemId | null;
  question: AskedQuestion | null;
  skill: SkillId | null;
}
export interface NewResponse {
  item: ItemId;
  answer: AnswerValue;
  elapsed_ms: number;
  occurred_at: number;
  op: string;
}
export interface StudentMastery {
  student: { id: PersonId; name: string };
  skills: Mastery[];
}
