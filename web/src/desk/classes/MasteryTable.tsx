import { useQuery } from "@tanstack/react-query";
import type { Mastery, Skill, StudentMastery } from "../../api/skill-types";
import type { ClassId } from "../../api/types";
import { gradeCalls } from "../../records/calls";
import { keys } from "../../records/keys";
import { Loaded } from "../../records/Loaded";
import { levelOf } from "../../records/mastery";
import { Table } from "../../ui/Surfaces";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import styles from "./classes.module.css";

/** The chance that each student knows each skill, in a word, a number and a colour. */
export function MasteryTable({ id }: { id: ClassId }) {
  const mastery = useQuery({ queryKey: keys.classMastery(id), queryFn: (context) => gradeCalls.mastery(id, context) });
  return (
    <section>
      <h2 className={styles.skillsHead}>{t("matrix.skills")}</h2>
      <Loaded query={mastery} lines={[44, 44, 44]}>
        {(rows) => {
          const skills = skillsOf(rows);
          return skills.length === 0 ? <p className={desk.soft}>{t("matrix.skills.empty")}</p> : <Rows rows={rows} skills={skills} />;
        }}
      </Loaded>
    </section>
  );
}

function Rows({ rows, skills }: { rows: StudentMastery[]; skills: Skill[] }) {
  return (
    <>
      <p className={`${desk.soft} ${desk.small} ${styles.skillsHint}`}>{t("matrix.skills.hint")}</p>
      <Table className={styles.matrix ?? ""} scrolls={t("matrix.skills")}>
        <caption className="visually-hidden">{t("matrix.skills")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("matrix.student")}</th>
            {skills.map((skill) => (
              <th key={skill.id} scope="col">
                {skill.title}
                <span className={styles.sum}>{sumOf(rows, skill)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ student, skills: own }) => (
            <tr key={student.id}>
              <th scope="row">{student.name}</th>
              {skills.map((skill) => (
                <Cell key={skill.id} one={own.find((each) => each.skill.id === skill.id)} />
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </>
  );
}

function Cell({ one }: { one: Mastery | undefined }) {
  if (one === undefined) {
    return (
      <td>
        <span className={desk.soft}>
          <span aria-hidden="true">–</span>
          <span className="visually-hidden">{t("matrix.skill.none")}</span>
        </span>
      </td>
    );
  }
  const level = levelOf(one);
  return (
    <td data-level={level} title={t("my.mastery.answers", { n: one.answers })}>
      {t(`matrix.skill.${level}`)} <span className="tabular">{t("my.mastery.percent", { percent: Math.round(one.mastery * 100) })}</span>
    </td>
  );
}

function skillsOf(rows: StudentMastery[]): Skill[] {
  const all = new Map(rows.flatMap((row) => row.skills.map((one) => [one.skill.id, one.skill] as const)));
  return [...all.values()].sort((a, b) => a.title.localeCompare(b.title));
}

function sumOf(rows: StudentMastery[], skill: Skill): string {
  const known = rows.flatMap((row) => row.skills.filter((one) => one.skill.id === skill.id));
  return t("matrix.skill.sum", { n: known.filter((one) => one.mastered).length, of: known.length });
}
