import { memo, type KeyboardEvent } from "react";
import type { GradebookStudent, LineItemId } from "../../../api/grade-types";
import { gradeText } from "../../../records/figures";
import { t } from "../../../words/words";
import { cellText, type CellValue } from "../../../records/cell-text";
import type { ScoreColumn, Span } from "./book";
import { CURRENT, FINAL, GRADES } from "./moves";
import { COLUMN, FIXED, ROW } from "./sizes";
import styles from "./grid.module.css";

export interface GridRowProps {
  gridId: string;
  row: number;
  student: GradebookStudent;
  columns: ScoreColumn[];
  /** Columns of scores to draw. */
  shown: Span;
  waiting: ReadonlyMap<LineItemId, CellValue> | undefined;
  /** Column of the cursor, or -1. */
  active: number;
  /** First and last marked column, or -1 and -2. */
  markFrom: number;
  markTo: number;
  /** What is being typed in the cell of the cursor. */
  edit: string | null;
  onText: (text: string) => void;
  onEditKey: (event: KeyboardEvent<HTMLInputElement>) => void;
  onEditEnd: () => void;
}

/** One student. Only what changes with its own cells makes it draw again. */
export const GridRow = memo(function GridRow(props: GridRowProps) {
  const { gridId, row, student, columns, shown, waiting, active, markFrom, markTo, edit } = props;
  const cells = [];
  for (let at = shown.from; at < shown.to; at += 1) cells.push(at);
  // The cell of the cursor is always there: the focus is told by its id.
  const cursor = active - GRADES;
  if (cursor >= 0 && (cursor < shown.from || cursor >= shown.to)) cells.push(cursor);
  const marked = (col: number): "" | undefined => (col >= markFrom && col <= markTo ? "" : undefined);
  return (
    <div role="row" aria-rowindex={row + 2} className={styles.row} style={{ insetBlockStart: row * ROW }} data-odd={row % 2 === 1 ? "" : undefined} data-active={active >= 0 ? "" : undefined}>
      <div className={styles.fixed} role="presentation">
        <div role="rowheader" aria-colindex={1} className={styles.name} title={student.name} data-row={row} data-col={CURRENT}>
          <span className={styles.nameText}>{student.name}</span>
          {student.state === "withdrawn" && <span className={styles.left}>{t("grid.left")}</span>}
        </div>
        {[CURRENT, FINAL].map((col) => (
          <div key={col} id={`${gridId}-${row}-${col}`} role="gridcell" aria-colindex={col + 2} aria-selected={active === col} className={styles.grade} data-row={row} data-col={col} data-cursor={active === col ? "" : undefined} data-marked={marked(col)}>
            {gradeText(col === CURRENT ? student.current_grade : student.final_grade)}
          </div>
        ))}
      </div>
      {cells.map((at) => {
        const column = columns[at];
        if (!column) return null;
        const { item } = column;
        const col = at + GRADES;
        const pending = waiting?.get(item.id);
        const value = pending ?? student.scores[item.id];
        const here = active === col;
        return (
          <div
            key={item.id}
            id={`${gridId}-${row}-${col}`}
            role="gridcell"
            aria-colindex={col + 2}
            aria-selected={here || marked(col) === ""}
            className={styles.cell}
            style={{ insetInlineStart: `calc(var(--grid-fixed, ${FIXED}px) + ${at * COLUMN}px)` }}
            data-row={row}
            data-col={col}
            data-cursor={here ? "" : undefined}
            data-marked={marked(col)}
            data-waiting={pending ? "" : undefined}
            data-excused={value?.excused ? "" : undefined}
            data-over={value && value.given !== null && item.points_possible > 0 && value.given > item.points_possible ? "" : undefined}
          >
            {here && edit !== null ? (
              <input
                className={styles.input}
                // eslint-disable-next-line jsx-a11y/no-autofocus -- the cell was opened to be typed in
                autoFocus
                aria-label={t("grid.cell", { student: student.name, item: item.title })}
                title={t("grid.holds", { value: cellText(value) || t("grid.ungraded") })}
                value={edit}
                inputMode="decimal"
                onChange={(event) => props.onText(event.target.value)}
                onKeyDown={props.onEditKey}
                onBlur={props.onEditEnd}
              />
            ) : (
              cellText(value)
            )}
          </div>
        );
      })}
    </div>
  );
});
