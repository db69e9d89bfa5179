import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, errorText } from "../../../api/client";
import type { CategoryId, Gradebook, LineItem, LineItemContent } from "../../../api/grade-types";
import type { ClassId } from "../../../api/types";
import { gradeCalls } from "../../../records/calls";
import { dayText, endOfDay } from "../../../records/dates";
import { keys } from "../../../records/keys";
import { SaveNotes, useSaving } from "../../../records/saving";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { Select } from "../../../ui/Select";
import { TextField } from "../../../ui/TextField";
import { toast } from "../../../ui/toast";
import { Checkbox } from "../../../ui/Toggle";
import { t } from "../../../words/words";
import desk from "../../desk.module.css";
import { NumberField } from "../../NumberField";

interface ColumnSheetProps {
  id: ClassId;
  book: Gradebook;
  /** Null for a new column. */
  item: LineItem | null;
  onClose: () => void;
}

const FIRST = "first";

/** A column of the gradebook: what it is called, what it is worth, how it counts. */
export function ColumnSheet({ id, book, item, onClose }: ColumnSheetProps) {
  const [draft, setDraft] = useState<LineItemContent>(() => contentOf(item, book));
  const [version, setVersion] = useState(item?.version ?? 0);
  const [tried, setTried] = useState(false);
  const saving = useSaving();
  const queries = useQueryClient();
  const set = (change: Partial<LineItemContent>): void => setDraft({ ...draft, ...change });
  const noTitle = draft.title.trim() === "";
  const noPoints = !(draft.points_possible >= 0);
  const refresh = (): Promise<unknown> => Promise.all([queries.invalidateQueries({ queryKey: keys.gradebooks(id) }), queries.invalidateQueries({ queryKey: keys.grades(id) })]);

  const save = async (over = version): Promise<void> => {
    setTried(true);
    if (noTitle || noPoints) return;
    const content = { ...draft, title: draft.title.trim() };
    const done = await saving.run(() => (item === null ? gradeCalls.createLineItem(id, content) : gradeCalls.saveLineItem(id, item.id, over, content)));
    if (!done) return;
    toast({ text: t("column.saved") });
    void refresh();
    onClose();
  };
  const take = async (): Promise<void> => {
    await refresh();
    const now = queries.getQueryData<Gradebook>(keys.gradebook(id));
    const newest = now?.line_items.find((one) => one.id === item?.id);
    saving.clear();
    if (!now || !newest) return onClose();
    setDraft(contentOf(newest, now));
    setVersion(newest.version);
  };
  const remove = async (): Promise<void> => {
    if (item === null) return;
    try {
      await gradeCalls.removeLineItem(id, item.id, version);
      toast({ text: t("column.deleted"), action: { label: t("app.undo"), onPress: () => void gradeCalls.createLineItem(id, contentOf(item, book)).then(refresh, (error: unknown) => toast({ text: errorText(error), tone: "bad" })) } });
      void refresh();
      onClose();
    } catch (error) {
      toast({ text: error instanceof ApiError && error.code === "has_scores" ? t("column.has_scores") : errorText(error), tone: "bad" });
    }
  };

  return (
    <Dialog
      title={t(item === null ? "column.new" : "column.edit")}
      isOpen
      onClose={onClose}
      sheet
      actions={
        <>
          {item !== null && (
            <Button tone="quiet" onPress={() => void remove()}>
              {t("column.delete")}
            </Button>
          )}
          <Button tone="primary" onPress={() => void save()}>
            {t("records.save")}
          </Button>
        </>
      }
    >
      <form
        className={desk.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <SaveNotes saving={saving} onTake={() => void take()} onKeep={(current) => void save(current)} />
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- who opens the sheet wants to type */}
        <TextField label={t("records.title")} value={draft.title} onChange={(title) => set({ title })} fault={tried && noTitle ? t("records.title.missing") : undefined} autoFocus maxLength={200} />
        <NumberField label={t("column.points")} value={draft.points_possible} onChange={(points_possible) => set({ points_possible })} fault={tried && noPoints ? t("column.points.problem") : undefined} />
        {book.categories.length > 0 ? (
          <Select
            label={t("column.category")}
            value={draft.category ?? FIRST}
            options={book.categories.map((category) => ({ id: category.id, label: category.title }))}
            onChange={(category) => set({ category: category as CategoryId })}
          />
        ) : (
          <p className={desk.soft}>{t("column.category.first")}</p>
        )}
        <TextField label={t("column.due")} type="date" optional value={dayText(draft.due_at)} onChange={(text) => set({ due_at: endOfDay(text) })} />
        <div>
          <Checkbox isSelected={draft.extra_credit} onChange={(extra_credit) => set({ extra_credit })}>
            {t("column.extra")}
          </Checkbox>
          <Checkbox isSelected={draft.never_drop} onChange={(never_drop) => set({ never_drop })}>
            {t("column.never_drop")}
          </Checkbox>
          <Checkbox isSelected={draft.omit_from_final} onChange={(omit_from_final) => set({ omit_from_final })}>
            {t("column.omit")}
          </Checkbox>
          <Checkbox isSelected={draft.hidden} onChange={(hidden) => set({ hidden })}>
            {t("column.hidden")}
          </Checkbox>
        </div>
        <button type="submit" hidden>
          {t("records.save")}
        </button>
      </form>
    </Dialog>
  );
}

function contentOf(item: LineItem | null, book: Gradebook): LineItemContent {
  if (item === null) {
    return {
      title: "",
      category: book.categories[0]?.id ?? null,
      session: null,
      points_possible: 10,
      due_at: null,
      weight_ppm: null,
      extra_credit: false,
      omit_from_final: false,
      never_drop: false,
      hidden: false,
      position: Math.max(-1, ...book.line_items.map((one) => one.position)) + 1,
    };
  }
  const { title, category, session, points_possible, due_at, weight_ppm, extra_credit, omit_from_final, never_drop, hidden, position } = item;
  return { title, category, session, points_possible, due_at, weight_ppm, extra_credit, omit_from_final, never_drop, hidden, position };
}
