import { useCallback, useEffect, useId, useLayoutEffect, useRef, useState, type ClipboardEvent, type KeyboardEvent, type MouseEvent } from "react";
import { number, t } from "../../../words/words";
import { short } from "../../../records/figures";
import { toast } from "../../../ui/toast";
import { bookOf, rangeText, span, valueAt, type Book, type Span } from "./book";
import { cellText, parseCell, table } from "../../../records/cell-text";
import { GridRow } from "./GridRow";
import { at, CURRENT, FINAL, GRADES, HEADER, marked, press, type Act, type Cursor, type Place } from "./moves";
import type { CellEdit, Scores } from "./scores";
import { COLUMN, FIXED, FIXED_NARROW, HEAD, ROW } from "./sizes";
import styles from "./grid.module.css";

export interface GridProps {
  book: ReturnType<typeof bookOf>;
  scores: Scores;
  readOnly: boolean;
  cursor: Cursor;
  onCursor: (cursor: Cursor) => void;
  /** Explains a grade, or opens a column. */
  onOpen: (place: Place) => void;
}

const MORE_ROWS = 6;
const MORE_COLUMNS = 2;

/** The gradebook as a spreadsheet. Only what is in sight is drawn. */
export function Grid({ book, scores, readOnly, cursor, onCursor, onOpen }: GridProps) {
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<{ rows: Span; cols: Span; page: number; fixed: number }>({ rows: { from: 0, to: 30 }, cols: { from: 0, to: 16 }, page: 10, fixed: FIXED });
  const size = { rows: book.students.length, cols: book.columns.length + GRADES, page: view.page };

  const look = useCallback((): void => {
    const element = frame.current;
    if (!element) return;
    const fixed = element.clientWidth < 700 ? FIXED_NARROW : FIXED;
    const rows = span(element.scrollTop, element.clientHeight - HEAD, ROW, book.students.length, MORE_ROWS);
    const cols = span(Math.abs(element.scrollLeft), element.clientWidth, COLUMN, book.columns.length, MORE_COLUMNS);
    const page = Math.max(1, Math.floor((element.clientHeight - HEAD) / ROW) - 1);
    setView((old) =>
      old.rows.from === rows.from && old.rows.to === rows.to && old.cols.from === cols.from && old.cols.to === cols.to && old.page === page && old.fixed === fixed ? old : { rows, cols, page, fixed },
    );
  }, [book.students.length, book.columns.length]);
  useLayoutEffect(look, [look]);
  useEffect(() => {
    if (!frame.current) return;
    const observer = new ResizeObserver(look);
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, [look]);

  // Brings the cursor into sight. The sticky parts cover what is behind them.
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element || !element.contains(document.activeElement)) return;
    if (cursor.row > HEADER) {
      const top = cursor.row * ROW;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top + ROW + HEAD > element.scrollTop + element.clientHeight) element.scrollTop = top + ROW + HEAD - element.clientHeight;
    }
    if (cursor.col >= GRADES) {
      const start = (cursor.col - GRADES) * COLUMN;
      const room = element.clientWidth - view.fixed;
      if (start < element.scrollLeft) element.scrollLeft = start;
      else if (start + COLUMN > element.scrollLeft + room) element.scrollLeft = start + COLUMN - room;
    } else element.scrollLeft = 0;
  }, [cursor.row, cursor.col, view.fixed]);

  // After typing the focus goes back to the grid.
  const typing = cursor.edit !== null;
  const wasTyping = useRef(false);
  useEffect(() => {
    if (wasTyping.current && !typing && (document.activeElement === document.body || frame.current?.contains(document.activeElement))) frame.current?.focus({ preventScroll: true });
    wasTyping.current = typing;
  }, [typing, cursor.row, cursor.col]);

  // What the cell held when typing began: somebody else may change it meanwhile.
  const began = useRef<{ place: Place; id: string | null } | null>(null);
  const heldId = (place: Place): string | null => {
    const item = book.columns[place.col - GRADES]?.item.id;
    const student = book.students[place.row];
    return (item && student?.scores[item]?.id) ?? null;
  };

  const write = (place: Place, text: string): void => {
    const edit = editOf(book, scores, place, text);
    if (edit === null) return toast({ text: t("grid.bad", { text }), tone: "bad" });
    const before = began.current;
    const clash = before !== null && before.place.row === place.row && before.place.col === place.col && before.id !== heldId(place) && !scores.waiting.get(edit.student)?.has(edit.line_item);
    if (scores.edit([edit]) > 0 && clash) {
      const theirs = shownValue(cellText(edit.before));
      toast({
        text: t("grid.clash", { theirs, mine: shownValue(cellText(edit.after)) }),
        action: { label: t("grid.clash.take", { theirs }), onPress: () => scores.edit([{ ...edit, before: edit.after, after: edit.before }]) },
      });
    }
  };

  const act = (one: Act): void => {
    switch (one.do) {
      case "commit":
        return write(one.at, one.text);
      case "clear": {
        const n = scores.edit(rangeEdits(book, scores, cursor, () => ""));
        if (n > 1) toast({ text: t("grid.cleared", { n }), action: { label: t("app.undo"), onPress: () => scores.undo() } });
        return;
      }
      case "open":
        return onOpen(cursor);
      case "undo":
        return toast({ text: t(scores.undo() ? "grid.undone" : "grid.nothing_to_undo") });
      case "redo":
        if (scores.redo()) toast({ text: t("grid.redone") });
    }
  };

  const onKey = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    const { key, shiftKey: shift, altKey: alt } = event;
    const next = press(cursor, { key, shift, alt, ctrl: event.ctrlKey || event.metaKey }, size, cellText(valueAt(book, scores.waiting, cursor.row, cursor.col)), readOnly);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (next.cursor.edit !== null && cursor.edit === null) began.current = { place: { row: cursor.row, col: cursor.col }, id: heldId(cursor) };
    next.acts.forEach(act);
    if (next.cursor !== cursor) onCursor(next.cursor);
  };
  // A row must not draw again because a function is a new one: it calls the newest through these.
  const newest = useRef({ onKey, write, cursor, onCursor });
  newest.current = { onKey, write, cursor, onCursor };
  const onText = useCallback((text: string) => {
    const { cursor: now, onCursor: set } = newest.current;
    if (now.edit !== null) set({ ...now, edit: { ...now.edit, text } });
  }, []);
  const onEditKey = useCallback((event: KeyboardEvent) => newest.current.onKey(event), []);
  const onEditEnd = useCallback(() => {
    const { cursor: now, onCursor: set, write: keep } = newest.current;
    if (now.edit === null) return;
    keep({ row: now.row, col: now.col }, now.edit.text);
    set(at(now.row, now.col));
  }, []);

  const onPaste = (event: ClipboardEvent): void => {
    if (typing || readOnly || cursor.col < GRADES || cursor.row <= HEADER) return;
    event.preventDefault();
    const rows = table(event.clipboardData.getData("text/plain"));
    const edits: CellEdit[] = [];
    let bad = 0;
    rows.forEach((cells, r) =>
      cells.forEach((text, c) => {
        const place = { row: cursor.row + r, col: cursor.col + c };
        if (place.row >= size.rows || place.col >= size.cols) return;
        const edit = editOf(book, scores, place, text);
        if (edit === null) bad += 1;
        else edits.push(edit);
      }),
    );
    const n = scores.edit(edits);
    const width = Math.max(...rows.map((cells) => cells.length));
    onCursor({ ...cursor, anchor: { row: Math.min(size.rows - 1, cursor.row + rows.length - 1), col: Math.min(size.cols - 1, cursor.col + width - 1) } });
    toast({ text: [t("grid.pasted", { n: edits.length }), ...(bad > 0 ? [t("grid.bad_many", { n: bad })] : [])].join(" "), ...(n > 0 ? { action: { label: t("app.undo"), onPress: () => scores.undo() } } : {}) });
  };
  const onCopy = (event: ClipboardEvent): void => {
    if (typing) return;
    const { from, to } = marked(cursor);
    event.preventDefault();
    event.clipboardData.setData("text/plain", rangeText(book, scores.waiting, from, to));
  };

  const onMouseDown = (event: MouseEvent): void => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-col]") : null;
    if (!cell || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    if (cursor.edit !== null) write({ row: cursor.row, col: cursor.col }, cursor.edit.text);
    // The press that brings the focus only brings the focus: what is typed then goes over what stands there.
    const focused = document.activeElement === frame.current;
    frame.current?.focus({ preventScroll: true });
    const place = { row: Number(cell.dataset["row"]), col: Number(cell.dataset["col"]) };
    const again = focused && place.row === cursor.row && place.col === cursor.col && cursor.edit === null;
    if (event.shiftKey) return onCursor({ ...cursor, ...place, anchor: cursor.anchor, edit: null });
    const isScore = place.row > HEADER && place.col >= GRADES;
    if (again && isScore && !readOnly) {
      began.current = { place, id: heldId(place) };
      return onCursor({ ...at(place.row, place.col), edit: { text: cellText(valueAt(book, scores.waiting, place.row, place.col)), typed: false } });
    }
    onCursor(at(place.row, place.col));
    if (!isScore) onOpen(place);
  };

  const { from, to } = marked(cursor);
  const width = view.fixed + book.columns.length * COLUMN;
  const rows = [];
  for (let row = view.rows.from; row < Math.min(view.rows.to, size.rows); row += 1) rows.push(row);
  if (cursor.row > HEADER && cursor.row < size.rows && !rows.includes(cursor.row)) rows.push(cursor.row);
  return (
    <div
      ref={frame}
      role="grid"
      tabIndex={0}
      className={styles.frame}
      style={{ "--grid-fixed": `${view.fixed}px`, "--grid-rows": size.rows } as React.CSSProperties}
      data-narrow={view.fixed === FIXED_NARROW ? "" : undefined}
      aria-label={t("grid.label")}
      aria-rowcount={size.rows + 1}
      aria-colcount={size.cols + 1}
      aria-multiselectable="true"
      aria-readonly={readOnly}
      aria-describedby={`${id}-hint`}
      aria-activedescendant={`${id}-${cursor.row}-${cursor.col}`}
      onScroll={look}
      onKeyDown={onKey}
      onPaste={onPaste}
      onCopy={onCopy}
      onMouseDown={onMouseDown}
    >
      <div role="rowgroup" className={styles.head} style={{ inlineSize: width }}>
        <div role="row" aria-rowindex={1} className={styles.headRow}>
          <div className={styles.fixed} role="presentation">
            <div role="columnheader" aria-colindex={1} className={styles.headName}>
              {t("grid.student")}
            </div>
            <HeadGrade id={`${id}-${HEADER}-${CURRENT}`} col={CURRENT} active={cursor.row === HEADER && cursor.col === CURRENT} />
            <HeadGrade id={`${id}-${HEADER}-${FINAL}`} col={FINAL} active={cursor.row === HEADER && cursor.col === FINAL} />
          </div>
          {headColumns(view.cols, cursor, book.columns.length).map((place) => {
            const column = book.columns[place];
            if (!column) return null;
            const col = place + GRADES;
            const { item } = column;
            return (
              <div
                key={item.id}
                id={`${id}-${HEADER}-${col}`}
                role="columnheader"
                aria-colindex={col + 2}
                className={styles.headCell}
                style={{ insetInlineStart: `calc(var(--grid-fixed) + ${place * COLUMN}px)` }}
                data-row={HEADER}
                data-col={col}
                data-cursor={cursor.row === HEADER && cursor.col === col ? "" : undefined}
                data-dim={item.hidden || item.omit_from_final ? "" : undefined}
                title={`${item.title} · ${column.category}`}
              >
                <span className={styles.headTitle}>{item.title}</span>
                <span className={styles.headMore}>
                  {t("grid.of", { points: short(item.points_possible) })}
                  {item.hidden && <span className="visually-hidden">, {t("grid.hidden")}</span>}
                </span>
                <span className={styles.headMore}>{column.category}</span>
              </div>
            );
          })}
        </div>
      </div>
      <div role="rowgroup" className={styles.body} style={{ inlineSize: width, blockSize: size.rows * ROW }}>
        {rows.map((row) => {
          const student = book.students[row];
          if (!student) return null;
          const here = row === cursor.row;
          const inMark = row >= from.row && row <= to.row && (from.row !== to.row || from.col !== to.col);
          return (
            <GridRow
              key={student.id}
              gridId={id}
              row={row}
              student={student}
              columns={book.columns}
              shown={view.cols}
              waiting={scores.waiting.get(student.id)}
              active={here ? cursor.col : -1}
              markFrom={inMark ? from.col : -1}
              markTo={inMark ? to.col : -2}
              edit={here && cursor.edit !== null ? cursor.edit.text : null}
              onText={onText}
              onEditKey={onEditKey}
              onEditEnd={onEditEnd}
            />
          );
        })}
      </div>
      <span id={`${id}-hint`} className="visually-hidden">
        {t("grid.hint")} {number(size.rows)}
      </span>
    </div>
  );
}

