import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { errorText } from "../api/client";
import { findGame } from "../api/queries";
import type { FoundGame } from "../api/types";
import { Button } from "../ui/Button";
import { Card } from "../ui/Surfaces";
import { TextField } from "../ui/TextField";
import { t } from "../words/words";
import { joinErrors } from "./errors";
import { groupPin, PIN_LENGTH, pinDigits } from "./pin";
import styles from "./landing.module.css";

export function PinStep({ initial, onFound }: { initial: string; onFound: (pin: string, game: FoundGame) => void }) {
  const [digits, setDigits] = useState(initial);
  const input = useRef<HTMLInputElement>(null);
  const find = useMutation({
    mutationFn: findGame,
    onSuccess: (game, pin) => onFound(pin, game),
    onError: () => input.current?.focus(),
  });
  const { mutate } = find;

  useEffect(() => {
    if (initial.length === PIN_LENGTH) mutate(initial);
  }, [initial, mutate]);

  function change(text: string): void {
    const next = pinDigits(text);
    setDigits(next);
    find.reset();
    // The last digit is the decision: no second tap.
    if (next.length === PIN_LENGTH && digits.length < PIN_LENGTH) mutate(next);
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (digits.length === PIN_LENGTH) mutate(digits);
    else input.current?.focus();
  }

  return (
    <Card className={styles.card}>
      <h1>{t("join.title")}</h1>
      <p className={styles.lead}>{t("join.lead")}</p>
      <form onSubmit={submit} className={styles.form}>
        <TextField
          label={t("join.pin")}
          hint={t("join.pin.hint")}
          fault={find.isError ? errorText(find.error, joinErrors) : undefined}
          value={groupPin(digits)}
          onChange={change}
          inputMode="numeric"
          autoComplete="off"
          enterKeyHint="go"
          inputClassName={styles.pin}
          inputRef={input}
        />
        <Button type="submit" tone="primary" size="large" wide isDisabled={find.isPending}>
          {find.isPending ? t("join.finding") : t("join.submit")}
        </Button>
      </form>
    </Card>
  );
}
