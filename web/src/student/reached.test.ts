import { describe, expect, it } from "vitest";
import { furthest, nextOf, percentOf, read, type Reached } from "./reached";

const half: Reached = { state: "in_progress", fraction_ppm: 500_000 };
const done: Reached = { state: "completed", fraction_ppm: 1_000_000 };

describe("progress", () => {
  it("never goes back, in whatever order it arrives", () => {
    expect(furthest([done, half])).toEqual(done);
    expect(furthest([half, done])).toEqual(done);
    expect(furthest([])).toEqual({ state: "not_started", fraction_ppm: 0 });
  });
  it("of reading is the share of what was seen", () => {
    expect(percentOf(read(1, 3))).toBe(33);
    expect(percentOf(read(5, 3))).toBe(100);
    expect(percentOf(read(0, 0))).toBe(0);
  });
  it("leads to the first lesson that is not done", () => {
    expect(nextOf([done, half, half], (one) => one)).toBe(half);
    expect(nextOf([done], (one) => one)).toBeNull();
  });
});
