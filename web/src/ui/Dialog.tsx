import type { ReactNode } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { t } from "../words/words";
import { Button, IconButton, type Tone } from "./Button";
import { Icon } from "./Icon";
import styles from "./ui.module.css";

export interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the end, the main one last. */
  actions?: ReactNode;
  size?: "normal" | "wide";
  /** Stands at the end side over the whole height. */
  sheet?: boolean;
}

/** A modal dialog, or a side sheet. Escape and a press outside close it; the focus goes back to where it was. */
export function Dialog({ title, isOpen, onClose, children, actions, size = "normal", sheet = false }: DialogProps) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable
      className={styles.scrim ?? ""}
      {...(sheet ? { "data-sheet": "" } : {})}
    >
      <Modal className={styles.modal ?? ""} data-size={size}>
        <AriaDialog className={styles.dialog ?? ""}>
          <div className={styles.dialogHead}>
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <IconButton label={t("app.close")} onPress={onClose}>
              <Icon name="close" />
            </IconButton>
          </div>
          {children}
          {actions !== undefined && <div className={styles.dialogFoot}>{actions}</div>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface ConfirmProps {
  title: string;
  hint: string;
  action: string;
  /** What not doing it is called; "Cancel" without. */
  cancel?: string;
  tone?: Tone;
  isOpen: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

/** Asks before what cannot be undone. Prefer an undo toast wherever undoing is possible. */
export function Confirm({ title, hint, action, cancel, tone = "danger", isOpen, onClose, onConfirm }: ConfirmProps) {
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{cancel ?? t("app.cancel")}</Button>
          <Button
            tone={tone}
            onPress={() => {
              onClose();
              onConfirm();
            }}
          >
            {action}
          </Button>
        </>
      }
    >
      <p>{hint}</p>
    </Dialog>
  );
}
