import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { newOp } from "../../../api/op";
import type { ClassId } from "../../../api/types";
import { classCalls } from "../../../records/calls";
import { keys } from "../../../records/keys";
import { useSaving } from "../../../records/saving";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { Select } from "../../../ui/Select";
import { TextField } from "../../../ui/TextField";
import { toast } from "../../../ui/toast";
import { t } from "../../../words/words";
import desk from "../../desk.module.css";
import { personOf, type Newcomer } from "./roster-file";

/** One more person on the roster. */
export function AddPerson({ id, onClose }: { id: ClassId; onClose: () => void }) {
  const [who, setWho] = useState<Newcomer>({ given: "", family: "", email: "", role: "student" });
  const [problem, setProblem] = useState<string | null>(null);
  const saving = useSaving();
  const queries = useQueryClient();
  const add = async (): Promise<void> => {
    setProblem(null);
    await saving.run(async () => {
      const report = await classCalls.import(id, personOf(who), "all_or_nothing", newOp());
      const refused = report.rows.find((row) => row.verdict === "refused");
      if (refused) return setProblem(refused.problem ?? t("app.error.unknown"));
      toast({ text: t("roster.added", { name: [who.given, who.family].join(" ").trim() || who.email }) });
      void queries.invalidateQueries({ queryKey: keys.class(id) });
      void queries.invalidateQueries({ queryKey: keys.classes });
      onClose();
    });
  };
  return (
    <Dialog
      title={t("roster.add")}
      isOpen
      onClose={onClose}
      actions={
        <Button tone="primary" onPress={() => void add()}>
          {t("roster.add")}
        </Button>
      }
    >
      <form
        className={desk.form}
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- who opens the dialog wants to type */}
        <TextField label={t("roster.add.email")} hint={t("roster.add.hint")} type="email" value={who.email} onChange={(email) => setWho({ ...who, email })} fault={problem ?? saving.fault ?? undefined} autoFocus />
        <TextField label={t("roster.add.given")} value={who.given} onChange={(given) => setWho({ ...who, given })} />
        <TextField label={t("roster.add.family")} value={who.family} onChange={(family) => setWho({ ...who, family })} />
        <Select
          label={t("roster.add.role")}
          value={who.role}
          options={[
            { id: "student", label: t("app.role.student") },
            { id: "teacher", label: t("app.role.teacher") },
          ]}
          onChange={(role) => setWho({ ...who, role })}
        />
        <button type="submit" hidden>
          {t("roster.add")}
        </button>
      </form>
    </Dialog>
  );
}
