import type { Question, QuizContent } from "../../api/desk-types";
import type { Kind } from "../../api/types";
import { moved } from "./choices";
import { asKind, blankQuestion, same } from "./question";

/** A question of the draft; the key stays with it through moves and undo. */
export interface Entry {
  key: string;
  question: Question;
}
/** What is being written, not yet saved. */
export interface Draft {
  title: string;
  description: string;
  entries: Entry[];
}
interface Step {
  draft: Draft;
  selected: string | null;
}
/** The editor's state: the draft, what was saved last, and the way back and forth between edits. */
export interface Editing {
  draft: Draft;
  saved: QuizContent;
  /** Key of the question in the form. */
  selected: string | null;
  past: Step[];
  future: Step[];
  /** Edits with the same field in quick succession are one step of undo. */
  field: string | null;
  at: number;
}

export type Edit =
  | { type: "select"; key: string }
  | { type: "title" | "description"; text: string; at: number }
  /** `field` names what was changed, so that typing in it is one step of undo; null always makes a step. */
  | { type: "question"; key: string; question: Question; field: string | null; at: number }
  | { type: "kind"; key: string; kind: Kind }
  | { type: "add"; key: string; kind: Kind }
  | { type: "duplicate"; key: string; copy: string }
  | { type: "remove"; key: string }
  /** Puts a removed question back where it was. */
  | { type: "put"; entry: Entry; to: number }
  | { type: "move"; key: string; to: number }
  | { type: "undo" | "redo" }
  /** The server has `content` now: as opened, as just saved, or as restored. */
  | { type: "load"; content: QuizContent; keys: string[] }
  | { type: "saved"; content: QuizContent }
  /** Puts an older version into the draft as one edit that can be undone. */
  | { type: "restore"; content: QuizContent; keys: string[] };

/** Pauses in typing longer than this begin a new step of undo. */
const TYPING_PAUSE_MS = 1_500;
/** Steps of undo that are kept. */
const UNDO_MAX = 200;

/** The state for a quiz as the server has it. `keys` are fresh, one per question. */
export function begin(content: QuizContent, keys: string[]): Editing {
  const draft = draftOf(content, keys);
  return { draft, saved: contentOf(draft), selected: draft.entries[0]?.key ?? null, past: [], future: [], field: null, at: 0 };
}

/** The content that the draft stands for. */
export function contentOf(draft: Draft): QuizContent {
  return { title: draft.title, description: draft.description, questions: draft.entries.map((entry) => entry.question) };
}

/** Whether something would be lost by leaving. */
export function isDirty(state: Editing): boolean {
  return !same(contentOf(state.draft), state.saved);
}

/** The state after one edit. Pure: keys and times come with the edit. */
export function edit(state: Editing, change: Edit): Editing {
  const { draft } = state;
  switch (change.type) {
    case "select":
      return { ...state, selected: change.key, field: null };
    case "title":
    case "description":
      return step(state, { ...draft, [change.type]: change.text }, state.selected, change.type, change.at);
    case "question": {
      const entries = draft.entries.map((entry) => (entry.key === change.key ? { ...entry, question: change.question } : entry));
      return step(state, { ...draft, entries }, change.key, change.field && `${change.key}.${change.field}`, change.at);
    }
    case "kind": {
      const entries = draft.entries.map((entry) => (entry.key === change.key ? { ...entry, question: asKind(entry.question, change.kind) } : entry));
      return step(state, { ...draft, entries }, change.key);
    }
    case "add":
      return step(state, { ...draft, entries: inserted(draft.entries, state.selected, { key: change.key, question: blankQuestion(change.kind) }) }, change.key);
    case "duplicate": {
      const original = draft.entries.find((entry) => entry.key === change.key);
      if (!original) return state;
      return step(state, { ...draft, entries: inserted(draft.entries, change.key, { ...original, key: change.copy }) }, change.copy);
    }
    case "remove": {
      const index = draft.entries.findIndex((entry) => entry.key === change.key);
      const entries = draft.entries.filter((entry) => entry.key !== change.key);
      const selected = state.selected === change.key ? (entries[Math.min(index, entries.length - 1)]?.key ?? null) : state.selected;
      return step(state, { ...draft, entries }, selected);
    }
    case "put": {
      if (draft.entries.some((entry) => entry.key === change.entry.key)) return state;
      return step(state, { ...draft, entries: [...draft.entries.slice(0, change.to), change.entry, ...draft.entries.slice(change.to)] }, change.entry.key);
    }
    case "move": {
      const from = draft.entries.findIndex((entry) => entry.key === change.key);
      if (from < 0 || from === change.to) return state;
      return step(state, { ...draft, entries: moved(draft.entries, from, change.to) }, state.selected);
    }
    case "undo":
      return travel(state, "past", "future");
    case "redo":
      return travel(state, "future", "past");
    case "load":
      return begin(change.content, change.keys);
    case "saved":
      return { ...state, saved: change.content, field: null };
    case "restore": {
      const next = draftOf(change.content, change.keys);
      return step(state, next, next.entries[0]?.key ?? null);
    }
  }
}

function step(state: Editing, draft: Draft, selected: string | null, field: string | null = null, at = 0): Editing {
  if (same(draft, state.draft)) return { ...state, selected };
  const typing = field !== null && field === state.field && at - state.at < TYPING_PAUSE_MS;
  const past = typing ? state.past : [...state.past, { draft: state.draft, selected: state.selected }].slice(-UNDO_MAX);
  return { ...state, draft, selected, past, future: [], field, at };
}

function travel(state: Editing, from: "past" | "future", to: "past" | "future"): Editing {
  const target = state[from].at(-1);
  if (!target) return state;
  const here: Step = { draft: state.draft, selected: state.selected };
  return { ...state, ...target, [from]: state[from].slice(0, -1), [to]: [...state[to], here], field: null };
}

function inserted(entries: Entry[], after: string | null, entry: Entry): Entry[] {
  const index = entries.findIndex((other) => other.key === after);
  const at = index < 0 ? entries.length : index + 1;
  return [...entries.slice(0, at), entry, ...entries.slice(at)];
}

function draftOf(content: QuizContent, keys: string[]): Draft {
  const entries = content.questions.map((question, i) => ({ key: keys[i] ?? `question-${i}`, question }));
  return { title: content.title, description: content.description, entries };
}
