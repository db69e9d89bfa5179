import type { Message } from "../api/chat-types";
import { asEntry, newer, type Entry } from "./timeline";

/** The messages of one thread, by sequence: its root, and what answers it. */
export type ThreadEntries = ReadonlyMap<number, Entry>;

/** Takes in what belongs to the thread, in any order. */
export function joinThread(entries: ThreadEntries, root: number, messages: readonly Message[]): ThreadEntries {
  const own = messages.filter(({ seq, thread }) => seq === root || thread === root);
  if (own.length === 0) return entries;
  const joined = new Map(entries);
  for (const message of own) {
    const known = joined.get(message.seq);
    joined.set(message.seq, known === undefined ? asEntry(message) : newer(known, message));
  }
  return same(entries, joined) ? entries : joined;
}

/** Takes over what the conversation itself shows, where that is newer. */
export function joinShown(entries: ThreadEntries, root: number, shown: readonly Entry[]): ThreadEntries {
  const newerOnes = shown.filter((entry) => {
    if (entry.seq !== root && entry.thread !== root) return false;
    const known = entries.get(entry.seq);
    return known === undefined || entry.version > known.version || entry.reactions_version > known.reactions_version;
  });
  return newerOnes.length === 0 ? entries : new Map([...entries, ...newerOnes.map((entry) => [entry.seq, entry] as const)]);
}

function same(before: ThreadEntries, after: ThreadEntries): boolean {
  return before.size === after.size && [...after].every(([seq, entry]) => before.get(seq) === entry);
}

/** Oldest first, without the root. */
export function repliesOf(entries: ThreadEntries, root: number): Entry[] {
  return [...entries.values()].filter(({ seq }) => seq !== root).sort((a, b) => a.seq - b.seq);
}
