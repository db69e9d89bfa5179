import { describe, expect, it } from "vitest";
import { at, HEADER, marked, press, type Cursor, type Key } from "./moves";

const size = { rows: 5, cols: 6, page: 3 };
const go = (cursor: Cursor, key: Key | string, current = "") => press(cursor, typeof key === "string" ? { key } : key, size, current);
const place = ({ row, col }: Cursor) => [row, col];

describe("the grid's keyboard", () => {
  it("moves by arrows and stops at the edges, the header above the first row", () => {
    expect(place(go(at(0, 2), "ArrowUp")!.cursor)).toEqual([HEADER, 2]);
    expect(place(go(at(HEADER, 2), "ArrowUp")!.cursor)).toEqual([HEADER, 2]);
    expect(place(go(at(4, 5), "ArrowRight")!.cursor)).toEqual([4, 5]);
    expect(place(go(at(3, 2), "PageDown")!.cursor)).toEqual([4, 2]);
    expect(place(go(at(2, 3), { key: "Home", ctrl: true })!.cursor)).toEqual([0, 0]);
  });
  it("types over a cell, and Enter goes down", () => {
    const typed = go(at(1, 3), "8", "5")!;
    expect(typed.cursor.edit).toEqual({ text: "8", typed: true });
    const done = go({ ...typed.cursor, edit: { text: "8.5", typed: true } }, "Enter")!;
    expect(done.acts).toEqual([{ do: "commit", at: { row: 1, col: 3 }, text: "8.5" }]);
    expect(place(done.cursor)).toEqual([2, 3]);
  });
  it("edits what stands there after Enter, where arrows move within the text", () => {
    const opened = go(at(1, 3), "Enter", "5")!;
    expect(opened.cursor.edit).toEqual({ text: "5", typed: false });
    expect(go(opened.cursor, "ArrowLeft")).toBeNull();
  });
  it("keeps what was there on Escape", () => {
    const { cursor, acts } = go({ ...at(1, 3), edit: { text: "9", typed: true } }, "Escape")!;
    expect([cursor.edit, acts]).toEqual([null, []]);
  });
  it("goes to the side on Tab, and never into the grades", () => {
    const editing: Cursor = { ...at(1, 2), edit: { text: "9", typed: true } };
    expect(place(go(editing, "Tab")!.cursor)).toEqual([1, 3]);
    expect(place(go(editing, { key: "Tab", shift: true })!.cursor)).toEqual([1, 2]);
  });
  it("leaves Tab to the browser while nothing is typed, so that nobody is caught in the grid", () => {
    expect(go(at(1, 3), "Tab")).toBeNull();
  });
  it("opens what explains a grade or a column, and does not type over it", () => {
    expect(go(at(1, 0), "Enter")!.acts).toEqual([{ do: "open" }]);
    expect(go(at(HEADER, 3), "Enter")!.acts).toEqual([{ do: "open" }]);
    expect(go(at(1, 0), "8")).toBeNull();
  });
  it("does not type while a day in the past is shown", () => {
    expect(press(at(1, 3), { key: "8" }, size, "5", true)).toBeNull();
    expect(press(at(1, 3), { key: "Delete" }, size, "5", true)).toBeNull();
  });
  it("marks a range with Shift", () => {
    const down = go(at(1, 3), { key: "ArrowDown", shift: true })!.cursor;
    const { from, to } = marked(go(down, { key: "ArrowRight", shift: true })!.cursor);
    expect([from, to]).toEqual([{ row: 1, col: 3 }, { row: 2, col: 4 }]);
  });
  it("leaves shortcuts of the browser alone", () => {
    expect(go(at(1, 3), { key: "r", ctrl: true })).toBeNull();
    expect(go(at(1, 3), "F5")).toBeNull();
  });
});