function HeadGrade({ id, col, active }: { id: string; col: number; active: boolean }) {
  return (
    <div id={id} role="columnheader" aria-colindex={col + 2} className={styles.headGrade} title={t(col === CURRENT ? "grid.current.tip" : "grid.final.tip")} data-cursor={active ? "" : undefined}>
      {t(col === CURRENT ? "grid.current" : "grid.final")}
    </div>
  );
}

function headColumns(cols: Span, cursor: Cursor, count: number): number[] {
  const shown = [];
  for (let at = cols.from; at < Math.min(cols.to, count); at += 1) shown.push(at);
  const own = cursor.col - GRADES;
  if (own >= 0 && own < count && !shown.includes(own)) shown.push(own);
  return shown;
}

function shownValue(text: string): string {
  return text === "" ? t("grid.ungraded") : text;
}

function editOf(book: Book, scores: Scores, place: Place, text: string): CellEdit | null {
  const student = book.students[place.row];
  const item = book.columns[place.col - GRADES]?.item;
  if (!student || !item) return null;
  const parsed = parseCell(text, item.points_possible);
  if (!parsed.ok) return null;
  const before = valueAt(book, scores.waiting, place.row, place.col);
  return { student: student.id, line_item: item.id, before: { given: before?.given ?? null, excused: before?.excused ?? false }, after: parsed.value };
}

/** The same text for every score that is marked. */
export function rangeEdits(book: Book, scores: Scores, cursor: Cursor, text: () => string): CellEdit[] {
  const { from, to } = marked(cursor);
  const edits: CellEdit[] = [];
  for (let row = Math.max(0, from.row); row <= to.row; row += 1) {
    for (let col = Math.max(GRADES, from.col); col <= to.col; col += 1) {
      const edit = editOf(book, scores, { row, col }, text());
      if (edit) edits.push(edit);
    }
  }
  return edits;
}
