/** Shapes of the wire, mirroring the protocol crate (`protocol/src/quiz`) and docs/PROTOCOL.md. Times are server milliseconds. */

export type GameId = string & { readonly __id: "game" };
export type QuizId = string & { readonly __id: "quiz" };
export type ParticipantId = string & { readonly __id: "participant" };
export type PersonId = string & { readonly __id: "person" };
export type ClassId = string & { readonly __id: "class" };

export type Phase = "lobby" | "countdown" | "open" | "closed" | "reveal" | "board" | "podium" | "ended";
export type PauseReason = "host" | "host_gone";
export type EndReason = "finished" | "host" | "abandoned";
export type CloseReason = "time" | "all_answered" | "skipped" | "host";
export type Kind = "single_choice" | "multiple_choice" | "true_false" | "typed" | "numeric" | "ordering" | "poll";

export interface Image {
  url: string;
  alt: string;
}
export interface ChoiceOption {
  text: string;
  image: Image | null;
}

export interface QuestionTeaser {
  index: number;
  of: number;
  kind: Kind;
  prompt: string;
  image: Image | null;
  points: number;
}
/** An open question; a teaser has none of the additional fields. */
export interface QuestionView extends QuestionTeaser {
  time_limit_ms: number;
  options?: ChoiceOption[];
  unit?: string;
}
export type CurrentQuestion = QuestionTeaser & Partial<Pick<QuestionView, "time_limit_ms" | "options" | "unit">>;

export type AnswerValue =
  | { choice: number }
  | { choices: number[] }
  | { text: string }
  | { number: number }
  | { order: number[] };

export interface Solution {
  choices?: number[];
  accepted?: string[];
  number?: number;
  tolerance?: number;
  order?: number[];
}
export interface TextCount {
  text: string;
  count: number;
  correct: boolean;
}
export interface Distribution {
  answered: number;
  correct: number;
  counts?: number[];
  texts?: TextCount[];
}
export interface Reveal {
  solution: Solution;
  distribution: Distribution;
  explanation: string | null;
}
export interface BoardRow {
  participant: ParticipantId;
  nickname: string;
  score: number;
  rank: number;
  previous_rank: number | null;
  streak: number;
}
export interface Board {
  top: BoardRow[];
  players: number;
}
export interface Neighbour {
  nickname: string;
  gap: number;
}
export interface PlayerResult {
  question: number;
  answered: boolean;
  correct: boolean | null;
  points: number;
  streak_bonus: number;
  streak: number;
  score: number;
  rank: number;
  of: number;
  ahead: Neighbour | null;
  behind: Neighbour | null;
}
export interface GivenAnswer {
  question: number;
  op: string;
  answer: AnswerValue;
}
export interface YouPlayer {
  role: "player";
  participant: ParticipantId;
  nickname: string;
  time_factor: number;
  score: number;
  rank: number;
  streak: number;
  late: boolean;
  answer: GivenAnswer | null;
  result: PlayerResult | null;
}
export interface YouHost {
  role: "host";
  /** Whether the caller made the game; others are co-hosts. */
  owner: boolean;
  cohosts: PersonId[];
}
export interface HostCounts {
  answered: number;
  expected: number;
  connected: number;
}
export type LateJoin = "none" | "zero" | "pro_rata";
export type ScoreRule = "classic-1" | "classic-2" | "accuracy-1";
export interface GameSettings {
  late_join: LateJoin;
  score_rule: ScoreRule;
  countdown_ms: number;
  max_players: number;
  board_top: number;
  guests: boolean;
  auto_advance: boolean;
  class: ClassId | null;
}
/** A game as one caller may see it: the result of `quiz.state`. */
export interface GameState {
  game: GameId;
  seq: number;
  phase_seq: number;
  now: number;
  phase: Phase;
  pause: PauseReason | null;
  title: string;
  pin: string | null;
  locked: boolean;
  players: number;
  settings: GameSettings;
  questions: number;
  question: CurrentQuestion | null;
  opens_at?: number | null;
  opened_at?: number | null;
  closes_at?: number | null;
  reveal: Reveal | null;
  board: Board | null;
  ended: EndReason | null;
  you: YouPlayer | YouHost;
  host?: HostCounts;
}

/** Publications on `quiz:<game>`. */
export type GamePush = { seq: number; at: number } & (
  | { type: "lobby"; players: number; locked: boolean }
  | { type: "countdown"; question: QuestionTeaser; opens_at: number }
  | { type: "open"; question: QuestionView; opened_at: number; closes_at: number }
  | { type: "time"; closes_at: number }
  | { type: "closed"; reason: CloseReason }
  | ({ type: "reveal" } & Reveal)
  | ({ type: "board" } & Board)
  | ({ type: "podium" } & Board)
  | { type: "paused"; reason: PauseReason }
  | { type: "resumed"; phase: Phase; opens_at?: number; opened_at?: number; closes_at?: number }
  | { type: "locked"; locked: boolean }
  | { type: "ended"; reason: EndReason }
);
/** Publications on the personal channel. */
export type PlayerPush = { game: GameId } & (
  | ({ type: "quiz.result"; seq: number } & PlayerResult)
  | { type: "quiz.renamed"; nickname: string }
  | { type: "quiz.time_factor"; time_factor: number; closes_at: number | null }
  | { type: "quiz.kicked" }
);
/** Publications on `quiz-host:<game>`. */
export type HostPush =
  | { type: "answers"; question: number; answered: number; expected: number }
  | { type: "roster"; players: number; connected: number; recent: RosterEntry[]; complete: boolean };

export interface RosterEntry {
  participant: ParticipantId;
  nickname: string;
  connected: boolean;
  answered: boolean;
  score: number;
  time_factor: number;
  guest: boolean;
}
export interface RosterPage {
  participants: RosterEntry[];
  total: number;
  next?: ParticipantId | null;
}
export interface AnswerAccepted {
  accepted: boolean;
  seq: number;
}

export type Role = "student" | "teacher" | "admin" | "school_admin" | "super_admin";
export interface ServerInfo {
  name: string;
  version: string;
  demo: boolean;
  demo_accounts: { login: string; name: string; role: Role }[];
}
export interface Me {
  id: PersonId;
  name: string;
  email: string | null;
  role: Role;
  school: { id: string; name: string };
  guest: boolean;
  game: GameId | null;
}
export interface Session {
  token: string;
  expires_at: number;
  me: Me;
}
/** Somebody of the staff. */
export interface Colleague {
  id: PersonId;
  name: string;
}
export interface FoundGame {
  game: GameId;
  title: string;
  phase: Phase;
  locked: boolean;
  guests: boolean;
}
export interface Joined {
  participant: ParticipantId;
  nickname: string;
  /** None for signed-in students, who keep their own. */
  token: string | null;
  sub: string;
}
