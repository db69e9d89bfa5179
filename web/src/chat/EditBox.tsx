import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { Button } from "../ui/Button";
import { t } from "../words/words";
import { lengthOf, MOST_LETTERS } from "./composer/length";
import { useHere } from "./context";
import type { Entry } from "./timeline";
import styles from "./composer.module.css";

/** Changes one's own message in its place. */
export function EditBox({ entry, onDone }: { entry: Entry; onDone: () => void }) {
  const here = useHere();
  const [text, setText] = useState(entry.body);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const box = field.current;
    box?.focus();
    box?.setSelectionRange(box.value.length, box.value.length);
  }, []);
  const fits = text.trim() !== "" && lengthOf(text) <= MOST_LETTERS;
  const save = async (): Promise<void> => {
    if (busy || !fits) return;
    if (text.trimEnd() === entry.body) return onDone();
    setBusy(true);
    const done = await here.actions.edit(entry, text);
    setBusy(false);
    if (done) onDone();
  };
  const press = (event: KeyboardEvent): void => {
    // What a screen keyboard or an input method composes is not the end of the message.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") onDone();
    else if (event.key === "Enter" && !event.shiftKey) void save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={styles.edit}>
      <textarea ref={field} className={styles.field} aria-label={t("chat.edit")} value={text} rows={Math.min(8, text.split("\n").length + 1)} onChange={(event) => setText(event.target.value)} onKeyDown={press} />
      <div className={styles.editFoot}>
        <span className={styles.soft}>{t("chat.edit.hint")}</span>
        <Button tone="outline" onPress={onDone}>
          {t("app.cancel")}
        </Button>
        <Button tone="primary" isDisabled={!fits} onPress={() => void save()}>
          {t("chat.edit.save")}
        </Button>
      </div>
    </div>
  );
}
