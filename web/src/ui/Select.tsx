import { Button } from "react-aria-components/Button";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import { Text } from "react-aria-components/Text";
import { Icon } from "./Icon";
import styles from "./ui.module.css";

export interface SelectProps<Id extends string> {
  label: string;
  labelHidden?: boolean;
  hint?: string;
  value: Id;
  options: { id: Id; label: string }[];
  onChange: (id: Id) => void;
  isDisabled?: boolean;
}

/** One of few values. */
export function Select<Id extends string>({ label, labelHidden, hint, value, options, onChange, isDisabled = false }: SelectProps<Id>) {
  return (
    <AriaSelect value={value} onChange={(key) => onChange(key as Id)} isDisabled={isDisabled} className={styles.field ?? ""}>
      <Label className={labelHidden ? "visually-hidden" : (styles.label ?? "")}>{label}</Label>
      <Button className={styles.trigger ?? ""}>
        <SelectValue />
        <Icon name="down" />
      </Button>
      {hint !== undefined && (
        <Text slot="description" className={styles.hint ?? ""}>
          {hint}
        </Text>
      )}
      <Popover className={styles.popover ?? ""}>
        <ListBox>
          {options.map((option) => (
            <ListBoxItem key={option.id} id={option.id} textValue={option.label} className={styles.option ?? ""}>
              {option.label}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
