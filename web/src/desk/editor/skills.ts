import type { Skill, SkillId } from "../../api/skill-types";

/** Skills that are offered at once; more are found by typing. */
const MOST = 8;

const folded = (text: string): string => text.trim().toLocaleLowerCase();

/** The skills that `text` may mean and that are not chosen yet, by name; those that begin with it first. */
export function offered(known: readonly Skill[], chosen: readonly SkillId[], text: string): Skill[] {
  const wanted = folded(text);
  const begins = (skill: Skill): number => (folded(skill.title).startsWith(wanted) ? 0 : 1);
  return known
    .filter((skill) => !chosen.includes(skill.id) && folded(skill.title).includes(wanted))
    .sort((a, b) => begins(a) - begins(b) || a.title.localeCompare(b.title))
    .slice(0, MOST);
}

/** Whether there is a skill of this name: a second one would split what is known of students. */
export function isNamed(known: readonly Skill[], title: string): boolean {
  return known.some((skill) => folded(skill.title) === folded(title));
}
