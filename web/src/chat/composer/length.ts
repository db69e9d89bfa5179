/** Most letters of a message, counted as the server does: Unicode scalar values. */
export const MOST_LETTERS = 4_000;
/** From here on the letters that are left are shown. */
export const NEAR_MOST = MOST_LETTERS - 200;

export function lengthOf(text: string): number {
  return [...text.trimEnd()].length;
}
