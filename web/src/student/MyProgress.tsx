import { Link } from "wouter";
import type { Mastery } from "../api/skill-types";
import { levelOf, type MasteryLevel } from "../records/mastery";
import { Loaded } from "../records/Loaded";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/Surfaces";
import { dateTime, t, type Key } from "../words/words";
import { useDueCards, useMastery, useNextReview } from "./queries";
import { StudentPage } from "./StudentPage";
import styles from "./student.module.css";

/** `/my/progress`: what the student masters, and what is next. */
export default function MyProgress() {
  return (
    <StudentPage title={t("my.progress")}>
      <Overview />
    </StudentPage>
  );
}

function Overview() {
  const mastery = useMastery();
  const later = useNextReview();
  const due = useDueCards().data?.length ?? 0;
  return (
    <div className={styles.stack}>
      <div className={styles.head}>
        <h1>{t("my.progress")}</h1>
        <ButtonLink href="/my/transcript" tone="outline">
          {t("my.transcript")}
        </ButtonLink>
        <ButtonLink href="/my/practise" tone={due > 0 ? "outline" : "primary"}>
          {t("my.practise")}
        </ButtonLink>
      </div>
      <div className={styles.review} data-quiet={due > 0 ? undefined : ""}>
        <span>{due > 0 ? t("my.due", { n: due }) : t("my.review.none")}</span>
        {due > 0 ? (
          <ButtonLink href="/my/review" tone="primary">
            {t("my.due.start")}
          </ButtonLink>
        ) : (
          <span className={styles.soft}>{later === null ? t("my.review.none.hint") : t("my.due.later", { when: dateTime(later) })}</span>
        )}
      </div>
      <section className={styles.section}>
        <h2>{t("my.mastery.title")}</h2>
        <Loaded query={mastery} lines={[48, 48, 48]}>
          {(skills) => (skills.length === 0 ? <EmptyState icon="flag" title={t("my.mastery.empty")} /> : <Skills skills={skills} />)}
        </Loaded>
      </section>
    </div>
  );
}

const WORDS: Record<MasteryLevel, Key> = { mastered: "my.mastery.mastered", nearly: "my.mastery.nearly", growing: "my.mastery.growing", begun: "my.mastery.new" };

function Skills({ skills }: { skills: Mastery[] }) {
  return (
    <ul className={styles.skills}>
      {[...skills]
        .sort((a, b) => a.skill.title.localeCompare(b.skill.title))
        .map((one) => {
          const percent = Math.round(one.mastery * 100);
          return (
            <li key={one.skill.id} className={styles.skill}>
              <Link href={`/my/practise/${one.skill.id}`} aria-label={t("my.practise.named", { title: one.skill.title })}>
                {one.skill.title}
              </Link>
              <span>
                {t(WORDS[levelOf(one)])} <span className={styles.soft}>· {t("my.mastery.answers", { n: one.answers })}</span>
              </span>
              <span className={styles.bar} data-mastered={one.mastered ? "" : undefined} role="img" aria-label={t("my.mastery.percent", { percent })}>
                <span style={{ inlineSize: `${percent}%` }} />
              </span>
            </li>
          );
        })}
    </ul>
  );
}
