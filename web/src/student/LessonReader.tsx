import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link, useParams } from "wouter";
import type { Block, Lesson, LessonId } from "../api/record-types";
import type { ClassId } from "../api/types";
import { courseCalls, lessonCalls, myCalls } from "../records/calls";
import { keys } from "../records/keys";
import { useFollow } from "../records/LiveRecords";
import { Loaded } from "../records/Loaded";
import { useFocusOn } from "../stage/use-focus";
import { Button, ButtonLink } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { t } from "../words/words";
import { DONE, useProgressDesk } from "./progress";
import { percentOf, read } from "./reached";
import { StudentPage } from "./StudentPage";
import styles from "./student.module.css";

/** `/my/classes/:class/lessons/:lesson`: a lesson, which remembers how far it was read. */
export default function LessonReader() {
  const params = useParams<{ class: string; lesson: string }>();
  return (
    <StudentPage title={t("lesson.title")}>
      <Opened key={params.lesson} room={params.class as ClassId} id={params.lesson as LessonId} />
    </StudentPage>
  );
}

function Opened({ room, id }: { room: ClassId; id: LessonId }) {
  const lesson = useQuery({ queryKey: keys.lesson(id), queryFn: (context) => lessonCalls.get(id, context) });
  useFollow(`class:${room}`);
  const back = `/my/classes/${room}/lessons`;
  return (
    <Loaded query={lesson} lines={[28, 44, 160, 160]} focus way={<ButtonLink href={back}>{t("my.lesson.back")}</ButtonLink>}>
      {(data) => (
        <>
          <Link href={back} className={styles.back}>
            ← {t("my.lesson.back")}
          </Link>
          <Reading room={room} lesson={data} />
        </>
      )}
    </Loaded>
  );
}

function Reading({ room, lesson }: { room: ClassId; lesson: Lesson }) {
  const { id, course, title, content } = lesson;
  const kept = useQuery({ queryKey: keys.myProgress(course), queryFn: (context) => myCalls.progress(course, context) });
  const all = useQuery({ queryKey: keys.lessons(course), queryFn: (context) => courseCalls.lessons(course, context) }).data ?? [];
  const progress = useProgressDesk();
  const heading = useFocusOn<HTMLHeadingElement>(title);
  const article = useRef<HTMLElement>(null);
  const seen = useSeen(article, lesson);
  const reached = progress.of(id, kept.data);
  const done = reached.state === "completed";
  const now = read(seen, content.blocks.length);
  const further = now.fraction_ppm > reached.fraction_ppm || reached.state === "not_started";
  const known = kept.isSuccess || kept.isError;
  const { reach } = progress;
  useEffect(() => {
    // What the server knows comes first: a lesson that was read is not begun again.
    if (known && further && !done && seen > 0) reach(id, now);
    // `now` follows from `seen`.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [known, further, done, seen, id, reach]);
  const next = all[all.findIndex((one) => one.id === id) + 1];
  const percent = done ? 100 : percentOf(reached);
  return (
    <>
      <div className={styles.reading}>
        <span className={styles.bar} data-mastered={done ? "" : undefined} role="progressbar" aria-label={t("my.lesson.progress")} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
          <span style={{ inlineSize: `${percent}%` }} />
        </span>
      </div>
      <article ref={article} className={styles.article}>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {content.blocks.map((block, at) => (
          // Parts of a published version stay where they are.
          <div key={at} data-part={at}>
            <Part block={block} />
          </div>
        ))}
      </article>
      <div className={styles.foot}>
        {done ? (
          <span className={styles.lessonMark} data-done="" role="status">
            <Icon name="tick" /> {t("my.lesson.is_done")}
          </span>
        ) : (
          <Button tone="primary" size="large" onPress={() => reach(id, DONE)}>
            <Icon name="tick" /> {t("my.lesson.done")}
          </Button>
        )}
        {done && next && (
          <ButtonLink tone="primary" href={`/my/classes/${room}/lessons/${next.id}`}>
            {t("my.lesson.next", { title: next.title })}
          </ButtonLink>
        )}
        {progress.waits(id) && <span className={styles.soft}>{t("my.lesson.waiting")}</span>}
      </div>
    </>
  );
}

/** How many parts of the lesson, from its beginning, have been on the screen up to their end. */
function useSeen(article: React.RefObject<HTMLElement | null>, lesson: Lesson): number {
  const [seen, setSeen] = useState(0);
  useEffect(() => {
    if (!article.current) return;
    const observer = new IntersectionObserver((entries) => {
      const ends = entries.filter((entry) => entry.isIntersecting).map((entry) => Number((entry.target as HTMLElement).dataset["end"]) + 1);
      if (ends.length > 0) setSeen((before) => Math.max(before, ...ends));
    });
    // The end of a part is what has to be seen: a long one is not read when its first line is.
    const marks = [...article.current.querySelectorAll<HTMLElement>("[data-part]")].map((part) => {
      const mark = document.createElement("span");
      mark.dataset["end"] = part.dataset["part"];
      part.append(mark);
      observer.observe(mark);
      return mark;
    });
    return () => {
      observer.disconnect();
      marks.forEach((mark) => mark.remove());
    };
  }, [article, lesson.id, lesson.version]);
  return seen;
}

function Part({ block }: { block: Block }) {
  switch (block.kind) {
    case "text":
      return block.text
        .split(/\n\s*\n/)
        .filter((paragraph) => paragraph.trim() !== "")
        .map((paragraph, at) => (
          <p key={at} className={styles.text}>
            {paragraph}
          </p>
        ));
    case "link":
      return (
        <a href={block.url} target="_blank" rel="noreferrer" className={styles.outside}>
          {block.label} <span className={styles.soft}>{hostOf(block.url)}</span>
        </a>
      );
    case "quiz":
      return (
        <p className={styles.quiz}>
          <Icon name="bell" /> {t("my.lesson.quiz")}
        </p>
      );
    default:
      // A kind that this version of the app does not know.
      return null;
  }
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}
