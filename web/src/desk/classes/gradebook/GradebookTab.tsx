import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { Gradebook } from "../../../api/grade-types";
import type { ClassId } from "../../../api/types";
import { gradeCalls } from "../../../records/calls";
import { dayText, endOfDay } from "../../../records/dates";
import { short } from "../../../records/figures";
import { keys } from "../../../records/keys";
import { Loaded } from "../../../records/Loaded";
import { Button, ButtonLink } from "../../../ui/Button";
import { Icon } from "../../../ui/Icon";
import { Banner, EmptyState } from "../../../ui/Surfaces";
import { TextField } from "../../../ui/TextField";
import { day, t } from "../../../words/words";
import { useColleagueNames } from "../names";
import { bookOf, valueAt, type Book } from "./book";
import { cellText } from "../../../records/cell-text";
import { ColumnSheet } from "./ColumnSheet";
import { ExplainSheet, HistorySheet } from "./ExplainSheet";
import { Grid, rangeEdits } from "./Grid";
import { at, GRADES, HEADER, type Cursor, type Place } from "./moves";
import { PolicySheet } from "./PolicySheet";
import { useScores, type Scores } from "./scores";
import styles from "./grid.module.css";

type Sheet = { kind: "column"; at: number | null } | { kind: "policy" } | { kind: "explain"; row: number } | { kind: "history"; place: Place } | null;

/** The gradebook of a class, now or as of a day. */
export function GradebookTab({ id }: { id: ClassId }) {
  const [asOf, setAsOf] = useState<number | null>(null);
  const gradebook = useQuery<Gradebook>({
    queryKey: keys.gradebook(id, asOf),
    queryFn: (context) => gradeCalls.gradebook(id, asOf, context),
    placeholderData: (previous) => (previous?.class === id ? previous : undefined),
  });
  return (
    <Loaded query={gradebook} lines={[44, 84, 400]}>
      {(data) => <Opened id={id} gradebook={data} asOf={asOf} onAsOf={setAsOf} />}
    </Loaded>
  );
}

interface OpenedProps {
  id: ClassId;
  gradebook: Gradebook;
  asOf: number | null;
  onAsOf: (asOf: number | null) => void;
}

function Opened({ id, gradebook, asOf, onAsOf }: OpenedProps) {
  const scores = useScores(id);
  const [cursor, setCursor] = useState<Cursor>(() => at(0, GRADES));
  const [sheet, setSheet] = useState<Sheet>(null);
  const names = useColleagueNames();
  const book = useMemo(() => bookOf(gradebook, asOf !== null), [gradebook, asOf]);
  const close = (): void => setSheet(null);

  // Rows and columns may go while the cursor is on them.
  useEffect(() => {
    const row = Math.min(cursor.row, book.students.length - 1);
    const col = Math.min(cursor.col, book.columns.length + GRADES - 1);
    if (row !== cursor.row || col !== cursor.col) setCursor(at(Math.max(row, HEADER), Math.max(col, 0)));
  }, [book, cursor.row, cursor.col]);

  const open = (place: Place): void => {
    if (place.row > HEADER && place.col < GRADES) setSheet({ kind: "explain", row: place.row });
    else if (place.row === HEADER && place.col >= GRADES && asOf === null) setSheet({ kind: "column", at: place.col - GRADES });
  };
  const student = (row: number) => book.students[row];
  return (
    <>
      <div className={styles.tools}>
        <AsOfField asOf={asOf} onAsOf={onAsOf} />
        <span className={styles.push} />
        <Button tone="outline" onPress={() => setSheet({ kind: "policy" })} isDisabled={asOf !== null}>
          {t("grid.policy")}
        </Button>
        <Button tone="outline" onPress={() => setSheet({ kind: "column", at: null })} isDisabled={asOf !== null}>
          <Icon name="plus" /> {t("grid.add_column")}
        </Button>
      </div>
      {asOf !== null && (
        <Banner tone="warn">{t("grid.as_of.banner", { day: day(asOf) })}</Banner>
      )}
      {book.students.length === 0 ? (
        <EmptyState icon="people" title={t("grid.no_students.title")} hint={t("grid.no_students.hint")}>
          <ButtonLink href={`/classes/${id}`}>{t("grid.to_roster")}</ButtonLink>
        </EmptyState>
      ) : book.columns.length === 0 ? (
        <EmptyState icon="plus" title={t("grid.empty.title")} hint={t("grid.empty.hint")}>
          <Button onPress={() => setSheet({ kind: "column", at: null })}>
            <Icon name="plus" /> {t("grid.add_column")}
          </Button>
        </EmptyState>
      ) : (
        <>
          <Bar book={book} scores={scores} cursor={cursor} readOnly={asOf !== null} onSheet={setSheet} />
          <Grid book={book} scores={scores} readOnly={asOf !== null} cursor={cursor} onCursor={setCursor} onOpen={open} />
          <p className={styles.hint} aria-hidden="true">
            {t("grid.hint")}
          </p>
        </>
      )}
      {sheet?.kind === "column" && <ColumnSheet key={sheet.at} id={id} book={gradebook} item={sheet.at === null ? null : (book.columns[sheet.at]?.item ?? null)} onClose={close} />}
      {sheet?.kind === "policy" && <PolicySheet id={id} book={gradebook} onClose={close} />}
      {sheet?.kind === "explain" && student(sheet.row) && <ExplainSheet id={id} book={gradebook} student={student(sheet.row)!} asOf={asOf} onClose={close} />}
      {sheet?.kind === "history" && student(sheet.place.row) && book.columns[sheet.place.col - GRADES] && (
        <HistorySheet id={id} item={book.columns[sheet.place.col - GRADES]!.item} student={student(sheet.place.row)!} names={names} onClose={close} />
      )}
    </>
  );
}

