/** What a teacher types into a cell, and how a cell is shown. */

export interface CellValue {
  given: number | null;
  excused: boolean;
}
export type Parsed = { ok: true; value: CellValue } | { ok: false };

/** Largest score, in either direction; the server's own bound. */
const MOST_POINTS = 1_000_000;

/**
 * Empty takes the score back, "ex" excuses, "45%" is of the points possible, a number is points. A decimal comma is taken
 * as well as a point.
 */
export function parseCell(text: string, pointsPossible: number): Parsed {
  const plain = text.trim().toLowerCase();
  if (plain === "" || plain === "-" || plain === "–") return { ok: true, value: { given: null, excused: false } };
  if (plain === "ex" || plain === "excused" || plain === "exc") return { ok: true, value: { given: null, excused: true } };
  const percent = plain.endsWith("%");
  const digits = (percent ? plain.slice(0, -1) : plain).trim().replace("−", "-").replace(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(digits)) return { ok: false };
  const typed = Number(digits);
  const given = percent ? Math.round(typed * pointsPossible) / 100 : typed;
  return Math.abs(given) <= MOST_POINTS ? { ok: true, value: { given, excused: false } } : { ok: false };
}

/** How a cell's value is shown, typed and copied. */
export function cellText(value: CellValue | undefined): string {
  if (value === undefined) return "";
  if (value.excused) return "ex";
  return value.given === null ? "" : String(Math.round(value.given * 10_000) / 10_000);
}

export function sameValue(a: CellValue | undefined, b: CellValue | undefined): boolean {
  return (a?.given ?? null) === (b?.given ?? null) && (a?.excused ?? false) === (b?.excused ?? false);
}

/** Rows and columns of what a spreadsheet puts on the clipboard; a line end at the end makes no further row. */
export function table(text: string): string[][] {
  const lines = text.replaceAll("\r\n", "\n").replace(/\n$/, "").split("\n");
  return lines.map((line) => line.split("\t"));
}
