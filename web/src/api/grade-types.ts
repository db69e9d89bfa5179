import type { SessionId } from "./record-types";
import type { ClassId, PersonId } from "./types";

/** Shapes of the gradebook, mirroring the grade engine (`learning/src/grades`). */

export type CategoryId = string & { readonly __id: "category" };
export type LineItemId = string & { readonly __id: "line_item" };
export type ScoreId = string & { readonly __id: "score" };

export interface Letter {
  letter: string;
  from_percent: number;
}
export type Rules = { engine: "canvas"; scheme: "points" | "percent" } | { engine: "moodle" };
export interface Period {
  id: SessionId;
  weight_ppm: number;
  starts_at: number;
  ends_at: number;
}
export interface Policy {
  rules: Rules;
  letters: Letter[] | null;
  periods: { weighted: boolean; periods: Period[] };
  only_period: SessionId | null;
}
export type Versioned<Content> = Content & { version: number };

export type Aggregation = "mean" | "median" | "min" | "max" | "mode" | "weighted_mean" | "simple_weighted_mean" | "extra_credit_mean" | "sum";
export interface CategoryRules {
  drop_lowest?: number;
  drop_highest?: number;
  keep_highest?: number;
  aggregation?: Aggregation;
  only_graded?: boolean;
  extra_credit?: boolean;
  max_points?: number;
}
export interface CategoryContent {
  title: string;
  parent: CategoryId | null;
  weight_ppm: number | null;
  rules: CategoryRules;
  position: number;
}
export interface Category extends CategoryContent {
  id: CategoryId;
  version: number;
}
export interface LineItemContent {
  title: string;
  /** None for a new column of a class without categories: the server makes the first. */
  category: CategoryId | null;
  session: SessionId | null;
  points_possible: number;
  due_at: number | null;
  weight_ppm: number | null;
  extra_credit: boolean;
  omit_from_final: boolean;
  never_drop: boolean;
  hidden: boolean;
  position: number;
}
export interface LineItem extends LineItemContent {
  id: LineItemId;
  category: CategoryId;
  version: number;
}

export interface Grade {
  percent: number | null;
  letter: string | null;
}
/** The newest score of a cell. */
export interface Held {
  given: number | null;
  excused: boolean;
  scored_at: number;
  id: ScoreId;
}
export interface GradebookStudent {
  id: PersonId;
  name: string;
  state: string;
  current_grade: Grade;
  final_grade: Grade;
  categories: { category: CategoryId; current_grade: number | null; final_grade: number | null }[];
  scores: Record<LineItemId, Held>;
}
export interface Gradebook {
  class: ClassId;
  policy: Versioned<Policy>;
  categories: Category[];
  line_items: LineItem[];
  students: GradebookStudent[];
  as_of: number;
}
/** A score to enter; the server says when. */
export interface NewScore {
  id: ScoreId;
  line_item: LineItemId;
  student: PersonId;
  given: number | null;
  excused: boolean;
}
export interface ScoreRecord {
  id: ScoreId;
  given: number | null;
  excused: boolean;
  scored_at: number;
  recorded_at: number;
  source: "teacher" | "submission" | "game" | "import";
  entered_by: PersonId | null;
}

export type Verdict =
  | "counted"
  | "counted_as_zero"
  | "extra_credit"
  | "dropped_lowest"
  | "dropped_highest"
  | "not_among_highest"
  | "excused"
  | "not_graded"
  | "hidden"
  | "omitted"
  | "no_points"
  | "empty";
export interface PartTrace {
  part: { kind: "line_item"; id: LineItemId } | { kind: "category"; id: CategoryId };
  verdict: Verdict;
  given: number | null;
  score: number;
  possible: number;
  weight: number;
  /** Percentage points of the grade. */
  contribution: number;
  entry: ScoreId | null;
  hypothetical: boolean;
}
export interface CategoryTrace {
  category: CategoryId;
  parent: CategoryId | null;
  score: number;
  possible: number;
  percent: number | null;
  weight: number;
  contribution: number;
  dropped_lowest: number;
  dropped_highest: number;
  parts: PartTrace[];
}
export interface Workings {
  categories: CategoryTrace[];
  score: number;
  possible: number;
  full_weight: number | null;
  scale: number;
  unrounded: number | null;
  percent: number | null;
}
export interface GradeTrace {
  basis: "current" | "final";
  combination: { of: "categories" } | { of: "periods"; full_weight: number; scale: number };
  whole: Workings;
  periods: { period: SessionId; weight: number; contribution: number; workings: Workings }[];
  unrounded: number | null;
  percent: number | null;
}
export interface StudentGrade {
  student: PersonId;
  policy_version: number;
  as_of: number;
  current_grade: Grade;
  final_grade: Grade;
  categories: { category: CategoryId; current_grade: number | null; final_grade: number | null }[];
  periods: { period: SessionId; current_grade: Grade; final_grade: Grade }[];
  trace: { current_grade: GradeTrace; final_grade: GradeTrace };
}
export interface WhatIfScore {
  line_item: LineItemId;
  given: number | null;
  excused?: boolean;
}
export interface WhatIf {
  grade: StudentGrade;
  changes: { line_item: LineItemId; from: number | null; from_excused: boolean; to: number | null; to_excused: boolean }[];
}
