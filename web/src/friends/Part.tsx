import { useId, type ReactNode } from "react";
import { Face } from "../chat/ConversationList";
import styles from "./friends.module.css";

/** A part of the page under its heading. */
export function Part({ title, children, loud = false }: { title: string; children: ReactNode; loud?: boolean }) {
  const id = useId();
  return (
    <section className={styles.part} aria-labelledby={id} data-loud={loud ? "" : undefined}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** Somebody, what is to say of them, and what can be done. */
export function PersonRow({ name, note, children }: { name: string; note?: string; children: ReactNode }) {
  return (
    <li className={styles.row}>
      <Face name={name} />
      <span className={styles.who}>
        <bdi className={styles.name}>{name}</bdi>
        {note !== undefined && <span className={styles.soft}>{note}</span>}
      </span>
      <span className={styles.actions}>{children}</span>
    </li>
  );
}
