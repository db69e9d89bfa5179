import { describe, expect, it } from "vitest";
import type { Skill, SkillId } from "../../api/skill-types";
import { isNamed, offered } from "./skills";

const skills = ["Reading maps", "Map scales", "Fractions"].map((title, n): Skill => ({ id: `s${n}` as SkillId, title }));

describe("the skills that are offered", () => {
  it("have what was typed, those that begin with it first, without those that are chosen", () => {
    expect(offered(skills, [], "map").map((skill) => skill.title)).toEqual(["Map scales", "Reading maps"]);
    expect(offered(skills, ["s1" as SkillId], "MAP").map((skill) => skill.title)).toEqual(["Reading maps"]);
  });
  it("do not ask for a second one of the same name", () => {
    expect(isNamed(skills, " fractions ")).toBe(true);
    expect(isNamed(skills, "Fraction")).toBe(false);
  });
});
