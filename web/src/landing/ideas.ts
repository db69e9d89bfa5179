import { nameWords } from "../words/en/names";

/** `count` different nickname ideas. `random` gives numbers from 0 up to, not including, 1. */
export function nameIdeas(count: number, random: () => number): string[] {
  const ideas = new Set<string>();
  // Twenty tries find three of 256 pairs with any honest source; a stuck one still ends.
  for (let tries = 0; ideas.size < count && tries < 20; tries += 1) {
    ideas.add(`${pick(nameWords.first, random)} ${pick(nameWords.second, random)}`);
  }
  return [...ideas];
}

function pick(words: readonly string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] ?? "";
}
