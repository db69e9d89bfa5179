import { useQuery } from "@tanstack/react-query";
import type { ClassProgress } from "../../api/record-types";
import type { ClassId } from "../../api/types";
import { classCalls } from "../../records/calls";
import { keys } from "../../records/keys";
import { Loaded } from "../../records/Loaded";
import { Icon } from "../../ui/Icon";
import { EmptyState, Table } from "../../ui/Surfaces";
import { t } from "../../words/words";
import { MasteryTable } from "./MasteryTable";
import desk from "../desk.module.css";
import styles from "./classes.module.css";

/** Who is how far: lessons, then skills. */
export function ProgressTab({ id }: { id: ClassId }) {
  const progress = useQuery({ queryKey: keys.classProgress(id), queryFn: (context) => classCalls.progress(id, context) });
  return (
    <>
      <Loaded query={progress} lines={[44, 44, 44, 44]}>
        {(data) => (data.lessons.length === 0 ? <EmptyState icon="flag" title={t("matrix.empty.title")} hint={t("matrix.empty.hint")} /> : <Matrix progress={data} />)}
      </Loaded>
      <MasteryTable id={id} />
    </>
  );
}

function Matrix({ progress: { lessons, students } }: { progress: ClassProgress }) {
  return (
    <Table className={styles.matrix ?? ""} scrolls={t("matrix.caption")}>
      <caption className="visually-hidden">{t("matrix.caption")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("matrix.student")}</th>
          <th scope="col" data-number="">
            {t("matrix.all")}
          </th>
          {lessons.map((lesson) => (
            <th key={lesson.id} scope="col">
              {lesson.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {students
          .filter((student) => student.state !== "withdrawn")
          .map((student) => (
            <tr key={student.id}>
              <th scope="row">{student.name}</th>
              <td data-number="">{t("matrix.done_of", { n: lessons.filter((lesson) => student.lessons[lesson.id]?.state === "completed").length, of: lessons.length })}</td>
              {lessons.map((lesson) => (
                <td key={lesson.id}>
                  <Mark cell={student.lessons[lesson.id]} />
                </td>
              ))}
            </tr>
          ))}
      </tbody>
    </Table>
  );
}

function Mark({ cell }: { cell: ClassProgress["students"][number]["lessons"][never] | undefined }) {
  if (cell === undefined || cell.state === "not_started") return <span className={desk.soft}>–<span className="visually-hidden">{t("matrix.not_started")}</span></span>;
  if (cell.state === "completed") {
    return (
      <span className={styles.done}>
        <Icon name="tick" />
        <span className="visually-hidden">{t("matrix.completed")}</span>
      </span>
    );
  }
  const percent = Math.round(cell.fraction_ppm / 10_000);
  return (
    <span title={t("matrix.in_progress", { percent })}>
      <span className={styles.bar} aria-hidden="true">
        <span style={{ inlineSize: `${percent}%` }} />
      </span>
      <span className="visually-hidden">{t("matrix.in_progress", { percent })}</span>
    </span>
  );
}
