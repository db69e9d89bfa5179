import type { EnrollmentState } from "../../../api/record-types";
import type { PersonId } from "../../../api/types";
import { parseCsv, writeCsv } from "./csv";

/** The server gives and takes a roster as a file of OneRoster's shape; here it becomes a list and back. */
export interface RosterEntry {
  person: PersonId;
  name: string;
  email: string;
  role: "student" | "teacher";
  state: EnrollmentState;
  timeFactor: number;
}

const STATES: Record<string, EnrollmentState> = { active: "active", completed: "completed", tobedeleted: "withdrawn" };
const STATUS: Record<EnrollmentState, string> = { active: "active", completed: "completed", withdrawn: "tobedeleted" };

/** Everybody on the roster: staff first, then by name. */
export function rosterOf(file: string): RosterEntry[] {
  const [head = [], ...rows] = parseCsv(file);
  const entries = rows.map((cells): RosterEntry => {
    const cell = (name: string): string => cells[head.indexOf(name)] ?? "";
    return {
      person: cell("userSourcedId") as PersonId,
      name: [cell("givenName"), cell("familyName")].join(" ").trim(),
      email: cell("email"),
      role: cell("role") === "teacher" ? "teacher" : "student",
      state: STATES[cell("status")] ?? "active",
      timeFactor: Number(cell("timeFactor")) || 1,
    };
  });
  const rank = (entry: RosterEntry): number => (entry.role === "teacher" ? 0 : 1);
  return entries.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** A file that changes one place. */
export function placeRow(entry: RosterEntry, change: Partial<Pick<RosterEntry, "state" | "timeFactor">>): string {
  const { person, role, state, timeFactor } = { ...entry, ...change };
  return writeCsv([
    ["userSourcedId", "role", "status", "timeFactor"],
    [person, role, STATUS[state], String(timeFactor)],
  ]);
}

export interface Newcomer {
  given: string;
  family: string;
  email: string;
  role: "student" | "teacher";
}

/** A file that adds one person. */
export function personOf({ given, family, email, role }: Newcomer): string {
  return writeCsv([
    ["email", "givenName", "familyName", "role"],
    [email.trim(), given.trim(), family.trim(), role],
  ]);
}
