/** The answer alphabet: colour, shape and letter always go together, so that none of them carries the meaning alone. */
export const LETTERS = ["A", "B", "C", "D", "E", "F"] as const;
export type Letter = (typeof LETTERS)[number];
export type Shape = "triangle" | "diamond" | "circle" | "square" | "hexagon" | "star";

const shapes: Record<Letter, Shape> = { A: "triangle", B: "diamond", C: "circle", D: "square", E: "hexagon", F: "star" };

/** The mark of the option at `index`. A question has at most six options; more would begin again. */
export function markOf(index: number): { letter: Letter; shape: Shape; color: string; ink: string } {
  const letter = LETTERS[index % LETTERS.length] ?? "A";
  const name = letter.toLowerCase();
  return { letter, shape: shapes[letter], color: `var(--answer-${name})`, ink: `var(--answer-${name}-ink)` };
}

/** Outlines on a 24 px grid. */
export const SHAPE_PATHS: Record<Shape, string> = {
  triangle: "M12 2.800 22.500 21h-21z",
  diamond: "M12 1.500 22.500 12 12 22.500 1.500 12z",
  circle: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20z",
  square: "M3 3h18v18H3z",
  hexagon: "M12 1.500 21.100 6.750v10.500L12 22.500 2.900 17.250V6.750z",
  star: "M12 1.500 15.100 8.700 22.900 9.400 17 14.600 18.800 22.200 12 18.200 5.200 22.200 7 14.600 1.100 9.400 8.900 8.700z",
};
