import { useState } from "react";
import { TextField } from "../ui/TextField";

export interface NumberFieldProps {
  label: string;
  hint?: string;
  fault?: string | undefined;
  /** NaN shows an empty field. */
  value: number;
  /** NaN while what stands there is no number. */
  onChange: (value: number) => void;
  integer?: boolean;
}

/** A number as people type it; keeps the typed text ("1." or "0,50") as long as it means the same number. */
export function NumberField({ label, hint, fault, value, onChange, integer = false }: NumberFieldProps) {
  const [text, setText] = useState(() => written(value));
  const shown = Object.is(parsed(text), value) ? text : written(value);
  return (
    <TextField
      label={label}
      hint={hint}
      fault={fault}
      value={shown}
      inputMode={integer ? "numeric" : "decimal"}
      inputClassName="tabular"
      onChange={(next) => {
        setText(next);
        onChange(parsed(next));
      }}
    />
  );
}

function written(value: number): string {
  return Number.isNaN(value) ? "" : String(value);
}

/** Takes a decimal comma as well as a point. */
function parsed(text: string): number {
  const plain = text.trim().replace(",", ".").replace("−", "-");
  return plain === "" ? Number.NaN : Number(plain);
}
