import type { CloseReason, GamePush, GameState, GivenAnswer, HostPush, PersonId, PlayerPush, PlayerResult, RosterEntry } from "../api/types";

/** A game as this device knows it: the last snapshot with all later pushes applied. Pure data. */
export interface GameView {
  state: GameState;
  /** Why the current question closed, while it is closed. */
  closeReason: CloseReason | null;
  /** The host has removed this player. */
  kicked: boolean;
  /** The newest names, newest first; hosts only. */
  roster: { recent: RosterEntry[]; complete: boolean } | null;
  /** A place where the client cannot compute what it needs and must ask `quiz.state`. */
  needsState: boolean;
}

/**
 * A snapshot replaces everything but what is newer than it. `later` are pushes that came meanwhile, in any order.
 */
export function fromSnapshot(state: GameState, later: GamePush[], before: GameView | null): GameView {
  const view: GameView = {
    state,
    closeReason: null,
    kicked: before?.kicked ?? false,
    roster: before?.roster ?? null,
    needsState: false,
  };
  return [...later].sort((a, b) => a.seq - b.seq).reduce(applyGamePush, view);
}

/** Applies what everybody sees. A push that is not newer than the state is ignored. */
export function applyGamePush(view: GameView, push: GamePush): GameView {
  if (push.seq <= view.state.seq) return view;
  const state: GameState = { ...view.state, seq: push.seq };
  const next: GameView = { ...view, state };
  switch (push.type) {
    case "lobby":
      state.players = push.players;
      state.locked = push.locked;
      return next;
    case "countdown":
      enter(state, "countdown");
      state.question = push.question;
      state.opens_at = push.opens_at;
      state.opened_at = null;
      state.closes_at = null;
      state.reveal = null;
      state.board = null;
      if (state.you.role === "player") state.you = { ...state.you, answer: null, result: null };
      if (state.host) state.host = { ...state.host, answered: 0, expected: state.host.connected };
      next.closeReason = null;
      return next;
    case "open":
      enter(state, "open");
      state.question = push.question;
      state.opens_at = null;
      state.opened_at = push.opened_at;
      state.closes_at = ownClose(state, push.opened_at, push.closes_at);
      state.reveal = null;
      state.board = null;
      if (state.you.role === "player" && state.you.answer?.question !== push.question.index) {
        state.you = { ...state.you, answer: null, result: null };
      }
      next.closeReason = null;
      return next;
    case "time":
      state.closes_at = ownClose(state, state.opened_at ?? push.at, push.closes_at);
      next.needsState = hasExtraTime(state);
      return next;
    case "closed":
      enter(state, "closed");
      next.closeReason = push.reason;
      return next;
    case "reveal":
      enter(state, "reveal");
      state.reveal = { solution: push.solution, distribution: push.distribution, explanation: push.explanation };
      return next;
    case "board":
    case "podium":
      enter(state, push.type);
      state.board = { top: push.top, players: push.players };
      state.players = push.players;
      return next;
    case "paused":
      state.pause = push.reason;
      return next;
    case "resumed":
      state.pause = null;
      state.phase = push.phase;
      if (push.opens_at !== undefined) state.opens_at = push.opens_at;
      if (push.opened_at !== undefined) state.opened_at = push.opened_at;
      if (push.closes_at !== undefined) state.closes_at = ownClose(state, state.opened_at ?? push.at, push.closes_at);
      next.needsState = hasExtraTime(state);
      return next;
    case "locked":
      state.locked = push.locked;
      return next;
    case "ended":
      enter(state, "ended");
      state.ended = push.reason;
      state.pin = null;
      state.pause = null;
      return next;
    default:
      // A newer server may say more than this client knows; the number still counts.
      return next;
  }
}

/** Applies what only this player is told. */
export function applyPlayerPush(view: GameView, push: PlayerPush): GameView {
  const you = view.state.you;
  if (push.game !== view.state.game || you.role !== "player") return view;
  switch (push.type) {
    case "quiz.result": {
      const standing = { score: push.score, rank: push.rank, streak: push.streak };
      const current = view.state.question?.index === push.question;
      const result = current ? withoutEnvelope(push) : you.result;
      return { ...view, state: { ...view.state, you: { ...you, ...standing, result } } };
    }
    case "quiz.renamed":
      return { ...view, state: { ...view.state, you: { ...you, nickname: push.nickname } } };
    case "quiz.time_factor": {
      const state = { ...view.state, you: { ...you, time_factor: push.time_factor } };
      if (push.closes_at !== null) state.closes_at = push.closes_at;
      return { ...view, state };
    }
    case "quiz.kicked":
      return { ...view, kicked: true };
    default:
      return view;
  }
}

/** Applies what only hosts are told. */
export function applyHostPush(view: GameView, push: HostPush): GameView {
  const counts = view.state.host ?? { answered: 0, expected: 0, connected: 0 };
  if (push.type === "answers") {
    if (view.state.question?.index !== push.question) return view;
    const host = { ...counts, answered: push.answered, expected: push.expected };
    return { ...view, state: { ...view.state, host } };
  }
  const host = { ...counts, connected: push.connected };
  return {
    ...view,
    state: { ...view.state, host, players: push.players },
    roster: { recent: push.recent, complete: push.complete },
  };
}

/** The answer is counted: remembers it as the snapshot would. */
export function withAnswer(view: GameView, answer: GivenAnswer): GameView {
  const you = view.state.you;
  if (you.role !== "player" || view.state.question?.index !== answer.question) return view;
  return { ...view, state: { ...view.state, you: { ...you, answer } } };
}

/** The server has made `person` co-host, or no longer: remembers it as the snapshot would. */
export function withCohost(view: GameView, person: PersonId, on: boolean): GameView {
  const you = view.state.you;
  if (you.role !== "host") return view;
  const others = you.cohosts.filter((each) => each !== person);
  return { ...view, state: { ...view.state, you: { ...you, cohosts: on ? [...others, person] : others } } };
}

function enter(state: GameState, phase: GameState["phase"]): void {
  state.phase = phase;
  state.phase_seq = state.seq;
  state.pause = null;
}

function hasExtraTime(state: GameState): boolean {
  return state.you.role === "player" && state.you.time_factor !== 1;
}

/** When the question closes for this caller: the class's time, stretched by the own factor. */
function ownClose(state: GameState, openedAt: number, closesAt: number): number {
  const factor = state.you.role === "player" ? state.you.time_factor : 1;
  return Math.round(openedAt + (closesAt - openedAt) * factor);
}

function withoutEnvelope(push: Extract<PlayerPush, { type: "quiz.result" }>): PlayerResult {
  const { question, answered, correct, points, streak_bonus, streak, score, rank, of, ahead, behind } = push;
  return { question, answered, correct, points, streak_bonus, streak, score, rank, of, ahead, behind };
}
