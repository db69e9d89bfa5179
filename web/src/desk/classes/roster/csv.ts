/** Comma-separated values as RFC 4180 has them. */

/** Rows of fields. What stands behind a closing quote up to the next comma is taken as it is. */
export function parseCsv(text: string, comma = ","): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  const plain = text.replace(/^\uFEFF/, "");
  for (let i = 0; i < plain.length; i += 1) {
    const char = plain[i] ?? "";
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
      if (char === "\r" && plain[i + 1] === "\n") i += 1;
      rows.push([...row, field]);
      row = [];
      field = "";
    } else field += char;
  }
  if (field !== "" || row.length > 0) rows.push([...row, field]);
  return rows.filter((cells) => cells.some((cell) => cell.trim() !== ""));
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

/** The cells of a line of the file, by its number as spreadsheets count: the line of the column names is 1. */
export function rowAt(rows: readonly (readonly string[])[], line: number): string {
  return (rows[line - 1] ?? []).filter((cell) => cell !== "").join(" · ");
}
