import { Link } from "wouter";
import { useSession } from "../api/session";
import type { Transcript } from "../api/record-types";
import { gradeText } from "../records/figures";
import { Loaded } from "../records/Loaded";
import { ButtonLink } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { EmptyState } from "../ui/Surfaces";
import { dateTime, t } from "../words/words";
import { useDueCards, useNextReview, useTranscript } from "./queries";
import { StudentPage } from "./StudentPage";
import styles from "./student.module.css";

/** `/home` of a student: classes with their grades, and what is due for review. */
export function StudentHome() {
  return (
    <StudentPage title={t("my.classes")}>
      <Home />
    </StudentPage>
  );
}

function Home() {
  const transcript = useTranscript();
  const due = useDueCards();
  const later = useNextReview();
  const name = useSession()?.me.name ?? "";
  const cards = due.data?.length ?? 0;
  return (
    <div className={styles.stack}>
      <div className={styles.head}>
        <h1>{t("my.hello", { name })}</h1>
        <ButtonLink href="/" tone={cards > 0 ? "outline" : "primary"}>
          {t("my.join")}
        </ButtonLink>
      </div>
      {cards > 0 && (
        <div className={styles.review}>
          <span>{t("my.due", { n: cards })}</span>
          <ButtonLink href="/my/review" tone="primary">
            {t("my.due.start")}
          </ButtonLink>
        </div>
      )}
      {cards === 0 && due.isSuccess && later !== null && <p className={styles.soft}>{t("my.due.later", { when: dateTime(later) })}</p>}
      <Loaded query={transcript} lines={[88, 88]}>
        {({ entries }) => (entries.length === 0 ? <EmptyState icon="people" title={t("my.no_classes.title")} hint={t("my.no_classes.hint")} /> : <Classes entries={entries} />)}
      </Loaded>
    </div>
  );
}

function Classes({ entries }: { entries: Transcript["entries"] }) {
  const rank = (entry: Transcript["entries"][number]): number => (entry.state === "active" ? 0 : 1);
  return (
    <ul className={styles.cards}>
      {[...entries].sort((a, b) => rank(a) - rank(b)).map((entry) => (
        <li key={entry.class.id}>
          <Link href={`/my/classes/${entry.class.id}`} className={styles.card}>
            <span className={styles.cardText}>
              <span className={styles.cardTitle}>{entry.class.name}</span>
              <span className={styles.soft}>{[entry.course?.title, entry.session?.title, entry.state === "active" ? undefined : t("my.past")].filter(Boolean).join(" · ")}</span>
            </span>
            <span className={styles.figure}>{entry.current_grade.percent === null ? "" : gradeText(entry.current_grade)}</span>
            <Icon name="next" />
          </Link>
        </li>
      ))}
    </ul>
  );
}
