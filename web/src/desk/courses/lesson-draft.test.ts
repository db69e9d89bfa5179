import { describe, expect, it } from "vitest";
import type { Block } from "../../api/record-types";
import { blankBlock, changed, contentOf, draftOf, faultOf, isAddress, put, sayTheSame, shifted, without } from "./lesson-draft";

const text = (words: string): Block => ({ kind: "text", text: words });
const saved = draftOf({ version: 3, title: "Maps", content: { blocks: [text("one"), text("two")] } });

describe("a lesson's draft", () => {
  it("is what was saved until something is written", () => {
    expect(sayTheSame(saved, draftOf({ version: 4, title: "Maps", content: contentOf(saved) }))).toBe(true);
    expect(sayTheSame(saved, changed(saved, "saved-1", text("three")))).toBe(false);
  });
  it("gives a removed part its old place back", () => {
    const [first] = saved.parts;
    if (!first) throw new Error("no part");
    const removed = without(saved, first.key);
    expect(contentOf(removed).blocks).toEqual([text("two")]);
    expect(put(removed, first, 0)).toEqual(saved);
  });
  it("moves parts and never loses one beyond the ends", () => {
    expect(shifted(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
    expect(shifted(["a", "b", "c"], 2, 9)).toEqual(["a", "b", "c"]);
    expect(shifted(["a", "b", "c"], 1, -1)).toEqual(["b", "a", "c"]);
  });
});

describe("a part", () => {
  it.each(["https://example.org/map", " http://example.org "])("takes the address %j", (address) => expect(isAddress(address)).toBe(true));
  it.each(["", "example.org", "javascript:alert(1)", "data:text/html,x", "mailto:a@b.c"])("refuses the address %j", (address) => expect(isAddress(address)).toBe(false));
  it("says what it lacks", () => {
    expect((["text", "link", "quiz"] as const).map((kind) => faultOf(blankBlock(kind)))).toEqual([null, "url", "quiz"]);
    expect(faultOf({ kind: "link", url: "https://example.org", label: " " })).toBe("label");
  });
});
