import { describe, expect, it } from "vitest";
import { fileName, importType } from "./files";

describe("files of the desk", () => {
  it("are named after the quiz, in any script", () => {
    expect(fileName("Capitals, rivers & mountains!", "csv")).toBe("capitals-rivers-mountains.csv");
    expect(fileName("Großstädte/Ελλάδα", "json")).toBe("großstädte-ελλάδα.json");
    expect(fileName("///", "json")).toBe("quiz.json");
  });

  it("are told apart by their ending", () => {
    expect(importType("Quiz.JSON")).toBe("application/json");
    expect(importType("sheet.csv")).toBe("text/csv");
    expect(importType("sheet.xlsx")).toBeNull();
  });
});
