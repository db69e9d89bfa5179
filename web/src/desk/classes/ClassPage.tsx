import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Link, useLocation, useParams } from "wouter";
import type { CourseId } from "../../api/record-types";
import type { ClassId } from "../../api/types";
import { classCalls, courseCalls } from "../../records/calls";
import { keys } from "../../records/keys";
import { LiveRecords, OfflineBanner, useFollow } from "../../records/LiveRecords";
import { Loaded } from "../../records/Loaded";
import { Button, ButtonLink } from "../../ui/Button";
import { EmptyState, Skeleton } from "../../ui/Surfaces";
import { Tabs } from "../../ui/Tabs";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { DeskPage } from "../DeskPage";
import { useClasses } from "../queries";
import { AssignmentsTab } from "./AssignmentsTab";
import { ClassSheet } from "./ClassSheet";
import { GradebookTab } from "./gradebook/GradebookTab";
import { ProgressTab } from "./ProgressTab";
import { RosterTab } from "./roster/RosterTab";

const ClassChat = lazy(() => import("../../chat/ClassChat").then((module) => ({ default: module.ClassChat })));

/** `/classes/:class/:tab?`: a class with its roster, gradebook, assignments, progress and chat. */
export default function ClassPage() {
  const params = useParams<{ class: string; tab?: string }>();
  return (
    <DeskPage title={t("class.title")}>
      <LiveRecords>
        <OfflineBanner />
        <Opened key={params.class} id={params.class as ClassId} tab={params.tab ?? "roster"} />
      </LiveRecords>
    </DeskPage>
  );
}

function Opened({ id, tab }: { id: ClassId; tab: string }) {
  const classes = useClasses(true);
  const [, navigate] = useLocation();
  useFollow(`class:${id}`, `class-staff:${id}`);
  const back = <ButtonLink href="/classes">{t("class.title")}</ButtonLink>;
  return (
    <Loaded query={classes} lines={[44, 44, 400]} focus way={back}>
      {(items) => {
        const own = items.find((one) => one.id === id);
        if (!own) {
          return (
            <EmptyState icon="search" title={t("records.not_found")} hint={t("records.not_found.hint")} focus>
              {back}
            </EmptyState>
          );
        }
        return (
          <>
            <Link href="/classes" className={desk.back}>
              ← {t("class.title")}
            </Link>
            <div className={desk.head}>
              <h1>{own.name}</h1>
              <span className={desk.soft}>{t("class.students", { n: own.students.length })}</span>
              <About id={id} />
            </div>
            <Tabs
              label={t("class.views")}
              selected={tab}
              onSelect={(next) => navigate(next === "roster" ? `/classes/${id}` : `/classes/${id}/${next}`, { replace: true })}
              tabs={[
                { id: "roster", label: t("class.tab.roster"), content: <RosterTab id={id} /> },
                { id: "gradebook", label: t("class.tab.gradebook"), content: <GradebookTab id={id} /> },
                { id: "assignments", label: t("class.tab.assignments"), content: <AssignmentsTab id={id} students={own.students} /> },
                { id: "progress", label: t("class.tab.progress"), content: <ProgressTab id={id} /> },
                {
                  id: "chat",
                  label: t("chat.title"),
                  content: (
                    <Suspense fallback={<Skeleton lines={[64, 320]} />}>
                      <ClassChat id={id} staff />
                    </Suspense>
                  ),
                },
              ]}
            />
          </>
        );
      }}
    </Loaded>
  );
}

/** The course of the class, and the way to change it. */
function About({ id }: { id: ClassId }) {
  const [changing, setChanging] = useState(false);
  const room = useQuery({ queryKey: keys.info(id), queryFn: (context) => classCalls.get(id, context) }).data;
  const course = useQuery({ queryKey: keys.course(room?.course as CourseId), queryFn: (context) => courseCalls.get(room?.course as CourseId, context), enabled: (room?.course ?? null) !== null }).data;
  if (room === undefined) return null;
  return (
    <>
      {course && room.course !== null && <Link href={`/courses/${course.id}`}>{course.title}</Link>}
      <Button tone="outline" onPress={() => setChanging(true)}>
        {t("class.change")}
      </Button>
      {changing && (
        <ClassSheet
          room={room}
          onClose={() => setChanging(false)}
          onSaved={() => {
            setChanging(false);
            toast({ text: t("class.saved") });
          }}
        />
      )}
    </>
  );
}
