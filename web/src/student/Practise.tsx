import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "wouter";
import { newOp } from "../api/op";
import type { SkillId } from "../api/skill-types";
import { myCalls } from "../records/calls";
import { keys } from "../records/keys";
import { Loaded } from "../records/Loaded";
import { ButtonLink } from "../ui/Button";
import { EmptyState } from "../ui/Surfaces";
import { t } from "../words/words";
import { Ask } from "./Ask";
import { StudentPage } from "./StudentPage";

/** `/my/practise/:skill?`: the question that tells most about what the student knows, again and again. */
export default function Practise() {
  const skill = (useParams<{ skill?: string }>().skill ?? null) as SkillId | null;
  return (
    <StudentPage title={t("my.practise.title")}>
      <Round key={skill} skill={skill} />
    </StudentPage>
  );
}

function Round({ skill }: { skill: SkillId | null }) {
  const [round, setRound] = useState(0);
  const queries = useQueryClient();
  const next = useQuery({
    queryKey: ["me", "next-item", skill, round],
    queryFn: (context) => myCalls.next(skill, context),
    // The question must not change under who reads it.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    gcTime: 0,
  });
  return (
    <Loaded query={next} lines={[120, 240]} focus>
      {({ item, question }) =>
        item === null || question === null ? (
          <EmptyState icon="tick" title={t("my.practise.none")} hint={t("my.practise.none.hint")} focus>
            <ButtonLink tone="primary" href="/my/progress">
              {t("my.progress")}
            </ButtonLink>
          </EmptyState>
        ) : (
          <Ask
            key={`${round}-${item}`}
            question={question}
            send={async (answer, elapsed_ms) => {
              const result = await myCalls.respond({ item, answer, elapsed_ms, occurred_at: Date.now(), op: newOp() });
              void queries.invalidateQueries({ queryKey: keys.mastery });
              void queries.invalidateQueries({ queryKey: keys.reviews });
              return result;
            }}
            onNext={() => setRound(round + 1)}
          />
        )
      }
    </Loaded>
  );
}
