import { describe, expect, it } from "vitest";
import type { Enrollment } from "../../../api/record-types";
import type { PersonId, Role } from "../../../api/types";
import { asCsv, linesOf, parseCsv, writeCsv } from "./csv";
import { inOrder } from "./places";
import { personOf } from "./roster-file";

describe("comma-separated values", () => {
  it("keep commas, quotes and line ends within quotes", () => {
    const rows = [["name", "note"], ["Brook, Nadia", 'says "hi"\nand goes']];
    expect(parseCsv(writeCsv(rows))).toEqual(rows);
  });
  it("take files of any system, with a byte order mark and empty lines", () => {
    expect(parseCsv("\uFEFFa,b\r\n1,2\r\n\r\n3,\n")).toEqual([["a", "b"], ["1", "2"], ["3", ""]]);
  });
  it("are made of what a spreadsheet puts on the clipboard", () => {
    expect(asCsv("email\tgivenName\nx@y.z\tAnn, jr")).toBe('email,givenName\r\nx@y.z,"Ann, jr"\r\n');
    expect(asCsv("email;role\nx@y.z;student")).toBe("email,role\r\nx@y.z,student\r\n");
    expect(asCsv("email,note\na@b.c,one;two")).toBe("email,note\na@b.c,one;two");
  });
  it.each(["\n", "\r\n"])("are told by the line in which they begin, with %j between them", (end) => {
    const text = ["email,role", "a@b.c,", "", '"c@d.e","of two', 'lines"', "e@f.g,student"].join(end);
    expect([...linesOf(text).keys()]).toEqual([1, 2, 4, 6]);
    expect(linesOf(text).get(6)).toBe("e@f.g · student");
  });
});

describe("a roster's file", () => {
  it("names a newcomer by e-mail", () => {
    const [head, row] = parseCsv(personOf({ given: " Ann ", family: "Lee", email: "ann@x.org ", role: "student" }));
    expect(Object.fromEntries(head!.map((name, i) => [name, row![i]]))).toEqual({ email: "ann@x.org", givenName: "Ann", familyName: "Lee", role: "student" });
  });
});

describe("a roster", () => {
  it("has its staff first, then everybody by name", () => {
    const row = (name: string, role: Role): Enrollment => ({ person: { id: name as PersonId, name, email: "" }, role, state: "active", time_factor: 1, enrolled_at: 0 });
    expect(inOrder([row("Zoë", "student"), row("Nadia", "teacher"), row("Ada", "student")]).map(({ person }) => person.name)).toEqual(["Nadia", "Ada", "Zoë"]);
  });
});
