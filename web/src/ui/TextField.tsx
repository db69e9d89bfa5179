import type { Ref } from "react";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextArea } from "react-aria-components/TextArea";
import { TextField as AriaTextField, type TextFieldProps as AriaProps } from "react-aria-components/TextField";
import { t } from "../words/words";
import styles from "./ui.module.css";

export interface TextFieldProps extends Omit<AriaProps, "className" | "children" | "style"> {
  label: string;
  /** Says beforehand what fits. */
  hint?: string | undefined;
  /** Says what does not fit and what would; marks the field as wrong. */
  fault?: string | undefined;
  /** Shows "optional" beside the label. */
  optional?: boolean;
  /** More than one line: so many rows. */
  rows?: number;
  placeholder?: string;
  /** Hides the label from the eye; it is still read. */
  labelHidden?: boolean;
  inputClassName?: string | undefined;
  inputRef?: Ref<HTMLInputElement>;
}

export function TextField(props: TextFieldProps) {
  const { label, hint, fault, optional, rows, placeholder, labelHidden, inputClassName, inputRef, enterKeyHint, ...rest } = props;
  return (
    <AriaTextField {...rest} isInvalid={fault !== undefined || (rest.isInvalid ?? false)} className={styles.field ?? ""}>
      <Label className={labelHidden ? "visually-hidden" : (styles.label ?? "")}>
        {label} {optional && <span className={styles.optional}>({t("app.optional")})</span>}
      </Label>
      {rows === undefined ? (
        <Input ref={inputRef} className={`${styles.input} ${inputClassName ?? ""}`} placeholder={placeholder} enterKeyHint={enterKeyHint} />
      ) : (
        <TextArea rows={rows} className={`${styles.input} ${styles.area} ${inputClassName ?? ""}`} placeholder={placeholder} />
      )}
      {hint !== undefined && fault === undefined && (
        <Text slot="description" className={styles.hint ?? ""}>
          {hint}
        </Text>
      )}
      <FieldError className={styles.fault ?? ""}>{fault}</FieldError>
    </AriaTextField>
  );
}
