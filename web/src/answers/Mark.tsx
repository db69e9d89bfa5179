import { markOf, SHAPE_PATHS } from "./alphabet";

/** Shape and letter of the option at `index`, in the surrounding ink. The letter is read, the shape is decoration. */
export function Mark({ index, size = "1.6em", letter = true }: { index: number; size?: string; letter?: boolean }) {
  const mark = markOf(index);
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: "0.35em", flex: "none", fontWeight: 800 }}>
      <ShapeIcon index={index} size={size} />
      {letter && <span>{mark.letter}</span>}
    </span>
  );
}

/** The bare shape of the option at `index`; `colored` paints it in its own colour. */
export function ShapeIcon({ index, size, colored = false }: { index: number; size: string; colored?: boolean }) {
  const mark = markOf(index);
  return (
    <svg viewBox="0 0 24 24" style={{ inlineSize: size, blockSize: size, flex: "none" }} aria-hidden="true" focusable="false">
      <path d={SHAPE_PATHS[mark.shape]} fill={colored ? mark.color : "currentColor"} />
    </svg>
  );
}
