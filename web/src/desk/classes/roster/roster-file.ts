import { writeCsv } from "./csv";

/** Somebody to be taken in; the server finds or makes the account as it does for a row of a file. */
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
