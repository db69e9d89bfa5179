/**
 * The number that a student typed, in the ways that classes write numbers: 3.14, 3,14, 1 000, −5. Null if it is none.
 * One comma or point is the decimal mark unless it stands exactly before three digits behind one to three others and
 * the other mark follows: 1,234.5 and 1.234,5 are both read.
 */
export function parseNumber(text: string): number | null {
  let plain = text.normalize("NFKC").replace(/[\u2212\u2013]/g, "-").replace(/[\s'’_]/g, "");
  const lastComma = plain.lastIndexOf(",");
  const lastPoint = plain.lastIndexOf(".");
  if (lastComma >= 0 && lastPoint >= 0) {
    const grouping = lastComma > lastPoint ? "." : ",";
    plain = plain.split(grouping).join("");
  }
  plain = plain.replace(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain)) return null;
  return Number(plain);
}
