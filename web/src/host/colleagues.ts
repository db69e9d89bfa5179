import type { Colleague, PersonId } from "../api/types";

/** One colleague with whether they help to host. */
export interface ColleagueRow extends Colleague {
  on: boolean;
}

/** From so many colleagues on, a field to find one is worth its place. */
export const FIND_FROM = 8;

/** The colleagues whose names have `text` in them, by name: a switch that is turned must not move. */
export function colleagueRows(colleagues: readonly Colleague[], cohosts: readonly PersonId[], text: string): ColleagueRow[] {
  const wanted = text.trim().toLocaleLowerCase();
  return colleagues
    .filter(({ name }) => name.toLocaleLowerCase().includes(wanted))
    .map((colleague) => ({ ...colleague, on: cohosts.includes(colleague.id) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
