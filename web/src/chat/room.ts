import type { ChatEvent, Message } from "../api/chat-types";
import { append, cutBeginning, cutEnd, EMPTY, end, first, fromPage, hasHole, heardOf, merge, MOST, MOST_AHEAD, prepend, react, type Timeline } from "./timeline";

export interface Span {
  before?: number;
  after?: number;
  limit: number;
}
export interface Part {
  items: Message[];
  /** Where to go on in the same direction; null when there is nothing more. */
  next: number | null;
  /** Sequence of the conversation's newest message. */
  last_seq: number;
}
export interface RoomParts {
  /** Reads history: the newest before a sequence (or of all), or the oldest after one. */
  page: (span: Span) => Promise<Part>;
  /** Runs something after a while, unless it is taken back. */
  later: (run: () => void, ms: number) => () => void;
}
export interface RoomView {
  timeline: Timeline;
  state: "loading" | "ready" | "failed";
  error: unknown;
  /** Which end is being read. */
  reading: "older" | "newer" | null;
}

const PAGE = 50;
/** Most messages of one answer. */
const PAGE_MOST = 200;
/** More than so many pages missed is not read through: the newest page replaces what was there. */
const MOST_PAGES = 4;
/** What is on its way from another node comes within this time. */
const HOLE_MS = 1_000;
/** After a page of the past could not be read, the next try is not before this. */
const REST_MS = 3_000;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000];

/** One open conversation: keeps its messages whole through lost connections, two nodes and long absences. */
export class Room {
  private view: RoomView = { timeline: EMPTY, state: "loading", error: null, reading: null };
  private readonly listeners = new Set<() => void>();
  private readonly ears = new Set<(messages: readonly Message[]) => void>();
  private turn = 0;
  private catching = false;
  private again = false;
  private failures = 0;
  private stopWait: (() => void) | null = null;
  private closed = false;
  private resting = false;
  /** Whether the reader looks at the end. */
  private atEnd = true;

  constructor(private readonly parts: RoomParts) {}

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly look = (): RoomView => this.view;

  /** Hears every message that comes by, also those that are not shown. */
  readonly overhear = (ear: (messages: readonly Message[]) => void): (() => void) => {
    this.ears.add(ear);
    return () => this.ears.delete(ear);
  };

  /** Reads the newest messages, or those around one. */
  async open(at: number | null): Promise<void> {
    const turn = this.begin();
    try {
      const timeline = at === null ? await this.newest() : await this.around(at);
      if (turn !== this.turn) return;
      // What the channel told meanwhile.
      const { ahead, last } = this.view.timeline;
      this.show({ timeline: merge({ ...timeline, last: Math.max(last, timeline.last) }, [...ahead.values()]), state: "ready" });
      this.watchHole();
    } catch (error) {
      if (turn === this.turn) this.show({ state: "failed", error });
    }
  }

  /** Reads what came before. */
  async older(): Promise<void> {
    const { timeline, state, reading } = this.view;
    if (state !== "ready" || reading !== null || first(timeline) <= 1) return;
    await this.read("older", { before: first(timeline), limit: PAGE }, (now, { items }) => prepend(now, items));
  }

  /** Reads on to the end, if an older part is shown. */
  async newer(): Promise<void> {
    const { timeline, state, reading } = this.view;
    if (state !== "ready" || reading !== null || timeline.live) return;
    await this.read("newer", { after: end(timeline), limit: PAGE }, (now, { items, next }) => append(now, items, next === null));
  }

  /** What the channel tells. */
  hear(event: ChatEvent): void {
    if (event.type === "message") this.take([event.message]);
    else if (event.type === "reactions") this.show({ timeline: react(this.view.timeline, event.seq, event.reactions, event.version) });
  }

  /** Messages that came another way, such as the reply to a change. */
  take(messages: readonly Message[]): void {
    let timeline = merge(this.view.timeline, messages);
    if (timeline.ahead.size > MOST_AHEAD) timeline = { ...timeline, ahead: new Map() };
    if (this.atEnd) timeline = cutBeginning(timeline);
    else if (timeline.entries.length > 2 * MOST) timeline = cutEnd(timeline, MOST);
    this.show({ timeline });
    for (const ear of this.ears) ear(messages);
    this.watchHole();
  }

