import type { Dispatch } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { GridList, GridListItem } from "react-aria-components/GridList";
import { useDragAndDrop } from "react-aria-components/useDragAndDrop";
import { IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import type { Draft, Edit, Entry } from "./draft";
import { freshKey } from "./keys";
import styles from "./editor.module.css";

interface QuestionListProps {
  draft: Draft;
  selected: string;
  /** Indices of questions with something to mend. */
  faulty: ReadonlySet<number>;
  dispatch: Dispatch<Edit>;
}

/** The questions in order; dragged by mouse, by touch, by keyboard at the handle, or moved by the menu. */
export function QuestionList({ draft, selected, faulty, dispatch }: QuestionListProps) {
  const { entries } = draft;
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (dragged) => [...dragged].map((key) => ({ "text/plain": String(key) })),
    onReorder: ({ keys, target }) => {
      const [key] = keys;
      if (key === undefined) return;
      const from = entries.findIndex((entry) => entry.key === key);
      const beside = entries.findIndex((entry) => entry.key === target.key);
      const to = (target.dropPosition === "after" ? beside + 1 : beside) - (from < beside || (from === beside && target.dropPosition === "after") ? 1 : 0);
      dispatch({ type: "move", key: String(key), to });
    },
  });

  const remove = (entry: Entry, n: number): void => {
    dispatch({ type: "remove", key: entry.key });
    toast({ text: t("editor.removed", { n }), action: { label: t("app.undo"), onPress: () => dispatch({ type: "put", entry, to: n - 1 }) } });
  };

  return (
    <GridList
      aria-label={t("editor.questions")}
      className={styles.questions ?? ""}
      selectionMode="single"
      selectionBehavior="replace"
      disallowEmptySelection
      selectedKeys={[selected]}
      onSelectionChange={(keys) => {
        const [key] = keys === "all" ? [] : keys;
        if (key !== undefined) dispatch({ type: "select", key: String(key) });
      }}
      dragAndDropHooks={dragAndDropHooks}
    >
      {entries.map((entry, index) => {
        const n = index + 1;
        const { prompt, kind } = entry.question;
        const wrong = faulty.has(index);
        return (
          <GridListItem key={entry.key} id={entry.key} textValue={`${n}. ${prompt || t("editor.no_prompt")}`} className={styles.question ?? ""}>
            <AriaButton slot="drag" className={styles.handle ?? ""} aria-label={t("editor.move", { n })}>
              <Icon name="drag" size={18} />
            </AriaButton>
            <span className={styles.questionText}>
              <span className={styles.questionPrompt}>
                <span className="tabular">{n}.</span> {prompt || t("editor.no_prompt")}
              </span>
              <span className={desk.actions}>
                <span className={desk.pill}>{t(`desk.kind.${kind}`)}</span>
                {wrong && (
                  <span className={desk.pill} data-tone="bad">
                    {t("editor.has_problem")}
                  </span>
                )}
              </span>
            </span>
            <Menu
              label={t("editor.actions", { n })}
              actions={[
                { id: "up", label: t("editor.move_up"), onAction: () => dispatch({ type: "move", key: entry.key, to: index - 1 }), disabled: index === 0 },
                { id: "down", label: t("editor.move_down"), onAction: () => dispatch({ type: "move", key: entry.key, to: index + 1 }), disabled: n === entries.length },
                { id: "duplicate", label: t("editor.duplicate"), onAction: () => dispatch({ type: "duplicate", key: entry.key, copy: freshKey() }) },
                { id: "remove", label: t("editor.remove"), onAction: () => remove(entry, n), danger: true },
              ]}
            >
              <IconButton label={t("editor.actions", { n })}>
                <Icon name="more" />
              </IconButton>
            </Menu>
          </GridListItem>
        );
      })}
    </GridList>
  );
}
