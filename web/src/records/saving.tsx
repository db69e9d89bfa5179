import { useState } from "react";
import { errorText, isConflict } from "../api/client";
import { Button } from "../ui/Button";
import { t } from "../words/words";
import styles from "./records.module.css";

export interface Saving {
  busy: boolean;
  /** What went wrong, in words; null if nothing did. */
  fault: string | null;
  /** Somebody else saved this version meanwhile. */
  conflict: number | null;
  /** Runs one save at a time; a second press meanwhile does nothing. A button that went dark would lose the focus. */
  run: (save: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

/** A save that may meet somebody else's. */
export function useSaving(): Saving {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [conflict, setConflict] = useState<number | null>(null);
  const clear = (): void => {
    setFault(null);
    setConflict(null);
  };
  return {
    busy,
    fault,
    conflict,
    clear,
    run: async (save) => {
      if (busy) return false;
      setBusy(true);
      clear();
      try {
        await save();
        return true;
      } catch (error) {
        if (isConflict(error) && error.current !== undefined) setConflict(error.current);
        else setFault(errorText(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}

interface SaveNotesProps {
  saving: Saving;
  /** Takes what is on the server now; what was typed here goes. */
  onTake: () => void;
  /** Saves over the version that is on the server now. */
  onKeep: (version: number) => void;
}

/** What a save met, with the ways on. */
export function SaveNotes({ saving, onTake, onKeep }: SaveNotesProps) {
  const { conflict, fault } = saving;
  if (conflict !== null) {
    return (
      <div role="alert" className={styles.conflict}>
        <p>{t("records.conflict")}</p>
        <div className={styles.conflictWays}>
          <Button onPress={onTake}>{t("records.conflict.take")}</Button>
          <Button onPress={() => onKeep(conflict)}>{t("records.conflict.keep")}</Button>
        </div>
      </div>
    );
  }
  return fault === null ? null : (
    <p role="alert" className={styles.fault}>
      {fault}
    </p>
  );
}
