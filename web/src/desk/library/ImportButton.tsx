import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { useLocation } from "wouter";
import { ApiError, errorText, type FieldProblem } from "../../api/client";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import { IMPORT_MAX_BYTES, importType } from "../files";
import { importQuiz, keys } from "../queries";
import styles from "./library.module.css";

/** Why a file was not taken. */
interface Fault {
  text: string;
  errors: readonly FieldProblem[];
}

/** Where in the file something is wrong. */
function placeOf({ row, field }: FieldProblem): string {
  return [row === undefined ? "" : t("library.import.row", { n: row }), field ?? ""].filter(Boolean).join(", ");
}

/** Takes a quiz file into the library and opens it. What is wrong with a file stays readable in a dialog. */
export function ImportButton() {
  const [fault, setFault] = useState<Fault | null>(null);
  const [busy, setBusy] = useState(false);
  const [, navigate] = useLocation();
  const client = useQueryClient();

  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const type = importType(file.name);
    if (type === null) return setFault({ text: t("library.import.kind"), errors: [] });
    if (file.size > IMPORT_MAX_BYTES) return setFault({ text: t("library.import.too_big"), errors: [] });
    setBusy(true);
    try {
      const quiz = await importQuiz(await file.text(), type);
      toast({ text: t("library.imported", { title: quiz.title }) });
      await client.invalidateQueries({ queryKey: keys.quizzes });
      navigate(`/library/${quiz.id}`);
    } catch (error) {
      setFault({ text: errorText(error), errors: error instanceof ApiError ? error.errors : [] });
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
        <p>{fault?.text}</p>
        {fault !== null && fault.errors.length > 0 && (
          <ul className={styles.faults}>
            {fault.errors.map((error, i) => (
              <li key={i}>
                <span className={styles.faultPlace}>{placeOf(error)}:</span> {error.problem}
              </li>
            ))}
          </ul>
        )}
      </Dialog>
    </>
  );
}