  /** The channel is subscribed; what was told before may have been missed. */
  joined(): void {
    if (this.view.state === "ready") void this.catchUp(first(this.view.timeline) - 1);
  }

  /** The network is back. */
  wake(): void {
    if (this.view.state === "failed") void this.open(null);
    else if (this.failures > 0) void this.catchUp(first(this.view.timeline) - 1);
  }

  /** Where the reader is: at the end, the oldest may leave; elsewhere they may not. */
  reads(atEnd: boolean): void {
    this.atEnd = atEnd;
  }

  close(): void {
    this.closed = true;
    this.turn += 1;
    this.stopWait?.();
  }

  private begin(): number {
    this.turn += 1;
    this.show({ timeline: EMPTY, state: "loading", error: null, reading: null });
    return this.turn;
  }

  private async newest(): Promise<Timeline> {
    const { items, last_seq } = await this.parts.page({ limit: PAGE });
    return fromPage(items, last_seq, true);
  }

  private async around(at: number): Promise<Timeline> {
    const [before, after] = await Promise.all([this.parts.page({ before: at + 1, limit: PAGE }), this.parts.page({ after: at, limit: PAGE })]);
    return fromPage([...before.items, ...after.items], after.last_seq, after.next === null);
  }

  private async read(reading: "older" | "newer", span: Span, join: (timeline: Timeline, page: Part) => Timeline): Promise<void> {
    // A list that stands at its edge asks again and again.
    if (this.resting) return;
    const turn = this.turn;
    this.show({ reading });
    try {
      const page = await this.parts.page(span);
      if (turn !== this.turn) return;
      this.show({ timeline: heardOf(join(this.view.timeline, page), page.last_seq), reading: null });
      this.watchHole();
    } catch {
      this.resting = true;
      this.parts.later(() => {
        this.resting = false;
        this.show({});
      }, REST_MS);
      if (turn === this.turn) this.show({ reading: null });
    }
  }

  private watchHole(): void {
    if (!hasHole(this.view.timeline) || this.view.state !== "ready" || this.stopWait !== null || this.catching) return;
    this.wait(HOLE_MS, () => {
      if (hasHole(this.view.timeline)) void this.catchUp(end(this.view.timeline));
    });
  }

  /** Reads everything behind a sequence again: what is missing, and newer versions of what is there. */
  private async catchUp(from: number): Promise<void> {
    if (this.catching) {
      this.again = true;
      return;
    }
    this.catching = true;
    this.stopWait?.();
    const turn = this.turn;
    try {
      let after = Math.max(0, from);
      let reached = false;
      for (let n = 0; n < MOST_PAGES && !reached; n += 1) {
        const { items, next, last_seq } = await this.parts.page({ after, limit: PAGE_MOST });
        if (turn !== this.turn) return;
        this.take(items);
        this.show({ timeline: heardOf(this.view.timeline, last_seq) });
        after = Math.max(after, ...items.map(({ seq }) => seq));
        const { timeline } = this.view;
        reached = next === null || (!timeline.live && after >= end(timeline));
      }
      this.failures = 0;
      if (!reached && this.atEnd) void this.open(null);
      else if (!reached) this.show({ timeline: { ...this.view.timeline, ahead: new Map(), live: false } });
    } catch {
      const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] ?? 0;
      this.failures += 1;
      if (turn === this.turn) this.wait(wait, () => void this.catchUp(first(this.view.timeline) - 1));
    } finally {
      this.catching = false;
      if (this.again && turn === this.turn) {
        this.again = false;
        void this.catchUp(first(this.view.timeline) - 1);
      }
    }
  }

  private wait(ms: number, run: () => void): void {
    this.stopWait?.();
    const stop = this.parts.later(() => {
      this.stopWait = null;
      if (!this.closed) run();
    }, ms);
    this.stopWait = () => {
      stop();
      this.stopWait = null;
    };
  }

  private show(change: Partial<RoomView>): void {
    if (this.closed) return;
    this.view = { ...this.view, ...change };
    for (const listener of this.listeners) listener();
  }
}
