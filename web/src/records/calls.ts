import { api, apiAll, apiBlob } from "../api/client";
import { newOp } from "../api/op";
import type { Category, CategoryContent, CategoryId, Gradebook, LineItem, LineItemContent, LineItemId, NewScore, Policy, ScoreRecord, StudentGrade, Versioned, WhatIf, WhatIfScore } from "../api/grade-types";
import type {
  AcademicSession,
  Assignment,
  AssignmentContent,
  AssignmentId,
  ClassInfo,
  ClassProgress,
  Course,
  CourseId,
  Enrollment,
  ImportReport,
  Lesson,
  LessonContent,
  LessonId,
  LessonSummary,
  LessonVersion,
  Progress,
  ProgressOp,
  Returned,
  Submission,
  Transcript,
} from "../api/record-types";
import type { CardId, Mastery, NewResponse, NextItem, Rating, ResponseResult, ReviewCard, Reviewed, Skill, SkillId, StudentMastery } from "../api/skill-types";
import type { AnswerValue, ClassId, PersonId } from "../api/types";

/** The calls of `/api/v1` about what lasts. Writes of versioned things say which version they have seen; creations may be sent again. */

type Signal = { signal: AbortSignal };
const V1 = "/api/v1";
const seen = (version: number): Record<string, string> => ({ "If-Match": `"${version}"` });

function create<T>(path: string, body: unknown, key = newOp()): Promise<T> {
  return api<T>(path, { method: "POST", body, headers: { "Idempotency-Key": key } });
}
function replace<T>(path: string, version: number, body: unknown): Promise<T> {
  return api<T>(path, { method: "PUT", body, headers: seen(version) });
}

export const courseCalls = {
  list: ({ signal }: Signal, archived = false) => apiAll<Course>(`${V1}/courses?archived=${archived}`, signal),
  get: (id: CourseId, { signal }: Signal) => api<Course>(`${V1}/courses/${id}`, { signal }),
  create: (title: string) => create<Course>(`${V1}/courses`, { title }),
  save: (course: Pick<Course, "id" | "version" | "title" | "archived">) => replace<Course>(`${V1}/courses/${course.id}`, course.version, { title: course.title, archived: course.archived }),
  lessons: (id: CourseId, { signal }: Signal) => apiAll<LessonSummary>(`${V1}/courses/${id}/lessons`, signal),
  createLesson: (id: CourseId, title: string, content: LessonContent) => create<Lesson>(`${V1}/courses/${id}/lessons`, { title, content }),
  order: (id: CourseId, lessons: LessonId[]) => api<undefined>(`${V1}/courses/${id}/lessons/order`, { method: "PUT", body: { lessons } }),
};

export const lessonCalls = {
  get: (id: LessonId, { signal }: Partial<Signal> = {}, version?: number) => api<Lesson>(`${V1}/lessons/${id}${version === undefined ? "" : `?version=${version}`}`, signal ? { signal } : {}),
  save: (id: LessonId, version: number, title: string, content: LessonContent) => replace<Lesson>(`${V1}/lessons/${id}`, version, { title, content }),
  versions: (id: LessonId, { signal }: Signal) => apiAll<LessonVersion>(`${V1}/lessons/${id}/versions`, signal),
  publish: (id: LessonId, version: number) => api<Lesson>(`${V1}/lessons/${id}/publish`, { method: "POST", body: { version } }),
  unpublish: (id: LessonId) => api<Lesson>(`${V1}/lessons/${id}/unpublish`, { method: "POST" }),
};

export const sessionCalls = {
  list: ({ signal }: Signal) => apiAll<AcademicSession>(`${V1}/academic-sessions`, signal),
};

export type ImportMode = "check" | "all_or_nothing" | "take_good";

export const classCalls = {
  get: (id: ClassId, { signal }: Signal) => api<ClassInfo>(`${V1}/classes/${id}`, { signal }),
  create: (content: Pick<ClassInfo, "name" | "course" | "session">) => create<ClassInfo>(`${V1}/classes`, content),
  save: ({ id, version, name, course, session }: ClassInfo) => replace<ClassInfo>(`${V1}/classes/${id}`, version, { name, course, session }),
  roster: (id: ClassId, { signal }: Signal) => apiAll<Enrollment>(`${V1}/classes/${id}/enrollments`, signal),
  enroll: (id: ClassId, person: PersonId, place: Pick<Enrollment, "role" | "state" | "time_factor">) => api<Enrollment>(`${V1}/classes/${id}/enrollments/${person}`, { method: "PUT", body: place }),
  import: (id: ClassId, csv: string, mode: ImportMode, key: string) =>
    api<ImportReport>(`${V1}/classes/${id}/enrollments/import?mode=${mode}`, { method: "POST", body: csv, contentType: "text/csv", headers: { "Idempotency-Key": key } }),
  export: (id: ClassId) => apiBlob(`${V1}/classes/${id}/enrollments/export`),
  progress: (id: ClassId, { signal }: Signal) => api<ClassProgress>(`${V1}/classes/${id}/progress`, { signal }),
};

