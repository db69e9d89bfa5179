import { useState } from "react";
import { t, type Key } from "../../words/words";
import { contentOf, type Editing } from "./draft";
import { problemAt, problemsOf, type Problem } from "./validate";

/** What is merely not written yet: told only once the question was left, or on saving. */
const UNFINISHED: ReadonlySet<Key> = new Set<Key>(["desk.problem.empty", "desk.problem.mark_one", "desk.problem.mark_some", "desk.problem.number", "desk.problem.no_questions"]);

export interface Faults {
  /** Everything that keeps the quiz from being saved. */
  problems: Problem[];
  /** Of these, what the author is told now. */
  shown: Problem[];
  /** Indices of questions with something shown. */
  questions: ReadonlySet<number>;
  /** The words for a field's problem, if it is shown. */
  at: (question: number | null, field: string) => string | undefined;
  showAll: () => void;
}

/** Validation as somebody who is still writing wants it. */
export function useFaults(state: Editing): Faults {
  const [all, setAll] = useState(false);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [current, setCurrent] = useState(state.selected);
  if (current !== state.selected) {
    if (current !== null) setLeft(new Set(left).add(current));
    setCurrent(state.selected);
  }
  const problems = problemsOf(contentOf(state.draft));
  const keyOf = (problem: Problem): string => (problem.question === null ? "" : (state.draft.entries[problem.question]?.key ?? ""));
  const shown = problems.filter((problem) => all || left.has(keyOf(problem)) || !UNFINISHED.has(problem.key));
  return {
    problems,
    shown,
    questions: new Set(shown.flatMap((problem) => (problem.question === null ? [] : [problem.question]))),
    at: (question, field) => {
      const problem = problemAt(shown, question, field);
      return problem && t(problem.key, problem.values);
    },
    showAll: () => setAll(true),
  };
}
