import { useEffect, type ReactNode } from "react";
import { t } from "../words/words";
import { Header } from "./Header";
import styles from "./shell.module.css";

export interface PageProps {
  /** For the browser's tab; the visible heading belongs to the page. */
  title: string;
  children: ReactNode;
  /** `narrow` for one thing (480 px), `normal` for text and forms (960 px), `wide` for tables (1440 px), `screen` for what fills the screen and scrolls within it. */
  width?: "narrow" | "normal" | "wide" | "screen";
  /** On a phone the page is all there is: header and navigation leave. */
  bare?: boolean;
  /** What stands in the header between the name and the account, such as navigation. */
  header?: ReactNode;
}

/** The frame of every page outside of a running game: header, skip link, main. */
export function Page({ title, children, width = "normal", bare = false, header }: PageProps) {
  useTitle(title);
  return (
    <div className={styles.page} data-width={width} data-bare={bare ? "" : undefined}>
      <a className={styles.skip} href="#main">
        {t("app.skip")}
      </a>
      <Header>{header}</Header>
      <main id="main" className={styles.main} data-width={width} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

/** Names the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === t("app.name") ? title : `${title} · ${t("app.name")}`;
  }, [title]);
}
