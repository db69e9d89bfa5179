import type { Entry } from "./timeline";

/** What stands below each other in a conversation. */
export type Row =
  | { kind: "day"; key: string; at: number }
  /** What follows is new to the reader. */
  | { kind: "new"; key: string }
  | { kind: "message"; key: string; entry: Entry; /** Whether the sender's name stands above it. */ head: boolean };

/** Messages of one sender within this time stand together. */
const TOGETHER_MS = 5 * 60_000;

const dayOf = (ms: number): string => new Date(ms).toDateString();

/** Messages with the days between them, those of one sender together; `read`: the last one that the reader knew, null for all. */
export function rowsOf(entries: readonly Entry[], read: number | null, me: string): Row[] {
  const rows: Row[] = [];
  let before: Entry | null = null;
  // The line is where the new begins; a part that begins later has none.
  let marked = read === null || (entries[0]?.seq ?? 0) > read + 1;
  for (const entry of entries) {
    const newDay = before === null || dayOf(before.sent_at) !== dayOf(entry.sent_at);
    if (newDay) rows.push({ kind: "day", key: `day-${dayOf(entry.sent_at)}`, at: entry.sent_at });
    const begins = !marked && entry.seq > (read ?? 0) && entry.sender.id !== me;
    if (begins) {
      rows.push({ kind: "new", key: "new" });
      marked = true;
    }
    const head = newDay || begins || before === null || before.sender.id !== entry.sender.id || entry.sent_at - before.sent_at > TOGETHER_MS || entry.reply_to !== null;
    rows.push({ kind: "message", key: `m${entry.seq}`, entry, head });
    before = entry;
  }
  return rows;
}
