import { useEffect, useRef, type ComponentPropsWithoutRef, type ReactNode } from "react";
import { t } from "../words/words";
import { Button } from "./Button";
import { Icon, type IconName } from "./Icon";
import styles from "./ui.module.css";

export function Card({ className, ...rest }: ComponentPropsWithoutRef<"div">) {
  return <div {...rest} className={`${styles.card} ${className ?? ""}`} />;
}

/** A slim line over the page. `busy` adds a pulsing dot. It is read when it appears. */
export function Banner({ tone = "info", busy = false, children }: { tone?: "info" | "warn" | "good" | "bad"; busy?: boolean; children: ReactNode }) {
  return (
    <div role="status" className={styles.banner} data-tone={tone}>
      {busy && <span className={styles.pulse} aria-hidden="true" />}
      <span>{children}</span>
    </div>
  );
}

/** Grey boxes in place of what is loading. `lines`: heights in pixels from top to bottom. */
export function Skeleton({ lines }: { lines: number[] }) {
  return (
    <div role="status" style={{ display: "grid", gap: 12 }}>
      <span className="visually-hidden">{t("app.loading")}</span>
      {lines.map((height, index) => (
        <div key={index} className={styles.skeleton} style={{ height }} aria-hidden="true" />
      ))}
    </div>
  );
}

export interface StateProps {
  icon?: IconName;
  title: string;
  hint?: string;
  /** What to do now: buttons, the obvious one first. */
  children?: ReactNode;
  /** Takes the focus, so that the state is read; for states that replace the whole screen. */
  focus?: boolean;
}

/** A screen or part with nothing to show: says why and what to do. */
export function EmptyState({ icon, title, hint, children, focus = false }: StateProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  // What replaces the screen is the screen's heading.
  const Heading = focus ? "h1" : "h2";
  useEffect(() => {
    if (focus) heading.current?.focus();
  }, [focus]);
  return (
    <div className={styles.state}>
      {icon !== undefined && (
        <span className={styles.stateIcon} aria-hidden="true">
          <Icon name={icon} size={28} />
        </span>
      )}
      <Heading ref={heading} tabIndex={-1}>
        {title}
      </Heading>
      {hint !== undefined && <p>{hint}</p>}
      {children !== undefined && <div className={styles.stateActions}>{children}</div>}
    </div>
  );
}

/** Something failed: what happened, what was kept, and a way to try again. */
export function ErrorState({ onRetry, children, ...rest }: StateProps & { onRetry?: () => void }) {
  return (
    <div role="alert">
      <EmptyState icon="warning" {...rest}>
        {onRetry && (
          <Button tone="primary" onPress={onRetry}>
            {t("app.retry")}
          </Button>
        )}
        {children}
      </EmptyState>
    </div>
  );
}

/**
 * A dense table; cells with numbers carry `data-number`. Give it a caption, visible or hidden. `scrolls` names a table that
 * is wider than small screens and has nothing to focus in it: it is scrolled by keyboard itself.
 */
export function Table({ className, scrolls, ...rest }: ComponentPropsWithoutRef<"table"> & { scrolls?: string }) {
  return (
    <div className={styles.tableWrap} {...(scrolls === undefined ? {} : { tabIndex: 0, role: "region", "aria-label": scrolls })}>
      <table {...rest} className={`${styles.table} ${className ?? ""}`} />
    </div>
  );
}
