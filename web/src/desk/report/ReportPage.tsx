import { useParams } from "wouter";
import { ApiError, errorText } from "../../api/client";
import type { GameReport } from "../../api/desk-types";
import type { GameId } from "../../api/types";
import { Button, ButtonLink } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Banner, EmptyState, ErrorState, Skeleton } from "../../ui/Surfaces";
import { Tabs } from "../../ui/Tabs";
import { toast } from "../../ui/toast";
import { dateTime, t } from "../../words/words";
import desk from "../desk.module.css";
import { DeskPage } from "../DeskPage";
import { download, fileName } from "../files";
import { reportFile, useReport } from "../queries";
import { usePrinting } from "./printing";
import { Questions } from "./Questions";
import { Students } from "./Students";
import { Summary } from "./Summary";
import styles from "./report.module.css";

/** `/games/:id/report`: what a game showed, by question and by student. */
export default function ReportPage() {
  const { game } = useParams<{ game: string }>();
  return (
    <DeskPage title={t("report.tab")}>
      <Loaded game={game as GameId} />
    </DeskPage>
  );
}

function Loaded({ game }: { game: GameId }) {
  const report = useReport(game);
  if (report.isPending) return <Skeleton lines={[44, 110, 420]} />;
  if (report.isSuccess) return <Report report={report.data} />;
  const status = report.error instanceof ApiError ? report.error.status : 0;
  if (status !== 404 && status !== 403) return <ErrorState title={t("report.problem")} hint={errorText(report.error)} onRetry={() => void report.refetch()} />;
  const words = status === 404 ? (["report.not_found", "report.not_found.hint"] as const) : (["report.not_host", "report.not_host.hint"] as const);
  return (
    <EmptyState icon={status === 404 ? "search" : "lock"} title={t(words[0])} hint={t(words[1])} focus>
      <ButtonLink tone="primary" href="/library">
        {t("report.back")}
      </ButtonLink>
    </EmptyState>
  );
}

function Report({ report }: { report: GameReport }) {
  const printing = usePrinting();
  const save = async (format: "json" | "csv"): Promise<void> => {
    try {
      download(await reportFile(report.game, format), fileName(report.title, format));
    } catch (error) {
      toast({ text: errorText(error), tone: "bad" });
    }
  };
  return (
    <>
      {report.ended_at === null && <Banner tone="warn">{t("report.running")}</Banner>}
      <div className={`${desk.head} ${styles.head}`}>
        <div className={styles.title}>
          <h1>{report.title}</h1>
          <p className={desk.soft}>
            {t("report.played", { when: dateTime(report.opened_at) })} · {t(`start.score.${report.settings.score_rule}`)}
          </p>
        </div>
        <div className={`${desk.actions} ${styles.noPrint}`}>
          {report.ended_at === null && (
            <ButtonLink tone="primary" href={`/host/${report.game}`}>
              {t("report.running.host")}
            </ButtonLink>
          )}
          <Button tone="outline" onPress={() => void save("csv")}>
            <Icon name="download" /> {t("report.csv")}
          </Button>
          <Button tone="outline" onPress={() => void save("json")}>
            <Icon name="download" /> {t("report.json")}
          </Button>
          <Button tone="outline" onPress={() => window.print()}>
            <Icon name="print" /> {t("report.print")}
          </Button>
        </div>
      </div>
      {report.participants.length === 0 && report.ended_at === null ? (
        <EmptyState icon="people" title={t("report.empty.running")} hint={t("report.empty.running.hint")} />
      ) : report.participants.length === 0 ? (
        <EmptyState icon="people" title={t("report.empty.title")} hint={t("report.empty.hint")}>
          <ButtonLink tone="primary" href="/library">
            {t("report.back")}
          </ButtonLink>
        </EmptyState>
      ) : (
        <>
          <Summary report={report} />
          {printing ? (
            <div className={styles.paper}>
              <h2>{t("report.questions")}</h2>
              <Questions report={report} />
              <h2>{t("report.students")}</h2>
              <Students report={report} rows={Infinity} />
            </div>
          ) : (
            <Tabs
              label={t("report.views")}
              tabs={[
                { id: "questions", label: t("report.tab.questions"), content: <Questions report={report} /> },
                { id: "students", label: t("report.tab.students"), content: <Students report={report} /> },
              ]}
            />
          )}
        </>
      )}
    </>
  );
}
