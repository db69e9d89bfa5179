import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { useLocation } from "wouter";
import { errorText } from "../../api/client";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import { IMPORT_MAX_BYTES, importType } from "../files";
import { importQuiz, keys } from "../queries";
import styles from "./library.module.css";

/** Takes a quiz file into the library and opens it. What is wrong with a file stays readable in a dialog. */
export function ImportButton() {
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [, navigate] = useLocation();
  const client = useQueryClient();

  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const type = importType(file.name);
    if (type === null) return setFault(t("library.import.kind"));
    if (file.size > IMPORT_MAX_BYTES) return setFault(t("library.import.too_big"));
    setBusy(true);
    try {
      const quiz = await importQuiz(await file.text(), type);
      toast({ text: t("library.imported", { title: quiz.title }) });
      await client.invalidateQueries({ queryKey: keys.quizzes });
      navigate(`/library/${quiz.id}`);
    } catch (error) {
      setFault(errorText(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <FileTrigger acceptedFileTypes={[".json", ".csv", "application/json", "text/csv"]} onSelect={(files) => void take(files?.[0])}>
        <Button tone="outline" isDisabled={busy}>
          <Icon name="upload" /> {t("library.import")}
        </Button>
      </FileTrigger>
      <Dialog
        title={t("library.import.failed")}
        isOpen={fault !== null}
        onClose={() => setFault(null)}
        actions={
          <Button tone="primary" onPress={() => setFault(null)}>
            {t("app.close")}
          </Button>
        }
      >
        <p className={styles.fault}>{fault}</p>
      </Dialog>
    </>
  );
}
