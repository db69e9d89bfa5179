import { describe, expect, it } from "vitest";
import { en } from "./en";
import { chat } from "./en/chat";
import { friends } from "./en/friends";
import { ordinal, t, type Message } from "./words";

describe("the catalogue", () => {
  it("takes plural forms by number and groups digits", () => {
    expect(t("host.players", { n: 1 })).toBe("1 player");
    expect(t("host.players", { n: 2800 })).toBe("2,800 players");
  });
  it("writes ranks as people say them", () => {
    expect([1, 2, 3, 4, 11, 22, 103].map(ordinal)).toEqual(["1st", "2nd", "3rd", "4th", "11th", "22nd", "103rd"]);
  });
  it("names the same values in all plural forms, and always has the form for others", () => {
    for (const [key, message] of Object.entries<Message>({ ...en, ...chat, ...friends })) {
      if (typeof message === "string") continue;
      expect(message.other, key).toBeDefined();
      const names = Object.values(message).map((form) => [...form.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join());
      expect(new Set(names).size, key).toBe(1);
    }
  });
});
