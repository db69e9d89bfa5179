import type { QueryKey } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { StaleBatch } from "./batch";
import { isRecordNote, keys, touched } from "./keys";
import type { ClassId, PersonId } from "../api/types";

const note = (resource: string, more: object = {}) => ({ type: "record" as const, resource, id: "x", ...more });
const c1 = "c1" as ClassId;

/** Whether fetching `key` again is asked for by one of the stale keys, which are beginnings of keys. */
const covers = (stale: readonly QueryKey[], key: QueryKey): boolean => stale.some((part) => part.every((piece, i) => piece === key[i]));

describe("notes of changes", () => {
  it("make stale what shows the change, and nothing of another class", () => {
    const stale = touched(note("score", { class: "c1" }));
    expect(covers(stale, keys.gradebook(c1))).toBe(true);
    expect(covers(stale, keys.grade(c1, "p" as PersonId))).toBe(true);
    expect(covers(stale, keys.roster(c1))).toBe(false);
    expect(covers(stale, keys.gradebook("c2" as ClassId))).toBe(false);
  });
  it("of a kind that this app does not know make all of the class stale", () => {
    expect(covers(touched(note("seating_plan", { class: "c1" })), keys.roster(c1))).toBe(true);
  });
  it("are told from other messages", () => {
    expect(isRecordNote(note("score"))).toBe(true);
    expect(isRecordNote({ type: "score" })).toBe(false);
    expect(isRecordNote(null)).toBe(false);
  });
});

describe("the batch", () => {
  const setup = (random = 0) => {
    const flushed: number[] = [];
    const waits: number[] = [];
    const timers: (() => void)[] = [];
    const batch = new StaleBatch({ flush: (all) => flushed.push(all.length), later: (run, ms) => (waits.push(ms), timers.push(run)), random: () => random });
    return { batch, flushed, waits, run: () => timers.splice(0).forEach((timer) => timer()) };
  };
  it("asks once for all that came within a moment", () => {
    const { batch, flushed, run } = setup();
    for (let i = 0; i < 40; i += 1) batch.add(touched(note("score", { class: "c1" })), false);
    run();
    expect(flushed).toEqual([4]);
  });
  it("spreads over a while what a whole class was told", () => {
    const alone = setup(1);
    alone.batch.add([["a"]], false);
    const crowd = setup(1);
    crowd.batch.add([["a"]], true);
    expect(crowd.waits[0]).toBeGreaterThan(1_000);
    expect(alone.waits[0]).toBeLessThan(500);
  });
});
