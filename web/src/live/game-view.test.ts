import { describe, expect, it } from "vitest";
import type { GameId, GamePush, GameState, ParticipantId, PlayerResult, QuestionView } from "../api/types";
import { applyGamePush, applyHostPush, applyPlayerPush, fromSnapshot, type GameView } from "./game-view";

const game = "g" as GameId;
const question: QuestionView = { index: 0, of: 2, kind: "single_choice", prompt: "?", image: null, points: 1, time_limit_ms: 20_000, options: [] };
const result: PlayerResult = { question: 0, answered: true, correct: true, points: 900, streak_bonus: 0, streak: 1, score: 900, rank: 2, of: 5, ahead: { nickname: "Bo", gap: 10 }, behind: null };

function snapshot(change: Partial<GameState> = {}): GameState {
  return {
    game, seq: 10, phase_seq: 10, now: 1_000, phase: "lobby", pause: null, title: "T", pin: "123456", locked: false, players: 1, questions: 2,
    settings: { late_join: "zero", score_rule: "classic-1", countdown_ms: 3000, max_players: 100, board_top: 5, guests: true, auto_advance: false, class: null },
    question: null, reveal: null, board: null, ended: null,
    you: { role: "player", participant: "p" as ParticipantId, nickname: "Ada", time_factor: 1, score: 0, rank: 1, streak: 0, late: false, answer: null, result: null },
    ...change,
  };
}
const view = (change: Partial<GameState> = {}): GameView => fromSnapshot(snapshot(change), [], null);
const open = (seq: number): GamePush => ({ seq, at: 5_000, type: "open", question, opened_at: 5_000, closes_at: 25_000 });
const you = (v: GameView) => {
  if (v.state.you.role !== "player") throw new Error("not a player");
  return v.state.you;
};

describe("a game as this device knows it", () => {
  it("ignores a push that is not newer than the snapshot", () => {
    const before = view();
    expect(applyGamePush(before, { seq: 10, at: 0, type: "lobby", players: 9, locked: true })).toBe(before);
  });

  it("puts pushes that overtook the snapshot on top of it, in their order", () => {
    const later: GamePush[] = [{ seq: 12, at: 0, type: "closed", reason: "time" }, open(11), { seq: 9, at: 0, type: "lobby", players: 99, locked: true }];
    const now = fromSnapshot(snapshot(), later, null);
    expect(now.state).toMatchObject({ phase: "closed", seq: 12, phase_seq: 12, players: 1 });
    expect(now.closeReason).toBe("time");
  });

  it("goes through a question and forgets the answer at the next countdown", () => {
    let now = applyGamePush(view(), open(11));
    now = { ...now, state: { ...now.state, you: { ...you(now), answer: { question: 0, op: "a", answer: { choice: 1 } } } } };
    now = applyGamePush(now, { seq: 12, at: 0, type: "closed", reason: "all_answered" });
    now = applyGamePush(now, { seq: 13, at: 0, type: "reveal", solution: { choices: [1] }, distribution: { answered: 1, correct: 1 }, explanation: null });
    expect(now.state.reveal?.solution).toEqual({ choices: [1] });
    expect(you(now).answer).not.toBeNull();
    now = applyGamePush(now, { seq: 14, at: 0, type: "countdown", question: { ...question, index: 1 }, opens_at: 30_000 });
    expect(now.state).toMatchObject({ phase: "countdown", reveal: null, opens_at: 30_000, closes_at: null });
    expect(you(now)).toMatchObject({ answer: null, result: null });
  });

  it("stretches the closing time by the own factor and asks for the exact one when time is added", () => {
    const slow = { ...you(view()), time_factor: 1.5 };
    let now = applyGamePush(view({ you: slow }), open(11));
    expect(now.state.closes_at).toBe(35_000);
    expect(now.needsState).toBe(false);
    now = applyGamePush(now, { seq: 12, at: 0, type: "time", closes_at: 45_000 });
    expect(now.needsState).toBe(true);
  });

  it("pauses and goes on with shifted times", () => {
    let now = applyGamePush(applyGamePush(view(), open(11)), { seq: 12, at: 0, type: "paused", reason: "host_gone" });
    expect(now.state.pause).toBe("host_gone");
    now = applyGamePush(now, { seq: 13, at: 0, type: "resumed", phase: "open", opened_at: 9_000, closes_at: 29_000 });
    expect(now.state).toMatchObject({ pause: null, phase: "open", opened_at: 9_000, closes_at: 29_000 });
  });

  it("takes the own result and standing, and only for the question that is shown", () => {
    const now = applyPlayerPush(applyGamePush(view(), open(11)), { type: "quiz.result", game, seq: 12, ...result });
    expect(you(now)).toMatchObject({ score: 900, rank: 2, streak: 1, result });
    const old = applyPlayerPush(now, { type: "quiz.result", game, seq: 13, ...result, question: 7, score: 950 });
    expect(you(old)).toMatchObject({ score: 950, result: { question: 0 } });
  });

  it("ignores what belongs to another game", () => {
    const now = view();
    expect(applyPlayerPush(now, { type: "quiz.kicked", game: "other" as GameId })).toBe(now);
    expect(applyPlayerPush(now, { type: "quiz.kicked", game }).kicked).toBe(true);
  });

  it("counts answers for hosts, and only those to the current question", () => {
    const host = view({ you: { role: "host", owner: true, cohosts: [] }, host: { answered: 0, expected: 5, connected: 5 }, question, phase: "open" });
    expect(applyHostPush(host, { type: "answers", question: 0, answered: 3, expected: 5 }).state.host).toEqual({ answered: 3, expected: 5, connected: 5 });
    expect(applyHostPush(host, { type: "answers", question: 4, answered: 3, expected: 5 })).toBe(host);
  });

  it("forgets the PIN and the pause when the game ends", () => {
    const now = applyGamePush(view({ pause: "host" }), { seq: 11, at: 0, type: "ended", reason: "abandoned" });
    expect(now.state).toMatchObject({ phase: "ended", ended: "abandoned", pin: null, pause: null });
  });

  it("survives a kind of push that it does not know", () => {
    const now = applyGamePush(view(), { seq: 11, at: 0, type: "fireworks" } as unknown as GamePush);
    expect(now.state).toMatchObject({ seq: 11, phase: "lobby" });
  });
});
