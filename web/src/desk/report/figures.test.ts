import { describe, expect, it } from "vitest";
import type { GameReport, ParticipantReport, QuestionReport } from "../../api/desk-types";
import type { GameId, GameSettings, ParticipantId } from "../../api/types";
import { barsOf, solutionText, sorted, summaryOf, type Names } from "./figures";

const names: Names = { right: "Right order", other: "Other answers" };
const base = (index: number, correct: number, answered = 10): QuestionReport => ({
  index,
  prompt: `Question ${index}`,
  kind: "true_false",
  played: true,
  answered,
  correct,
  correct_rate: answered === 0 ? null : correct / answered,
  mean_elapsed_ms: 4_000,
  solution: { choices: [0] },
  distribution: { answered, correct, counts: [correct, answered - correct] },
});
const person = (nickname: string, rank: number, score: number, kicked = false): ParticipantReport => ({
  participant: nickname as ParticipantId,
  person: null,
  nickname,
  rank,
  score,
  correct: 0,
  answered: 0,
  late: false,
  late_credit: 0,
  kicked,
  answers: [],
});
const report = (questions: QuestionReport[], participants: ParticipantReport[]): GameReport => ({
  game: "g" as GameId,
  title: "Rivers",
  opened_at: 0,
  ended_at: 1,
  settings: {} as GameSettings,
  players: participants.length,
  questions,
  participants,
});

describe("the figures of a report", () => {
  it("sum up scores of those who stayed", () => {
    const summary = summaryOf(report([base(0, 5)], [person("Ada", 1, 900), person("Ben", 2, 601), person("Cy", 3, 0, true)]));
    expect(summary.meanScore).toBe(751);
    expect(summary.correctRate).toBe(0.5);
  });

  it("name the three hardest questions, and none that went well", () => {
    const summary = summaryOf(report([base(0, 9), base(1, 2), base(2, 6), base(3, 1), base(4, 2), base(5, 0, 0)], []));
    expect(summary.hardest.map((question) => question.index)).toEqual([3, 1, 4]);
    expect(summaryOf(report([base(0, 10)], [])).hardest).toEqual([]);
  });

  it("are null without players or answers", () => {
    expect(summaryOf(report([], []))).toEqual({ players: 0, meanScore: null, correctRate: null, hardest: [] });
  });
});

describe("the bars of a question", () => {
  it("show each option with its share and whether it was right", () => {
    expect(barsOf(base(0, 7), names)).toMatchObject([
      { label: "True", count: 7, share: 0.7, right: true, letter: 0 },
      { label: "False", count: 3, share: 0.3, right: false, letter: 1 },
    ]);
  });

  it("put typed answers beyond the most frequent into one bar", () => {
    const typed: QuestionReport = { ...base(0, 6), kind: "typed", solution: { accepted: ["Paris"] }, distribution: { answered: 10, correct: 6, texts: [{ text: "paris", count: 6, correct: true }] } };
    expect(barsOf(typed, names)[1]).toMatchObject({ label: "Other answers", count: 4, right: false });
  });

  it("mark nothing as right or wrong in a poll, and stay empty without answers", () => {
    const poll: QuestionReport = { ...base(0, 0, 0), kind: "poll", solution: {}, options: [{ text: "Tea", image: null }], distribution: { answered: 0, correct: 0, counts: [0] } };
    expect(barsOf(poll, names)).toMatchObject([{ label: "Tea", share: 0, right: null }]);
  });
});

describe("solutions in words", () => {
  it("follow the shown items of an ordering", () => {
    const options = ["b", "a"].map((text) => ({ text, image: null }));
    expect(solutionText({ ...base(0, 1), kind: "ordering", options, solution: { order: [1, 0] } })).toBe("a → b");
  });
  it("tell everything that counts as right", () => {
    expect(solutionText({ ...base(0, 1), kind: "numeric", solution: { number: 100, tolerance: 0.5 } })).toBe("100 ± 0.5");
    expect(solutionText({ ...base(0, 1), kind: "typed", solution: { accepted: ["Oxygen", "O2"] } })).toBe("Oxygen / O2");
  });
});

describe("the table of students", () => {
  it("sorts by any column, equal rows by rank", () => {
    const rows = [person("Ben", 2, 500), person("Ada", 1, 500), person("Cy", 3, 100)];
    const by = (column: "score" | "nickname", descending: boolean) => sorted(rows, { column, descending }).map((row) => row.nickname);
    expect(by("score", true)).toEqual(["Ada", "Ben", "Cy"]);
    expect(by("score", false)).toEqual(["Cy", "Ada", "Ben"]);
    expect(by("nickname", true)).toEqual(["Cy", "Ben", "Ada"]);
  });
});
