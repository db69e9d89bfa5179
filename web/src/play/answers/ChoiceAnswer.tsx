import { useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { markOf } from "../../answers/alphabet";
import { Mark } from "../../answers/Mark";
import { optionCount, optionText } from "../../answers/say";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { t } from "../../words/words";
import type { AnswerInputProps } from "./AnswerInput";
import { Foot } from "./Foot";
import styles from "./answers.module.css";

/** Longer texts need a whole line of a phone. */
const SHORT_TEXT = 14;

/** Tiles: one press answers; with several right ones, presses mark and a button confirms. */
export function ChoiceAnswer({ question, given, disabled, onAnswer, status }: AnswerInputProps) {
  const several = question.kind === "multiple_choice";
  const [marked, setMarked] = useState<number[]>([]);
  const chosen = given === null ? marked : "choice" in given ? [given.choice] : "choices" in given ? given.choices : [];
  const indices = Array.from({ length: optionCount(question) }, (_, index) => index);
  const pictures = question.options?.some((option) => option.image !== null) ?? false;
  const short = indices.length % 2 === 0 && indices.length <= 4 && indices.every((index) => optionText(question, index).length <= SHORT_TEXT);

  function press(index: number): void {
    if (!several) onAnswer({ choice: index });
    else setMarked((now) => (now.includes(index) ? now.filter((other) => other !== index) : [...now, index].sort((a, b) => a - b)));
  }

  return (
    <div className={styles.area}>
      <div role="group" aria-label={t("play.answers")} className={styles.tiles} data-two={short || pictures ? "" : undefined} data-many={indices.length > 4 ? "" : undefined}>
        {indices.map((index) => {
          const mark = markOf(index);
          const isChosen = chosen.includes(index);
          const image = question.options?.[index]?.image;
          return (
            <AriaButton
              key={index}
              className={styles.tile ?? ""}
              style={{ background: mark.color, color: mark.ink }}
              isDisabled={disabled}
              aria-pressed={isChosen}
              data-chosen={isChosen ? "" : undefined}
              data-dim={given !== null && !isChosen ? "" : undefined}
              onPress={() => press(index)}
            >
              <Mark index={index} />
              {image && <img className={styles.tileImage} src={image.url} alt={image.alt} />}
              {!(image && question.options?.[index]?.text === "") && (
                <span className={styles.tileText} dir="auto">
                  {optionText(question, index)}
                </span>
              )}
              <span className={styles.tileTick} aria-hidden="true">
                {isChosen && <Icon name="tick" size={22} />}
              </span>
            </AriaButton>
          );
        })}
      </div>
      <Foot status={status} disabled={disabled}>
        {several && (
          <Button tone="primary" size="large" wide isDisabled={marked.length === 0} onPress={() => onAnswer({ choices: marked })}>
            {marked.length === 0 ? t("play.confirm_none") : t("play.confirm", { n: marked.length })}
          </Button>
        )}
      </Foot>
    </div>
  );
}
