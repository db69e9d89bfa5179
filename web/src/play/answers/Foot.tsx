import type { ReactNode } from "react";
import styles from "./answers.module.css";

/** The place below the input: first the button that sends, then how the answer stands. Its height is kept. */
export function Foot({ status, disabled, children }: { status: ReactNode; disabled: boolean; children?: ReactNode }) {
  return (
    <div className={styles.foot}>
      <div role="status">{status}</div>
      {!disabled && children}
    </div>
  );
}
