import { useState } from "react";
import { errorText } from "../../api/client";
import type { QuizContent } from "../../api/desk-types";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { ErrorState, Skeleton } from "../../ui/Surfaces";
import { toast } from "../../ui/toast";
import { dateTime, t } from "../../words/words";
import { contentOnly } from "../actions";
import desk from "../desk.module.css";
import { fetchVersion, useVersions } from "../queries";
import type { Stored } from "./save";
import styles from "./editor.module.css";

interface HistoryDialogProps {
  quiz: Stored;
  isOpen: boolean;
  onClose: () => void;
  onRestore: (content: QuizContent) => void;
}

/** All saved versions, newest first; an older one goes into the draft, from where it can be saved or undone. */
export function HistoryDialog({ quiz, isOpen, onClose, onRestore }: HistoryDialogProps) {
  const versions = useVersions(quiz.id, isOpen);
  const [busy, setBusy] = useState(false);

  const restore = async (n: number): Promise<void> => {
    setBusy(true);
    try {
      onRestore(contentOnly(await fetchVersion(quiz.id, n)));
      toast({ text: t("editor.history.restored", { n }) });
      onClose();
    } catch (error) {
      toast({ text: errorText(error), tone: "bad" });
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog title={t("editor.history.title")} isOpen={isOpen} onClose={onClose} sheet>
      {versions.isPending && <Skeleton lines={[56, 56, 56]} />}
      {versions.isError && <ErrorState title={t("editor.history.problem")} hint={errorText(versions.error)} onRetry={() => void versions.refetch()} />}
      {versions.isSuccess && (
        <ol className={styles.versions}>
          {[...versions.data]
            .sort((a, b) => b.version - a.version)
            .map((entry) => (
              <li key={entry.version} className={styles.version}>
                <div>
                  <p className={styles.versionName}>{t("editor.version", { n: entry.version })}</p>
                  <p className={`${desk.soft} ${desk.small}`}>{dateTime(entry.saved_at)}</p>
                </div>
                {entry.version === quiz.version ? (
                  <span className={desk.pill}>{t("editor.history.current")}</span>
                ) : (
                  <Button isDisabled={busy} aria-label={t("editor.history.restore_n", { n: entry.version })} onPress={() => void restore(entry.version)}>
                    {t("editor.history.restore")}
                  </Button>
                )}
              </li>
            ))}
        </ol>
      )}
    </Dialog>
  );
}
