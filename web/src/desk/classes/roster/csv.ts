/** Comma-separated values as RFC 4180 has them. */

/** A row of a table, with the line of the text in which it begins, counted from 1. */
interface Row {
  line: number;
  cells: string[];
}

/** Rows of fields; empty lines are none. What stands behind a closing quote up to the next comma is taken as it is. */
function parse(text: string, comma: string): Row[] {
  const rows: Row[] = [];
  let row: string[] = [];
  let line = 1;
  let began = 1;
  let field = "";
  let quoted = false;
  const plain = text.replace(/^\uFEFF/, "");
  for (let i = 0; i < plain.length; i += 1) {
    const char = plain[i] ?? "";
    if (char === "\n") line += 1;
    if (quoted) {
      if (char !== '"') field += char;
      else if (plain[i + 1] === '"') {
        field += '"';
        i += 1;
      } else quoted = false;
    } else if (char === '"' && field === "") quoted = true;
    else if (char === comma) {
      row.push(field);
      field = "";
    } else if (char === "\n" || char === "\r") {
      if (char === "\r" && plain[i + 1] === "\n") {
        i += 1;
        line += 1;
      }
      rows.push({ line: began, cells: [...row, field] });
      row = [];
      field = "";
      began = line;
    } else field += char;
  }
  if (field !== "" || row.length > 0) rows.push({ line: began, cells: [...row, field] });
  return rows.filter(({ cells }) => cells.some((cell) => cell.trim() !== ""));
}

/** The cells of each row. */
export function parseCsv(text: string, comma = ","): string[][] {
  return parse(text, comma).map(({ cells }) => cells);
}

/** What each row says, by the line in which it begins, as the server numbers rows. */
export function linesOf(text: string): ReadonlyMap<number, string> {
  return new Map(parse(text, ",").map(({ line, cells }) => [line, cells.filter((cell) => cell !== "").join(" · ")]));
}

export function writeCsv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** What was pasted as a file: a spreadsheet puts tabs between cells, half of Europe's spreadsheets semicolons. */
export function asCsv(text: string): string {
  const first = text.split(/\r?\n/, 1)[0] ?? "";
  for (const separator of ["\t", ";"]) if (first.includes(separator) && !first.includes(",")) return writeCsv(parseCsv(text, separator));
  return text;
}
