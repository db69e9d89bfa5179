import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { errorText } from "../api/client";
import type { LineItem, LineItemId, StudentGrade, WhatIfScore } from "../api/grade-types";
import type { ClassId, PersonId } from "../api/types";
import { gradeCalls } from "../records/calls";
import { gradeText, short } from "../records/figures";
import { keys } from "../records/keys";
import { Button } from "../ui/Button";
import { TextField } from "../ui/TextField";
import { t } from "../words/words";
import { parseCell } from "../records/cell-text";
import styles from "./student.module.css";

interface WhatIfPanelProps {
  id: ClassId;
  me: PersonId;
  items: LineItem[];
  grade: StudentGrade;
}

/** Points that a student might get, and the grade that they would make. Nothing of it is kept. */
export function WhatIfPanel({ id, me, items, grade }: WhatIfPanelProps) {
  const [typed, setTyped] = useState<ReadonlyMap<LineItemId, string>>(new Map());
  const scores = useDeferredValue(hypothetical(typed, items));
  const answer = useQuery({
    queryKey: [...keys.grade(id, me), "what-if", scores],
    queryFn: (context) => gradeCalls.whatIf(id, me, scores, context),
    enabled: scores.length > 0,
    placeholderData: (previous) => previous,
    staleTime: 0,
  });
  const set = (item: LineItemId, text: string): void => {
    const next = new Map(typed);
    if (text === "") next.delete(item);
    else next.set(item, text);
    setTyped(next);
  };
  const held = new Map([...grade.trace.current_grade.whole.categories, ...grade.trace.current_grade.periods.flatMap((period) => period.workings.categories)].flatMap((category) => category.parts.map((part) => [part.part.id as string, part] as const)));
  return (
    <section className={styles.section} aria-labelledby="what-if">
      <h2 id="what-if">{t("my.whatif")}</h2>
      <p className={styles.soft}>{t("my.whatif.hint")}</p>
      <div className={styles.figureCard} data-would={scores.length > 0 ? "" : undefined} role="status">
        {scores.length === 0 || !answer.data ? (
          <>
            <span className={styles.soft}>{t("my.grade.current")}</span>
            <span className={styles.figure}>{gradeText(grade.current_grade)}</span>
          </>
        ) : (
          <>
            <span className={styles.soft}>{t("my.whatif.would")}</span>
            <span className={styles.figure}>{gradeText(answer.data.grade.current_grade)}</span>
          </>
        )}
        {answer.isError && scores.length > 0 && <span className={styles.soft}>{errorText(answer.error)}</span>}
      </div>
      {typed.size > 0 && (
        <div>
          <Button onPress={() => setTyped(new Map())}>{t("my.whatif.clear")}</Button>
        </div>
      )}
      {items.map((item) => {
        const part = held.get(item.id);
        const text = typed.get(item.id) ?? "";
        const real = part === undefined || part.given === null ? "" : short(part.given);
        return (
          <div key={item.id} className={styles.whatIf}>
            <span>
              {item.title} <span className={styles.soft}>{t("grid.of", { points: short(item.points_possible) })}</span>
            </span>
            <TextField
              label={t("my.whatif.points", { title: item.title, points: short(item.points_possible) })}
              labelHidden
              inputMode="decimal"
              inputClassName="tabular"
              placeholder={real}
              value={text}
              onChange={(next) => set(item.id, next)}
              fault={text !== "" && !parseCell(text, item.points_possible).ok ? t("my.whatif.bad") : undefined}
            />
          </div>
        );
      })}
    </section>
  );
}

function hypothetical(typed: ReadonlyMap<LineItemId, string>, items: LineItem[]): WhatIfScore[] {
  const scores: WhatIfScore[] = [];
  for (const item of items) {
    const text = typed.get(item.id);
    const parsed = text === undefined ? null : parseCell(text, item.points_possible);
    if (parsed?.ok) scores.push({ line_item: item.id, given: parsed.value.given, excused: parsed.value.excused });
  }
  return scores;
}
