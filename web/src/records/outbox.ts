import { ApiError } from "../api/client";

/** What waits to be sent, oldest first; it survives a reload. */
export interface OutboxStore<Op> {
  read(): Op[];
  write(ops: Op[]): void;
}

export interface OutboxParts<Op> {
  store: OutboxStore<Op>;
  /** Sends some of them at once. The same operation may be sent again: the server knows its id. */
  send: (ops: Op[]) => Promise<void>;
  later: (run: () => void, ms: number) => void;
  /** The server has these. */
  onSent: (ops: Op[]) => void;
  /** The server will not have these, ever. */
  onRefused: (ops: Op[], error: unknown) => void;
  onChange?: (waiting: readonly Op[]) => void;
}

/** Most operations of one request. */
const MOST = 200;
/** What is typed within this time goes in one request. */
const GATHER_MS = 150;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

/** Whether the same may be sent again later: no reply, or a server that is busy, restarting, or at work on the same request. */
function passes(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500 || error.code === "in_progress");
}

/** Sends operations in order and at least once, through lost connections and reloads. Nothing is given up but what the server refuses. */
export class Outbox<Op> {
  private ops: Op[];
  private sending = false;
  private planned = false;
  private failures = 0;

  constructor(private readonly parts: OutboxParts<Op>) {
    this.ops = parts.store.read();
    if (this.ops.length > 0) this.plan(0);
  }

  waiting(): readonly Op[] {
    return this.ops;
  }

  /** Whether the last try did not get through. */
  stuck(): boolean {
    return this.failures > 0;
  }

  /** `replaces`: drops what still waits and is made needless by the new ones. */
  add(ops: Op[], replaces: (old: Op) => boolean = () => false): void {
    // What is on its way cannot be taken back; sending it once more with the rest does no harm.
    const kept = this.sending ? this.ops : this.ops.filter((old) => !replaces(old));
    this.set([...kept, ...ops]);
    this.plan(GATHER_MS);
  }

  /** Call when the network may be back. */
  retry(): void {
    this.plan(0);
  }

  private plan(ms: number): void {
    if (this.planned) return;
    this.planned = true;
    this.parts.later(() => {
      this.planned = false;
      void this.push();
    }, ms);
  }

  private async push(): Promise<void> {
    if (this.sending || this.ops.length === 0) return;
    const some = this.ops.slice(0, MOST);
    this.sending = true;
    let again = 0;
    try {
      await this.parts.send(some);
      this.failures = 0;
      this.done(some);
      this.parts.onSent(some);
    } catch (error) {
      if (passes(error)) {
        again = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] ?? 0;
        this.failures += 1;
        this.parts.onChange?.(this.ops);
      } else {
        this.failures = 0;
        this.done(some);
        this.parts.onRefused(some, error);
      }
    } finally {
      this.sending = false;
    }
    if (this.ops.length > 0) this.plan(again);
  }

  private done(some: Op[]): void {
    const gone = new Set(some);
    this.set(this.ops.filter((op) => !gone.has(op)));
  }

  private set(ops: Op[]): void {
    this.ops = ops;
    this.parts.store.write(ops);
    this.parts.onChange?.(ops);
  }
}

/** Keeps operations on this device under `key`. A device without room keeps them in memory until the page closes. */
export function deviceStore<Op>(key: string): OutboxStore<Op> {
  return {
    read: () => {
      try {
        return JSON.parse(localStorage.getItem(key) ?? "[]") as Op[];
      } catch {
        return [];
      }
    },
    write: (ops) => {
      try {
        if (ops.length === 0) localStorage.removeItem(key);
        else localStorage.setItem(key, JSON.stringify(ops));
      } catch {
        // Private windows may refuse; the operations still wait in memory.
      }
    },
  };
}
