import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ClassInfo } from "../../api/record-types";
import { classCalls, courseCalls, sessionCalls } from "../../records/calls";
import { keys } from "../../records/keys";
import { SaveNotes, useSaving } from "../../records/saving";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Select } from "../../ui/Select";
import { TextField } from "../../ui/TextField";
import { t } from "../../words/words";
import desk from "../desk.module.css";

interface ClassSheetProps {
  /** Null for a new one. */
  room: ClassInfo | null;
  onClose: () => void;
  onSaved: (room: ClassInfo) => void;
}

const NONE = "none";

/** What a class is called, which course it takes, and when. */
export function ClassSheet({ room, onClose, onSaved }: ClassSheetProps) {
  const [draft, setDraft] = useState<Pick<ClassInfo, "name" | "course" | "session">>(room ?? { name: "", course: null, session: null });
  const [tried, setTried] = useState(false);
  const courses = useQuery({ queryKey: [...keys.courses, false], queryFn: (context) => courseCalls.list(context) });
  const sessions = useQuery({ queryKey: keys.sessions, queryFn: (context) => sessionCalls.list(context) });
  const saving = useSaving();
  const queries = useQueryClient();
  const noName = draft.name.trim() === "";

  const save = async (over = room?.version ?? 0): Promise<void> => {
    setTried(true);
    if (noName) return;
    const content = { name: draft.name.trim(), course: draft.course, session: draft.session };
    await saving.run(async () => {
      const saved = room === null ? await classCalls.create(content) : await classCalls.save({ ...room, ...content, version: over });
      void queries.invalidateQueries({ queryKey: keys.classes });
      void queries.invalidateQueries({ queryKey: keys.class(saved.id) });
      onSaved(saved);
    });
  };
  const take = async (): Promise<void> => {
    if (room === null) return;
    const now = await classCalls.get(room.id, { signal: new AbortController().signal });
    queries.setQueryData(keys.info(room.id), now);
    setDraft(now);
    saving.clear();
  };
  const terms = sessions.data ?? [];
  return (
    <Dialog
      title={room === null ? t("class.create") : room.name}
      isOpen
      onClose={onClose}
      actions={
        <Button tone="primary" onPress={() => void save()}>
          {saving.busy ? t("records.saving") : t(room === null ? "class.create.do" : "records.save")}
        </Button>
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
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- who opens the dialog wants to type */}
        <TextField label={t("class.name")} value={draft.name} onChange={(name) => setDraft({ ...draft, name })} fault={tried && noName ? t("records.title.missing") : undefined} maxLength={120} autoFocus />
        <Select
          label={t("class.course")}
          value={draft.course ?? NONE}
          options={[{ id: NONE, label: t("class.course.none") }, ...(courses.data ?? []).map(({ id, title }) => ({ id, label: title }))]}
          onChange={(course) => setDraft({ ...draft, course: course === NONE ? null : course })}
        />
        {terms.length > 0 && (
          <Select
            label={t("class.term")}
            value={draft.session ?? NONE}
            options={[{ id: NONE, label: t("class.term.none") }, ...terms.map(({ id, title }) => ({ id, label: title }))]}
            onChange={(session) => setDraft({ ...draft, session: session === NONE ? null : session })}
          />
        )}
      </form>
    </Dialog>
  );
}
