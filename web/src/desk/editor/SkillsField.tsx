import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type KeyboardEvent } from "react";
import { errorText } from "../../api/client";
import type { Skill, SkillId } from "../../api/skill-types";
import { skillCalls } from "../../records/calls";
import { keys } from "../../records/keys";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { TextField } from "../../ui/TextField";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { SKILLS_MAX } from "./question";
import { isNamed, offered } from "./skills";
import styles from "./editor.module.css";

interface SkillsFieldProps {
  skills: SkillId[];
  onChange: (skills: SkillId[]) => void;
}

/** What a question exercises: chosen from the school's skills, or a new one named on the spot. */
export function SkillsField({ skills, onChange }: SkillsFieldProps) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const label = useId();
  const queries = useQueryClient();
  const all = useQuery({ queryKey: keys.skills, queryFn: (context) => skillCalls.list(context) });
  const known = all.data ?? [];
  const title = text.trim();
  const full = skills.length >= SKILLS_MAX;
  const found = full ? [] : offered(known, skills, text);
  const isNew = title !== "" && all.isSuccess && !isNamed(known, title) && !full;

  const add = (skill: Skill): void => {
    onChange([...skills, skill.id]);
    setText("");
  };
  const create = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    try {
      const made = await skillCalls.create(title);
      queries.setQueryData<Skill[]>(keys.skills, (before) => [...(before ?? []), made]);
      add(made);
    } catch (error) {
      toast({ text: errorText(error), tone: "bad" });
    } finally {
      setBusy(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || title === "") return;
    event.preventDefault();
    const [first] = found;
    if (first) add(first);
    else if (isNew) void create();
  };
  return (
    <div role="group" aria-labelledby={label} className={styles.skills}>
      <h3 id={label} className={styles.skillsHead}>
        {t("editor.skills")}
      </h3>
      <ul className={styles.chips}>
        {skills.map((id) => {
          const name = known.find((skill) => skill.id === id)?.title ?? (all.isSuccess ? t("editor.skills.gone") : "…");
          return (
            <li key={id}>
              <Button tone="plain" aria-label={t("editor.skills.remove", { title: name })} onPress={() => onChange(skills.filter((other) => other !== id))}>
                {name} <Icon name="close" size={16} />
              </Button>
            </li>
          );
        })}
      </ul>
      <TextField
        label={t("editor.skills.find")}
        hint={full ? t("editor.skills.full", { max: SKILLS_MAX }) : t("editor.skills.hint")}
        value={text}
        onChange={setText}
        onKeyDown={onKeyDown}
        maxLength={120}
        autoComplete="off"
      />
      {(found.length > 0 || isNew) && (
        <ul className={styles.chips} aria-label={t("editor.skills.found")}>
          {found.map((skill) => (
            <li key={skill.id}>
              <Button tone="outline" aria-label={t("editor.skills.add", { title: skill.title })} onPress={() => add(skill)}>
                <Icon name="plus" size={16} /> {skill.title}
              </Button>
            </li>
          ))}
          {isNew && (
            <li>
              <Button tone="outline" onPress={() => void create()}>
                <Icon name="plus" size={16} /> {t("editor.skills.create", { title })}
              </Button>
            </li>
          )}
        </ul>
      )}
      {all.isError && <p className={desk.fault}>{errorText(all.error)}</p>}
    </div>
  );
}
