import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Aggregation, Category, CategoryContent, CategoryRules, Gradebook, Letter, Policy, Rules } from "../../../api/grade-types";
import { WHOLE_PPM } from "../../../api/record-types";
import type { ClassId } from "../../../api/types";
import { gradeCalls } from "../../../records/calls";
import { short } from "../../../records/figures";
import { keys } from "../../../records/keys";
import { SaveNotes, useSaving } from "../../../records/saving";
import { Button, IconButton } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { Icon } from "../../../ui/Icon";
import { Select } from "../../../ui/Select";
import { TextField } from "../../../ui/TextField";
import { toast } from "../../../ui/toast";
import { Switch } from "../../../ui/Toggle";
import { t } from "../../../words/words";
import desk from "../../desk.module.css";
import { NumberField } from "../../NumberField";
import { lettersFault, USUAL_LETTERS, weightSum } from "./policy";
import styles from "./sheets.module.css";

type RulesId = "points" | "percent" | "moodle";
const AGGREGATIONS: Aggregation[] = ["sum", "mean", "median", "min", "max", "mode", "weighted_mean", "simple_weighted_mean", "extra_credit_mean"];

interface Row {
  /** Null for a category that is not saved yet. */
  saved: Category | null;
  content: CategoryContent;
  key: string;
}

