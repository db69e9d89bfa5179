import type { Kind } from "../../api/types";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { t } from "../../words/words";
import { KINDS } from "./question";

/** Adds a question of a chosen type. */
export function AddQuestion({ onAdd }: { onAdd: (kind: Kind) => void }) {
  return (
    <Menu label={t("editor.add_kind")} actions={KINDS.map((kind) => ({ id: kind, label: t(`desk.kind.${kind}`), onAction: () => onAdd(kind) }))}>
      <Button tone="outline" wide>
        <Icon name="plus" /> {t("editor.add")}
      </Button>
    </Menu>
  );
}
