import { Link, useLocation, useParams } from "wouter";
import type { ClassId } from "../../api/types";
import { LiveRecords, OfflineBanner, useFollow } from "../../records/LiveRecords";
import { Loaded } from "../../records/Loaded";
import { ButtonLink } from "../../ui/Button";
import { EmptyState } from "../../ui/Surfaces";
import { Tabs } from "../../ui/Tabs";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { DeskPage } from "../DeskPage";
import { useClasses } from "../queries";
import { AssignmentsTab } from "./AssignmentsTab";
import { GradebookTab } from "./gradebook/GradebookTab";
import { ProgressTab } from "./ProgressTab";
import { RosterTab } from "./roster/RosterTab";

/** `/classes/:class/:tab?`: a class with its roster, gradebook, assignments and progress. */
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
              ]}
            />
          </>
        );
      }}
    </Loaded>
  );
}
