import type { Question } from "../../api/desk-types";
import { Button, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Segmented } from "../../ui/Segmented";
import { TextField } from "../../ui/TextField";
import { Switch } from "../../ui/Toggle";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { NumberField } from "../NumberField";
import { moved } from "./choices";
import { OptionFields } from "./OptionFields";
import { ACCEPTED_MAX, ITEMS } from "./question";
import type { Change, FaultAt } from "./QuestionForm";
import styles from "./editor.module.css";

interface KindFieldsProps<Q extends Question = Question> {
  question: Q;
  faultAt: FaultAt;
  change: Change;
}
type Of<Kind extends Question["kind"]> = KindFieldsProps<Extract<Question, { kind: Kind }>>;

/** The fields that belong to the type of the question. */
export function KindFields({ question, faultAt, change }: KindFieldsProps) {
  switch (question.kind) {
    case "single_choice":
    case "multiple_choice":
    case "poll":
      return <OptionFields question={question} faultAt={faultAt} change={change} />;
    case "true_false":
      return (
        <Segmented
          label={t("editor.true_false")}
          value={question.correct ? "true" : "false"}
          options={[
            { id: "true", label: t("play.true") },
            { id: "false", label: t("play.false") },
          ]}
          onChange={(id) => change({ ...question, correct: id === "true" }, null)}
        />
      );
    case "typed":
      return <TypedFields question={question} faultAt={faultAt} change={change} />;
    case "numeric":
      return <NumericFields question={question} faultAt={faultAt} change={change} />;
    case "ordering":
      return <OrderingFields question={question} faultAt={faultAt} change={change} />;
  }
}

function TypedFields({ question, faultAt, change }: Of<"typed">) {
  const { accepted } = question;
  return (
    <fieldset className={styles.fields}>
      <legend>{t("editor.accepted")}</legend>
      <p className={`${desk.soft} ${desk.small}`}>{t("editor.accepted.hint")}</p>
      {accepted.map((text, i) => (
        <div key={i} className={styles.line}>
          <TextField
            label={t("editor.accepted.n", { n: i + 1 })}
            labelHidden
            value={text}
            fault={faultAt(`accepted[${i}]`)}
            onChange={(next) => change({ ...question, accepted: accepted.map((old, at) => (at === i ? next : old)) }, `accepted[${i}]`)}
          />
          <IconButton label={t("editor.accepted.remove", { n: i + 1 })} isDisabled={accepted.length === 1} onPress={() => change({ ...question, accepted: accepted.filter((_, at) => at !== i) }, null)}>
            <Icon name="trash" />
          </IconButton>
        </div>
      ))}
      <Fault text={faultAt("accepted")} />
      {accepted.length < ACCEPTED_MAX && (
        <div>
          <Button tone="outline" onPress={() => change({ ...question, accepted: [...accepted, ""] }, null)}>
            <Icon name="plus" /> {t("editor.accepted.add")}
          </Button>
        </div>
      )}
      <div className={desk.row}>
        <Switch isSelected={question.match_case} onChange={(match_case) => change({ ...question, match_case }, null)}>
          {t("editor.match_case")}
        </Switch>
        <Switch isSelected={question.match_accents} onChange={(match_accents) => change({ ...question, match_accents }, null)}>
          {t("editor.match_accents")}
        </Switch>
      </div>
    </fieldset>
  );
}

function NumericFields({ question, faultAt, change }: Of<"numeric">) {
  return (
    <div className={styles.triple}>
      <NumberField label={t("editor.value")} value={question.value} fault={faultAt("value")} onChange={(value) => change({ ...question, value }, "value")} />
      <NumberField label={t("editor.tolerance")} value={question.tolerance} fault={faultAt("tolerance")} onChange={(tolerance) => change({ ...question, tolerance }, "tolerance")} />
      <TextField label={t("editor.unit")} optional value={question.unit} fault={faultAt("unit")} hint={t("editor.unit.hint")} onChange={(unit) => change({ ...question, unit }, "unit")} />
    </div>
  );
}

function OrderingFields({ question, faultAt, change }: Of<"ordering">) {
  const { items } = question;
  const set = (next: string[], field: string | null): void => change({ ...question, items: next }, field);
  return (
    <fieldset className={styles.fields}>
      <legend>{t("editor.items")}</legend>
      <p className={`${desk.soft} ${desk.small}`}>{t("editor.items.hint")}</p>
      {items.map((text, i) => (
        <div key={i} className={styles.line}>
          <span className={`${styles.lineNumber} tabular`} aria-hidden="true">
            {i + 1}
          </span>
          <TextField
            label={t("editor.item", { n: i + 1 })}
            labelHidden
            value={text}
            fault={faultAt(`items[${i}]`)}
            onChange={(next) => set(items.map((old, at) => (at === i ? next : old)), `items[${i}]`)}
          />
          <IconButton label={t("editor.item.up", { n: i + 1 })} isDisabled={i === 0} onPress={() => set(moved(items, i, i - 1), null)}>
            <Icon name="up" />
          </IconButton>
          <IconButton label={t("editor.item.down", { n: i + 1 })} isDisabled={i === items.length - 1} onPress={() => set(moved(items, i, i + 1), null)}>
            <Icon name="down" />
          </IconButton>
          <IconButton label={t("editor.item.remove", { n: i + 1 })} isDisabled={items.length <= ITEMS.min} onPress={() => set(items.filter((_, at) => at !== i), null)}>
            <Icon name="trash" />
          </IconButton>
        </div>
      ))}
      <Fault text={faultAt("items")} />
      {items.length < ITEMS.max && (
        <div>
          <Button tone="outline" onPress={() => set([...items, ""], null)}>
            <Icon name="plus" /> {t("editor.item.add")}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

/** What is wrong with a group of fields as a whole. */
export function Fault({ text }: { text: string | undefined }) {
  return (
    <p role="status" className={desk.fault}>
      {text}
    </p>
  );
}
