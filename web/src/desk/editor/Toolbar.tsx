import type { Dispatch } from "react";
import { Link } from "wouter";
import { Button, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Menu, type MenuAction } from "../../ui/Menu";
import { t } from "../../words/words";
import { exportFile } from "../actions";
import desk from "../desk.module.css";
import type { Edit, Editing } from "./draft";
import type { Stored } from "./save";
import styles from "./editor.module.css";

interface ToolbarProps {
  state: Editing;
  dirty: boolean;
  stored: Stored | null;
  busy: boolean;
  /** Problems that the author is told about. */
  toMend: number;
  dispatch: Dispatch<Edit>;
  onSave: () => void;
  onHistory: () => void;
  onStart: () => void;
}

/** What is done with the whole quiz; stays in sight. */
export function Toolbar({ state, dirty, stored, busy, toMend, dispatch, onSave, onHistory, onStart }: ToolbarProps) {
  const title = state.saved.title;
  const more: MenuAction[] =
    stored === null
      ? []
      : [
          { id: "start", label: t(dirty ? "editor.start.first" : "editor.start"), onAction: onStart, disabled: dirty },
          { id: "history", label: t("editor.history"), onAction: onHistory },
          { id: "json", label: t("editor.export_json"), onAction: () => void exportFile(stored.id, title, "json") },
          { id: "csv", label: t("editor.export_csv"), onAction: () => void exportFile(stored.id, title, "csv") },
        ];
  return (
    <div className={styles.toolbar}>
      <Link href="/library" className={desk.back}>
        {t("editor.back")}
      </Link>
      <h1 className="visually-hidden">{t("editor.page", { title: state.draft.title || t("library.untitled") })}</h1>
      <p role="status" className={`${styles.status} ${desk.small}`} data-bad={toMend > 0 ? "" : undefined}>
        {toMend > 0 ? t("editor.mend", { n: toMend }) : dirty ? t("editor.unsaved") : stored !== null ? `${t("editor.all_saved")} · ${t("editor.version", { n: stored.version })}` : ""}
      </p>
      <div className={desk.actions}>
        <IconButton label={t("editor.undo")} isDisabled={state.past.length === 0} onPress={() => dispatch({ type: "undo" })}>
          <Icon name="undo" />
        </IconButton>
        <IconButton label={t("editor.redo")} isDisabled={state.future.length === 0} onPress={() => dispatch({ type: "redo" })}>
          <Icon name="redo" />
        </IconButton>
        {more.length > 0 && (
          <Menu label={t("editor.more")} actions={more}>
            <IconButton label={t("editor.more")}>
              <Icon name="more" />
            </IconButton>
          </Menu>
        )}
        <Button tone="primary" isDisabled={busy || (!dirty && stored !== null)} onPress={onSave}>
          {t(busy ? "editor.saving" : "editor.save")}
        </Button>
      </div>
    </div>
  );
}
