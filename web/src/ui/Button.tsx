import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaProps } from "react-aria-components/Button";
import { Link as RouteLink } from "wouter";
import styles from "./ui.module.css";

/** `primary`: the one obvious next step of a screen, at most once. `outline` and `plain`: other actions. */
export type Tone = "primary" | "plain" | "outline" | "quiet" | "danger";

export interface ButtonProps extends Omit<AriaProps, "className" | "children" | "style"> {
  tone?: Tone;
  size?: "normal" | "large";
  /** Takes the whole width. */
  wide?: boolean;
  children: ReactNode;
}

export function Button({ tone = "plain", size = "normal", wide = false, children, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={`${styles.button} ${wide ? styles.wide : ""}`} data-tone={tone} data-size={size}>
      {children}
    </AriaButton>
  );
}

/** A square button with a picture; `label` is read and shown as a tip. */
export function IconButton({ label, children, tone = "quiet", ...rest }: Omit<ButtonProps, "wide" | "size"> & { label: string }) {
  return (
    <AriaButton
      {...rest}
      className={styles.button ?? ""}
      data-tone={tone}
      data-icon=""
      aria-label={label}
      render={(props) => <button {...props} title={label} />}
    >
      {children}
    </AriaButton>
  );
}

/** A link that looks like a button. */
export function ButtonLink(props: { href: string; tone?: Tone; size?: "normal" | "large"; wide?: boolean; children: ReactNode }) {
  const { href, tone = "plain", size = "normal", wide = false, children } = props;
  return (
    <RouteLink href={href} className={`${styles.button} ${wide ? styles.wide : ""}`} data-tone={tone} data-size={size}>
      {children}
    </RouteLink>
  );
}
