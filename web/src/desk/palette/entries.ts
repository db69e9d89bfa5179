/** One thing that the palette offers. */
export interface PaletteEntry {
  id: string;
  label: string;
  group: "pages" | "quizzes" | "games";
  go: () => void;
}

/** Folds away case and accents, so that "resume" finds "Résumé". */
function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The entries that have every word of `text`; those that begin with it come first, otherwise the order stays. */
export function matching(entries: PaletteEntry[], text: string): PaletteEntry[] {
  const words = folded(text).split(/\s+/).filter(Boolean);
  const fits = entries.filter((entry) => words.every((word) => folded(entry.label).includes(word)));
  const begins = (entry: PaletteEntry): number => (folded(entry.label).startsWith(words[0] ?? "") ? 0 : 1);
  return fits.map((entry, i) => ({ entry, i })).sort((a, b) => begins(a.entry) - begins(b.entry) || a.i - b.i).map(({ entry }) => entry);
}
