import { useReducer, useState } from "react";
import type { QuizContent } from "../../api/desk-types";
import { useLeaveGuard } from "../../shell/leave";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Dialog";
import { Banner, EmptyState } from "../../ui/Surfaces";
import { t } from "../../words/words";
import { contentOnly } from "../actions";
import { StartGame } from "../library/StartGame";
import desk from "../desk.module.css";
import { AddQuestion } from "./AddQuestion";
import { ConflictDialog } from "./ConflictDialog";
import { Details } from "./Details";
import { begin, contentOf, edit, isDirty } from "./draft";
import { HistoryDialog } from "./HistoryDialog";
import { freshKey } from "./keys";
import { Preview } from "./Preview";
import { QuestionForm } from "./QuestionForm";
import { QuestionList } from "./QuestionList";
import { Toolbar } from "./Toolbar";
import { useFaults } from "./faults";
import { useSave, type Stored } from "./save";
import { useShortcuts } from "./shortcuts";
import styles from "./editor.module.css";

/** The editor of one quiz. `stored` is null for a quiz that is not saved yet. */
export function Editor({ stored: opened, content }: { stored: Stored | null; content: QuizContent }) {
  const [state, dispatch] = useReducer(edit, content, (from) => begin(contentOnly(from), from.questions.map(freshKey)));
  const { draft, selected } = state;
  const dirty = isDirty(state);
  const leaving = useLeaveGuard(dirty);
  const faults = useFaults(state);
  const save = useSave(opened, state, dispatch);
  const [open, setOpen] = useState<"history" | "start" | null>(null);

  const trySave = (): void => {
    const first = faults.problems[0];
    if (!first) return void save.now();
    faults.showAll();
    const entry = first.question === null ? undefined : draft.entries[first.question];
    if (entry) dispatch({ type: "select", key: entry.key });
  };
  useShortcuts({ save: trySave, undo: () => dispatch({ type: "undo" }), redo: () => dispatch({ type: "redo" }) });

  const index = draft.entries.findIndex((entry) => entry.key === selected);
  const entry = draft.entries[index];
  const add = <AddQuestion onAdd={(kind) => dispatch({ type: "add", key: freshKey(), kind })} />;
  return (
    <>
      <Toolbar
        state={state}
        dirty={dirty}
        stored={save.stored}
        busy={save.busy}
        toMend={faults.shown.length}
        dispatch={dispatch}
        onSave={trySave}
        onHistory={() => setOpen("history")}
        onStart={() => setOpen("start")}
      />
      {save.stored?.archived && (
        <div className={desk.notice}>
          <Banner tone="warn">
            {t("editor.archived")}{" "}
            <Button tone="outline" isDisabled={save.busy} onPress={() => void save.restore()}>
              {t("editor.restore_quiz")}
            </Button>
          </Banner>
        </div>
      )}
      <Details draft={draft} faultAt={(field) => faults.at(null, field)} dispatch={dispatch} />
      {entry === undefined ? (
        <EmptyState icon="plus" title={t("editor.empty.title")} hint={faults.at(null, "questions") ?? t("editor.empty.hint")}>
          {add}
        </EmptyState>
      ) : (
        <div className={styles.columns}>
          <section className={styles.list} aria-label={t("editor.questions")}>
            <QuestionList draft={draft} selected={entry.key} faulty={faults.questions} dispatch={dispatch} />
            {add}
          </section>
          <QuestionForm key={entry.key} entry={entry} index={index} faultAt={(field) => faults.at(index, field)} dispatch={dispatch} />
          <Preview question={entry.question} index={index} of={draft.entries.length} />
        </div>
      )}
      {save.stored !== null && (
        <HistoryDialog
          quiz={save.stored}
          isOpen={open === "history"}
          onClose={() => setOpen(null)}
          onRestore={(old) => dispatch({ type: "restore", content: old, keys: old.questions.map(freshKey) })}
        />
      )}
      {open === "start" && save.stored !== null && <StartGame quiz={{ id: save.stored.id, title: contentOf(draft).title }} onClose={() => setOpen(null)} />}
      <ConflictDialog isOpen={save.conflict} onStay={save.dismissConflict} onCopy={() => void save.asCopy()} onReload={() => void save.reload()} />
      <Confirm title={t("editor.leave.title")} hint={t("editor.leave.hint")} action={t("editor.leave.go")} cancel={t("editor.leave.stay")} isOpen={leaving.asked} onClose={leaving.stay} onConfirm={leaving.go} />
    </>
  );
}
