import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Link, useLocation, useParams } from "wouter";
import { useSession } from "../api/session";
import type { ClassId, PersonId } from "../api/types";
import { gradeCalls } from "../records/calls";
import { Explanation } from "../records/Explanation";
import { gradeText } from "../records/figures";
import { keys } from "../records/keys";
import { useFollow } from "../records/LiveRecords";
import { Loaded } from "../records/Loaded";
import { ButtonLink } from "../ui/Button";
import { EmptyState, Skeleton } from "../ui/Surfaces";
import { Tabs } from "../ui/Tabs";
import { t } from "../words/words";
import { useTranscript } from "./queries";
import { StudentPage } from "./StudentPage";
import { StudentLessons } from "./StudentLessons";
import { StudentWork } from "./StudentWork";
import { WhatIfPanel } from "./WhatIfPanel";
import styles from "./student.module.css";

const ClassChat = lazy(() => import("../chat/ClassChat").then((module) => ({ default: module.ClassChat })));

/** `/my/classes/:class/:tab?`: a class as its student sees it. */
export default function StudentClass() {
  const params = useParams<{ class: string; tab?: string }>();
  return (
    <StudentPage title={t("my.classes")}>
      <Opened key={params.class} id={params.class as ClassId} tab={params.tab ?? "grade"} />
    </StudentPage>
  );
}

function Opened({ id, tab }: { id: ClassId; tab: string }) {
  const transcript = useTranscript();
  const [, navigate] = useLocation();
  useFollow(`class:${id}`);
  const back = <ButtonLink href="/home">{t("my.classes")}</ButtonLink>;
  return (
    <Loaded query={transcript} lines={[44, 44, 200]} way={back} focus>
      {({ entries }) => {
        const own = entries.find((entry) => entry.class.id === id);
        if (!own) {
          return (
            <EmptyState icon="search" title={t("records.not_found")} hint={t("records.not_found.hint")} focus>
              {back}
            </EmptyState>
          );
        }
        return (
          <div className={styles.stack}>
            <div>
              <Link href="/home" className={styles.back}>
                ← {t("my.classes")}
              </Link>
              <h1>{own.class.name}</h1>
            </div>
            <Tabs
              label={t("class.views")}
              selected={tab}
              onSelect={(next) => navigate(next === "grade" ? `/my/classes/${id}` : `/my/classes/${id}/${next}`, { replace: true })}
              tabs={[
                { id: "grade", label: t("my.tab.grade"), content: <GradeTab id={id} /> },
                { id: "lessons", label: t("my.tab.lessons"), content: <StudentLessons id={id} course={own.course?.id ?? null} /> },
                { id: "assignments", label: t("my.tab.assignments"), content: <StudentWork id={id} /> },
                {
                  id: "chat",
                  label: t("chat.title"),
                  content: (
                    <Suspense fallback={<Skeleton lines={[64, 320]} />}>
                      <ClassChat id={id} staff={false} />
                    </Suspense>
                  ),
                },
              ]}
            />
          </div>
        );
      }}
    </Loaded>
  );
}

function GradeTab({ id }: { id: ClassId }) {
  const me = useSession()?.me.id as PersonId;
  const grade = useQuery({ queryKey: keys.grade(id, me), queryFn: (context) => gradeCalls.grade(id, me, null, context) });
  // Under the key of grades: what makes a grade stale makes its names stale, too.
  const names = useQuery({
    queryKey: [...keys.grades(id), "names"],
    queryFn: async (context) => {
      const [items, categories, policy] = await Promise.all([gradeCalls.items(id, context), gradeCalls.categories(id, context), gradeCalls.policy(id, context)]);
      return { items, categories, policy };
    },
  });
  return (
    <Loaded query={grade} lines={[110, 300]}>
      {(data) => (
        <Loaded query={names} lines={[110, 300]}>
          {(called) => (
            <div className={styles.stack}>
              <div className={styles.figures} aria-live="polite">
                <div className={styles.figureCard}>
                  <span className={styles.soft}>{t("my.grade.current")}</span>
                  <span className={styles.figure}>{data.current_grade.percent === null ? t("my.grade.none") : gradeText(data.current_grade)}</span>
                </div>
                <div className={styles.figureCard}>
                  <span className={styles.soft}>{t("my.grade.final")}</span>
                  <span className={styles.figure}>{gradeText(data.final_grade)}</span>
                </div>
              </div>
              <div className={styles.columns}>
                <section className={styles.section}>
                  <h2>{t("why.mine")}</h2>
                  <Explanation grade={data} names={called} />
                </section>
                {called.items.length > 0 && <WhatIfPanel id={id} me={me} items={called.items} grade={data} />}
              </div>
            </div>
          )}
        </Loaded>
      )}
    </Loaded>
  );
}
