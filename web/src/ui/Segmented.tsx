import { Label } from "react-aria-components/Label";
import { Radio, RadioGroup } from "react-aria-components/RadioGroup";
import styles from "./segmented.module.css";

export interface SegmentedProps<Id extends string> {
  label: string;
  labelHidden?: boolean;
  value: Id;
  options: { id: Id; label: string }[];
  onChange: (id: Id) => void;
}

/** One of two to four short values, all in sight. */
export function Segmented<Id extends string>({ label, labelHidden, value, options, onChange }: SegmentedProps<Id>) {
  return (
    <RadioGroup value={value} onChange={(id) => onChange(id as Id)} orientation="horizontal" className={styles.group ?? ""}>
      <Label className={labelHidden ? "visually-hidden" : (styles.label ?? "")}>{label}</Label>
      <div className={styles.track}>
        {options.map((option) => (
          <Radio key={option.id} value={option.id} className={styles.part ?? ""}>
            {option.label}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
