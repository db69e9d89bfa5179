import { useState } from "react";
import type { Conversation } from "../api/chat-types";
import { SaveNotes, useSaving } from "../records/saving";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Segmented } from "../ui/Segmented";
import { TextField } from "../ui/TextField";
import { toast } from "../ui/toast";
import { t } from "../words/words";
import { conversationCalls } from "./calls";
import { FASTEST_S, MODES, paceOf, SLOWEST_S } from "./modes";
import { usePatchConversation } from "./queries";
import styles from "./room.module.css";

/** The name of a conversation, and who may write in a class's. */
export function SettingsDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const [title, setTitle] = useState(conversation.title ?? "");
  const [mode, setMode] = useState(conversation.mode);
  const [slow, setSlow] = useState(String(paceOf(conversation.slow_s)));
  const saving = useSaving();
  const patch = usePatchConversation();
  const ofClass = conversation.kind === "class";
  const seconds = Number(slow);
  const badSlow = mode === "slow" && !(Number.isInteger(seconds) && seconds >= FASTEST_S && seconds <= SLOWEST_S);
  const noTitle = !ofClass && title.trim() === "";
  const save = async (version = conversation.version): Promise<void> => {
    if (badSlow || noTitle) return;
    // What is absent stays as it is.
    const content = { ...(title.trim() !== "" && { title: title.trim() }), ...(ofClass && { mode }), ...(mode === "slow" && { slow_s: seconds }) };
    const done = await saving.run(async () => {
      const saved = await conversationCalls.save(conversation.id, version, content);
      patch(conversation.id, (kept) => ({ ...kept, ...saved }));
    });
    if (!done) return;
    toast({ text: t("chat.settings.saved") });
    onClose();
  };
  const take = async (): Promise<void> => {
    const now = await conversationCalls.get(conversation.id);
    patch(conversation.id, () => now);
    setTitle(now.title ?? "");
    setMode(now.mode);
    saving.clear();
  };
  return (
    <Dialog
      title={t("chat.settings")}
      isOpen
      onClose={onClose}
      actions={
        <Button tone="primary" onPress={() => void save()}>
          {saving.busy ? t("records.saving") : t("records.save")}
        </Button>
      }
    >
      <SaveNotes saving={saving} onTake={() => void take()} onKeep={(current) => void save(current)} />
      <TextField label={t("chat.settings.title")} optional={ofClass} value={title} onChange={setTitle} maxLength={100} fault={noTitle ? t("chat.new.title.missing") : undefined} />
      {ofClass && (
        <div className={styles.modes}>
          <Segmented label={t("chat.settings.mode")} value={mode} options={MODES.map((id) => ({ id, label: t(`chat.mode.${id}`) }))} onChange={setMode} />
          <p className={styles.soft} role="status">
            {t(`chat.mode.${mode}.hint`)}
          </p>
        </div>
      )}
      {ofClass && mode === "slow" && <TextField label={t("chat.settings.slow")} inputMode="numeric" value={slow} onChange={setSlow} fault={badSlow ? t("chat.settings.slow.problem") : undefined} />}
    </Dialog>
  );
}
