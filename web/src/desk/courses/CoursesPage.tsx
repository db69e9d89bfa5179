import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { errorText } from "../../api/client";
import type { Course } from "../../api/record-types";
import { courseCalls } from "../../records/calls";
import { keys } from "../../records/keys";
import { LiveRecords } from "../../records/LiveRecords";
import { Loaded } from "../../records/Loaded";
import { Button, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { EmptyState } from "../../ui/Surfaces";
import { toast } from "../../ui/toast";
import { Switch } from "../../ui/Toggle";
import { day, t } from "../../words/words";
import desk from "../desk.module.css";
import { DeskPage } from "../DeskPage";
import { TitleDialog } from "./TitleDialog";
import styles from "./courses.module.css";

/** `/courses`: what the school teaches. */
export default function CoursesPage() {
  return (
    <DeskPage title={t("course.title")}>
      <LiveRecords>
        <List />
      </LiveRecords>
    </DeskPage>
  );
}

function List() {
  const [archived, setArchived] = useState(false);
  const [creating, setCreating] = useState(false);
  const [, navigate] = useLocation();
  const courses = useQuery({ queryKey: [...keys.courses, archived], queryFn: (context) => courseCalls.list(context, archived) });
  const create = (
    <Button tone="primary" onPress={() => setCreating(true)}>
      <Icon name="plus" /> {t("course.create")}
    </Button>
  );
  return (
    <>
      <div className={desk.head}>
        <h1>{t("course.title")}</h1>
        <Switch isSelected={archived} onChange={setArchived}>
          {t("course.archived.show")}
        </Switch>
        {(courses.data?.length ?? 0) > 0 && create}
      </div>
      <Loaded query={courses} lines={[88, 88]}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon="copy" title={t(archived ? "course.archived.empty" : "course.empty.title")} hint={t("course.empty.hint")}>
              {create}
            </EmptyState>
          ) : (
            <ul className={styles.cards}>
              {items.map((course) => (
                <Card key={course.id} course={course} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {creating && (
        <TitleDialog
          title={t("course.create")}
          action={t("course.create.do")}
          hint={t("course.create.hint")}
          onClose={() => setCreating(false)}
          onSave={async (title) => {
            const made = await courseCalls.create(title);
            navigate(`/courses/${made.id}`);
          }}
        />
      )}
    </>
  );
}

function Card({ course }: { course: Course }) {
  const queries = useQueryClient();
  const archive = async (archived: boolean, version = course.version): Promise<void> => {
    try {
      const saved = await courseCalls.save({ ...course, version, archived });
      await queries.invalidateQueries({ queryKey: keys.courses });
      toast({
        text: t(archived ? "course.archived" : "course.restored", { title: course.title }),
        ...(archived ? { action: { label: t("app.undo"), onPress: () => void archive(false, saved.version) } } : {}),
      });
    } catch (error) {
      toast({ text: errorText(error), tone: "bad" });
    }
  };
  return (
    <li className={styles.card}>
      <Link href={`/courses/${course.id}`} className={styles.cardLink}>
        <strong>{course.title}</strong>
        <span className={`${desk.soft} ${desk.small}`}>{t("course.changed", { when: day(course.updated_at) })}</span>
      </Link>
      <Menu
        label={t("course.actions", { title: course.title })}
        actions={[
          course.archived
            ? { id: "restore", label: t("course.restore"), onAction: () => void archive(false) }
            : { id: "archive", label: t("course.archive"), onAction: () => void archive(true), danger: true },
        ]}
      >
        <IconButton label={t("course.actions", { title: course.title })}>
          <Icon name="more" />
        </IconButton>
      </Menu>
    </li>
  );
}