function AsOfField({ asOf, onAsOf }: { asOf: number | null; onAsOf: (asOf: number | null) => void }) {
  const [text, setText] = useState(dayText(asOf));
  const today = dayText(Date.now());
  return (
    <>
      <TextField
        label={t("grid.as_of")}
        type="date"
        value={text}
        onChange={(next) => {
          setText(next);
          const end = endOfDay(next);
          onAsOf(end === null || next >= today ? null : end);
        }}
      />
      {asOf !== null && (
        <Button
          onPress={() => {
            setText("");
            onAsOf(null);
          }}
        >
          {t("grid.as_of.today")}
        </Button>
      )}
    </>
  );
}

interface BarProps {
  book: Book;
  scores: Scores;
  cursor: Cursor;
  readOnly: boolean;
  onSheet: (sheet: Sheet) => void;
}

/** What the cursor is on, whether it is saved, and what the mouse can do with it. */
function Bar({ book, scores, cursor, readOnly, onSheet }: BarProps) {
  const student = book.students[cursor.row];
  const item = book.columns[cursor.col - GRADES]?.item;
  const value = valueAt(book, scores.waiting, cursor.row, cursor.col);
  const text = cellText(value);
  let waiting = 0;
  for (const own of scores.waiting.values()) waiting += own.size;
  return (
    <div className={styles.bar}>
      <p className={styles.where}>
        {student && <strong>{student.name}</strong>}
        {student && item && (
          <>
            {" "}
            · {item.title}: {value?.excused ? t("grid.excused") : text === "" ? t("grid.ungraded") : t("grid.bar.value", { value: text, points: short(item.points_possible) })}
          </>
        )}
        {!student && item && <strong>{item.title}</strong>}
      </p>
      <span className={styles.status} role="status" data-stuck={scores.stuck && waiting > 0 ? "" : undefined}>
        {waiting === 0 ? t("grid.all_saved") : scores.stuck ? t("grid.waiting", { n: waiting }) : t("grid.saving")}
      </span>
      {student && item && !readOnly && (
        <Button tone="quiet" onPress={() => scores.edit(rangeEdits(book, scores, cursor, () => "ex"))}>
          {t("grid.excuse")}
        </Button>
      )}
      {student && item && (
        <Button tone="quiet" onPress={() => onSheet({ kind: "history", place: cursor })}>
          {t("grid.history")}
        </Button>
      )}
      {student && (
        <Button tone="quiet" onPress={() => onSheet({ kind: "explain", row: cursor.row })}>
          {t("grid.explain")}
        </Button>
      )}
      {!student && item && !readOnly && (
        <Button tone="quiet" onPress={() => onSheet({ kind: "column", at: cursor.col - GRADES })}>
          {t("grid.column")}
        </Button>
      )}
    </div>
  );
}
