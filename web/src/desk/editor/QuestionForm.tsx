import type { Dispatch } from "react";
import type { Question } from "../../api/desk-types";
import { Segmented } from "../../ui/Segmented";
import { Select } from "../../ui/Select";
import { TextField } from "../../ui/TextField";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { NumberField } from "../NumberField";
import type { Edit, Entry } from "./draft";
import { ImageFields } from "./ImageFields";
import { KindFields } from "./KindFields";
import { KINDS, withSkills } from "./question";
import { SkillsField } from "./SkillsField";
import styles from "./editor.module.css";

/** Changes the question; `field` names what was typed in, so that typing is one step of undo; null for a press. */
export type Change = (question: Question, field: string | null) => void;
export type FaultAt = (field: string) => string | undefined;

interface QuestionFormProps {
  entry: Entry;
  index: number;
  faultAt: FaultAt;
  dispatch: Dispatch<Edit>;
}

/** Everything about one question. */
export function QuestionForm({ entry, index, faultAt, dispatch }: QuestionFormProps) {
  const { key, question } = entry;
  const change: Change = (next, field) => dispatch({ type: "question", key, question: next, field, at: Date.now() });
  return (
    <section className={styles.form} aria-label={t("editor.question_n", { n: index + 1 })}>
      <div className={desk.row}>
        <h2 className={styles.formTitle}>{t("editor.question_n", { n: index + 1 })}</h2>
        <Select
          label={t("editor.kind")}
          labelHidden
          value={question.kind}
          options={KINDS.map((kind) => ({ id: kind, label: t(`desk.kind.${kind}`) }))}
          onChange={(kind) => dispatch({ type: "kind", key, kind })}
        />
      </div>
      <TextField
        label={t(question.kind === "true_false" ? "editor.prompt.true_false" : "editor.prompt")}
        rows={2}
        value={question.prompt}
        fault={faultAt("prompt")}
        onChange={(prompt) => change({ ...question, prompt }, "prompt")}
      />
      <ImageFields image={question.image} faultAt={(part) => faultAt(`image.${part}`)} onChange={(image, part) => change({ ...question, image }, part && `image.${part}`)} />
      <KindFields question={question} faultAt={faultAt} change={change} />
      <div className={styles.pair}>
        <NumberField
          label={t("editor.time")}
          integer
          value={question.time_limit_s}
          fault={faultAt("time_limit_s")}
          onChange={(time_limit_s) => change({ ...question, time_limit_s }, "time_limit_s")}
        />
        {question.kind !== "poll" && (
          <Segmented
            label={t("editor.points")}
            value={pointsId(question.points)}
            options={(["0", "1", "2"] as const).map((id) => ({ id, label: t(`editor.points.${id}`) }))}
            onChange={(id) => change({ ...question, points: Number(id) }, null)}
          />
        )}
      </div>
      <TextField
        label={t("editor.explanation")}
        optional
        hint={t("editor.explanation.hint")}
        rows={2}
        value={question.explanation ?? ""}
        fault={faultAt("explanation")}
        onChange={(text) => change({ ...question, explanation: text === "" ? null : text }, "explanation")}
      />
      <SkillsField skills={question.skills ?? []} onChange={(skills) => change(withSkills(question, skills), null)} />
    </section>
  );
}

function pointsId(points: number): "0" | "1" | "2" {
  return points === 0 ? "0" : points === 2 ? "2" : "1";
}
