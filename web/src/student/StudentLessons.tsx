import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { CourseId, LessonSummary } from "../api/record-types";
import type { ClassId } from "../api/types";
import { courseCalls, myCalls } from "../records/calls";
import { keys } from "../records/keys";
import { Loaded } from "../records/Loaded";
import { ButtonLink } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { EmptyState } from "../ui/Surfaces";
import { t } from "../words/words";
import { useProgressDesk } from "./progress";
import { nextOf, percentOf, type Reached } from "./reached";
import styles from "./student.module.css";

/** The lessons of a class's course and how far the student is. */
export function StudentLessons({ id, course }: { id: ClassId; course: CourseId | null }) {
  return course === null ? <EmptyState icon="flag" title={t("my.lessons.none")} /> : <Lessons id={id} course={course} />;
}

function Lessons({ id, course }: { id: ClassId; course: CourseId }) {
  const lessons = useQuery({ queryKey: keys.lessons(course), queryFn: (context) => courseCalls.lessons(course, context) });
  const kept = useQuery({ queryKey: keys.myProgress(course), queryFn: (context) => myCalls.progress(course, context) }).data;
  const progress = useProgressDesk();
  const path = (lesson: LessonSummary): string => `/my/classes/${id}/lessons/${lesson.id}`;
  return (
    <Loaded query={lessons} lines={[64, 64, 64]}>
      {(all) => {
        const next = nextOf(all, (lesson) => progress.of(lesson.id, kept));
        if (all.length === 0) return <EmptyState icon="flag" title={t("my.lessons.none")} />;
        return (
          <div className={styles.section}>
            {next !== null && (
              <ButtonLink href={path(next)} tone="primary" size="large">
                {t("my.lessons.next", { title: next.title })}
              </ButtonLink>
            )}
            <ol className={styles.lessons}>
              {all.map((lesson, at) => (
                <li key={lesson.id}>
                  <Link href={path(lesson)} className={styles.lesson}>
                    <span className={styles.soft} aria-hidden="true">
                      {at + 1}
                    </span>
                    <span className={styles.lessonTitle}>{lesson.title}</span>
                    <Mark reached={progress.of(lesson.id, kept)} waits={progress.waits(lesson.id)} />
                  </Link>
                </li>
              ))}
            </ol>
          </div>
        );
      }}
    </Loaded>
  );
}

function Mark({ reached, waits }: { reached: Reached; waits: boolean }) {
  const words = reached.state === "completed" ? t("my.lesson.is_done") : reached.state === "in_progress" ? t("my.lesson.read", { percent: percentOf(reached) }) : "";
  return (
    <span className={styles.lessonMark} data-done={reached.state === "completed" ? "" : undefined}>
      {reached.state === "completed" && <Icon name="tick" />}
      {words}
      {waits && (
        <span title={t("my.lesson.waiting")}>
          <Icon name="hourglass" size={16} />
          <span className="visually-hidden">{t("my.lesson.waiting")}</span>
        </span>
      )}
    </span>
  );
}
