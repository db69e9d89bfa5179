import { describe, expect, it } from "vitest";
import type { QuizContent } from "../../api/desk-types";
import { begin, contentOf, edit, isDirty, type Edit, type Editing } from "./draft";
import { blankQuestion } from "./question";

const quiz: QuizContent = {
  title: "Rivers",
  description: "",
  questions: ["First?", "Second?", "Third?"].map((prompt) => ({ ...blankQuestion("true_false"), prompt })),
};
const start = (): Editing => begin(quiz, ["a", "b", "c"]);
const after = (...edits: Edit[]): Editing => edits.reduce(edit, start());
const prompts = (state: Editing): string[] => contentOf(state.draft).questions.map((question) => question.prompt);
const write = (prompt: string, at: number): Edit => ({
  type: "question",
  key: "a",
  field: "prompt",
  at,
  question: { ...blankQuestion("true_false"), prompt },
});

describe("the draft of a quiz", () => {
  it("begins clean, with the first question in the form", () => {
    expect(isDirty(start())).toBe(false);
    expect(start().selected).toBe("a");
  });

  it("counts quick typing in one field as one step of undo", () => {
    const typed = after(write("Fi", 1_000), write("Fir", 1_300), write("Firs", 1_600));
    expect(typed.past).toHaveLength(1);
    expect(prompts(edit(typed, { type: "undo" }))).toEqual(["First?", "Second?", "Third?"]);
  });

  it("begins a new step after a pause, or in another field", () => {
    expect(after(write("Fi", 1_000), write("Fir", 9_000)).past).toHaveLength(2);
    expect(after(write("Fi", 1_000), { type: "title", text: "R", at: 1_100 }).past).toHaveLength(2);
  });

  it("goes back and forth through edits, and the selection follows", () => {
    const removed = after({ type: "remove", key: "a" });
    expect(removed.selected).toBe("b");
    const undone = edit(removed, { type: "undo" });
    expect(undone.selected).toBe("a");
    expect(isDirty(undone)).toBe(false);
    expect(prompts(edit(undone, { type: "redo" }))).toEqual(["Second?", "Third?"]);
  });

  it("forgets what was undone once something else is written", () => {
    const state = after({ type: "remove", key: "a" }, { type: "undo" }, write("New", 5));
    expect(state.future).toEqual([]);
  });

  it("adds and copies behind the selected question", () => {
    const state = after({ type: "select", key: "b" }, { type: "add", key: "n", kind: "typed" }, { type: "duplicate", key: "a", copy: "m" });
    expect(state.draft.entries.map((entry) => entry.key)).toEqual(["a", "m", "b", "n", "c"]);
    expect(state.selected).toBe("m");
  });

  it("puts a removed question back, whatever was written since", () => {
    const removed = start().draft.entries[1]!;
    const state = after({ type: "remove", key: "b" }, write("New", 5), { type: "put", entry: removed, to: 1 }, { type: "put", entry: removed, to: 1 });
    expect(prompts(state)).toEqual(["New", "Second?", "Third?"]);
  });

  it("moves a question and keeps it selected", () => {
    const state = after({ type: "move", key: "a", to: 2 });
    expect(prompts(state)).toEqual(["Second?", "Third?", "First?"]);
    expect(state.selected).toBe("a");
  });

  it("takes the last question away without losing its footing", () => {
    const state = after({ type: "remove", key: "a" }, { type: "remove", key: "b" }, { type: "remove", key: "c" });
    expect(state.selected).toBeNull();
    expect(prompts(state)).toEqual([]);
  });

  it("is clean after saving, and dirty again after undoing past the save", () => {
    const changed = after({ type: "title", text: "Lakes", at: 1 });
    const saved = edit(changed, { type: "saved", content: contentOf(changed.draft) });
    expect(isDirty(saved)).toBe(false);
    expect(isDirty(edit(saved, { type: "undo" }))).toBe(true);
  });

  it("restores an older version as an edit that can be undone", () => {
    const old: QuizContent = { ...quiz, title: "Old rivers", questions: quiz.questions.slice(0, 1) };
    const state = after({ type: "restore", content: old, keys: ["x"] });
    expect(state.draft.title).toBe("Old rivers");
    expect(isDirty(state)).toBe(true);
    expect(edit(state, { type: "undo" }).draft.title).toBe("Rivers");
  });
});
