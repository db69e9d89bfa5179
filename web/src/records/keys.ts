import type { QueryKey } from "@tanstack/react-query";
import type { AssignmentId, CourseId, LessonId } from "../api/record-types";
import type { LineItemId } from "../api/grade-types";
import type { ClassId, PersonId } from "../api/types";

/** Keys of what the pages keep of courses, classes and grades, so that a change knows what to fetch again. */
export const keys = {
  courses: ["courses"] as const,
  course: (id: CourseId) => ["course", id] as const,
  lessons: (course: CourseId) => ["course", course, "lessons"] as const,
  lesson: (id: LessonId) => ["lesson", id] as const,
  lessonVersions: (id: LessonId) => ["lesson", id, "versions"] as const,
  /** The teacher's own classes; also the key of the list by which a game is started. */
  classes: ["classes"] as const,
  class: (id: ClassId) => ["class", id] as const,
  info: (id: ClassId) => ["class", id, "info"] as const,
  roster: (id: ClassId) => ["class", id, "roster"] as const,
  gradebook: (id: ClassId, asOf: number | null = null) => ["class", id, "gradebook", asOf] as const,
  gradebooks: (id: ClassId) => ["class", id, "gradebook"] as const,
  grade: (id: ClassId, student: PersonId, asOf: number | null = null) => ["class", id, "grade", student, asOf] as const,
  grades: (id: ClassId) => ["class", id, "grade"] as const,
  history: (id: ClassId, item: LineItemId, student: PersonId) => ["class", id, "history", item, student] as const,
  histories: (id: ClassId) => ["class", id, "history"] as const,
  assignments: (id: ClassId) => ["class", id, "assignments"] as const,
  classProgress: (id: ClassId) => ["class", id, "progress"] as const,
  classMastery: (id: ClassId) => ["class", id, "mastery"] as const,
  assignment: (id: AssignmentId) => ["assignment", id] as const,
  submissions: (id: AssignmentId) => ["assignment", id, "submissions"] as const,
  myProgress: (course: CourseId) => ["me", "progress", course] as const,
  allMyProgress: ["me", "progress"] as const,
  sessions: ["sessions"] as const,
  skills: ["skills"] as const,
  mastery: ["me", "mastery"] as const,
  reviews: ["me", "reviews"] as const,
  transcript: ["me", "transcript"] as const,
};

/** A thin note that something was changed; who gets it reads it again. */
export interface RecordNote {
  type: "record";
  resource: string;
  id: string;
  class?: string;
  course?: string;
  version?: number;
}

export function isRecordNote(data: unknown): data is RecordNote {
  return typeof data === "object" && data !== null && (data as { type?: unknown }).type === "record" && typeof (data as { resource?: unknown }).resource === "string";
}

/** What a note makes stale. A kind of record that this version of the app does not know makes all of its class stale. */
export function touched(note: RecordNote): readonly QueryKey[] {
  const inClass = note.class as ClassId | undefined;
  const ofClass = (...make: ((id: ClassId) => QueryKey)[]): QueryKey[] => (inClass === undefined ? [["class"]] : make.map((key) => key(inClass)));
  switch (note.resource) {
    case "course":
      return [keys.courses, keys.course(note.id as CourseId)];
    case "lesson":
      return [keys.lesson(note.id as LessonId), ["course"], ["class"]];
    case "class":
      return [keys.class(note.id as ClassId), keys.classes, keys.transcript];
    case "enrollment":
      return [...ofClass(keys.roster, keys.gradebooks, keys.classProgress), keys.classes, keys.transcript];
    case "gradebook":
    case "grading_policy":
    case "category":
    case "line_item":
      return [...ofClass(keys.gradebooks, keys.grades), keys.transcript];
    case "score":
    case "grade":
      return [...ofClass(keys.gradebooks, keys.grades, keys.histories), keys.transcript];
    case "assignment":
      return [...ofClass(keys.assignments), keys.assignment(note.id as AssignmentId)];
    case "submission":
      return [...ofClass(keys.assignments, keys.gradebooks, keys.grades), ["assignment"]];
    case "progress":
      return [...(inClass === undefined ? [] : [keys.classProgress(inClass)]), keys.allMyProgress];
    case "mastery":
      return [keys.mastery, keys.reviews, ...(inClass === undefined ? [] : [keys.classMastery(inClass)])];
    case "review":
    case "review_card":
      return [keys.reviews, keys.mastery];
    default:
      return inClass === undefined ? [["class"], ["me"]] : [keys.class(inClass)];
  }
}
