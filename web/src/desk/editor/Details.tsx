import type { Dispatch } from "react";
import { TextField } from "../../ui/TextField";
import { t } from "../../words/words";
import type { Draft, Edit } from "./draft";
import styles from "./editor.module.css";

interface DetailsProps {
  draft: Draft;
  faultAt: (field: string) => string | undefined;
  dispatch: Dispatch<Edit>;
}

/** Title and description of the quiz. */
export function Details({ draft, faultAt, dispatch }: DetailsProps) {
  return (
    <section className={styles.details} aria-label={t("editor.details")}>
      <TextField label={t("editor.title")} value={draft.title} fault={faultAt("title")} onChange={(text) => dispatch({ type: "title", text, at: Date.now() })} />
      <TextField
        label={t("editor.description")}
        optional
        hint={t("editor.description.hint")}
        value={draft.description}
        fault={faultAt("description")}
        onChange={(text) => dispatch({ type: "description", text, at: Date.now() })}
      />
    </section>
  );
}
