import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { errorText } from "../../api/client";
import { newOp } from "../../api/op";
import type { Assignment, Submission } from "../../api/record-types";
import type { ClassId, PersonId } from "../../api/types";
import { gradeCalls, workCalls } from "../../records/calls";
import { keys } from "../../records/keys";
import { Loaded } from "../../records/Loaded";
import { short } from "../../records/figures";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/TextField";
import { toast } from "../../ui/toast";
import { dateTime, t } from "../../words/words";
import desk from "../desk.module.css";
import { parseCell } from "../../records/cell-text";
import styles from "./classes.module.css";

interface SubmissionsSheetProps {
  id: ClassId;
  assignment: Assignment;
  students: { id: PersonId; name: string }[];
  onClose: () => void;
}

/** What was handed in, to be read and given back. */
export function SubmissionsSheet({ id, assignment, students, onClose }: SubmissionsSheetProps) {
  const submissions = useQuery({ queryKey: keys.submissions(assignment.id), queryFn: (context) => workCalls.submissions(assignment.id, context) });
  const items = useQuery({ queryKey: [...keys.gradebooks(id), "items"], queryFn: (context) => gradeCalls.items(id, context), enabled: assignment.line_item !== null });
  const points = items.data?.find((item) => item.id === assignment.line_item)?.points_possible ?? null;
  return (
    <Dialog title={t("work.submissions.of", { title: assignment.title })} isOpen onClose={onClose} sheet size="wide">
      <Loaded query={submissions} lines={[120, 120]}>
        {(all) => {
          const missing = students.filter((student) => !all.some((one) => one.student === student.id));
          return (
            <div>
              {all.length === 0 && <p>{t("work.submissions.empty")}</p>}
              {all.map((one) => (
                <One key={one.id} id={id} submission={one} scored={assignment.line_item !== null} points={points} name={students.find((student) => student.id === one.student)?.name ?? "–"} />
              ))}
              {all.length > 0 && missing.length > 0 && <p className={desk.soft}>{t("work.missing", { n: missing.length, names: missing.map((student) => student.name).join(", ") })}</p>}
            </div>
          );
        }}
      </Loaded>
    </Dialog>
  );
}

function One({ id, submission, scored, points, name }: { id: ClassId; submission: Submission; scored: boolean; points: number | null; name: string }) {
  const [text, setText] = useState("");
  const [comment, setComment] = useState(submission.comment);
  const [bad, setBad] = useState(false);
  const [busy, setBusy] = useState(false);
  const queries = useQueryClient();
  const giveBack = async (): Promise<void> => {
    // The button stays as it is meanwhile: one that goes dark would lose the focus.
    if (busy) return;
    const parsed = parseCell(text, points ?? 0);
    setBad(!parsed.ok);
    if (!parsed.ok) return;
    setBusy(true);
    try {
      const { score } = await workCalls.return(submission, { ...parsed.value, comment }, newOp());
      const off = score?.taken_off ?? 0;
      toast({ text: off > 0 ? `${t("work.return.done", { name })} ${t("work.return.late", { n: off })}` : t("work.return.done", { name }) });
      for (const queryKey of [keys.submissions(submission.assignment), keys.gradebooks(id), keys.grades(id)]) void queries.invalidateQueries({ queryKey });
    } catch (error) {
      toast({ text: errorText(error), tone: "bad" });
    } finally {
      setBusy(false);
    }
  };
  return (
    <article className={styles.submission} aria-label={name}>
      <div className={desk.actions}>
        <strong>{name}</strong>
        <span className={desk.pill} data-tone={submission.state === "returned" ? "good" : "brand"}>
          {t(submission.state === "returned" ? "work.returned" : "work.waiting")}
        </span>
        {submission.late_by > 0 && (
          <span className={desk.pill} data-tone="bad">
            {t("work.late_by")}
          </span>
        )}
        <span className={`${desk.soft} ${desk.small}`}>
          {t("work.attempt", { n: submission.attempt })} · {t("work.submitted", { when: dateTime(submission.submitted_at) })}
        </span>
      </div>
      <p className={styles.text}>{submission.content.text ?? ""}</p>
      <div className={desk.row}>
        {scored && (
          <TextField
            label={points === null ? t("work.return.points") : t("work.return.points_of", { points: short(points) })}
            value={text}
            onChange={setText}
            inputMode="decimal"
            fault={bad ? t("grid.bad", { text }) : undefined}
          />
        )}
        <TextField label={t("work.return.comment")} value={comment} onChange={setComment} />
        <Button onPress={() => void giveBack()} aria-label={`${t("work.return")}: ${name}`}>
          {t("work.return")}
        </Button>
      </div>
    </article>
  );
}
