import { optionText, saySolution } from "../../answers/say";
import type { AnswerReport, GameReport, ParticipantReport, QuestionReport } from "../../api/desk-types";

/** Labels of bars that stand for more than one answer. */
export interface Names {
  right: string;
  other: string;
}

/** The numbers at the top of a report. */
export interface Summary {
  players: number;
  /** Mean final score, rounded; null without players. */
  meanScore: number | null;
  /** Right answers by all answers to questions with a solution; null without any. */
  correctRate: number | null;
  /** Up to three played questions with the lowest share of right answers, hardest first; only below `HARD`. */
  hardest: QuestionReport[];
}

/** Questions that fewer than this share got right count as hard. */
const HARD = 0.7;
/** Below this, most of the class was lost. */
const LOW = 0.5;

/** How a share of right answers is coloured. */
export function levelOf(rate: number): "low" | "middle" | "high" {
  if (rate < LOW) return "low";
  return rate < HARD ? "middle" : "high";
}

export function summaryOf(report: GameReport): Summary {
  const present = report.participants.filter((participant) => !participant.kicked);
  const scored = report.questions.filter((question) => question.played && question.correct_rate !== null);
  const answered = sum(scored.map((question) => question.answered));
  const hardest = scored
    .filter((question) => (question.correct_rate ?? 1) < HARD)
    .sort((a, b) => (a.correct_rate ?? 1) - (b.correct_rate ?? 1) || a.index - b.index)
    .slice(0, 3);
  return {
    players: report.players,
    meanScore: present.length === 0 ? null : Math.round(sum(present.map((participant) => participant.score)) / present.length),
    correctRate: answered === 0 ? null : sum(scored.map((question) => question.correct)) / answered,
    hardest,
  };
}

/** One bar of a question's chart. */
export interface Bar {
  label: string;
  count: number;
  /** Of all answers, 0 to 1. */
  share: number;
  /** Null where nothing is right or wrong. */
  right: boolean | null;
  /** Place in the answer alphabet, for choices; null for typed texts. */
  letter: number | null;
  image?: string | undefined;
}

/** The answers to one question as bars: by option, by text, or right against other for orderings. */
export function barsOf(question: QuestionReport, names: Names): Bar[] {
  const { distribution, solution } = question;
  const share = (count: number): number => (distribution.answered === 0 ? 0 : count / distribution.answered);
  const poll = question.kind === "poll";
  if (distribution.counts) {
    return distribution.counts.map((count, i) => ({
      label: optionText(question, i),
      count,
      share: share(count),
      right: poll ? null : (solution.choices ?? []).includes(i),
      letter: i,
      image: question.options?.[i]?.image?.url,
    }));
  }
  if (distribution.texts) {
    const bars = distribution.texts.map(({ text, count, correct }) => ({ label: text, count, share: share(count), right: correct, letter: null }));
    const rest = distribution.answered - sum(bars.map((bar) => bar.count));
    return rest > 0 ? [...bars, { label: names.other, count: rest, share: share(rest), right: false, letter: null }] : bars;
  }
  const wrong = distribution.answered - distribution.correct;
  return [
    { label: names.right, count: distribution.correct, share: share(distribution.correct), right: true, letter: null },
    { label: names.other, count: wrong, share: share(wrong), right: false, letter: null },
  ];
}

/** The right answer in words, with all that counts as right; empty for polls. */
export function solutionText(question: QuestionReport): string {
  const { accepted, tolerance } = question.solution;
  if (accepted) return accepted.join(" / ");
  const said = saySolution(question, question.solution);
  return tolerance ? `${said} ± ${tolerance}` : said;
}

/** The parts that an answer's points are made of; they sum to `points`. */
export function partsOf(answer: AnswerReport): { base: number; bonus: number } {
  return { base: answer.points - answer.streak_bonus, bonus: answer.streak_bonus };
}

export type Column = "rank" | "nickname" | "score" | "correct" | "answered";
export interface Order {
  column: Column;
  descending: boolean;
}

/** The rows in the order asked for; equal ones by rank, then by name, so that the order never depends on chance. */
export function sorted(rows: readonly ParticipantReport[], order: Order): ParticipantReport[] {
  const sign = order.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const first = order.column === "nickname" ? a.nickname.localeCompare(b.nickname) : a[order.column] - b[order.column];
    return sign * first || a.rank - b.rank || a.nickname.localeCompare(b.nickname);
  });
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
