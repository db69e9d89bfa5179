import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "wouter";
import { errorText } from "../../api/client";
import type { CourseId, Lesson, LessonId } from "../../api/record-types";
import { newOp } from "../../api/op";
import { lessonCalls } from "../../records/calls";
import { keys } from "../../records/keys";
import { LiveRecords, OfflineBanner } from "../../records/LiveRecords";
import { Loaded } from "../../records/Loaded";
import { SaveNotes, useSaving } from "../../records/saving";
import { Button, ButtonLink } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { TextField } from "../../ui/TextField";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { DeskPage } from "../DeskPage";
import { useFollowCourse } from "./CoursePage";
import { blankBlock, changed, contentOf, draftOf, faultOf, keepDraft, keptDraft, PARTS_MAX, put, sayTheSame, shifted, without, type BlockKind, type LessonDraft } from "./lesson-draft";
import { PartFields } from "./PartFields";
import { VersionsDialog } from "./VersionsDialog";
import styles from "./courses.module.css";

/** `/courses/:course/lessons/:lesson`: the editor of a lesson. */
export default function LessonPage() {
  const { course, lesson } = useParams<{ course: string; lesson: string }>();
  return (
    <DeskPage title={t("lesson.title")} width="normal">
      <LiveRecords>
        <OfflineBanner />
        <Opened key={lesson} course={course as CourseId} id={lesson as LessonId} />
      </LiveRecords>
    </DeskPage>
  );
}

function Opened({ course, id }: { course: CourseId; id: LessonId }) {
  const lesson = useQuery({ queryKey: keys.lesson(id), queryFn: (context) => lessonCalls.get(id, context) });
  useFollowCourse(course);
  return (
    <Loaded query={lesson} lines={[44, 72, 200, 200]} focus way={<ButtonLink href={`/courses/${course}`}>{t("lesson.back")}</ButtonLink>}>
      {(data) => <Editor lesson={data} />}
    </Loaded>
  );
}

function Editor({ lesson }: { lesson: Lesson }) {
  const { id, course } = lesson;
  const saved = draftOf(lesson);
  // What was written and not saved; null follows what the server has.
  const [own, setOwn] = useState<LessonDraft | null>(() => keptDraft(id));
  const [tried, setTried] = useState(false);
  const [history, setHistory] = useState(false);
  const saving = useSaving();
  const queries = useQueryClient();
  const draft = own ?? saved;
  const dirty = own !== null && !sayTheSame(own, saved);
  const noTitle = draft.title.trim() === "";

  const write = (next: LessonDraft): void => {
    setOwn(next);
    keepDraft(id, next);
  };
  const forget = (): void => {
    setOwn(null);
    keepDraft(id, null);
    saving.clear();
  };
  const keep = (next: Lesson): void => {
    queries.setQueryData(keys.lesson(id), next);
    void queries.invalidateQueries({ queryKey: keys.lessons(course) });
    void queries.invalidateQueries({ queryKey: keys.lessonVersions(id) });
  };
  const save = async (publish: boolean, over = draft.version): Promise<void> => {
    setTried(true);
    if (noTitle || draft.parts.some((part) => faultOf(part.block) !== null)) return;
    await saving.run(async () => {
      let next = dirty ? await lessonCalls.save(id, over, draft.title.trim(), contentOf(draft)) : lesson;
      keep(next);
      forget();
      if (publish) {
        next = await lessonCalls.publish(id, next.version);
        keep(next);
      }
      toast({ text: t(publish ? "lesson.published" : "lesson.saved", { n: next.version }) });
      setTried(false);
    });
  };
  const add = (kind: BlockKind): void => write(put(draft, { key: newOp(), block: blankBlock(kind) }, draft.parts.length));
  const remove = (at: number): void => {
    const part = draft.parts[at];
    if (!part) return;
    const left = without(draft, part.key);
    write(left);
    toast({ text: t("lesson.block.removed", { n: at + 1 }), action: { label: t("app.undo"), onPress: () => setOwn((now) => kept(id, put(now ?? left, part, at))) } });
  };
  const toPublish = dirty || lesson.published_version !== lesson.version;
  return (
    <>
      <div className={styles.bar}>
        <Link href={`/courses/${course}`} className={desk.back}>
          ← {t("lesson.back")}
        </Link>
        <p role="status" className={`${styles.push} ${desk.soft} ${desk.small}`}>
          {dirty ? t("lesson.unsaved") : statusOf(lesson)}
        </p>
        <Button tone="quiet" onPress={() => setHistory(true)}>
          {t("lesson.history")}
        </Button>
        {dirty && (
          <Button tone="quiet" onPress={forget}>
            {t("lesson.discard")}
          </Button>
        )}
        <Button tone="outline" isDisabled={!dirty} onPress={() => void save(false)}>
          {t("lesson.save")}
        </Button>
        <Button tone="primary" isDisabled={!toPublish} onPress={() => void save(true)}>
          {t(saving.busy ? "records.saving" : dirty ? "lesson.save_publish" : "course.lesson.publish")}
        </Button>
      </div>
      <h1 className="visually-hidden">{draft.title === "" ? t("lesson.title") : draft.title}</h1>
      <SaveNotes
        saving={saving}
        onTake={() => {
          forget();
          void queries.invalidateQueries({ queryKey: keys.lesson(id) });
        }}
        onKeep={(current) => void save(false, current)}
      />
      <div className={desk.form}>
        <TextField label={t("records.title")} value={draft.title} onChange={(title) => write({ ...draft, title })} fault={tried && noTitle ? t("records.title.missing") : undefined} maxLength={200} />
        <ol className={styles.parts} aria-label={t("lesson.blocks")}>
          {draft.parts.map((part, at) => (
            <li key={part.key}>
              <PartFields
                part={part}
                at={at}
                of={draft.parts.length}
                fault={tried ? faultOf(part.block) : null}
                onChange={(block) => write(changed(draft, part.key, block))}
                onMove={(to) => write({ ...draft, parts: shifted(draft.parts, at, to) })}
                onRemove={() => remove(at)}
              />
            </li>
          ))}
        </ol>
        {draft.parts.length === 0 && <p className={desk.soft}>{t("lesson.empty")}</p>}
        <div className={desk.actions}>
          {(["text", "link", "quiz"] as const).map((kind) => (
            <Button key={kind} tone="outline" isDisabled={draft.parts.length >= PARTS_MAX} onPress={() => add(kind)}>
              <Icon name="plus" /> {t(`lesson.block.add_${kind}`)}
            </Button>
          ))}
        </div>
      </div>
      {history && (
        <VersionsDialog
          lesson={lesson}
          onClose={() => setHistory(false)}
          onTake={async (version) => {
            try {
              const old = await lessonCalls.get(id, {}, version);
              write({ ...draftOf(old), version: lesson.version });
              toast({ text: t("lesson.history.taken", { n: version }) });
              setHistory(false);
            } catch (error) {
              toast({ text: errorText(error), tone: "bad" });
            }
          }}
        />
      )}
    </>
  );
}

function kept(id: LessonId, draft: LessonDraft): LessonDraft {
  keepDraft(id, draft);
  return draft;
}

function statusOf({ version, published_version: published }: Lesson): string {
  if (published === null) return t("lesson.state.draft");
  return published === version ? t("lesson.state.published") : t("lesson.state.behind");
}
