import type { AnswerAccepted, AnswerValue, GameId, GivenAnswer } from "../api/types";
import { CODES, isRetryable, type LiveError } from "./errors";

/** How an answer stands. At most one is on its way: a game has one open question. */
export type AnswerStatus =
  | { kind: "none" }
  | { kind: "sending"; given: GivenAnswer }
  | { kind: "accepted"; given: GivenAnswer }
  | { kind: "too_late"; given: GivenAnswer }
  /** Not taken, but another one may be. */
  | { kind: "refused"; given: GivenAnswer; reason: "invalid" | "paused" };

export interface QueueStore {
  read(): GivenAnswer | null;
  write(answer: GivenAnswer | null): void;
}

export interface QueueParts {
  game: GameId;
  send: (params: { game: GameId; question: number; op: string; answer: AnswerValue }) => Promise<AnswerAccepted>;
  store: QueueStore;
  /** Makes an op id. */
  newOp: () => string;
  /** Runs `again` after a while; used when the server was busy. */
  later: (again: () => void, ms: number) => void;
  onChange: (status: AnswerStatus) => void;
  /** Whether the connection stands; without it an answer waits for `resend`. */
  online: () => boolean;
}

const BUSY_RETRY_MS = 700;

/**
 * Sends the answer until the server has decided about it. The op id stays the same over reconnects and reloads, so the
 * server counts it once; what was decided is never asked again.
 */
export class AnswerQueue {
  private status: AnswerStatus = { kind: "none" };
  private inFlight = false;

  constructor(private readonly parts: QueueParts) {
    const kept = parts.store.read();
    if (kept !== null) this.status = { kind: "sending", given: kept };
  }

  current(): AnswerStatus {
    return this.status;
  }

  /** Gives an answer; ignored while another one to the same question is on its way or counted. */
  answer(question: number, answer: AnswerValue): void {
    const now = this.status;
    if ((now.kind === "sending" || now.kind === "accepted") && now.given.question === question) return;
    const given = { question, op: this.parts.newOp(), answer };
    this.parts.store.write(given);
    this.set({ kind: "sending", given });
    void this.push();
  }

  /** Call when a connection stands (again): what is in flight goes out again under the same op. */
  resend(): void {
    void this.push();
  }

  /** Call with what the server says is counted for the current question (`you.answer`), and that question. */
  settle(question: number | null, counted: GivenAnswer | null): void {
    const now = this.status;
    if (counted !== null) {
      if (now.kind === "accepted" && now.given.op === counted.op) return;
      this.parts.store.write(null);
      this.set({ kind: "accepted", given: counted });
    } else if (now.kind !== "none" && now.given.question !== question) {
      this.parts.store.write(null);
      this.set({ kind: "none" });
    }
  }

  private async push(): Promise<void> {
    if (this.status.kind !== "sending" || this.inFlight || !this.parts.online()) return;
    const given = this.status.given;
    this.inFlight = true;
    try {
      await this.parts.send({ game: this.parts.game, ...given });
      this.decide(given, { kind: "accepted", given });
    } catch (error) {
      this.refuse(given, error as LiveError);
    } finally {
      this.inFlight = false;
    }
  }

  private refuse(given: GivenAnswer, error: LiveError): void {
    if (isRetryable(error)) {
      this.parts.later(() => this.resend(), BUSY_RETRY_MS);
      return;
    }
    switch (error.code) {
      case CODES.already_answered:
        this.decide(given, { kind: "accepted", given });
        return;
      case CODES.game_paused:
        this.decide(given, { kind: "refused", given, reason: "paused" });
        return;
      case CODES.invalid_answer:
        this.decide(given, { kind: "refused", given, reason: "invalid" });
        return;
      default:
        this.decide(given, { kind: "too_late", given });
    }
  }

  private decide(given: GivenAnswer, status: AnswerStatus): void {
    // The game may have gone on while the reply was under way.
    if (this.status.kind !== "sending" || this.status.given.op !== given.op) return;
    this.parts.store.write(null);
    this.set(status);
  }

  private set(status: AnswerStatus): void {
    this.status = status;
    this.parts.onChange(status);
  }
}
