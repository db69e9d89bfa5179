import { describe, expect, it } from "vitest";
import { withLinks } from "./links";
import { pieces } from "./pieces";

const links = (text: string): string[] => withLinks(text).flatMap((piece) => (piece.kind === "link" ? [piece.href] : []));
const whole = (text: string): string => withLinks(text).map(({ text: part }) => part).join("");

describe("links in a message", () => {
  it("are addresses of the web, and leave the sentence its punctuation", () => {
    expect(links("See https://example.org/map. And http://example.org/a?b=c#d!")).toEqual(["https://example.org/map", "http://example.org/a?b=c#d"]);
    expect(links("(https://example.org/page_(math))")).toEqual(["https://example.org/page_(math)"]);
    expect(links("“https://example.org/ü” or ‘https://example.org/a’")).toEqual(["https://example.org/%C3%BC", "https://example.org/a"]);
  });
  it("are nothing else", () => {
    for (const text of ["javascript:alert(1)", "JAVASCRIPT://example.org/%0aalert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "ftp://example.org", "//example.org", "www.example.org", "https://", "http://", "xhttps://example.org", "file:///etc/passwd"]) {
      expect(links(text), text).toEqual([]);
    }
  });
  it("do not pretend to lead elsewhere", () => {
    expect(links("https://school.example@evil.example/")).toEqual([]);
    expect(links("https://user:secret@evil.example/")).toEqual([]);
    expect(links("https://evil.example/\u202egnp.exe")).toEqual(["https://evil.example/"]);
  });
  it("end at what could end an attribute", () => {
    expect(links(`https://example.org/"onmouseover="alert(1)`)).toEqual(["https://example.org/"]);
    expect(links("https://example.org/<script>")).toEqual(["https://example.org/"]);
  });
  it("leave every letter of the text where it was", () => {
    for (const text of ["a https://example.org, b", "https://example.org", "", "no link", "((https://a.example))", "https://[bad https://good.example"]) expect(whole(text)).toBe(text);
  });
});

describe("mentions in a message", () => {
  const names = ["Maya Chen", "Maya", "Ali"];
  const mentioned = (text: string): string[] => pieces(text, names).flatMap((piece) => (piece.kind === "mention" ? [piece.text] : []));
  it("are the names that it was sent with, the longest first", () => {
    expect(mentioned("@Maya Chen and @Maya, ask @Ali!")).toEqual(["@Maya Chen", "@Maya", "@Ali"]);
  });
  it("are no parts of words or addresses", () => {
    expect(mentioned("maya@Maya @Alison @Noa")).toEqual([]);
    expect(mentioned("https://example.org/@Maya")).toEqual([]);
  });
  it("leave every letter of the text where it was", () => {
    const text = "@@Maya @Maya Chen\n<b>@Ali</b> https://example.org/@Ali @";
    expect(pieces(text, names).map((piece) => piece.text).join("")).toBe(text);
  });
});
