import type { PersonId } from "../../api/types";

/** Somebody who may be mentioned. */
export interface Nameable {
  /** `EVERYONE` for all at once. */
  id: PersonId;
  name: string;
}
/** Stands for all of a conversation; no person has this id. */
export const EVERYONE = "everyone" as PersonId;

/** What is being typed behind an `@`: where it begins, and the letters so far. */
export interface MentionQuery {
  from: number;
  letters: string;
}

const MOST_LETTERS = 40;
const MOST_OFFERED = 8;
/** Most people that one message may mention. */
export const MOST_MENTIONED = 20;

/** The mention at the caret; null if there is none. A name may have a space. */
export function mentionAt(text: string, caret: number): MentionQuery | null {
  const from = text.lastIndexOf("@", caret - 1);
  if (from < 0 || from >= caret || caret - from - 1 > MOST_LETTERS) return null;
  if (from > 0 && !/[\s([{“"'-]/u.test(text.charAt(from - 1))) return null;
  const letters = text.slice(from + 1, caret);
  return /\n|^\s|\s\S*\s|\s$/u.test(letters) ? null : { from, letters };
}

/** Without case and accents, so that "jose" finds "José". */
const folded = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Those whose name, or a part of it, begins with the letters; whole names first. */
export function offered(people: readonly Nameable[], letters: string): Nameable[] {
  const wanted = folded(letters);
  const rank = ({ name }: Nameable): number => {
    const own = folded(name);
    if (own.startsWith(wanted)) return 0;
    return own.split(/[\s-]+/).some((part) => part.startsWith(wanted)) ? 1 : 2;
  };
  return people
    .map((person, at) => ({ person, at, rank: rank(person) }))
    .filter((one) => one.rank < 2)
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .slice(0, MOST_OFFERED)
    .map(({ person }) => person);
}

/** Puts a name in the place of what was typed, and gives the text and where the caret is then. */
export function withMention(text: string, query: MentionQuery, caret: number, name: string): { text: string; caret: number } {
  const after = text.slice(caret);
  const put = /^[\s.,;:!?)\]]/.test(after) ? `@${name}` : `@${name} `;
  return { text: text.slice(0, query.from) + put + after, caret: query.from + put.length + (/^\s/.test(after) ? 1 : 0) };
}

/** Whom of the chosen ones the text still names. */
export function stillNamed(text: string, chosen: readonly Nameable[]): Nameable[] {
  const longest = [...new Map(chosen.map((one) => [one.id, one])).values()].sort((a, b) => b.name.length - a.name.length);
  let rest = text;
  const named = longest.filter(({ name }) => {
    const mark = `@${name}`;
    const at = rest.indexOf(mark);
    if (at < 0 || /[\p{L}\p{N}_]/u.test(rest.charAt(at + mark.length))) return false;
    // Taken out, so that a shorter name within it is not found, too.
    rest = rest.split(mark).join(" ");
    return true;
  });
  return chosen.filter((one, at) => named.includes(one) && chosen.indexOf(one) === at).slice(0, MOST_MENTIONED + 1);
}
