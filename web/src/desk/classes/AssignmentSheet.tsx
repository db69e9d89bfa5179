import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Assignment, AssignmentContent } from "../../api/record-types";
import type { ClassId } from "../../api/types";
import { gradeCalls, workCalls } from "../../records/calls";
import { dayText, endOfDay } from "../../records/dates";
import { keys } from "../../records/keys";
import { SaveNotes, useSaving } from "../../records/saving";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Select } from "../../ui/Select";
import { TextField } from "../../ui/TextField";
import { Switch } from "../../ui/Toggle";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { NumberField } from "../NumberField";

interface AssignmentSheetProps {
  id: ClassId;
  /** Null for a new one. */
  assignment: Assignment | null;
  onClose: () => void;
}

const NONE = "none";
const BLANK: AssignmentContent = {
  title: "",
  content: { text: "" },
  policy: { accept_late: true, grace_minutes: 0, late_percent_per_day: 0, late_percent_most: 100 },
  attempts: 1,
  due_at: null,
  line_item: null,
  state: "open",
};

/** What is to be done, until when, and where its score goes. */
export function AssignmentSheet({ id, assignment, onClose }: AssignmentSheetProps) {
  const [draft, setDraft] = useState(() => contentOf(assignment));
  const [version, setVersion] = useState(assignment?.version ?? 0);
  const [tried, setTried] = useState(false);
  const items = useQuery({ queryKey: [...keys.gradebooks(id), "items"], queryFn: (context) => gradeCalls.items(id, context) });
  const saving = useSaving();
  const queries = useQueryClient();
  const set = (change: Partial<AssignmentContent>): void => setDraft({ ...draft, ...change });
  const noTitle = draft.title.trim() === "";
  const badAttempts = !(Number.isInteger(draft.attempts) && draft.attempts >= 1 && draft.attempts <= 100);

  const save = async (over = version): Promise<void> => {
    setTried(true);
    if (noTitle || badAttempts) return;
    const content = { ...draft, title: draft.title.trim() };
    const done = await saving.run(() => (assignment === null ? workCalls.create(id, content) : workCalls.save(assignment.id, over, content)));
    if (!done) return;
    void queries.invalidateQueries({ queryKey: keys.assignments(id) });
    onClose();
  };
  const take = async (): Promise<void> => {
    if (assignment === null) return;
    const now = await workCalls.get(assignment.id, { signal: new AbortController().signal });
    setDraft(contentOf(now));
    setVersion(now.version);
    saving.clear();
  };
  return (
    <Dialog
      title={t(assignment === null ? "work.create" : "work.edit")}
      isOpen
      onClose={onClose}
      sheet
      actions={
        <Button tone="primary" onPress={() => void save()}>
          {t("records.save")}
        </Button>
      }
    >
      <div className={desk.form}>
        <SaveNotes saving={saving} onTake={() => void take()} onKeep={(current) => void save(current)} />
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- who opens the sheet wants to type */}
        <TextField label={t("work.title")} value={draft.title} onChange={(title) => set({ title })} fault={tried && noTitle ? t("records.title.missing") : undefined} autoFocus maxLength={200} />
        <TextField label={t("work.text")} rows={6} value={draft.content.text ?? ""} onChange={(text) => set({ content: { ...draft.content, text } })} />
        <TextField label={t("work.due")} type="date" optional value={dayText(draft.due_at)} onChange={(text) => set({ due_at: endOfDay(text) })} />
        <Switch isSelected={draft.policy.accept_late} onChange={(accept_late) => set({ policy: { ...draft.policy, accept_late } })}>
          {t("work.late")}
        </Switch>
        <NumberField label={t("work.attempts")} integer value={draft.attempts} onChange={(attempts) => set({ attempts })} fault={tried && badAttempts ? t("work.attempts.problem") : undefined} />
        <Select
          label={t("work.line_item")}
          value={draft.line_item ?? NONE}
          options={[{ id: NONE, label: t("work.line_item.none") }, ...(items.data ?? []).map((item) => ({ id: item.id, label: item.title }))]}
          onChange={(item) => set({ line_item: item === NONE ? null : item })}
        />
        <Select label={t("work.state")} value={draft.state} options={(["draft", "open", "closed"] as const).map((state) => ({ id: state, label: t(`work.state.${state}`) }))} onChange={(state) => set({ state })} />
      </div>
    </Dialog>
  );
}

function contentOf(assignment: Assignment | null): AssignmentContent {
  if (assignment === null) return BLANK;
  const { title, content, policy, attempts, due_at, line_item, state } = assignment;
  return { title, content: content ?? {}, policy: { ...BLANK.policy, ...policy }, attempts, due_at, line_item, state };
}
