import { useEffect, useState } from "react";
import type { Board as BoardData, BoardRow } from "../../api/types";
import { useFocusOn } from "../../stage/use-focus";
import { Icon } from "../../ui/Icon";
import { number, t } from "../../words/words";
import { placesBefore } from "./places";
import styles from "./phases.module.css";

/** Long enough to see where everybody stood before the rows glide. */
const HOLD_MS = 700;

/** The top of the board: rows begin where they stood and glide to where they stand. Mount anew for each board. */
export function Board({ board }: { board: BoardData | null }) {
  const heading = useFocusOn<HTMLHeadingElement>("board");
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(true), HOLD_MS);
    return () => window.clearTimeout(timer);
  }, []);
  const rows = board?.top ?? [];
  const before = placesBefore(rows);
  return (
    <section className={styles.boardPage}>
      <h1 ref={heading} tabIndex={-1} className={styles.boardTitle}>
        {t("host.board")}
      </h1>
      {rows.length === 0 ? (
        <p className={styles.onPhones}>{t("host.board.empty")}</p>
      ) : (
        <ol className={styles.board} style={{ ["--rows" as string]: rows.length }}>
          {rows.map((row, index) => (
            <li key={row.participant} style={{ transform: `translateY(calc(var(--row) * ${settled ? index : (before[index] ?? index)}))` }} data-first={row.rank === 1 ? "" : undefined}>
              <span className={styles.rank}>{row.rank}</span>
              <span className={styles.boardName} dir="auto">
                {row.nickname}
              </span>
              {row.streak > 1 && (
                <span className={styles.streak}>
                  <Icon name="flame" size="1em" /> {t("host.board.streak", { n: row.streak })}
                </span>
              )}
              <Movement row={row} />
              <span className={styles.score}>{number(row.score)}</span>
            </li>
          ))}
        </ol>
      )}
      {board && board.players > rows.length && <p className={styles.soft}>{t("host.board.of", { n: board.players })}</p>}
    </section>
  );
}

function Movement({ row }: { row: BoardRow }) {
  const by = row.previous_rank === null ? 0 : row.previous_rank - row.rank;
  if (by === 0) return <span className={styles.movement} />;
  return (
    <span className={styles.movement} data-up={by > 0 ? "" : undefined}>
      <Icon name={by > 0 ? "up" : "down"} size="1.1em" />
      <span aria-hidden="true">{Math.abs(by)}</span>
      <span className="visually-hidden">{t(by > 0 ? "host.board.up" : "host.board.down", { n: Math.abs(by) })}</span>
    </span>
  );
}
