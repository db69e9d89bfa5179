import type { Block } from "../../api/record-types";
import type { QuizId } from "../../api/types";
import { IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Select } from "../../ui/Select";
import { TextField } from "../../ui/TextField";
import { t } from "../../words/words";
import { useQuizzes } from "../queries";
import type { Part, PartFault } from "./lesson-draft";
import styles from "./courses.module.css";

interface PartFieldsProps {
  part: Part;
  at: number;
  of: number;
  fault: PartFault | null;
  onChange: (block: Block) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

/** One part of a lesson: a text, a link or a quiz. */
export function PartFields({ part: { block }, at, of, fault, onChange, onMove, onRemove }: PartFieldsProps) {
  const n = at + 1;
  return (
    <section className={styles.part} aria-label={`${n}. ${t(`lesson.block.${block.kind}`)}`}>
      <div className={styles.partHead}>
        <span className={styles.partKind}>
          {n}. {t(`lesson.block.${block.kind}`)}
        </span>
        <IconButton label={t("lesson.block.up", { n })} isDisabled={at === 0} onPress={() => onMove(at - 1)}>
          <Icon name="up" />
        </IconButton>
        <IconButton label={t("lesson.block.down", { n })} isDisabled={at === of - 1} onPress={() => onMove(at + 1)}>
          <Icon name="down" />
        </IconButton>
        <IconButton label={t("lesson.block.remove", { n })} onPress={onRemove}>
          <Icon name="trash" />
        </IconButton>
      </div>
      <Fields n={n} block={block} fault={fault} onChange={onChange} />
    </section>
  );
}

interface FieldsProps extends Pick<PartFieldsProps, "fault" | "onChange"> {
  n: number;
  block: Block;
}

function Fields({ n, block, fault, onChange }: FieldsProps) {
  switch (block.kind) {
    case "text":
      return <TextField label={t("lesson.block.text.label", { n })} labelHidden hint={t("lesson.block.text.hint")} rows={Math.min(16, Math.max(5, block.text.split("\n").length + 2))} value={block.text} onChange={(text) => onChange({ ...block, text })} />;
    case "link":
      return (
        <div className={styles.pair}>
          <TextField label={t("lesson.block.label")} value={block.label} onChange={(label) => onChange({ ...block, label })} fault={fault === "label" ? t("records.title.missing") : undefined} maxLength={200} />
          <TextField label={t("lesson.block.url")} type="url" value={block.url} onChange={(url) => onChange({ ...block, url })} fault={fault === "url" ? t("lesson.block.url.problem") : undefined} />
        </div>
      );
    case "quiz":
      return <QuizField quiz={block.quiz} fault={fault === "quiz"} onChange={(quiz) => onChange({ ...block, quiz })} />;
  }
}

function QuizField({ quiz, fault, onChange }: { quiz: QuizId; fault: boolean; onChange: (quiz: QuizId) => void }) {
  const quizzes = useQuizzes("").data?.pages.flatMap((page) => page.items) ?? [];
  // One that is not among the newest of the library keeps its place.
  const known = quiz === "" || quizzes.some((one) => one.id === quiz);
  const options = [...quizzes.map((one) => ({ id: one.id, label: one.title === "" ? t("library.untitled") : one.title })), ...(known ? [] : [{ id: quiz, label: t("lesson.block.other_quiz") }])];
  return (
    <>
      <Select label={t("lesson.block.which")} hint={fault ? t("lesson.block.no_quiz") : t("lesson.block.quiz.hint")} value={quiz} options={options} onChange={onChange} />
    </>
  );
}
