import { Mark } from "../../answers/Mark";
import { markOf } from "../../answers/alphabet";
import type { ChoiceOption } from "../../api/types";
import { Button, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { TextField } from "../../ui/TextField";
import { Checkbox } from "../../ui/Toggle";
import { t, type Key } from "../../words/words";
import desk from "../desk.module.css";
import { isRight, markRight, removeOption, type ChoiceQuestion } from "./choices";
import { ImageFields } from "./ImageFields";
import { Fault } from "./KindFields";
import { OPTIONS } from "./question";
import type { Change, FaultAt } from "./QuestionForm";
import styles from "./editor.module.css";

interface OptionFieldsProps {
  question: ChoiceQuestion;
  faultAt: FaultAt;
  change: Change;
}

const HINTS: Record<ChoiceQuestion["kind"], Key> = {
  single_choice: "editor.options.single",
  multiple_choice: "editor.options.multiple",
  poll: "editor.options.poll",
};

/** The tiles of a choice: text, picture, and which are right. */
export function OptionFields({ question, faultAt, change }: OptionFieldsProps) {
  const { options } = question;
  const set = (i: number, option: ChoiceOption, field: string | null): void => change({ ...question, options: options.map((old, at) => (at === i ? option : old)) }, field);
  return (
    <fieldset className={styles.fields}>
      <legend>{t("editor.options")}</legend>
      <p className={`${desk.soft} ${desk.small}`}>{t(HINTS[question.kind])}</p>
      {options.map((option, i) => {
        const { letter, color, ink } = markOf(i);
        const image = (
          <ImageFields
            compact
            image={option.image}
            addLabel={t("editor.option.image", { letter })}
            faultAt={(part) => faultAt(`options[${i}].image.${part}`)}
            onChange={(next, part) => set(i, { ...option, image: next }, part && `options[${i}].image.${part}`)}
          />
        );
        return (
          <div key={i} className={styles.option}>
            <div className={styles.line}>
              <span className={styles.mark} style={{ background: color, color: ink }} aria-hidden="true">
                <Mark index={i} size="1em" />
              </span>
              <TextField
                label={t("editor.option", { letter })}
                labelHidden
                value={option.text}
                fault={faultAt(`options[${i}].text`)}
                onChange={(text) => set(i, { ...option, text }, `options[${i}].text`)}
              />
              {option.image === null && image}
              <IconButton label={t("editor.option.remove", { letter })} isDisabled={options.length <= OPTIONS.min} onPress={() => change(removeOption(question, i), null)}>
                <Icon name="trash" />
              </IconButton>
              {question.kind !== "poll" && (
                <Checkbox isSelected={isRight(question, i)} onChange={(right) => change(markRight(question, i, right), null)}>
                  <span className="visually-hidden">{t("editor.option.right", { letter })}</span>
                  <span aria-hidden="true">{t("editor.right")}</span>
                </Checkbox>
              )}
            </div>
            {option.image !== null && image}
          </div>
        );
      })}
      <Fault text={faultAt("options") ?? faultAt("correct")} />
      {options.length < OPTIONS.max && (
        <div>
          <Button tone="outline" onPress={() => change({ ...question, options: [...options, { text: "", image: null }] }, null)}>
            <Icon name="plus" /> {t("editor.option.add")}
          </Button>
        </div>
      )}
    </fieldset>
  );
}
