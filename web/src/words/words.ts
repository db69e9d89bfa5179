import { en } from "./en";
import type { chat } from "./en/chat";
import type { friends } from "./en/friends";

/** A text, or its forms by number; `{name}` stands for a value. */
export type Message = string | Partial<Record<Intl.LDMLPluralRule, string>>;
export type Key = keyof typeof en | keyof typeof chat | keyof typeof friends;
export type Values = Record<string, string | number>;

const LOCALE = "en";
const plurals = new Intl.PluralRules(LOCALE);
const numbers = new Intl.NumberFormat(LOCALE);
const catalogue: Record<string, Message> = { ...en };

/** Adds texts that come with their pages: a player's phone need not load them. */
export function learn(more: Record<string, Message>): void {
  Object.assign(catalogue, more);
}

/** A number as the language writes it. */
export function number(value: number): string {
  return numbers.format(value);
}

/** 1st, 2nd, 3rd: a rank in words. */
export function ordinal(value: number): string {
  const rule = new Intl.PluralRules(LOCALE, { type: "ordinal" }).select(value);
  const suffix = { one: "st", two: "nd", few: "rd", many: "th", zero: "th", other: "th" }[rule];
  return `${number(value)}${suffix}`;
}

/** A day and time in the reader's zone, from milliseconds. */
export function dateTime(ms: number): string {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" }).format(ms);
}

/** A day in the reader's zone, from milliseconds. */
export function day(ms: number): string {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" }).format(ms);
}

/**
 * The text of `key` with its values filled in. A message with plural forms takes its form from the value `n`.
 */
export function t(key: Key, values: Values = {}): string {
  const message = catalogue[key] ?? key;
  let text: string;
  if (typeof message === "string") text = message;
  else {
    const n = values["n"];
    const form = plurals.select(typeof n === "number" ? n : 0);
    text = message[form] ?? message.other ?? key;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? number(value) : value;
  });
}
