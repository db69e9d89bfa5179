import type { ReactNode } from "react";
import { Checkbox as AriaCheckbox } from "react-aria-components/Checkbox";
import { Switch as AriaSwitch } from "react-aria-components/Switch";
import { Icon } from "./Icon";
import styles from "./ui.module.css";

export interface ToggleProps {
  children: ReactNode;
  isSelected: boolean;
  onChange: (selected: boolean) => void;
  isDisabled?: boolean;
}

/** On or off, at once. */
export function Switch({ children, ...rest }: ToggleProps) {
  return (
    <AriaSwitch {...rest} className={styles.switch ?? ""}>
      <span className={styles.track} aria-hidden="true" />
      <span>{children}</span>
    </AriaSwitch>
  );
}

/** One of several marks in a form. */
export function Checkbox({ children, ...rest }: ToggleProps) {
  return (
    <AriaCheckbox {...rest} className={styles.check ?? ""}>
      <span className={styles.box} aria-hidden="true">
        <Icon name="tick" size={16} />
      </span>
      <span>{children}</span>
    </AriaCheckbox>
  );
}
