import type { CourseId } from "./record-types";
import type { SkillId } from "./skill-types";
import type { AnswerValue, ChoiceOption, ClassId, Distribution, GameId, GameSettings, Image, Kind, ParticipantId, PersonId, Phase, QuizId, Solution } from "./types";

/** Shapes that only teachers' pages use: quizzes as they are written, games looked back on. */

export interface QuestionBase {
  prompt: string;
  image: Image | null;
  time_limit_s: number;
  points: number;
  explanation: string | null;
  /** What the question exercises; not there for none. */
  skills?: SkillId[];
}
export type Question = QuestionBase &
  (
    | { kind: "single_choice"; options: ChoiceOption[]; correct: number }
    | { kind: "multiple_choice"; options: ChoiceOption[]; correct: number[] }
    | { kind: "true_false"; correct: boolean }
    | { kind: "typed"; accepted: string[]; match_case: boolean; match_accents: boolean }
    | { kind: "numeric"; value: number; tolerance: number; unit: string }
    | { kind: "ordering"; items: string[] }
    | { kind: "poll"; options: ChoiceOption[] }
  );
export interface QuizContent {
  title: string;
  description: string;
  questions: Question[];
}
export interface Quiz extends QuizContent {
  id: QuizId;
  version: number;
  updated_at: number;
  archived: boolean;
}
export interface QuizSummary {
  id: QuizId;
  version: number;
  title: string;
  description: string;
  questions: number;
  updated_at: number;
  archived: boolean;
  cover: Image | null;
}
export interface GameSummary {
  game: GameId;
  quiz: QuizId;
  title: string;
  phase: Phase;
  pin: string | null;
  players: number;
  opened_at: number;
  ended_at: number | null;
}
export interface Page<Item> {
  items: Item[];
  next?: string | null;
}
export interface SchoolClass {
  id: ClassId;
  name: string;
  /** The course that it takes. */
  course?: CourseId | null;
  students: { id: PersonId; name: string }[];
}
export interface QuestionReport {
  index: number;
  prompt: string;
  kind: Kind;
  played: boolean;
  answered: number;
  correct: number;
  correct_rate: number | null;
  mean_elapsed_ms: number | null;
  options?: ChoiceOption[];
  solution: Solution;
  distribution: Distribution;
}
export interface AnswerReport {
  question: number;
  answer: AnswerValue | null;
  correct: boolean | null;
  points: number;
  streak_bonus: number;
  elapsed_ms: number | null;
  latency_credit_ms: number;
}
export interface ParticipantReport {
  participant: ParticipantId;
  person: PersonId | null;
  nickname: string;
  rank: number;
  score: number;
  correct: number;
  answered: number;
  late: boolean;
  late_credit: number;
  kicked: boolean;
  answers: AnswerReport[];
}
export interface GameReport {
  game: GameId;
  title: string;
  opened_at: number;
  ended_at: number | null;
  settings: GameSettings;
  players: number;
  questions: QuestionReport[];
  participants: ParticipantReport[];
}
