import tokens from "./tokens.css?raw";
import { describe, expect, it } from "vitest";

type Colors = Record<string, string>;

function colors(block: string): Colors {
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1] ?? "", m[2] ?? ""]));
}
const [, lightBlock = "", darkBlock = ""] = tokens.split(/:root[^{]*\{/);
const light = colors(lightBlock);
const dark = { ...light, ...colors(darkBlock) };

/** Contrast of two colours as WCAG 2 defines it. */
function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const text: [string, string][] = [
  ...["bg", "surface", "surface-2", "brand-soft", "accent-soft", "good-soft", "bad-soft"].map((ground): [string, string] => ["text", ground]),
  ...["bg", "surface", "surface-2", "good-soft", "bad-soft"].map((ground): [string, string] => ["text-soft", ground]),
  ["accent", "bg"], ["accent", "surface"], ["accent-ink", "accent"], ["brand-ink", "brand"], ["brand-ink", "brand-hover"],
  ["bad", "surface"], ["bad", "bg"], ["bad-ink", "bad"], ["bad-ink", "bad-hover"], ["good", "surface"], ["good", "bg"],
  ...["a", "b", "c", "d", "e", "f"].map((letter): [string, string] => [`answer-${letter}-ink`, `answer-${letter}`]),
];
const shapes: [string, string][] = [["border-strong", "surface"], ["accent", "bg"], ["good", "good-soft"], ["bad", "bad-soft"]];

describe.each([["light", light], ["dark", dark]])("the %s theme", (_name, theme) => {
  it.each(text)("%s on %s can be read (4.5:1)", (ink, ground) => {
    expect(contrast(theme[ink] ?? "", theme[ground] ?? "")).toBeGreaterThanOrEqual(4.5);
  });
  it.each(shapes)("%s on %s can be seen (3:1)", (shape, ground) => {
    expect(contrast(theme[shape] ?? "", theme[ground] ?? "")).toBeGreaterThanOrEqual(3);
  });
});