export const gradeCalls = {
  gradebook: (id: ClassId, asOf: number | null, { signal }: Signal) => api<Gradebook>(`${V1}/classes/${id}/gradebook${asOf === null ? "" : `?as_of=${asOf}`}`, { signal }),
  savePolicy: (id: ClassId, version: number, policy: Policy) => replace<Versioned<Policy>>(`${V1}/classes/${id}/grading-policy`, version, policy),
  createCategory: (id: ClassId, content: CategoryContent) => create<Category>(`${V1}/classes/${id}/categories`, content),
  saveCategory: (id: ClassId, category: CategoryId, version: number, content: CategoryContent) => replace<Category>(`${V1}/classes/${id}/categories/${category}`, version, content),
  removeCategory: (id: ClassId, category: CategoryId, version: number) => api<undefined>(`${V1}/classes/${id}/categories/${category}`, { method: "DELETE", headers: seen(version) }),
  createLineItem: (id: ClassId, content: LineItemContent) => create<LineItem>(`${V1}/classes/${id}/line-items`, content),
  saveLineItem: (id: ClassId, item: LineItemId, version: number, content: LineItemContent) => replace<LineItem>(`${V1}/classes/${id}/line-items/${item}`, version, content),
  removeLineItem: (id: ClassId, item: LineItemId, version: number) => api<undefined>(`${V1}/classes/${id}/line-items/${item}`, { method: "DELETE", headers: seen(version) }),
  score: (id: ClassId, scores: NewScore[], key: string) => create<{ scores: { id: string; verdict: "recorded" | "duplicate" }[] }>(`${V1}/classes/${id}/scores`, { scores }, key),
  history: (id: ClassId, item: LineItemId, student: PersonId, { signal }: Signal) => apiAll<ScoreRecord>(`${V1}/classes/${id}/scores/${item}/${student}`, signal),
  grade: (id: ClassId, student: PersonId, asOf: number | null, { signal }: Signal) => api<StudentGrade>(`${V1}/classes/${id}/grades/${student}${asOf === null ? "" : `?as_of=${asOf}`}`, { signal }),
  items: (id: ClassId, { signal }: Signal) => apiAll<LineItem>(`${V1}/classes/${id}/line-items`, signal),
  categories: (id: ClassId, { signal }: Signal) => apiAll<Category>(`${V1}/classes/${id}/categories`, signal),
  policy: (id: ClassId, { signal }: Signal) => api<Versioned<Policy>>(`${V1}/classes/${id}/grading-policy`, { signal }),
  mastery: (id: ClassId, { signal }: Signal) => apiAll<StudentMastery>(`${V1}/classes/${id}/mastery`, signal),
  whatIf: (id: ClassId, student: PersonId, scores: WhatIfScore[], { signal }: Signal) => api<WhatIf>(`${V1}/classes/${id}/grades/${student}/what-if`, { method: "POST", body: { scores }, signal }),
};

export const workCalls = {
  list: (id: ClassId, { signal }: Signal) => apiAll<Assignment>(`${V1}/classes/${id}/assignments`, signal),
  get: (id: AssignmentId, { signal }: Signal) => api<Assignment>(`${V1}/assignments/${id}`, { signal }),
  create: (id: ClassId, content: AssignmentContent) => create<Assignment>(`${V1}/classes/${id}/assignments`, content),
  save: (id: AssignmentId, version: number, content: AssignmentContent) => replace<Assignment>(`${V1}/assignments/${id}`, version, content),
  submissions: (id: AssignmentId, { signal }: Signal) => apiAll<Submission>(`${V1}/assignments/${id}/submissions`, signal),
  submit: (id: AssignmentId, text: string, key: string) => create<Submission>(`${V1}/assignments/${id}/submissions`, { content: { text } }, key),
  return: (submission: Submission, outcome: { given: number | null; excused: boolean; comment: string }, key: string) => create<Returned>(`${V1}/submissions/${submission.id}/return`, outcome, key),
};

export const skillCalls = {
  list: ({ signal }: Signal) => apiAll<Skill>(`${V1}/skills`, signal),
  create: (title: string) => create<Skill>(`${V1}/skills`, { title }),
};

export const myCalls = {
  progress: (course: CourseId, { signal }: Signal) => apiAll<Progress>(`${V1}/me/progress?course=${course}`, signal),
  sendProgress: (ops: ProgressOp[]) => api<{ ops: { op: string; verdict: string }[] }>(`${V1}/me/progress/batch`, { method: "POST", body: { ops } }),
  mastery: ({ signal }: Signal) => apiAll<Mastery>(`${V1}/me/mastery`, signal),
  reviews: (before: number, { signal }: Signal) => apiAll<ReviewCard>(`${V1}/me/reviews?due_before=${before}`, signal),
  review: (card: CardId, told: { rating?: Rating; answer?: AnswerValue; elapsed_ms: number; op: string }) => create<Reviewed>(`${V1}/me/reviews/${card}`, told, told.op),
  next: (skill: SkillId | null, { signal }: Signal) => api<NextItem>(`${V1}/me/next-item${skill === null ? "" : `?skill=${skill}`}`, { signal }),
  respond: (response: NewResponse) => create<ResponseResult>(`${V1}/me/responses`, response, response.op),
  transcript: ({ signal }: Signal) => api<Transcript>(`${V1}/me/transcript?format=json`, { signal }),
  transcriptCsv: () => apiBlob(`${V1}/me/transcript?format=csv`),
};
