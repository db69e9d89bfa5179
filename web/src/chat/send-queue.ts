import { ApiError } from "../api/client";
import type { ConversationId, Message, NewMessage } from "../api/chat-types";
import type { PersonId } from "../api/types";
import type { Shelf } from "./composer/drafts";

/** A message on its way. */
export interface Outgoing {
  conversation: ConversationId;
  message: NewMessage;
  /** When it was written, by this device's clock; also the order of what waits. */
  at: number;
  /** Newest message of the conversation that was known then. */
  after: number;
}
export type OutgoingState =
  | { kind: "waiting" }
  | { kind: "sending" }
  /** The server will not have it so: the person has to decide. */
  | { kind: "refused"; error: ApiError };

export interface QueuedMessage extends Outgoing {
  state: OutgoingState;
}

export interface SendQueueParts {
  person: PersonId;
  shelf: Shelf;
  send: (conversation: ConversationId, message: NewMessage) => Promise<Message>;
  later: (run: () => void, ms: number) => void;
  onSent: (message: Message) => void;
}

/** Most messages of one person that wait on one device. */
export const MOST_WAITING = 100;
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000, 20_000];

/** Whether nothing was decided about the message: no reply, or a server that is busy, restarting or asks for patience. */
function passes(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500) && error.code !== "slow_mode";
}

/**
 * Sends messages in the order in which they were written, one at a time in each conversation, until the server has decided
 * about each. They survive a reload; the nonce makes one that is sent again the same message. Each waits under a key of
 * its own, so that two tabs do not write over each other's.
 */
export class SendQueue {
  private queued: readonly QueuedMessage[];
  private readonly busy = new Set<ConversationId>();
  private readonly listeners = new Set<() => void>();
  private failures = 0;
  private planned = false;

  constructor(private readonly parts: SendQueueParts) {
    this.queued = this.kept().map((one) => ({ ...one, state: { kind: "waiting" } }));
    if (this.queued.length > 0) this.plan(0);
  }

  /** All that is on its way, oldest first; the same array until something changes. */
  readonly waiting = (): readonly QueuedMessage[] => this.queued;

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Takes a message, or not if too many wait. */
  add(outgoing: Outgoing): boolean {
    if (this.queued.length >= MOST_WAITING) return false;
    this.keep(outgoing);
    this.set([...this.queued, { ...outgoing, state: { kind: "waiting" } }]);
    this.push();
    return true;
  }

  /** Sends one again that was refused, or all that wait. */
  retry(nonce?: string): void {
    if (nonce !== undefined) this.put(nonce, { kind: "waiting" });
    this.failures = 0;
    this.push();
  }

  /** Takes one back that was refused. */
  discard(nonce: string): void {
    this.drop(nonce);
    this.push();
  }

  private push(): void {
    for (const conversation of new Set(this.queued.map((one) => one.conversation))) void this.pushIn(conversation);
  }

  private async pushIn(conversation: ConversationId): Promise<void> {
    const next = this.queued.find((one) => one.conversation === conversation && one.state.kind === "waiting");
    if (next === undefined || this.busy.has(conversation)) return;
    this.busy.add(conversation);
    this.put(next.message.nonce, { kind: "sending" });
    let wait: number | null = 0;
    try {
      const message = await this.parts.send(conversation, next.message);
      this.failures = 0;
      this.parts.onSent(message);
      this.drop(next.message.nonce);
    } catch (error) {
      if (passes(error)) {
        this.put(next.message.nonce, { kind: "waiting" });
        const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1_000 : 0;
        wait = Math.max(asked, RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] ?? 0);
        this.failures += 1;
      } else this.put(next.message.nonce, { kind: "refused", error: error instanceof ApiError ? error : new ApiError(0, "unknown", "") });
    } finally {
      this.busy.delete(conversation);
    }
    if (wait === 0) await this.pushIn(conversation);
    else this.plan(wait);
  }

  private plan(ms: number): void {
    if (this.planned) return;
    this.planned = true;
    this.parts.later(() => {
      this.planned = false;
      this.push();
    }, ms);
  }

  private put(nonce: string, state: OutgoingState): void {
    this.set(this.queued.map((one) => (one.message.nonce === nonce ? { ...one, state } : one)));
  }

  private drop(nonce: string): void {
    try {
      this.parts.shelf.removeItem(this.name(nonce));
    } catch {
      // Sent once more after a reload: the server knows the nonce.
    }
    this.set(this.queued.filter((one) => one.message.nonce !== nonce));
  }

  private set(queued: readonly QueuedMessage[]): void {
    this.queued = queued;
    for (const listener of this.listeners) listener();
  }

  private name(nonce: string): string {
    return `schoolbell.chat.out.${this.parts.person}.${nonce}`;
  }

  private keep(outgoing: Outgoing): void {
    try {
      this.parts.shelf.setItem(this.name(outgoing.message.nonce), JSON.stringify(outgoing));
    } catch {
      // A device without room keeps it as long as the page is open.
    }
  }

  private kept(): Outgoing[] {
    const { shelf } = this.parts;
    const prefix = this.name("");
    const names = Array.from({ length: shelf.length }, (_, at) => shelf.key(at) ?? "").filter((name) => name.startsWith(prefix));
    const all = names.flatMap((name) => {
      try {
        const one = JSON.parse(shelf.getItem(name) ?? "null") as Outgoing | null;
        return one !== null && typeof one.message.body === "string" ? [one] : [];
      } catch {
        return [];
      }
    });
    return all.sort((a, b) => a.at - b.at);
  }
}

const settledBody = (body: string): string => body.trimEnd().normalize("NFC");

/**
 * Those whose message is not in sight yet. The channel tells a message before its sender has the reply, and without the
 * nonce: the oldest own message with the same text that came after it was written stands for it.
 */
export function notInSight(queued: readonly QueuedMessage[], shown: readonly Message[], me: PersonId): QueuedMessage[] {
  const own = shown.filter(({ sender }) => sender.id === me);
  const taken = new Set<number>();
  return queued.filter(({ message, state, after }) => {
    const match = own.find((one) => one.nonce === message.nonce || (state.kind !== "refused" && one.nonce === undefined && one.seq > after && !taken.has(one.seq) && one.thread === (message.thread ?? null) && one.body === settledBody(message.body)));
    if (match !== undefined) taken.add(match.seq);
    return match === undefined;
  });
}
