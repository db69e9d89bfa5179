import { describe, expect, it } from "vitest";
import type { Question } from "../../api/desk-types";
import type { SkillId } from "../../api/skill-types";
import { markRight, moved, removeOption, type ChoiceQuestion } from "./choices";
import { asKind, blankQuestion, KINDS } from "./question";

const options = ["Oslo", "Rome", "Lagos"].map((text) => ({ text, image: null }));
const single: ChoiceQuestion = { ...blankQuestion("poll"), points: 2, kind: "single_choice", options, correct: 1 };

describe("changing the type of a question", () => {
  it("keeps options and marks between the choice types", () => {
    const multiple = asKind(single, "multiple_choice");
    expect(multiple).toMatchObject({ kind: "multiple_choice", options, correct: [1], points: 2 });
    expect(asKind(multiple, "single_choice")).toMatchObject({ correct: 1 });
  });

  it("takes the right option as the first accepted text", () => {
    expect(asKind(single, "typed")).toMatchObject({ accepted: ["Rome", "Oslo", "Lagos"] });
  });

  it("gives a poll no points and gives them back afterwards", () => {
    const poll = asKind(single, "poll");
    expect(poll.points).toBe(0);
    expect(asKind(poll, "true_false").points).toBe(1);
  });

  it("keeps what the question exercises", () => {
    const skills = ["s1" as SkillId, "s2" as SkillId];
    for (const from of KINDS) for (const to of KINDS) expect(asKind({ ...blankQuestion(from), skills }, to).skills).toEqual(skills);
  });

  it("leaves no stray fields of the old type behind", () => {
    expect(Object.keys(asKind(single, "true_false")).sort()).toEqual(["correct", "explanation", "image", "kind", "points", "prompt", "time_limit_s"]);
  });

  it("works from every type to every other", () => {
    for (const from of KINDS) for (const to of KINDS) expect(asKind(blankQuestion(from), to).kind).toBe(to);
  });
});

describe("options", () => {
  it("keep their marks when another one is taken away", () => {
    expect(removeOption(single, 0)).toMatchObject({ correct: 0 });
    expect(removeOption(single, 1)).toMatchObject({ correct: -1 });
    const multiple = asKind(single, "multiple_choice") as Extract<Question, { kind: "multiple_choice" }>;
    expect(removeOption({ ...multiple, correct: [0, 2] }, 1)).toMatchObject({ correct: [0, 1] });
  });

  it("are marked one at a time in a single choice and together in a multiple choice", () => {
    expect(markRight(single, 2, true)).toMatchObject({ correct: 2 });
    const multiple = asKind(single, "multiple_choice") as ChoiceQuestion;
    expect(markRight(markRight(multiple, 0, true), 1, false)).toMatchObject({ correct: [0] });
  });

  it("move within the list and never beyond its ends", () => {
    expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
    expect(moved(["a", "b", "c"], 2, -4)).toEqual(["c", "a", "b"]);
  });
});
