import { errorText } from "../api/client";
import { download, fileName } from "../desk/files";
import { myCalls } from "../records/calls";
import { gradeText } from "../records/figures";
import { Loaded } from "../records/Loaded";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { EmptyState, Table } from "../ui/Surfaces";
import { toast } from "../ui/toast";
import { dateTime, t } from "../words/words";
import { useTranscript } from "./queries";
import { StudentPage } from "./StudentPage";
import styles from "./student.module.css";

/** `/my/transcript`: all grades on a sheet to print. */
export default function TranscriptPage() {
  return (
    <StudentPage title={t("my.transcript")}>
      <Sheet />
    </StudentPage>
  );
}

function Sheet() {
  const transcript = useTranscript();
  const save = async (name: string): Promise<void> => {
    try {
      download(await myCalls.transcriptCsv(), fileName(name, "csv"));
    } catch (error) {
      toast({ text: errorText(error), tone: "bad" });
    }
  };
  return (
    <Loaded query={transcript} lines={[44, 44, 200]} focus>
      {(data) => (
        <div className={styles.stack}>
          <div className={styles.head}>
            <div className={styles.cardText}>
              <p className={styles.soft}>{data.school}</p>
              <h1>{t("my.transcript.of", { name: data.name })}</h1>
              <p className={styles.soft}>{t("my.transcript.made", { when: dateTime(data.made_at) })}</p>
            </div>
            <div className={`${styles.row} ${styles.noPrint}`}>
              <Button tone="outline" onPress={() => void save(data.name)}>
                <Icon name="download" /> {t("my.transcript.csv")}
              </Button>
              <Button tone="primary" onPress={() => window.print()}>
                <Icon name="print" /> {t("my.transcript.print")}
              </Button>
            </div>
          </div>
          {data.entries.length === 0 ? (
            <EmptyState icon="flag" title={t("my.transcript.empty")} />
          ) : (
            <Table scrolls={t("my.transcript")}>
              <caption className="visually-hidden">{t("my.transcript")}</caption>
              <thead>
                <tr>
                  <th scope="col">{t("my.transcript.class")}</th>
                  <th scope="col">{t("my.transcript.course")}</th>
                  <th scope="col">{t("my.transcript.term")}</th>
                  <th scope="col" data-number="">
                    {t("my.transcript.grade")}
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.entries.map((entry) => (
                  <tr key={entry.class.id}>
                    <th scope="row">{entry.class.name}</th>
                    <td>{entry.course?.title ?? "–"}</td>
                    <td>{entry.session?.title ?? "–"}</td>
                    <td data-number="">{gradeText(entry.state === "active" ? entry.current_grade : entry.final_grade)}</td>
                  </tr>
                ))}
              </tbody>
            </Table>
          )}
        </div>
      )}
    </Loaded>
  );
}
