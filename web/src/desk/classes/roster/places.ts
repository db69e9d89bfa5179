import type { Enrollment } from "../../../api/record-types";

/** Everybody on the roster: staff first, then by name. */
export function inOrder(roster: readonly Enrollment[]): Enrollment[] {
  const rank = (entry: Enrollment): number => (entry.role === "student" ? 1 : 0);
  return [...roster].sort((a, b) => rank(a) - rank(b) || a.person.name.localeCompare(b.person.name));
}
