import { useState } from "react";
import type { Category, CategoryTrace, Grade, LineItem, PartTrace, Policy, StudentGrade, Workings } from "../api/grade-types";
import { Segmented } from "../ui/Segmented";
import { Table } from "../ui/Surfaces";
import { t } from "../words/words";
import { gradeText, percent, short } from "./figures";
import styles from "./records.module.css";

/** What the ids of a trace are called. */
export interface Names {
  items: Pick<LineItem, "id" | "title">[];
  categories: Pick<Category, "id" | "title">[];
  policy: Pick<Policy, "letters"> | null;
}

/** How a grade came about: what counts, what was dropped and why, what each piece of work adds, and the sum. */
export function Explanation({ grade, names }: { grade: StudentGrade; names: Names }) {
  const [basis, setBasis] = useState<"current" | "final">("current");
  const trace = basis === "current" ? grade.trace.current_grade : grade.trace.final_grade;
  const shown = basis === "current" ? grade.current_grade : grade.final_grade;
  return (
    <div className={styles.why}>
      <Segmented
        label={t("why.basis")}
        labelHidden
        value={basis}
        options={[
          { id: "current", label: t("why.current") },
          { id: "final", label: t("why.final") },
        ]}
        onChange={setBasis}
      />
      <p className={styles.soft}>{t(basis === "current" ? "why.current.hint" : "why.final.hint")}</p>
      {trace.combination.of === "periods" ? (
        trace.periods.map((period, i) => (
          <section key={period.period} className={styles.why}>
            <h3 className={styles.whyHead}>{t("why.period", { n: i + 1, percent: percent(period.workings.percent), weight: short(period.weight * 100) })}</h3>
            <Steps workings={period.workings} names={names} />
          </section>
        ))
      ) : (
        <Steps workings={trace.whole} names={names} />
      )}
      <Sum grade={shown} workings={trace.combination.of === "categories" ? trace.whole : null} names={names} />
    </div>
  );
}

function Steps({ workings, names }: { workings: Workings; names: Names }) {
  if (workings.categories.every((category) => category.parts.length === 0)) return <p>{t("why.none")}</p>;
  return workings.categories.filter((category) => category.parts.length > 0).map((category) => <CategorySteps key={category.category} category={category} weighted={workings.full_weight !== null} names={names} />);
}

function CategorySteps({ category, weighted, names }: { category: CategoryTrace; weighted: boolean; names: Names }) {
  const title = titleOf(names.categories, category.category);
  const notes = [
    ...(weighted && category.percent !== null ? [t("why.weight", { weight: short(category.weight * 100) })] : []),
    ...(category.dropped_lowest > 0 ? [t("why.dropped", { n: category.dropped_lowest })] : []),
    ...(category.dropped_highest > 0 ? [t("why.dropped_high", { n: category.dropped_highest })] : []),
  ];
  return (
    <section>
      <h3 className={styles.whyHead}>
        <span>{title}</span> <span className={styles.whyPercent}>{percent(category.percent)}</span>
      </h3>
      {notes.length > 0 && <p className={styles.soft}>{notes.join(" · ")}</p>}
      <Table>
        <caption className="visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{t("why.item")}</th>
            <th scope="col" data-number="">
              {t("why.score")}
            </th>
            <th scope="col" data-number="">
              {t("why.adds")}
            </th>
          </tr>
        </thead>
        <tbody>
          {category.parts.map((part) => (
            <PartRow key={part.part.id} part={part} names={names} />
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t("why.sum")}</th>
            <td data-number="">{t("why.of", { score: short(category.score), possible: short(category.possible) })}</td>
            <td data-number="">{percent(category.contribution)}</td>
          </tr>
        </tfoot>
      </Table>
    </section>
  );
}

const COUNTS = new Set<PartTrace["verdict"]>(["counted", "counted_as_zero", "extra_credit"]);

function PartRow({ part, names }: { part: PartTrace; names: Names }) {
  const counts = COUNTS.has(part.verdict);
  const title = part.part.kind === "line_item" ? titleOf(names.items, part.part.id) : titleOf(names.categories, part.part.id);
  return (
    <tr data-out={counts ? undefined : ""} className={styles.part}>
      <th scope="row">
        {title} {part.hypothetical && <span className={styles.pill}>{t("why.hypothetical")}</span>}
        {part.verdict !== "counted" && <span className={styles.verdict}>{t(`why.verdict.${part.verdict}`)}</span>}
      </th>
      <td data-number="">{points(part)}</td>
      <td data-number="">{counts ? percent(part.contribution) : "–"}</td>
    </tr>
  );
}

function points(part: PartTrace): string {
  if (part.verdict === "extra_credit") return t("why.extra", { score: short(part.score) });
  if (part.given === null) return part.verdict === "counted_as_zero" ? t("why.of", { score: short(0), possible: short(part.possible) }) : "–";
  return part.possible > 0 ? t("why.of", { score: short(part.given), possible: short(part.possible) }) : short(part.given);
}

function Sum({ grade, workings, names }: { grade: Grade; workings: Workings | null; names: Names }) {
  const bound = names.policy?.letters?.find((letter) => letter.letter === grade.letter);
  return (
    <div className={styles.sum}>
      <strong>{t("why.sum")}</strong>
      <strong className={styles.sumFigure}>{gradeText(grade)}</strong>
      {workings !== null && workings.full_weight === null && workings.possible > 0 && <p className={styles.soft}>{t("why.sum_points", { score: short(workings.score), possible: short(workings.possible) })}</p>}
      {workings !== null && workings.full_weight !== null && workings.scale !== 1 && workings.full_weight > 0 && (
        <p className={styles.soft}>{t("why.scaled", { weight: short(workings.full_weight), scale: short(workings.scale) })}</p>
      )}
      {bound !== undefined && <p className={styles.soft}>{t("why.letter", { letter: bound.letter, percent: short(bound.from_percent) })}</p>}
    </div>
  );
}

function titleOf(list: { id: string; title: string }[], id: string): string {
  return list.find((one) => one.id === id)?.title ?? t("why.verdict.hidden");
}
