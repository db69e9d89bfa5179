import { useEffect, useRef, type ReactNode } from "react";
import { IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { t } from "../../words/words";
import styles from "../room.module.css";

/** What is opened beside a conversation; on small screens over it. Escape closes it. */
export function Side({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape, wherever the focus is in it
    <aside
      className={styles.side}
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        onClose();
      }}
    >
      <div className={styles.sideHead}>
        <h3 ref={heading} tabIndex={-1}>
          {title}
        </h3>
        <IconButton label={t("app.close")} onPress={onClose}>
          <Icon name="close" />
        </IconButton>
      </div>
      {children}
    </aside>
  );
}
