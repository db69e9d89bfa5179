import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { t } from "../../words/words";

interface ConflictDialogProps {
  isOpen: boolean;
  onStay: () => void;
  onCopy: () => void;
  onReload: () => void;
}

/** Two people edited one quiz: nobody's work is lost without being asked. */
export function ConflictDialog({ isOpen, onStay, onCopy, onReload }: ConflictDialogProps) {
  return (
    <Dialog
      title={t("editor.conflict.title")}
      isOpen={isOpen}
      onClose={onStay}
      actions={
        <>
          <Button onPress={onReload}>{t("editor.conflict.reload")}</Button>
          <Button tone="primary" onPress={onCopy}>
            {t("editor.conflict.copy")}
          </Button>
        </>
      }
    >
      <p>{t("editor.conflict.hint")}</p>
    </Dialog>
  );
}
