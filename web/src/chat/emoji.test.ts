import { describe, expect, it } from "vitest";
import { chat } from "../words/en/chat";
import { EMOJI, isEmoji } from "./emoji";

describe("emoji", () => {
  it("that are offered are each one emoji, with a name, and none twice", () => {
    for (const { emoji, name } of EMOJI) {
      expect(isEmoji(emoji), emoji).toBe(true);
      expect(chat[name as keyof typeof chat]).toBeTruthy();
    }
    expect(new Set(EMOJI.map(({ emoji }) => emoji)).size).toBe(EMOJI.length);
  });
  it("may be families, flags and keys", () => {
    for (const emoji of ["👩‍👩‍👧‍👦", "🇪🇪", "7️⃣", "👍🏽"]) expect(isEmoji(emoji), emoji).toBe(true);
  });
  it("are not words, digits, or two at once", () => {
    for (const text of ["", "a", "7", "👍👍", "👍 ", "<b>", "ok👍"]) expect(isEmoji(text), text).toBe(false);
  });
});
