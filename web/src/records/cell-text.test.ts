import { describe, expect, it } from "vitest";
import { cellText, parseCell, table } from "./cell-text";

const value = (text: string, points = 20) => {
  const parsed = parseCell(text, points);
  return parsed.ok ? cellText(parsed.value) : "refused";
};

describe("a cell", () => {
  it.each([
    ["8", "8"],
    [" 7,5 ", "7.5"],
    [".5", "0.5"],
    ["−2", "-2"],
    ["45%", "9"],
    ["ex", "ex"],
    ["Excused", "ex"],
    ["", ""],
    ["–", ""],
    ["25", "25"],
  ])("takes %j as %j", (typed, shown) => {
    expect(value(typed)).toBe(shown);
  });
  it.each(["abc", "8/10", "1e5", "NaN", "1 2", "9999999", "%", "--1", "Infinity"])("refuses %j", (typed) => {
    expect(value(typed)).toBe("refused");
  });
});

describe("a pasted table", () => {
  it("has the rows and columns of the spreadsheet", () => {
    expect(table("1\t2\r\n3\t\r\n")).toEqual([["1", "2"], ["3", ""]]);
  });
  it("keeps an empty cell in the middle of a column", () => {
    expect(table("8\n\n9\n")).toEqual([["8"], [""], ["9"]]);
  });
});
