/** Days as date fields have them, in the reader's zone. */

const two = (value: number): string => String(value).padStart(2, "0");

/** `2026-11-30`, or empty for none. */
export function dayText(ms: number | null): string {
  if (ms === null) return "";
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The last moment of a day; null for what is no day. */
export function endOfDay(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return null;
  const ms = new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]), 23, 59, 59, 999).getTime();
  return Number.isNaN(ms) || dayText(ms) !== text ? null : ms;
}
