import type { Category, Gradebook, GradebookStudent, LineItem } from "../../../api/grade-types";
import { cellText, type CellValue } from "../../../records/cell-text";
import { GRADES } from "./moves";
import type { Overlay } from "./scores";

/** A column of scores. */
export interface ScoreColumn {
  item: LineItem;
  category: string;
}
/** The gradebook as the grid shows it. */
export interface Book {
  columns: ScoreColumn[];
  students: GradebookStudent[];
}

/** Columns by position, students by name; who left is out, but for a look back. */
export function bookOf(gradebook: Gradebook, withLeft: boolean): Book {
  const titles = new Map(gradebook.categories.map((category: Category) => [category.id, category.title]));
  return {
    columns: gradebook.line_items.map((item) => ({ item, category: titles.get(item.category) ?? "" })),
    students: gradebook.students.filter((student) => withLeft || student.state !== "withdrawn"),
  };
}

/** What a cell holds: what was just typed, else what the server has. */
export function valueAt(book: Book, waiting: Overlay, row: number, col: number): CellValue | undefined {
  const student = book.students[row];
  const column = book.columns[col - GRADES];
  if (!student || !column) return undefined;
  return waiting.get(student.id)?.get(column.item.id) ?? student.scores[column.item.id];
}

/** The text of the cells of a range, as a spreadsheet takes them. */
export function rangeText(book: Book, waiting: Overlay, from: { row: number; col: number }, to: { row: number; col: number }): string {
  const lines: string[] = [];
  for (let row = Math.max(0, from.row); row <= to.row; row += 1) {
    const cells: string[] = [];
    for (let col = from.col; col <= to.col; col += 1) {
      const student = book.students[row];
      const grade = col === 0 ? student?.current_grade : col === 1 ? student?.final_grade : undefined;
      cells.push(col < GRADES ? String(grade?.percent ?? "") : cellText(valueAt(book, waiting, row, col)));
    }
    lines.push(cells.join("\t"));
  }
  return lines.join("\n");
}

/** Rows or columns to draw around what is seen. */
export interface Span {
  from: number;
  to: number;
}

/** The part of `count` things of `size` pixels that is seen in a window, with `more` on each side. */
export function span(start: number, length: number, size: number, count: number, more: number): Span {
  const from = Math.max(0, Math.floor(start / size) - more);
  const to = Math.min(count, Math.ceil((start + length) / size) + more);
  return { from, to: Math.max(from, to) };
}
