/**
 * The keyboard of the grid, as in a spreadsheet. Pure: a key gives the next place and what to do. Row -1 is the header.
 * Columns 0 and 1 are the current and the final grade; scores begin at column 2.
 */

export const HEADER = -1;
export const CURRENT = 0;
export const FINAL = 1;
export const GRADES = 2;

export interface Place {
  row: number;
  col: number;
}
export interface Cursor extends Place {
  /** The other corner of what is marked; the cursor itself if nothing more is. */
  anchor: Place;
  /** The text being typed; null while moving. `typed`: arrows leave the cell, as after typing over it. */
  edit: { text: string; typed: boolean } | null;
}
export interface Size {
  rows: number;
  /** Grades and scores. */
  cols: number;
  /** Rows that fit on the screen. */
  page: number;
}
export interface Key {
  key: string;
  shift?: boolean;
  ctrl?: boolean;
  alt?: boolean;
}
export type Act =
  /** Keep what was typed in the cell that was left. */
  | { do: "commit"; at: Place; text: string }
  | { do: "clear" }
  | { do: "open" }
  | { do: "undo" }
  | { do: "redo" };
export interface Pressed {
  cursor: Cursor;
  acts: Act[];
}

export function at(row: number, col: number): Cursor {
  return { row, col, anchor: { row, col }, edit: null };
}

const isScore = (place: Place): boolean => place.row > HEADER && place.col >= GRADES;
const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** The corners of what is marked, upper start first. */
export function marked({ row, col, anchor }: Cursor): { from: Place; to: Place } {
  return {
    from: { row: Math.min(row, anchor.row), col: Math.min(col, anchor.col) },
    to: { row: Math.max(row, anchor.row), col: Math.max(col, anchor.col) },
  };
}

/** What a key does; null if the grid leaves it to the browser. `current`: the text of the cell under the cursor. */
export function press(cursor: Cursor, key: Key, size: Size, current: string, readOnly = false): Pressed | null {
  return cursor.edit === null ? moving(cursor, key, size, current, readOnly) : typing(cursor, cursor.edit, key, size);
}

function moving(cursor: Cursor, key: Key, size: Size, current: string, readOnly: boolean): Pressed | null {
  const { ctrl = false, shift = false, alt = false } = key;
  if (alt) return null;
  if (ctrl && key.key.toLowerCase() === "z") return { cursor, acts: [{ do: shift ? "redo" : "undo" }] };
  if (ctrl && key.key.toLowerCase() === "y") return { cursor, acts: [{ do: "redo" }] };
  const target = step(cursor, key, size);
  if (target !== null) return { cursor: { ...target, anchor: shift && isArrow(key.key) ? cursor.anchor : target, edit: null }, acts: [] };
  if (ctrl) return null;
  const editable = isScore(cursor) && !readOnly;
  switch (key.key) {
    case "Enter":
    case "F2":
      return editable ? { cursor: begin(cursor, current, false), acts: [] } : { cursor, acts: [{ do: "open" }] };
    case " ":
      return isScore(cursor) ? null : { cursor, acts: [{ do: "open" }] };
    case "Delete":
    case "Backspace":
      return editable ? { cursor, acts: [{ do: "clear" }] } : null;
    default:
      if (!editable || [...key.key].length !== 1) return null;
      return { cursor: begin(cursor, key.key, true), acts: [] };
  }
}

function typing(cursor: Cursor, edit: { text: string; typed: boolean }, key: Key, size: Size): Pressed | null {
  const place = { row: cursor.row, col: cursor.col };
  const leave = (row: number, col: number): Pressed => ({
    cursor: at(clamp(row, 0, size.rows - 1), clamp(col, GRADES, size.cols - 1)),
    acts: [{ do: "commit", at: place, text: edit.text }],
  });
  switch (key.key) {
    case "Escape":
      return { cursor: at(cursor.row, cursor.col), acts: [] };
    case "Enter":
      return leave(cursor.row + (key.shift ? -1 : 1), cursor.col);
    case "Tab":
      return leave(cursor.row, cursor.col + (key.shift ? -1 : 1));
    case "ArrowUp":
      return leave(cursor.row - 1, cursor.col);
    case "ArrowDown":
      return leave(cursor.row + 1, cursor.col);
    case "ArrowLeft":
      return edit.typed ? leave(cursor.row, cursor.col - 1) : null;
    case "ArrowRight":
      return edit.typed ? leave(cursor.row, cursor.col + 1) : null;
    default:
      return null;
  }
}

function begin(cursor: Cursor, text: string, typed: boolean): Cursor {
  return { ...at(cursor.row, cursor.col), edit: { text, typed } };
}

function isArrow(key: string): boolean {
  return key.startsWith("Arrow");
}

function step({ row, col }: Place, key: Key, size: Size): Place | null {
  const last = { row: size.rows - 1, col: size.cols - 1 };
  const to = (nextRow: number, nextCol: number): Place => ({ row: clamp(nextRow, HEADER, last.row), col: clamp(nextCol, CURRENT, last.col) });
  switch (key.key) {
    case "ArrowUp":
      return key.ctrl ? to(0, col) : to(row - 1, col);
    case "ArrowDown":
      return key.ctrl ? to(last.row, col) : to(row + 1, col);
    case "ArrowLeft":
      return key.ctrl ? to(row, CURRENT) : to(row, col - 1);
    case "ArrowRight":
      return key.ctrl ? to(row, last.col) : to(row, col + 1);
    case "Home":
      return key.ctrl ? to(0, CURRENT) : to(row, CURRENT);
    case "End":
      return key.ctrl ? to(last.row, last.col) : to(row, last.col);
    case "PageUp":
      return to(Math.max(0, row - size.page), col);
    case "PageDown":
      return to(row + size.page, col);
    default:
      return null;
  }
}
