import type { Conversation } from "../api/chat-types";
import { t } from "../words/words";

/** What a conversation is called. */
export function nameOf({ kind, title, with: other }: Pick<Conversation, "kind" | "title" | "with">): string {
  if (kind === "direct") return other?.name ?? t("chat.title");
  return title ?? t(kind === "class" ? "chat.class.untitled" : "chat.group.untitled");
}

/** Letters that stand for a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words[words.length - 1] : undefined].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toUpperCase();
}

/** Whether somebody wants to hear of mentions only, now. */
export function isMuted({ muted_until }: Pick<Conversation, "muted_until">): boolean {
  return muted_until !== null && muted_until > Date.now();
}

const TIME = new Intl.DateTimeFormat("en", { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const SHORT_DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const YEAR_DAY = new Intl.DateTimeFormat("en", { dateStyle: "long" });
const DAY_MS = 86_400_000;

/** The time of day. */
export function clock(ms: number): string {
  return TIME.format(ms);
}

/** A day as people say it: today, yesterday, or its date. */
export function dayName(ms: number, now = Date.now()): string {
  const day = new Date(ms).toDateString();
  if (day === new Date(now).toDateString()) return t("chat.today");
  if (day === new Date(now - DAY_MS).toDateString()) return t("chat.yesterday");
  return new Date(ms).getFullYear() === new Date(now).getFullYear() ? DAY.format(ms) : YEAR_DAY.format(ms);
}

/** When something was, as short as it goes: the time of today, or the day. */
export function shortTime(ms: number, now = Date.now()): string {
  return new Date(ms).toDateString() === new Date(now).toDateString() ? clock(ms) : SHORT_DAY.format(ms);
}
