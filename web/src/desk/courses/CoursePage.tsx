import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation, useParams } from "wouter";
import { errorText } from "../../api/client";
import type { Course, CourseId, LessonId, LessonSummary } from "../../api/record-types";
import { courseCalls, lessonCalls } from "../../records/calls";
import { keys } from "../../records/keys";
import { LiveRecords, OfflineBanner, useFollow } from "../../records/LiveRecords";
import { Loaded } from "../../records/Loaded";
import { Button, ButtonLink, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { EmptyState } from "../../ui/Surfaces";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { DeskPage } from "../DeskPage";
import { useClasses } from "../queries";
import { shifted } from "./lesson-draft";
import { TitleDialog } from "./TitleDialog";
import styles from "./courses.module.css";

/** `/courses/:course`: the lessons of a course in their order. */
export default function CoursePage() {
  const { course } = useParams<{ course: string }>();
  return (
    <DeskPage title={t("course.title")}>
      <LiveRecords>
        <OfflineBanner />
        <Opened key={course} id={course as CourseId} />
      </LiveRecords>
    </DeskPage>
  );
}

function Opened({ id }: { id: CourseId }) {
  const course = useQuery({ queryKey: keys.course(id), queryFn: (context) => courseCalls.get(id, context) });
  useFollowCourse(id);
  return (
    <Loaded query={course} lines={[44, 64, 64, 64]} focus way={<ButtonLink href="/courses">{t("course.title")}</ButtonLink>}>
      {(data) => (
        <>
          <Link href="/courses" className={desk.back}>
            ← {t("course.title")}
          </Link>
          <Head course={data} />
          <Lessons id={id} />
        </>
      )}
    </Loaded>
  );
}

/** Hears of what colleagues change: a course has no channel of its own, the classes that take it have. */
export function useFollowCourse(id: CourseId): void {
  const classes = useClasses(true).data ?? [];
  useFollow(...classes.filter((one) => one.course === id).map((one) => `class-staff:${one.id}`));
}

function Head({ course }: { course: Course }) {
  const [renaming, setRenaming] = useState(false);
  const queries = useQueryClient();
  return (
    <div className={desk.head}>
      <h1>{course.title}</h1>
      {course.archived && <span className={desk.pill}>{t("course.archived.pill")}</span>}
      <Button tone="outline" onPress={() => setRenaming(true)}>
        {t("course.rename")}
      </Button>
      {renaming && (
        <TitleDialog
          title={t("course.rename")}
          action={t("records.save")}
          value={course.title}
          onClose={() => setRenaming(false)}
          onSave={async (title) => {
            const saved = await courseCalls.save({ ...course, title });
            queries.setQueryData(keys.course(course.id), saved);
            void queries.invalidateQueries({ queryKey: keys.courses });
            toast({ text: t("course.renamed", { title }) });
          }}
        />
      )}
    </div>
  );
}

function Lessons({ id }: { id: CourseId }) {
  const lessons = useQuery({ queryKey: keys.lessons(id), queryFn: (context) => courseCalls.lessons(id, context) });
  const [busy, setBusy] = useState(false);
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: keys.lessons(id) });
  const create = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    try {
      const made = await courseCalls.createLesson(id, t("course.lesson.untitled"), { blocks: [{ kind: "text", text: "" }] });
      void refresh();
      navigate(`/courses/${id}/lessons/${made.id}`);
    } catch (error) {
      toast({ text: errorText(error), tone: "bad" });
    } finally {
      setBusy(false);
    }
  };
  const move = async (all: LessonSummary[], from: number, to: number): Promise<void> => {
    const lesson = all[from];
    if (!lesson) return;
    const next = shifted(all, from, to);
    queries.setQueryData(keys.lessons(id), next);
    try {
      await courseCalls.order(id, next.map((one): LessonId => one.id));
      toast({ text: t("course.lesson.moved", { title: lesson.title, n: to + 1 }) });
    } catch (error) {
      toast({ text: errorText(error), tone: "bad" });
    }
    void refresh();
  };
  const button = (
    <Button tone="primary" onPress={() => void create()}>
      <Icon name="plus" /> {t("course.lesson.create")}
    </Button>
  );
  return (
    <section>
      <Loaded query={lessons} lines={[64, 64, 64]}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState icon="edit" title={t("course.lesson.empty.title")} hint={t("course.lesson.empty.hint")}>
              {button}
            </EmptyState>
          ) : (
            <>
              <div className={styles.tools}>
                <h2>{t("course.lessons")}</h2>
                {button}
              </div>
              <ol className={styles.lessons}>
                {all.map((lesson, at) => (
                  <Row key={lesson.id} lesson={lesson} at={at} of={all.length} onMove={(to) => void move(all, at, to)} onChanged={refresh} />
                ))}
              </ol>
            </>
          )
        }
      </Loaded>
    </section>
  );
}

interface RowProps {
  lesson: LessonSummary;
  at: number;
  of: number;
  onMove: (to: number) => void;
  onChanged: () => Promise<void>;
}

function Row({ lesson, at, of, onMove, onChanged }: RowProps) {
  const { id, course, title, version, published_version: published } = lesson;
  const act = async (call: () => Promise<unknown>, said: string): Promise<void> => {
    try {
      await call();
      toast({ text: said });
    } catch (error) {
      toast({ text: errorText(error), tone: "bad" });
    }
    await onChanged();
  };
  const publish = (): void => void act(() => lessonCalls.publish(id, version), t("course.lesson.is_published", { title }));
  const unpublish = (): void => void act(() => lessonCalls.unpublish(id), t("course.lesson.is_unpublished", { title }));
  const fresh = published !== version;
  return (
    <li className={styles.lesson}>
      <span className={styles.number} aria-hidden="true">
        {at + 1}
      </span>
      <Link href={`/courses/${course}/lessons/${id}`} className={styles.lessonLink}>
        {title}
      </Link>
      <span className={desk.pill} data-tone={published === null ? undefined : fresh ? "brand" : "good"}>
        {t(published === null ? "course.lesson.draft" : fresh ? "course.lesson.behind" : "course.lesson.published")}
      </span>
      {fresh && (
        <Button tone="outline" onPress={publish} aria-label={`${t("course.lesson.publish")}: ${title}`}>
          {t("course.lesson.publish")}
        </Button>
      )}
      <Menu
        label={t("course.lesson.actions", { title })}
        actions={[
          { id: "up", label: t("course.lesson.up"), onAction: () => onMove(at - 1), disabled: at === 0 },
          { id: "down", label: t("course.lesson.down"), onAction: () => onMove(at + 1), disabled: at === of - 1 },
          { id: "unpublish", label: t("course.lesson.unpublish"), onAction: unpublish, disabled: published === null, danger: true },
        ]}
      >
        <IconButton label={t("course.lesson.actions", { title })}>
          <Icon name="more" />
        </IconButton>
      </Menu>
    </li>
  );
}
