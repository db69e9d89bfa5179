import { describe, expect, it } from "vitest";
import type { PersonId } from "../../api/types";
import { mentionAt, offered, stillNamed, withMention, type Nameable } from "./mentions";

const person = (name: string): Nameable => ({ id: name as PersonId, name });
const people = ["Maya Chen", "José Alvarez", "Ali Maynard", "Mayumi Sato"].map(person);
const names = (found: readonly Nameable[]): string[] => found.map(({ name }) => name);

describe("a mention that is being typed", () => {
  it("begins with an @ at the beginning of a word and ends at the caret", () => {
    expect(mentionAt("@", 1)).toEqual({ from: 0, letters: "" });
    expect(mentionAt("Hello @may", 10)).toEqual({ from: 6, letters: "may" });
    expect(mentionAt("Hello @may and", 10)).toEqual({ from: 6, letters: "may" });
    expect(mentionAt("(@may", 5)).toEqual({ from: 1, letters: "may" });
    expect(mentionAt("@Maya Ch", 8)).toEqual({ from: 0, letters: "Maya Ch" });
  });
  it("is none in an address, behind a finished word, on the next line, or with a space behind it", () => {
    expect(mentionAt("maya@sch", 8)).toBeNull();
    expect(mentionAt("@Maya Chen is", 13)).toBeNull();
    expect(mentionAt("@Maya\nCh", 8)).toBeNull();
    expect(mentionAt("@ may", 5)).toBeNull();
    expect(mentionAt("@Maya ", 6)).toBeNull();
    expect(mentionAt("no", 2)).toBeNull();
    expect(mentionAt("@may", 0)).toBeNull();
  });
  it("is offered those whose names begin so, without case and accents", () => {
    expect(names(offered(people, "MAY"))).toEqual(["Maya Chen", "Mayumi Sato", "Ali Maynard"]);
    expect(names(offered(people, "jose al"))).toEqual(["José Alvarez"]);
    expect(names(offered(people, "aya"))).toEqual([]);
    expect(offered(people, "")).toHaveLength(4);
  });
  it("becomes the chosen name, ready for the next word", () => {
    expect(withMention("Ask @ma!", { from: 4, letters: "ma" }, 7, "Maya Chen")).toEqual({ text: "Ask @Maya Chen!", caret: 14 });
    expect(withMention("@ma", { from: 0, letters: "ma" }, 3, "Maya Chen")).toEqual({ text: "@Maya Chen ", caret: 11 });
    expect(withMention("Ask @ma now", { from: 4, letters: "ma" }, 7, "Maya Chen")).toEqual({ text: "Ask @Maya Chen now", caret: 15 });
  });
});

describe("those whom a message mentions", () => {
  const chosen = [person("Maya"), person("Maya Chen"), person("Ali")];
  it("are the chosen ones whose names still stand there", () => {
    expect(names(stillNamed("@Maya Chen, see this", chosen))).toEqual(["Maya Chen"]);
    expect(names(stillNamed("@Maya Chen and @Maya and @Ali", chosen))).toEqual(["Maya", "Maya Chen", "Ali"]);
    expect(names(stillNamed("Ali and @Alison", chosen))).toEqual([]);
  });
  it("are each named once", () => {
    expect(names(stillNamed("@Ali @Ali", [person("Ali"), person("Ali")]))).toEqual(["Ali"]);
  });
});
