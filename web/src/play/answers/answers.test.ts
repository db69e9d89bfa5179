import { describe, expect, it } from "vitest";
import { moveBeside, moveBy } from "./move";
import { parseNumber } from "./parse-number";

describe("a typed number", () => {
  it("is read in the ways that classes write it", () => {
    expect(parseNumber("3.14")).toBe(3.14);
    expect(parseNumber("3,14")).toBe(3.14);
    expect(parseNumber("1 000")).toBe(1000);
    expect(parseNumber("1,234.5")).toBe(1234.5);
    expect(parseNumber("1.234,5")).toBe(1234.5);
    expect(parseNumber("−5")).toBe(-5);
    expect(parseNumber(" .5 ")).toBe(0.5);
  });
  it("is refused when it is none", () => {
    for (const text of ["", "-", ".", "12a", "1e5", "1,2,3", "--4"]) expect(parseNumber(text)).toBeNull();
  });
});

describe("putting in order", () => {
  it("moves by one place and stops at the ends", () => {
    expect(moveBy([0, 1, 2], 1, -1)).toEqual([1, 0, 2]);
    expect(moveBy([0, 1, 2], 2, 1)).toEqual([0, 1, 2]);
    expect(moveBy([0, 1, 2], 0, -1)).toEqual([0, 1, 2]);
  });
  it("drops beside another item in both directions", () => {
    expect(moveBeside([0, 1, 2, 3], 0, 2, false)).toEqual([1, 2, 0, 3]);
    expect(moveBeside([0, 1, 2, 3], 3, 1, true)).toEqual([0, 3, 1, 2]);
    expect(moveBeside([0, 1, 2], 1, 1, true)).toEqual([0, 1, 2]);
  });
});
