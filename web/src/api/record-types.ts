import type { ClassId, PersonId, QuizId, Role } from "./types";

/** Shapes of what lasts: courses, lessons, classes, work and progress. Times are milliseconds, fractions and weights parts in a million. */

export type CourseId = string & { readonly __id: "course" };
export type LessonId = string & { readonly __id: "lesson" };
export type SessionId = string & { readonly __id: "session" };
export type AssignmentId = string & { readonly __id: "assignment" };
export type SubmissionId = string & { readonly __id: "submission" };

/** All of it: of a weight, or of a lesson. */
export const WHOLE_PPM = 1_000_000;

export interface Course {
  id: CourseId;
  version: number;
  title: string;
  archived: boolean;
  created_at: number;
  updated_at: number;
}
export type Block = { kind: "text"; text: string } | { kind: "link"; url: string; label: string } | { kind: "quiz"; quiz: QuizId };
export interface LessonContent {
  blocks: Block[];
}
export interface LessonSummary {
  id: LessonId;
  course: CourseId;
  position: number;
  version: number;
  published_version: number | null;
  title: string;
}
export interface Lesson extends LessonSummary {
  content: LessonContent;
}
export interface LessonVersion {
  version: number;
  title: string;
  made_at: number;
}
/** A school year or a part of it. */
export interface AcademicSession {
  id: SessionId;
  version: number;
  kind: "school_year" | "semester" | "term" | "grading_period";
  title: string;
  starts_at: number;
  ends_at: number;
  parent: SessionId | null;
}
export interface ClassInfo {
  id: ClassId;
  version: number;
  name: string;
  course: CourseId | null;
  session: SessionId | null;
  created_at: number;
}
export type EnrollmentState = "active" | "completed" | "withdrawn";
export interface Enrollment {
  person: { id: PersonId; name: string; email: string };
  role: Role;
  state: EnrollmentState;
  time_factor: number;
  enrolled_at: number;
}
export interface ImportRow {
  row: number;
  person?: PersonId | null;
  verdict: "added" | "changed" | "unchanged" | "refused";
  code?: string | null;
  problem?: string | null;
}
export interface ImportReport {
  taken: boolean;
  added: number;
  changed: number;
  unchanged: number;
  refused: number;
  rows: ImportRow[];
}

export type AssignmentState = "draft" | "open" | "closed";
/** What the pages write into an assignment's free-form content and policy. */
export interface AssignmentText {
  text?: string;
}
/** What it costs to be late. */
export interface WorkPolicy {
  accept_late: boolean;
  grace_minutes: number;
  /** Percent of the points possible. */
  late_percent_per_day: number;
  late_percent_most: number;
}
export interface AssignmentContent {
  title: string;
  content: AssignmentText;
  policy: WorkPolicy;
  attempts: number;
  due_at: number | null;
  line_item: string | null;
  state: AssignmentState;
}
export interface Assignment extends AssignmentContent {
  id: AssignmentId;
  class: ClassId;
  version: number;
  created_at: number;
}
export interface Submission {
  id: SubmissionId;
  assignment: AssignmentId;
  student: PersonId;
  attempt: number;
  state: "submitted" | "returned";
  content: { text?: string };
  submitted_at: number;
  returned_at: number | null;
  /** Milliseconds behind what was due; 0 in time. */
  late_by: number;
  /** What the teacher wrote when returning it; empty before. */
  comment: string;
  version: number;
}
export interface Returned {
  submission: Submission;
  score: { given: number | null; excused: boolean; taken_off: number } | null;
}

export type ProgressState = "not_started" | "in_progress" | "completed";
export interface Progress {
  lesson: LessonId;
  course: CourseId;
  state: ProgressState;
  fraction_ppm: number;
  version: number;
  updated_at: number;
}
export interface ProgressOp {
  op: string;
  lesson: LessonId;
  state: ProgressState;
  fraction_ppm: number;
  happened_at: number;
}
export interface ClassProgress {
  lessons: Pick<LessonSummary, "id" | "title">[];
  students: { id: PersonId; name: string; state: EnrollmentState; lessons: Record<LessonId, { state: ProgressState; fraction_ppm: number; updated_at: number }> }[];
}
export interface Transcript {
  school: string;
  student: PersonId;
  name: string;
  made_at: number;
  entries: {
    class: { id: ClassId; name: string };
    course: { id: CourseId; title: string } | null;
    session: { id: SessionId; title: string; starts_at: number; ends_at: number } | null;
    state: EnrollmentState;
    current_grade: { percent: number | null; letter: string | null };
    final_grade: { percent: number | null; letter: string | null };
  }[];
}