/** How grades are made: whose rules, letters, categories with their weights and drop rules. */
export function PolicySheet({ id, book, onClose }: { id: ClassId; book: Gradebook; onClose: () => void }) {
  const [rules, setRules] = useState<RulesId>(rulesId(book.policy.rules));
  const [letters, setLetters] = useState<Letter[] | null>(book.policy.letters);
  const [rows, setRows] = useState<Row[]>(() => rowsOf(book));
  const [version, setVersion] = useState(book.policy.version);
  const [tried, setTried] = useState(false);
  const saving = useSaving();
  const queries = useQueryClient();
  const badLetters = letters !== null && lettersFault(letters);
  const untitled = (row: Row): boolean => row.content.title.trim() === "";
  const weighted = rules === "percent";
  const sum = weightSum(rows.map((row) => row.content));

  const edit = (key: string, change: Partial<CategoryContent>): void => setRows(rows.map((row) => (row.key === key ? { ...row, content: { ...row.content, ...change } } : row)));
  const editRules = (row: Row, change: CategoryRules): void => edit(row.key, { rules: { ...row.content.rules, ...change } });

  const refresh = async (): Promise<Gradebook | undefined> => {
    await Promise.all([queries.invalidateQueries({ queryKey: keys.gradebooks(id) }), queries.invalidateQueries({ queryKey: keys.grades(id) })]);
    return queries.getQueryData<Gradebook>(keys.gradebook(id));
  };
  const take = async (): Promise<void> => {
    const now = await refresh();
    saving.clear();
    if (!now) return onClose();
    setRules(rulesId(now.policy.rules));
    setLetters(now.policy.letters);
    setRows(rowsOf(now));
    setVersion(now.policy.version);
  };

  const save = async (over: number | null = null): Promise<void> => {
    setTried(true);
    if (badLetters || rows.some(untitled)) return;
    const done = await saving.run(async () => {
      for (const row of rows) {
        const content = { ...row.content, title: row.content.title.trim() };
        if (row.saved === null) await gradeCalls.createCategory(id, content);
        // What was kept by an earlier try of the same save has its version since.
        else if (JSON.stringify(content) !== JSON.stringify(contentOf(row.saved))) await gradeCalls.saveCategory(id, row.saved.id, over === null ? row.saved.version : newestVersion(row.saved), content);
      }
      for (const gone of book.categories.filter((category) => !rows.some((row) => row.saved?.id === category.id))) await gradeCalls.removeCategory(id, gone.id, newestVersion(gone));
      const { periods, only_period } = book.policy;
      const next: Policy = { rules: asRules(rules), letters, periods, only_period };
      if (JSON.stringify([next.rules, next.letters]) !== JSON.stringify([asRules(rulesId(book.policy.rules)), book.policy.letters])) await gradeCalls.savePolicy(id, over ?? version, next);
    });
    const now = await refresh();
    if (!done) {
      if (now) setRows((before) => before.map((row) => ({ ...row, saved: now.categories.find((one) => one.id === row.saved?.id || (row.saved === null && one.title === row.content.title.trim())) ?? row.saved })));
      return;
    }
    toast({ text: t("policy.saved") });
    onClose();
  };
  const newestVersion = (category: Category): number => queries.getQueryData<Gradebook>(keys.gradebook(id))?.categories.find((one) => one.id === category.id)?.version ?? category.version;

  return (
    <Dialog
      title={t("policy.title")}
      isOpen
      onClose={onClose}
      sheet
      size="wide"
      actions={
        <Button tone="primary" onPress={() => void save()}>
          {t("records.save")}
        </Button>
      }
    >
      <div className={desk.form}>
        <SaveNotes saving={saving} onTake={() => void take()} onKeep={(current) => void save(current)} />
        <Select
          label={t("policy.rules")}
          hint={t(`policy.${rules}.hint`)}
          value={rules}
          options={(["points", "percent", "moodle"] as const).map((one) => ({ id: one, label: t(`policy.${one}`) }))}
          onChange={setRules}
        />
        <section className={styles.section}>
          <h3>{t("policy.categories")}</h3>
          {weighted && rows.length > 0 && <p className={desk.soft}>{t(sum < 100 ? "policy.weights.low" : "policy.weights.sum", { sum: short(sum) })}</p>}
          {rows.map((row, i) => (
            <fieldset key={row.key} className={styles.category} data-moodle={rules === "moodle" ? "" : undefined} aria-label={t("policy.category", { n: i + 1 })}>
              <TextField label={t("policy.category.title")} value={row.content.title} onChange={(title) => edit(row.key, { title })} fault={tried && untitled(row) ? t("records.title.missing") : undefined} maxLength={200} />
              {rules !== "points" && <NumberField label={t("policy.category.weight")} value={row.content.weight_ppm === null ? Number.NaN : (row.content.weight_ppm / WHOLE_PPM) * 100} onChange={(weight) => edit(row.key, { weight_ppm: Number.isNaN(weight) ? null : Math.round((weight * WHOLE_PPM) / 100) })} />}
              <Count label={t("policy.category.lowest")} value={row.content.rules.drop_lowest} onChange={(drop_lowest) => editRules(row, { drop_lowest })} />
              {rules === "moodle" ? (
                <Count label={t("policy.category.keep")} value={row.content.rules.keep_highest} onChange={(keep_highest) => editRules(row, { keep_highest })} />
              ) : (
                <Count label={t("policy.category.highest")} value={row.content.rules.drop_highest} onChange={(drop_highest) => editRules(row, { drop_highest })} />
              )}
              {rules === "moodle" && (
                <Select
                  label={t("policy.category.aggregation")}
                  value={row.content.rules.aggregation ?? "sum"}
                  options={AGGREGATIONS.map((one) => ({ id: one, label: t(`policy.aggregation.${one}`) }))}
                  onChange={(aggregation) => editRules(row, { aggregation })}
                />
              )}
              <IconButton
                label={t("policy.category.remove", { title: row.content.title })}
                isDisabled={row.saved !== null && book.line_items.some((item) => item.category === row.saved?.id)}
                onPress={() => setRows(rows.filter((one) => one.key !== row.key))}
              >
                <Icon name="trash" />
              </IconButton>
            </fieldset>
          ))}
          <div>
            <Button onPress={() => setRows([...rows, blankRow(rows)])}>
              <Icon name="plus" /> {t("policy.category.add")}
            </Button>
          </div>
        </section>
        <section className={styles.section}>
          <h3>{t("policy.letters")}</h3>
          <Switch isSelected={letters !== null} onChange={(on) => setLetters(on ? (book.policy.letters ?? USUAL_LETTERS) : null)}>
            {t("policy.letters.use")}
          </Switch>
          {letters !== null && (
            <>
              <div className={styles.rows}>
                {letters.map((letter, i) => (
                  <div key={i} className={styles.letters}>
                    <TextField label={t("policy.letters.letter", { n: i + 1 })} value={letter.letter} onChange={(text) => setLetters(letters.map((one, at) => (at === i ? { ...one, letter: text } : one)))} maxLength={16} />
                    <NumberField label={t("policy.letters.from")} value={letter.from_percent} onChange={(from_percent) => setLetters(letters.map((one, at) => (at === i ? { ...one, from_percent } : one)))} />
                    <IconButton label={t("policy.letters.remove", { letter: letter.letter })} isDisabled={letters.length === 1} onPress={() => setLetters(letters.filter((_, at) => at !== i))}>
                      <Icon name="trash" />
                    </IconButton>
                  </div>
                ))}
              </div>
              {badLetters && (
                <p role="alert" className={desk.fault}>
                  {t("policy.letters.problem")}
                </p>
              )}
              <div>
                <Button onPress={() => setLetters([...letters, { letter: "", from_percent: Number.NaN }])}>
                  <Icon name="plus" /> {t("policy.letters.add")}
                </Button>
              </div>
            </>
          )}
        </section>
      </div>
    </Dialog>
  );
}

function Count({ label, value, onChange }: { label: string; value: number | undefined; onChange: (value: number) => void }) {
  return <NumberField label={label} integer value={value ?? 0} onChange={(next) => onChange(Number.isInteger(next) && next >= 0 ? next : 0)} />;
}

function rulesId(rules: Rules): RulesId {
  return rules.engine === "moodle" ? "moodle" : rules.scheme;
}
function asRules(id: RulesId): Rules {
  return id === "moodle" ? { engine: "moodle" } : { engine: "canvas", scheme: id };
}
function contentOf({ title, parent, weight_ppm, rules, position }: Category): CategoryContent {
  return { title, parent, weight_ppm, rules, position };
}
function rowsOf(book: Gradebook): Row[] {
  return book.categories.map((category) => ({ saved: category, content: contentOf(category), key: category.id }));
}
function blankRow(rows: Row[]): Row {
  const position = Math.max(-1, ...rows.map((row) => row.content.position)) + 1;
  return { saved: null, content: { title: "", parent: null, weight_ppm: null, rules: {}, position }, key: `new-${position}-${rows.length}` };
}
