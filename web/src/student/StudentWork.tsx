import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, errorText } from "../api/client";
import { newOp } from "../api/op";
import type { Assignment } from "../api/record-types";
import type { ClassId } from "../api/types";
import { workCalls } from "../records/calls";
import { keys } from "../records/keys";
import { Loaded } from "../records/Loaded";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/Surfaces";
import { TextField } from "../ui/TextField";
import { toast } from "../ui/toast";
import { dateTime, t, type Key } from "../words/words";
import styles from "./student.module.css";

/** What the class was given to do. */
export function StudentWork({ id }: { id: ClassId }) {
  const assignments = useQuery({ queryKey: keys.assignments(id), queryFn: (context) => workCalls.list(id, context) });
  return (
    <Loaded query={assignments} lines={[120, 120]}>
      {(items) =>
        items.length === 0 ? (
          <EmptyState icon="tick" title={t("my.work.empty")} />
        ) : (
          <ul className={styles.section}>
            {items.map((item) => (
              <li key={item.id}>
                <Work assignment={item} />
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}

const REFUSALS: Record<string, Key> = { late: "my.work.too_late", closed: "my.work.closed", no_attempt_left: "my.work.none_left", network: "my.work.kept" };

function Work({ assignment }: { assignment: Assignment }) {
  const submissions = useQuery({ queryKey: keys.submissions(assignment.id), queryFn: (context) => workCalls.submissions(assignment.id, context) });
  const own = submissions.data ?? [];
  const left = Math.max(0, assignment.attempts - own.length);
  const open = assignment.state === "open" && left > 0;
  return (
    <article className={styles.work} aria-label={assignment.title}>
      <div className={styles.row}>
        <h2 className={styles.cardTitle}>{assignment.title}</h2>
        <span className={styles.pill} data-tone={assignment.state === "open" ? "good" : undefined}>
          {t(assignment.state === "open" ? "my.work.open" : "work.pill.closed")}
        </span>
        <span className={styles.soft}>{assignment.due_at === null ? t("work.due.none") : t("work.due_at", { when: dateTime(assignment.due_at) })}</span>
      </div>
      {assignment.content?.text && <p className={styles.text}>{assignment.content.text}</p>}
      {own.map((one) => (
        <div key={one.id} className={styles.attempt}>
          <div className={styles.row}>
            <strong>{t("work.attempt", { n: one.attempt })}</strong>
            <span className={styles.soft}>{t("work.submitted", { when: dateTime(one.submitted_at) })}</span>
            {one.late_by > 0 && (
              <span className={styles.pill} data-tone="brand">
                {t("my.work.late")}
              </span>
            )}
            {one.returned_at !== null && (
              <span className={styles.pill} data-tone="good">
                {t("my.work.returned", { when: dateTime(one.returned_at) })}
              </span>
            )}
          </div>
          <p className={styles.text}>{one.content.text ?? ""}</p>
          {one.comment !== "" && <p>{t("my.work.comment", { comment: one.comment })}</p>}
        </div>
      ))}
      {open && submissions.isSuccess && <HandIn key={own.length} assignment={assignment} again={own.length > 0} left={left} />}
      {assignment.state === "closed" && <p className={styles.soft}>{t("my.work.closed")}</p>}
      {assignment.state === "open" && left === 0 && <p className={styles.soft}>{t("my.work.none_left")}</p>}
    </article>
  );
}

interface Kept {
  text: string;
  /** The same until it is handed in, so that it is handed in once. */
  key: string;
}

/** A text to hand in. It is kept on the device while it is written. */
function HandIn({ assignment, again, left }: { assignment: Assignment; again: boolean; left: number }) {
  const place = `schoolbell.work.${assignment.id}`;
  const [kept, setKept] = useState<Kept>(() => read(place));
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const queries = useQueryClient();
  const write = (text: string): void => {
    // Another text is another request: the old key belongs to what may have been sent before.
    const next = { text, key: newOp() };
    setKept(next);
    setFault(null);
    try {
      localStorage.setItem(place, JSON.stringify(next));
    } catch {
      // A device without room keeps the text as long as the page is open.
    }
  };
  const submit = async (): Promise<void> => {
    if (busy) return;
    if (kept.text.trim() === "") return setFault(t("my.work.empty_text"));
    setBusy(true);
    setFault(null);
    try {
      await workCalls.submit(assignment.id, kept.text, kept.key);
      localStorage.removeItem(place);
      toast({ text: t("my.work.sent") });
      await queries.invalidateQueries({ queryKey: keys.submissions(assignment.id) });
    } catch (error) {
      const key = error instanceof ApiError ? REFUSALS[error.code] : undefined;
      setFault(key ? t(key) : errorText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <TextField label={t("my.work.text")} rows={6} value={kept.text} onChange={write} hint={kept.text === "" ? undefined : t("my.work.draft")} fault={fault ?? undefined} />
      <div className={styles.row}>
        <Button tone="primary" onPress={() => void submit()}>
          {t(busy ? "my.work.sending" : again ? "my.work.again" : "my.work.hand_in")}
        </Button>
        {assignment.attempts > 1 && <span className={styles.soft}>{t("my.work.left", { n: left })}</span>}
      </div>
    </>
  );
}

function read(place: string): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? "null") as Kept | null;
    if (kept !== null) return kept;
  } catch {
    // What cannot be read is as good as nothing.
  }
  return { text: "", key: newOp() };
}
