import { describe, expect, it } from "vitest";
import type { Question, QuizContent } from "../../api/desk-types";
import type { Image } from "../../api/types";
import { blankQuestion } from "./question";
import { isPictureAddress, problemAt, problemsOf } from "./validate";

const sound: Question = { ...blankQuestion("numeric"), prompt: "How many?", kind: "numeric", value: 4, tolerance: 0, unit: "" };
const quiz = (...questions: Question[]): QuizContent => ({ title: "Rivers", description: "", questions });
const fields = (question: object): string[] => problemsOf(quiz({ ...sound, ...question })).map((problem) => problem.field);
const options = (...texts: string[]): { text: string; image: Image | null }[] => texts.map((text) => ({ text, image: null }));

describe("what is checked before saving", () => {
  it("finds nothing in a sound quiz", () => {
    expect(problemsOf(quiz(sound))).toEqual([]);
  });

  it("wants a title and at least one question", () => {
    expect(problemsOf({ title: " ", description: "", questions: [] }).map((problem) => problem.field)).toEqual(["title", "questions"]);
  });

  it("names the field of each problem", () => {
    expect(fields({ prompt: "" })).toEqual(["prompt"]);
    expect(fields({ prompt: "x".repeat(501) })).toEqual(["prompt"]);
    expect(fields({ time_limit_s: 4 })).toEqual(["time_limit_s"]);
    expect(fields({ time_limit_s: Number.NaN })).toEqual(["time_limit_s"]);
    expect(fields({ value: Number.NaN })).toEqual(["value"]);
    expect(fields({ tolerance: -1 })).toEqual(["tolerance"]);
    expect(fields({ kind: "typed", accepted: ["Rome", ""] })).toEqual(["accepted[1]"]);
    expect(fields({ kind: "ordering", items: ["a", "b"] })).toEqual(["items"]);
    expect(fields({ kind: "ordering", items: ["a", "b", " a "] })).toEqual(["items"]);
    expect(fields({ kind: "single_choice", options: options("a", "b"), correct: -1 })).toEqual(["correct"]);
    expect(fields({ kind: "multiple_choice", options: options("a", "b"), correct: [] })).toEqual(["correct"]);
    expect(fields({ kind: "poll", options: options("a") })).toEqual(["options"]);
    expect(fields({ kind: "poll", options: options("a", "a") })).toEqual(["options"]);
  });

  it("lets a picture stand alone on a tile", () => {
    const picture = [{ text: "", image: { url: "/pictures/shape-kite.svg", alt: "A kite" } }, ...options("b")];
    expect(fields({ kind: "poll", options: picture })).toEqual([]);
    expect(fields({ kind: "poll", options: options("", "b") })).toEqual(["options[0].text"]);
  });

  it("counts characters as people do", () => {
    expect(fields({ prompt: "🦉".repeat(500) })).toEqual([]);
  });

  it("takes pictures by https or from this server only", () => {
    for (const good of ["https://example.org/a.png", "/pictures/a.svg"]) expect(isPictureAddress(good), good).toBe(true);
    for (const bad of ["", "http://example.org/a.png", "//example.org/a", "/\\example.org/a", "javascript:alert(1)", "data:image/png;base64,x", "https://", "https:///x", "/a b"]) {
      expect(isPictureAddress(bad), bad).toBe(false);
    }
  });

  it("finds the problem of one field", () => {
    const problems = problemsOf(quiz(sound, { ...sound, prompt: "" }));
    expect(problemAt(problems, 1, "prompt")?.key).toBe("desk.problem.empty");
    expect(problemAt(problems, 0, "prompt")).toBeUndefined();
  });
});
