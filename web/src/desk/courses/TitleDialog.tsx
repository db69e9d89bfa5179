import { useState } from "react";
import { useSaving } from "../../records/saving";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/TextField";
import { t } from "../../words/words";
import desk from "../desk.module.css";

interface TitleDialogProps {
  title: string;
  /** What the button says. */
  action: string;
  hint?: string;
  value?: string;
  onSave: (title: string) => Promise<void>;
  onClose: () => void;
}

/** Asks for a title. It closes once the server has it. */
export function TitleDialog({ title, action, hint, value = "", onSave, onClose }: TitleDialogProps) {
  const [text, setText] = useState(value);
  const [tried, setTried] = useState(false);
  const saving = useSaving();
  const save = async (): Promise<void> => {
    setTried(true);
    if (text.trim() === "") return;
    if (await saving.run(() => onSave(text.trim()))) onClose();
  };
  const fault = tried && text.trim() === "" ? t("records.title.missing") : saving.conflict !== null ? t("records.conflict") : (saving.fault ?? undefined);
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      actions={
        <Button tone="primary" onPress={() => void save()}>
          {saving.busy ? t("records.saving") : action}
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
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- who opens the dialog wants to type */}
        <TextField label={t("records.title")} hint={hint} value={text} onChange={setText} fault={fault} maxLength={120} autoFocus />
      </form>
    </Dialog>
  );
}
