import { describe, expect, it } from "vitest";
import { rowsOf } from "./rows";
import type { Entry } from "./timeline";

const noon = new Date(2026, 10, 30, 12).getTime();
const MINUTE = 60_000;
const entry = (seq: number, sender: string, at: number, more: Partial<Entry> = {}): Entry => ({ seq, sender: { id: sender, name: sender, role: "student" }, sent_at: at, reply_to: null, ...more }) as unknown as Entry;
const shape = (entries: Entry[], read: number | null = null) => rowsOf(entries, read, "me").map((row) => (row.kind === "message" ? `${row.head ? "+" : ""}${row.entry.seq}` : row.kind));

describe("rows of a conversation", () => {
  it("have one name above what one person writes in a short time", () => {
    expect(shape([entry(1, "a", noon), entry(2, "a", noon + MINUTE), entry(3, "b", noon + 2 * MINUTE), entry(4, "a", noon + 3 * MINUTE), entry(5, "a", noon + 9 * MINUTE)])).toEqual(["day", "+1", "2", "+3", "+4", "+5"]);
  });
  it("have the day above what was written on it", () => {
    const midnight = new Date(2026, 11, 1).getTime();
    expect(shape([entry(1, "a", midnight - 1), entry(2, "a", midnight)])).toEqual(["day", "+1", "day", "+2"]);
  });
  it("have one line above what is new", () => {
    expect(shape([entry(1, "a", noon), entry(2, "a", noon), entry(3, "a", noon)], 1)).toEqual(["day", "+1", "new", "+2", "3"]);
    expect(shape([entry(1, "a", noon), entry(2, "me", noon), entry(3, "a", noon)], 1)).toEqual(["day", "+1", "+2", "new", "+3"]);
    expect(shape([entry(1, "a", noon)], 1)).toEqual(["day", "+1"]);
    expect(shape([entry(9, "a", noon)], 1)).toEqual(["day", "+9"]);
  });
  it("name the sender of a quote", () => {
    expect(shape([entry(1, "a", noon), entry(2, "a", noon, { reply_to: 1 })])).toEqual(["day", "+1", "+2"]);
  });
});
