import { describe, expect, it } from "vitest";
import { asCsv, linesOf, parseCsv, writeCsv } from "./csv";
import { personOf, placeRow, rosterOf } from "./roster-file";

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

const FILE = [
  "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate,givenName,familyName,email,timeFactor",
  "e2,tobedeleted,,c1,,p2,student,,,,Zoë,Janssen,zoe@demo.school,1.5",
  "e1,active,,c1,,p1,teacher,,,,Nadia,Brook,teacher@demo.school,1",
].join("\n");

describe("a roster's file", () => {
  it("is read by name, staff first", () => {
    expect(rosterOf(FILE).map(({ name, role, state, timeFactor }) => [name, role, state, timeFactor])).toEqual([
      ["Nadia Brook", "teacher", "active", 1],
      ["Zoë Janssen", "student", "withdrawn", 1.5],
    ]);
  });
  it("is written for one person so that it can be read again", () => {
    const [, zoe] = rosterOf(FILE);
    const [head, row] = parseCsv(placeRow(zoe!, { state: "active", timeFactor: 2 }));
    expect(Object.fromEntries(head!.map((name, i) => [name, row![i]]))).toEqual({ userSourcedId: "p2", role: "student", status: "active", timeFactor: "2" });
  });
  it("names a newcomer by e-mail", () => {
    const [head, row] = parseCsv(personOf({ given: " Ann ", family: "Lee", email: "ann@x.org ", role: "student" }));
    expect(Object.fromEntries(head!.map((name, i) => [name, row![i]]))).toEqual({ email: "ann@x.org", givenName: "Ann", familyName: "Lee", role: "student" });
  });
});
