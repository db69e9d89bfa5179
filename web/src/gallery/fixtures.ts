import type { AnswerValue, BoardRow, Colleague, CurrentQuestion, GameId, GameState, ParticipantId, PersonId, Phase, PlayerResult, Reveal, RosterEntry, YouPlayer } from "../api/types";

/** Made-up games, one per state that a live screen can be in. Development only. */
export const GAME = "0191f1c0-0000-7000-8000-000000000001" as GameId;

const names = ["Ada", "Mateo", "Yuki", "Fatima", "Jonas", "Chidi", "Priya", "Zoë", "Liam", "Ngoc Anh", "Sofía", "Omar", "Elif", "Noah", "Ingrid", "Kwame", "Maximiliane-Josephine", "Bo", "Leïla", "Tomasz", "Amara", "Ravi", "Hana", "Luca", "Maya", "Finn", "Aisha", "Dmitri"];
const id = (n: number): ParticipantId => `p${n}` as ParticipantId;
const option = (text: string) => ({ text, image: null });

export const roster: RosterEntry[] = names.map((nickname, n) => ({ participant: id(n), nickname, connected: n % 9 !== 5, answered: n % 4 !== 0, score: 3000 - n * 90, time_factor: n === 3 ? 1.5 : 1, guest: n % 2 === 0 }));

export const colleagues: Colleague[] = ["Ms Okafor", "Mr Lindqvist", "Dr Papadopoulou-Nakamura", "Mrs Silva", "Mr Haddad", "Ms Novak", "Mr Tran", "Ms Byrne", "Mr Ivanov"].map((name, n) => ({ id: `c${n}` as PersonId, name }));

const teaser = { index: 3, of: 12, points: 1, image: null };
export const questions: Record<string, CurrentQuestion> = {
  single: { ...teaser, kind: "single_choice", prompt: "Which river flows through Vienna, Budapest and Belgrade?", time_limit_ms: 20_000, options: ["Danube", "Rhine", "Vistula", "Po"].map(option) },
  six: { ...teaser, points: 2, kind: "multiple_choice", prompt: "Which of these are prime numbers?", time_limit_ms: 30_000, options: ["21", "23", "27", "29", "31", "A number that only 1 and itself divide without remainder"].map(option) },
  picture: { ...teaser, kind: "single_choice", prompt: "What share of the bar is coloured?", image: { url: "/pictures/fraction-bar.svg", alt: "A bar cut into equal parts, some of them coloured" }, time_limit_ms: 20_000, options: ["One half", "Three fifths", "Three eighths", "Five eighths"].map(option) },
  truefalse: { ...teaser, kind: "true_false", prompt: "Sound travels faster in water than in air.", time_limit_ms: 15_000 },
  typed: { ...teaser, kind: "typed", prompt: "What is the capital of Kenya?", time_limit_ms: 30_000 },
  numeric: { ...teaser, kind: "numeric", prompt: "How long is the side of a square with an area of 49 cm²?", time_limit_ms: 30_000, unit: "cm" },
  ordering: { ...teaser, kind: "ordering", prompt: "Put the planets in order, nearest to the Sun first.", time_limit_ms: 40_000, options: ["Mars", "Mercury", "Earth", "Venus"].map(option) },
  poll: { ...teaser, points: 0, kind: "poll", prompt: "Which topic shall we look at again next week?", time_limit_ms: 20_000, options: ["Rivers", "Mountains", "Capitals"].map(option) },
};

const reveals: Record<string, Reveal> = {
  single: { solution: { choices: [0] }, distribution: { answered: 26, correct: 19, counts: [19, 5, 0, 2] }, explanation: "The Danube passes through four capitals: Bratislava is the fourth." },
  six: { solution: { choices: [1, 3, 4] }, distribution: { answered: 25, correct: 11, counts: [4, 22, 7, 20, 18, 3] }, explanation: null },
  truefalse: { solution: { choices: [0] }, distribution: { answered: 25, correct: 17, counts: [17, 8] }, explanation: "About four times as fast." },
  typed: { solution: { accepted: ["Nairobi"] }, distribution: { answered: 25, correct: 16, texts: [{ text: "nairobi", count: 16, correct: true }, { text: "mombasa", count: 5, correct: false }, { text: "kampala", count: 3, correct: false }, { text: "kenia city", count: 1, correct: false }] }, explanation: null },
  numeric: { solution: { number: 7, tolerance: 0.1 }, distribution: { answered: 24, correct: 20, texts: [{ text: "7", count: 20, correct: true }, { text: "12.25", count: 4, correct: false }] }, explanation: "7 × 7 = 49." },
  ordering: { solution: { order: [1, 3, 2, 0] }, distribution: { answered: 22, correct: 14 }, explanation: null },
  poll: { solution: {}, distribution: { answered: 24, correct: 0, counts: [4, 13, 7] }, explanation: null },
};

const row = (n: number, score: number, rank: number, previous: number | null, streak: number): BoardRow => ({ participant: id(n), nickname: names[n] ?? "", score, rank, previous_rank: previous, streak });
const board = { top: [row(2, 3870, 1, 3, 4), row(16, 3610, 2, 1, 0), row(1, 3415, 3, 2, 1), row(6, 3415, 3, 6, 2), row(9, 3020, 5, 4, 3)], players: 28 };

