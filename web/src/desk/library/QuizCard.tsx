import { Link } from "wouter";
import type { QuizSummary } from "../../api/desk-types";
import { Button, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { day, t } from "../../words/words";
import { exportFile, useDuplicate } from "../actions";
import desk from "../desk.module.css";
import styles from "./library.module.css";

interface QuizCardProps {
  quiz: QuizSummary;
  onStart: () => void;
  onArchive: () => void;
}

/** One quiz of the library; the whole card opens it, the buttons do the rest. */
export function QuizCard({ quiz, onStart, onArchive }: QuizCardProps) {
  const duplicate = useDuplicate();
  const title = quiz.title || t("library.untitled");
  return (
    <article className={styles.card}>
      <Cover quiz={quiz} />
      <div className={styles.cardBody}>
        <h2 className={styles.cardTitle}>
          <Link href={`/library/${quiz.id}`} className={styles.cardLink}>
            {title}
          </Link>
        </h2>
        {quiz.description !== "" && <p className={styles.cardText}>{quiz.description}</p>}
        <p className={`${desk.soft} ${desk.small}`}>
          {t("library.questions", { n: quiz.questions })} · {t("library.changed", { when: day(quiz.updated_at) })}
        </p>
      </div>
      <div className={styles.cardFoot}>
        <Button tone="outline" onPress={onStart} aria-label={t("library.start_named", { title })}>
          <Icon name="play" /> {t("library.start")}
        </Button>
        <Menu
          label={t("library.more_actions", { title })}
          actions={[
            { id: "duplicate", label: t("library.duplicate"), onAction: () => void duplicate(quiz.id) },
            { id: "json", label: t("library.export_json"), onAction: () => void exportFile(quiz.id, title, "json") },
            { id: "csv", label: t("library.export_csv"), onAction: () => void exportFile(quiz.id, title, "csv") },
            { id: "archive", label: t("library.archive"), onAction: onArchive, danger: true },
          ]}
        >
          <IconButton label={t("library.more_actions", { title })}>
            <Icon name="more" />
          </IconButton>
        </Menu>
      </div>
    </article>
  );
}

/** The first picture of the quiz, or a quiet pattern in a colour that stays with the quiz. */
function Cover({ quiz }: { quiz: QuizSummary }) {
  if (quiz.cover !== null) {
    return (
      <div className={styles.cover}>
        <img src={quiz.cover.url} alt="" loading="lazy" />
      </div>
    );
  }
  return (
    <div className={styles.cover} data-shade={shade(quiz.id)} aria-hidden="true">
      <span className={styles.coverLetter}>{Array.from(quiz.title.trim())[0]?.toUpperCase() ?? "?"}</span>
    </div>
  );
}

/** 0 to 3, always the same for the same id. */
function shade(id: string): number {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return sum % 4;
}
