import { Fragment, useId, useState } from "react";
import type { GameReport, ParticipantReport } from "../../api/desk-types";
import { Button, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Table } from "../../ui/Surfaces";
import { number, t } from "../../words/words";
import desk from "../desk.module.css";
import { AnswerRows } from "./AnswerRows";
import { sorted, type Column, type Order } from "./figures";
import styles from "./report.module.css";

const COLUMNS: readonly { column: Column; key: `report.col.${Exclude<Column, "nickname"> | "name"}` }[] = [
  { column: "rank", key: "report.col.rank" },
  { column: "nickname", key: "report.col.name" },
  { column: "score", key: "report.col.score" },
  { column: "correct", key: "report.col.correct" },
  { column: "answered", key: "report.col.answered" },
];

/** Rows at first and with each "more": thousands at once would stop the browser for seconds. */
const ROWS = 200;

/** Every student in a row that opens to each answer. */
export function Students({ report, rows = ROWS }: { report: GameReport; rows?: number }) {
  const [most, setMost] = useState(rows);
  const [order, setOrder] = useState<Order>({ column: "rank", descending: false });
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const id = useId();

  const sortBy = (column: Column): void =>
    // Numbers are asked for from the top, names and ranks from the beginning.
    setOrder((before) => ({ column, descending: before.column === column ? !before.descending : column !== "rank" && column !== "nickname" }));
  const flip = (row: ParticipantReport): void => {
    const next = new Set(open);
    if (!next.delete(row.participant)) next.add(row.participant);
    setOpen(next);
  };

  return (
    <>
      <Table className={styles.students ?? ""}>
        <caption className="visually-hidden">{t("report.students")}</caption>
        <thead>
          <tr>
            {COLUMNS.map(({ column, key }) => {
              const active = order.column === column;
              return (
                <th key={column} scope="col" data-number={column === "nickname" ? undefined : ""} aria-sort={active ? (order.descending ? "descending" : "ascending") : undefined}>
                  <button type="button" className={styles.sort} onClick={() => sortBy(column)}>
                    {t(key)}
                    <span className={styles.sortMark} data-active={active ? "" : undefined}>
                      <Icon name={active && !order.descending ? "up" : "down"} size={16} />
                    </span>
                  </button>
                </th>
              );
            })}
            <th scope="col" className={styles.noPrint}>
              <span className="visually-hidden">{t("report.col.details")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted(report.participants, order).slice(0, most).map((row) => {
            const shown = open.has(row.participant);
            const details = `${id}-${row.participant}`;
            return (
              <Fragment key={row.participant}>
                <tr data-open={shown ? "" : undefined}>
                  <td data-number="">{row.kicked ? "–" : number(row.rank)}</td>
                  <th scope="row" className={styles.name}>
                    {row.nickname} <Badges row={row} />
                  </th>
                  <td data-number="">{number(row.score)}</td>
                  <td data-number="">{number(row.correct)}</td>
                  <td data-number="">{number(row.answered)}</td>
                  <td data-number="" className={styles.noPrint}>
                    <IconButton label={t("report.details", { name: row.nickname })} aria-expanded={shown} aria-controls={details} onPress={() => flip(row)}>
                      <Icon name={shown ? "up" : "down"} />
                    </IconButton>
                  </td>
                </tr>
                {shown && (
                  <tr id={details} className={styles.detailRow}>
                    <td colSpan={COLUMNS.length + 1}>
                      <AnswerRows participant={row} questions={report.questions} />
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </Table>
      {report.participants.length > most && (
        <div className={styles.more}>
          <Button onPress={() => setMost(most + ROWS)}>{t("report.more")}</Button>
        </div>
      )}
    </>
  );
}

function Badges({ row }: { row: ParticipantReport }) {
  return (
    <>
      {row.late && <span className={desk.pill}>{row.late_credit > 0 ? `${t("report.late")}, ${t("report.late_credit", { n: row.late_credit })}` : t("report.late")}</span>}{" "}
      {row.kicked && (
        <span className={desk.pill} data-tone="bad">
          {t("report.kicked")}
        </span>
      )}{" "}
      {row.person === null && <span className={desk.pill}>{t("report.guest")}</span>}
    </>
  );
}
