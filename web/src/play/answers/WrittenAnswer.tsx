import { useState, type FormEvent } from "react";
import { Button } from "../../ui/Button";
import { TextField } from "../../ui/TextField";
import { t } from "../../words/words";
import type { AnswerInputProps } from "./AnswerInput";
import { Foot } from "./Foot";
import { parseNumber } from "./parse-number";
import styles from "./answers.module.css";

/** The server takes no longer texts. */
const MAX_TEXT = 200;

export function TextAnswer({ given, disabled, onAnswer, status }: AnswerInputProps) {
  const [text, setText] = useState(given !== null && "text" in given ? given.text : "");
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (text.trim() !== "") onAnswer({ text: text.trim() });
  }
  return (
    <form onSubmit={submit} className={styles.written}>
      <TextField
        label={t("play.answer")}
        value={text}
        onChange={setText}
        isDisabled={disabled}
        maxLength={MAX_TEXT}
        autoComplete="off"
        autoCorrect="off"
        spellCheck="false"
        enterKeyHint="send"
        inputClassName={styles.writtenInput}
      />
      <Foot status={status} disabled={disabled}>
        <Button type="submit" tone="primary" size="large" wide isDisabled={text.trim() === ""}>
          {t("play.send")}
        </Button>
      </Foot>
    </form>
  );
}

export function NumberAnswer({ question, given, disabled, onAnswer, status }: AnswerInputProps) {
  const [text, setText] = useState(given !== null && "number" in given ? String(given.number) : "");
  const [tried, setTried] = useState(false);
  const value = parseNumber(text);
  const unit = question.unit ?? "";
  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (value !== null) onAnswer({ number: value });
  }
  return (
    <form onSubmit={submit} className={styles.written}>
      <div className={styles.withUnit}>
        <TextField
          label={unit === "" ? t("play.answer") : t("play.answer_unit", { unit })}
          value={text}
          onChange={(next) => {
            setText(next);
            setTried(false);
          }}
          fault={tried && value === null ? t("play.not_a_number") : undefined}
          isDisabled={disabled}
          // iOS shows no minus sign on its decimal keypad; the field takes what any keyboard gives.
          inputMode="decimal"
          autoComplete="off"
          enterKeyHint="send"
          inputClassName={styles.writtenInput}
        />
        {unit !== "" && (
          <span className={styles.unit} aria-hidden="true">
            {unit}
          </span>
        )}
        <Button tone="outline" isDisabled={disabled} onPress={() => setText((now) => (now.startsWith("-") ? now.slice(1) : `-${now}`))} aria-label="±">
          ±
        </Button>
      </div>
      <Foot status={status} disabled={disabled}>
        <Button type="submit" tone="primary" size="large" wide isDisabled={text.trim() === ""}>
          {t("play.send")}
        </Button>
      </Foot>
    </form>
  );
}
