import { useEffect, useState } from "react";
import { TextField } from "../../../ui/TextField";
import { t } from "../../../words/words";
import styles from "../classes.module.css";

/** Bounds of the server. */
const LEAST = 1;
const MOST = 3;

/** How much more time than usual somebody has; kept when the field is left or Enter is pressed. */
export function TimeFactor({ name, value, onSave }: { name: string; value: number; onSave: (value: number) => void }) {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  const typed = Number(text.replace(",", "."));
  const wrong = !(typed >= LEAST && typed <= MOST);
  const keep = (): void => {
    if (wrong) setText(String(value));
    else if (typed !== value) onSave(typed);
  };
  return (
    <div className={styles.factor}>
      <TextField
        label={t("roster.time", { name })}
        labelHidden
        value={text}
        onChange={setText}
        inputMode="decimal"
        inputClassName="tabular"
        fault={wrong ? t("roster.time.problem") : undefined}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === "Enter") keep();
          else if (event.key === "Escape") setText(String(value));
        }}
      />
    </div>
  );
}
