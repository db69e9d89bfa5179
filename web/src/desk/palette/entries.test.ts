import { describe, expect, it } from "vitest";
import { matching, type PaletteEntry } from "./entries";

const entries: PaletteEntry[] = ["My quizzes", "Edit Café culture", "Quick sums", "Report: Rivers"].map((label) => ({ id: label, label, group: "pages", go: () => undefined }));
const found = (text: string): string[] => matching(entries, text).map((entry) => entry.label);

describe("the palette", () => {
  it("offers everything before anything is typed", () => {
    expect(found("  ")).toHaveLength(4);
  });
  it("finds words in any order, without case or accents", () => {
    expect(found("cafe EDIT")).toEqual(["Edit Café culture"]);
  });
  it("puts what begins with the text first", () => {
    expect(found("qui")).toEqual(["Quick sums", "My quizzes"]);
  });
  it("finds nothing for words that are not there", () => {
    expect(found("rivers sums")).toEqual([]);
  });
});
