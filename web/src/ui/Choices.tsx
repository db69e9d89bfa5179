import { Label } from "react-aria-components/Label";
import { Radio, RadioGroup } from "react-aria-components/RadioGroup";
import styles from "./choices.module.css";

export interface ChoicesProps<Id extends string> {
  label: string;
  value: Id;
  options: { id: Id; label: string; hint: string }[];
  onChange: (id: Id) => void;
}

/** One of a few values that need a word of explanation each. */
export function Choices<Id extends string>({ label, value, options, onChange }: ChoicesProps<Id>) {
  return (
    <RadioGroup value={value} onChange={(id) => onChange(id as Id)} className={styles.group ?? ""}>
      <Label className={styles.label ?? ""}>{label}</Label>
      {options.map((option) => (
        <Radio key={option.id} value={option.id} className={styles.choice ?? ""}>
          <span className={styles.mark} aria-hidden="true" />
          <span className={styles.words}>
            <span className={styles.name}>{option.label}</span>
            <span className={styles.hint}>{option.hint}</span>
          </span>
        </Radio>
      ))}
    </RadioGroup>
  );
}
