import { shapeId } from "./openapi";
import styles from "./developers.module.css";

/** A shape in one line; a bare name leads to where it is explained. */
export function ShapeName({ shape }: { shape: string }) {
  // References begin with a capital, the types of JSON do not.
  const name = /^([A-Z]\w*)(\[\])?$/.exec(shape)?.[1];
  if (name === undefined) return <code className={styles.shape}>{shape}</code>;
  const open = (): void => {
    const details = document.getElementById(shapeId(name));
    if (details instanceof HTMLDetailsElement) details.open = true;
  };
  return (
    <a href={`#${shapeId(name)}`} onClick={open}>
      <code>{shape}</code>
    </a>
  );
}
