import { newOp } from "../api/op";
import type { GameId, GamePush, GivenAnswer, PersonId } from "../api/types";
import { AnswerQueue, type AnswerStatus } from "./answer-queue";
import { ServerClock } from "./clock";
import { openLink, type GameLink, type LinkState, type OpenLink } from "./connection";
import { CODES, isRetryable, type LiveError } from "./errors";
import { applyGamePush, applyHostPush, applyPlayerPush, fromSnapshot, withAnswer, withCohost, type GameView } from "./game-view";

/** Why a game cannot be shown. */
export type Problem = "gone" | "not_in_game" | "kicked" | "signed_out" | "unknown";

export interface GameSnapshot {
  view: GameView | null;
  link: LinkState;
  problem: Problem | null;
  answer: AnswerStatus;
}

/** So many pushes are kept while a state is under way; a game makes far fewer in the time of a reply. */
const KEPT_PUSHES = 64;
const STATE_RETRY_MS = 1_500;

/** Holds one game for React: connection, view and the answer in flight. Made per page, closed with it. */
export class GameStore {
  readonly clock = new ServerClock();
  readonly link: GameLink;
  private snapshot: GameSnapshot;
  private readonly listeners = new Set<() => void>();
  private readonly queue: AnswerQueue;
  private recent: GamePush[] = [];
  private asking = false;
  /** Somebody asked while a state was under way, which may be older than their reason to ask. */
  private askAgain = false;
  private closed = false;

  constructor(game: GameId, token: string, asHost: boolean, open: OpenLink = openLink) {
    this.snapshot = { view: null, link: "connecting", problem: null, answer: { kind: "none" } };
    this.queue = new AnswerQueue({
      game,
      send: (params) => this.link.answer(params),
      store: sessionAnswer(game),
      newOp,
      later: (again, ms) => void window.setTimeout(again, ms),
      online: () => this.snapshot.link === "online",
      onChange: (answer) => {
        const view = this.snapshot.view;
        const counted = answer.kind === "accepted" && view !== null;
        this.set(counted ? { answer, view: withAnswer(view, answer.given) } : { answer });
      },
    });
    this.snapshot.answer = this.queue.current();
    this.link = open(game, token, asHost, {
      onLink: (link) => this.set(link === "refused" ? { link, problem: "signed_out" } : { link }),
      onReady: () => {
        this.clock.restart();
        void this.refresh();
      },
      onRefused: () => void this.refresh(),
      onGame: (push) => this.onGame(push),
      onPlayer: (push) => {
        if (this.snapshot.view) this.setView(applyPlayerPush(this.snapshot.view, push));
      },
      onHost: (push) => {
        if (this.snapshot.view) this.setView(applyHostPush(this.snapshot.view, push));
      },
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly read = (): GameSnapshot => this.snapshot;

  /** Gives this player's answer to the open question. */
  answer(question: number, value: GivenAnswer["answer"]): void {
    this.queue.answer(question, value);
  }

  /** A host made `person` co-host, or no longer, and the server has done it. */
  cohostChanged(person: PersonId, on: boolean): void {
    if (this.snapshot.view) this.setView(withCohost(this.snapshot.view, person, on));
  }

  /** Asks for the state again. */
  async refresh(): Promise<void> {
    if (this.closed) return;
    if (this.asking) {
      this.askAgain = true;
      return;
    }
    this.asking = true;
    this.askAgain = false;
    const sentAt = Date.now();
    try {
      const state = await this.link.state();
      this.clock.learn(state.now, sentAt, Date.now());
      const later = this.recent.filter((push) => push.seq > state.seq);
      this.set({ problem: null });
      this.setView(fromSnapshot(state, later, this.snapshot.view));
      this.queue.resend();
    } catch (error) {
      this.onStateRefused(error as LiveError);
    } finally {
      this.asking = false;
      if (this.askAgain) void this.refresh();
    }
  }

  close(): void {
    this.closed = true;
    this.link.close();
  }

  private onGame(push: GamePush): void {
    this.clock.atLeast(push.at);
    this.recent = [...this.recent.slice(1 - KEPT_PUSHES), push];
    if (!this.snapshot.view) return;
    const next = applyGamePush(this.snapshot.view, push);
    this.setView(next);
    if (next.needsState) void this.refresh();
  }

  private onStateRefused(error: LiveError): void {
    if (isRetryable(error)) {
      // Without a connection the next `onReady` asks; with one the server was busy.
      if (this.snapshot.link === "online") window.setTimeout(() => void this.refresh(), STATE_RETRY_MS);
      return;
    }
    const problems: Partial<Record<number, Problem>> = {
      [CODES.game_not_found]: "gone",
      [CODES.not_in_game]: "not_in_game",
      [CODES.host_only]: "not_in_game",
      [CODES.permission_denied]: "not_in_game",
      [CODES.kicked]: "kicked",
    };
    this.set({ problem: problems[error.code] ?? "unknown" });
  }

  private setView(view: GameView): void {
    this.set({ view });
    const { you, question } = view.state;
    if (you.role === "player") this.queue.settle(question?.index ?? null, you.answer);
  }

  private set(change: Partial<GameSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }
}

function sessionAnswer(game: GameId): { read: () => GivenAnswer | null; write: (answer: GivenAnswer | null) => void } {
  const key = `schoolbell.answer.${game}`;
  return {
    read: () => {
      const raw = sessionStorage.getItem(key);
      return raw === null ? null : (JSON.parse(raw) as GivenAnswer);
    },
    write: (answer) => {
      if (answer === null) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, JSON.stringify(answer));
    },
  };
}
