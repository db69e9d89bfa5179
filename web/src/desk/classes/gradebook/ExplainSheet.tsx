import { useQuery } from "@tanstack/react-query";
import type { Gradebook, GradebookStudent, LineItem } from "../../../api/grade-types";
import type { ClassId } from "../../../api/types";
import { gradeCalls } from "../../../records/calls";
import { Explanation } from "../../../records/Explanation";
import { keys } from "../../../records/keys";
import { Loaded } from "../../../records/Loaded";
import { Dialog } from "../../../ui/Dialog";
import { dateTime, t } from "../../../words/words";
import { short } from "../../../records/figures";
import styles from "./sheets.module.css";

interface ExplainSheetProps {
  id: ClassId;
  book: Gradebook;
  student: GradebookStudent;
  asOf: number | null;
  onClose: () => void;
}

/** How a student's grade came about. */
export function ExplainSheet({ id, book, student, asOf, onClose }: ExplainSheetProps) {
  const grade = useQuery({ queryKey: keys.grade(id, student.id, asOf), queryFn: (context) => gradeCalls.grade(id, student.id, asOf, context) });
  return (
    <Dialog title={t("why.title", { name: student.name })} isOpen onClose={onClose} sheet size="wide">
      <Loaded query={grade} lines={[44, 200, 200]}>
        {(data) => <Explanation grade={data} names={{ items: book.line_items, categories: book.categories, policy: book.policy }} />}
      </Loaded>
    </Dialog>
  );
}

interface HistorySheetProps {
  id: ClassId;
  item: LineItem;
  student: GradebookStudent;
  names: ReadonlyMap<string, string>;
  onClose: () => void;
}

/** Every score that a cell has had, the newest first. */
export function HistorySheet({ id, item, student, names, onClose }: HistorySheetProps) {
  const history = useQuery({ queryKey: keys.history(id, item.id, student.id), queryFn: (context) => gradeCalls.history(id, item.id, student.id, context) });
  return (
    <Dialog title={t("history.title")} isOpen onClose={onClose} sheet>
      <p className={styles.soft}>{t("grid.cell", { student: student.name, item: item.title })}</p>
      <Loaded query={history} lines={[56, 56, 56]}>
        {(entries) =>
          entries.length === 0 ? (
            <p>{t("history.empty")}</p>
          ) : (
            <ol className={styles.history}>
              {entries.map((entry) => (
                <li key={entry.id}>
                  <strong>{entry.excused ? t("history.excused") : entry.given === null ? t("history.taken_back") : t("history.points", { given: short(entry.given) })}</strong>
                  <span className={styles.soft}>
                    {dateTime(entry.scored_at)} · {(entry.entered_by !== null && names.get(entry.entered_by)) || t(`history.source.${entry.source}`)}
                  </span>
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Dialog>
  );
}