const result: PlayerResult = { question: 3, answered: true, correct: true, points: 1067, streak_bonus: 100, streak: 2, score: 2870, rank: 7, of: 28, ahead: { nickname: "Fatima", gap: 120 }, behind: { nickname: "Omar", gap: 15 } };
const player: YouPlayer = { role: "player", participant: id(0), nickname: "Ada", time_factor: 1, score: 2870, rank: 7, streak: 2, late: false, answer: null, result: null };

interface Part {
  phase: Phase;
  question?: string;
  you?: Partial<YouPlayer>;
  state?: Partial<GameState>;
  /** Milliseconds since the question opened. */
  elapsed?: number;
}

function make(now: number, asHost: boolean, part: Part): GameState {
  const question = part.question === undefined ? null : (questions[part.question] ?? null);
  const opened = now - (part.elapsed ?? 4_000);
  const running = part.phase === "open" || part.phase === "closed" || part.phase === "reveal";
  const state: GameState = {
    game: GAME, seq: 40, phase_seq: 40, now, phase: part.phase, pause: null, title: "Capitals, rivers and mountains", pin: "481926", locked: false, players: 28, questions: 12,
    settings: { late_join: "zero", score_rule: "classic-1", countdown_ms: 3000, max_players: 10_000, board_top: 5, guests: true, auto_advance: false, class: null },
    question, opens_at: part.phase === "countdown" ? now + 3_000 : null, opened_at: running ? opened : null, closes_at: running ? opened + (question?.time_limit_ms ?? 20_000) : null,
    reveal: part.phase === "reveal" || part.phase === "board" ? (reveals[part.question ?? ""] ?? null) : null,
    board: ["board", "podium", "ended"].includes(part.phase) ? board : null, ended: part.phase === "ended" ? "finished" : null,
    you: asHost ? { role: "host", owner: true, cohosts: ["c2" as PersonId] } : { ...player, ...part.you },
    ...part.state,
  };
  if (asHost) state.host = { answered: 23, expected: 28, connected: 27 };
  return state;
}

export interface Scene {
  host: boolean;
  state: (now: number) => GameState;
  link?: "connecting";
  /** Instead of the usual ones. */
  colleagues?: Colleague[];
  /** Every command fails with this code. */
  refuse?: number;
}

const scene = (host: boolean, part: Part, more: Partial<Scene> = {}): Scene => ({ host, state: (now) => make(now, host, part), ...more });
const given = (answer: AnswerValue) => ({ question: 3, op: "op", answer });

/** By name; the name is the end of the address. */
export const scenes: Record<string, Scene> = {
  "play-lobby": scene(false, { phase: "lobby" }),
  "play-countdown": scene(false, { phase: "countdown", question: "single" }),
  ...Object.fromEntries(Object.keys(questions).map((name) => [`play-${name}`, scene(false, { phase: "open", question: name })])),
  "play-locked": scene(false, { phase: "open", question: "single", you: { answer: given({ choice: 0 }) } }),
  "play-late": scene(false, { phase: "open", question: "single", you: { late: true }, state: { closes_at: null } }),
  "play-closed": scene(false, { phase: "closed", question: "single", elapsed: 21_000 }),
  "play-reconnecting": scene(false, { phase: "open", question: "single" }, { link: "connecting" }),
  "play-right": scene(false, { phase: "reveal", question: "single", you: { answer: given({ choice: 0 }), result } }),
  "play-wrong": scene(false, { phase: "reveal", question: "typed", you: { answer: given({ text: "Mombasa" }), result: { ...result, correct: false, points: 0, streak_bonus: 0, streak: 0 } } }),
  "play-none": scene(false, { phase: "reveal", question: "single", you: { result: { ...result, answered: false, correct: false, points: 0, streak_bonus: 0, streak: 0 } } }),
  "play-voted": scene(false, { phase: "reveal", question: "poll", you: { result: { ...result, correct: null, points: 0, streak_bonus: 0 } } }),
  "play-board": scene(false, { phase: "board", question: "single", you: { result } }),
  "play-paused": scene(false, { phase: "open", question: "single", state: { pause: "host_gone" } }),
  "play-podium": scene(false, { phase: "podium", question: "single", you: { rank: 3 } }),
  "play-ended": scene(false, { phase: "ended" }),
  "play-gone": scene(false, { phase: "lobby" }, { refuse: 1000 }),
  "play-kicked": scene(false, { phase: "lobby" }, { refuse: 1013 }),
  "host-lobby": scene(true, { phase: "lobby" }),
  "host-lobby-empty": scene(true, { phase: "lobby", state: { players: 0 } }),
  "host-countdown": scene(true, { phase: "countdown", question: "single" }),
  ...Object.fromEntries(Object.keys(questions).map((name) => [`host-${name}`, scene(true, { phase: "open", question: name })])),
  ...Object.fromEntries(Object.keys(reveals).map((name) => [`host-reveal-${name}`, scene(true, { phase: "reveal", question: name })])),
  "host-board": scene(true, { phase: "board", question: "single" }),
  "host-podium": scene(true, { phase: "podium", question: "single" }),
  "host-paused": scene(true, { phase: "open", question: "single", state: { pause: "host", locked: true } }),
  "host-alone": scene(true, { phase: "lobby" }, { colleagues: [] }),
  "host-cohost": scene(true, { phase: "lobby", state: { you: { role: "host", owner: false, cohosts: ["c2" as PersonId] } } }),
  "host-ended": scene(true, { phase: "ended" }),
  "host-not": scene(true, { phase: "lobby" }, { refuse: 1002 }),
};
