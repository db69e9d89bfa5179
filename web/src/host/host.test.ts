import { describe, expect, it } from "vitest";
import type { BoardRow, GameState, ParticipantId, PersonId, Phase } from "../api/types";
import { colleagueRows } from "./colleagues";
import { placesBefore } from "./phases/places";
import { allowed, nextLabel } from "./steps";

const row = (rank: number, previous: number | null): BoardRow => ({ participant: `p${rank}${previous}` as ParticipantId, nickname: "", score: 0, rank, previous_rank: previous, streak: 0 });
const at = (phase: Phase, change: Partial<GameState> = {}): GameState => ({ phase, pause: null, question: { index: 0, of: 2 }, ...change }) as GameState;

describe("rows of the board", () => {
  it("glide from where they stood", () => {
    expect(placesBefore([row(1, 3), row(2, 1), row(3, 2)])).toEqual([2, 0, 1]);
  });
  it("use every place once when ranks are shared or new", () => {
    expect(placesBefore([row(1, null), row(2, 1), row(2, 1), row(4, null)])).toEqual([2, 0, 1, 3]);
  });
});

describe("the one obvious next step", () => {
  it("has words in every phase but the last", () => {
    const phases: Phase[] = ["lobby", "countdown", "open", "closed", "reveal", "board", "podium"];
    for (const phase of phases) expect(nextLabel(at(phase))).not.toBeNull();
    expect(nextLabel(at("ended"))).toBeNull();
  });
  it("is to go on while paused", () => {
    expect(nextLabel(at("open", { pause: "host_gone" }))).toBe("host.resume");
  });
  it("leads from the last question to the winners", () => {
    expect(nextLabel(at("reveal", { question: { index: 1, of: 2 } as GameState["question"] }))).toBe("host.next.podium");
    expect(nextLabel(at("reveal"))).toBe("host.next.board");
  });
  it("leaves no time to add to a closed or paused question", () => {
    expect(allowed(at("open")).addTime).toBe(true);
    expect(allowed(at("closed")).addTime).toBe(false);
    expect(allowed(at("open", { pause: "host" })).addTime).toBe(false);
  });
});

describe("the colleagues to choose from", () => {
  const staff = ["Zoë", "Ada", "Ángel"].map((name) => ({ id: `id of ${name}` as PersonId, name }));
  it("stand by name, wherever their switches stand", () => {
    const rows = colleagueRows(staff, ["id of Zoë" as PersonId], "");
    expect(rows.map(({ name, on }) => [name, on])).toEqual([["Ada", false], ["Ángel", false], ["Zoë", true]]);
  });
  it("are found by a part of their name", () => {
    expect(colleagueRows(staff, [], " ZO").map(({ name }) => name)).toEqual(["Zoë"]);
    expect(colleagueRows(staff, [], "nobody")).toEqual([]);
  });
  it("leave out co-hosts who are no colleagues any more", () => {
    expect(colleagueRows(staff, ["gone" as PersonId], "").some(({ on }) => on)).toBe(false);
  });
});
