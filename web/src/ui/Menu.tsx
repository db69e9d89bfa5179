import type { ReactElement } from "react";
import { Menu as AriaMenu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import styles from "./ui.module.css";

export interface MenuAction {
  id: string;
  label: string;
  onAction: () => void;
  danger?: boolean;
  disabled?: boolean;
}

/** A menu that opens from `children`, a `Button` or `IconButton`. */
export function Menu({ label, actions, children }: { label: string; actions: MenuAction[]; children: ReactElement }) {
  return (
    <MenuTrigger>
      {children}
      <Popover className={styles.popover ?? ""}>
        <AriaMenu aria-label={label} disabledKeys={actions.filter((a) => a.disabled).map((a) => a.id)}>
          {actions.map((action) => (
            <MenuItem
              key={action.id}
              id={action.id}
              textValue={action.label}
              onAction={action.onAction}
              className={styles.option ?? ""}
              {...(action.danger ? { "data-danger": "" } : {})}
            >
              {action.label}
            </MenuItem>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
