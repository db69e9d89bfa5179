import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Assignment } from "../../api/record-types";
import type { ClassId, PersonId } from "../../api/types";
import { workCalls } from "../../records/calls";
import { keys } from "../../records/keys";
import { Loaded } from "../../records/Loaded";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { EmptyState } from "../../ui/Surfaces";
import { dateTime, t } from "../../words/words";
import desk from "../desk.module.css";
import { AssignmentSheet } from "./AssignmentSheet";
import { SubmissionsSheet } from "./SubmissionsSheet";
import styles from "./classes.module.css";

interface AssignmentsTabProps {
  id: ClassId;
  students: { id: PersonId; name: string }[];
}

/** What the class has been given to do. */
export function AssignmentsTab({ id, students }: AssignmentsTabProps) {
  const [editing, setEditing] = useState<Assignment | "new" | null>(null);
  const [reading, setReading] = useState<Assignment | null>(null);
  const assignments = useQuery({ queryKey: keys.assignments(id), queryFn: (context) => workCalls.list(id, context) });
  const create = (
    <Button tone="primary" onPress={() => setEditing("new")}>
      <Icon name="plus" /> {t("work.create")}
    </Button>
  );
  return (
    <>
      <Loaded query={assignments} lines={[88, 88]}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon="edit" title={t("work.empty.title")} hint={t("work.empty.hint")}>
              {create}
            </EmptyState>
          ) : (
            <>
              <div className={styles.tools}>
                <span className={styles.push} />
                {create}
              </div>
              <ul className={styles.work}>
                {items.map((item) => (
                  <li key={item.id} className={styles.workCard}>
                    <div className={styles.workText}>
                      <strong>{item.title}</strong>
                      <span className={`${desk.soft} ${desk.small}`}>{item.due_at === null ? t("work.due.none") : t("work.due_at", { when: dateTime(item.due_at) })}</span>
                    </div>
                    <span className={desk.pill} data-tone={item.state === "open" ? "good" : undefined}>
                      {t(`work.pill.${item.state}`)}
                    </span>
                    <Button tone="outline" onPress={() => setEditing(item)} aria-label={`${t("work.edit")}: ${item.title}`}>
                      {t("work.edit")}
                    </Button>
                    <Button onPress={() => setReading(item)} aria-label={t("work.submissions.of", { title: item.title })}>
                      {t("work.submissions")}
                    </Button>
                  </li>
                ))}
              </ul>
            </>
          )
        }
      </Loaded>
      {editing !== null && <AssignmentSheet id={id} assignment={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
      {reading !== null && <SubmissionsSheet id={id} assignment={reading} students={students} onClose={() => setReading(null)} />}
    </>
  );
}
