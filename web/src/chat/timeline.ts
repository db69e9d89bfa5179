import type { Message, Reaction } from "../api/chat-types";

/** A message, and the version that its reactions are of: they are told also alone. */
export interface Entry extends Message {
  reactions_version: number;
}

/** Part of a conversation: messages in sequence without a hole, and what has come from beyond them. */
export interface Timeline {
  /** Oldest first, each one more than the one before. */
  readonly entries: readonly Entry[];
  /** Came before what lies between; by sequence. */
  readonly ahead: ReadonlyMap<number, Entry>;
  /** Sequence of the newest message that was heard of; 0 for none. */
  readonly last: number;
  /** Whether new messages belong to the end. Not so while an older part is looked at. */
  readonly live: boolean;
}

/** Most messages that are kept, and shown, at once. */
export const MOST = 400;
/** Most messages that may wait for what lies between; a longer hole is read anew. */
export const MOST_AHEAD = 512;

export const EMPTY: Timeline = { entries: [], ahead: new Map(), last: 0, live: true };

export const first = (timeline: Timeline): number => timeline.entries[0]?.seq ?? 0;
export const end = (timeline: Timeline): number => timeline.entries[timeline.entries.length - 1]?.seq ?? 0;

/** Whether messages are missing between the end and what is known to exist. */
export function hasHole(timeline: Timeline): boolean {
  return timeline.live && timeline.last > end(timeline);
}

/** A fresh part from one page of history; `last`: the newest there is as far as is known; `live`: whether the page was the newest. */
export function fromPage(messages: readonly Message[], last: number, live: boolean): Timeline {
  const sorted = [...messages].sort((a, b) => a.seq - b.seq).map(asEntry);
  const newest = sorted[sorted.length - 1]?.seq ?? 0;
  return { entries: unbroken(sorted), ahead: new Map(), last: Math.max(last, newest), live };
}

/** Takes in messages in any order, new ones and newer versions of known ones; from the channel or from history. */
export function merge(timeline: Timeline, messages: readonly Message[]): Timeline {
  if (messages.length === 0) return timeline;
  let { last } = timeline;
  const from = first(timeline);
  const to = end(timeline);
  const bySeq = new Map(timeline.entries.map((entry) => [entry.seq, entry]));
  const ahead = new Map(timeline.ahead);
  for (const message of messages) {
    last = Math.max(last, message.seq);
    const known = bySeq.get(message.seq) ?? ahead.get(message.seq);
    const entry = known === undefined ? asEntry(message) : newer(known, message);
    if (message.seq > to) {
      if (timeline.live) ahead.set(message.seq, entry);
    } else if (message.seq >= from) bySeq.set(message.seq, entry);
  }
  const entries = [...bySeq.values()];
  let next = to + 1;
  while (ahead.has(next)) {
    entries.push(ahead.get(next) as Entry);
    ahead.delete(next);
    next += 1;
  }
  return { ...timeline, entries, ahead, last };
}

/** Takes in a page before the beginning. What is too much leaves at the end; then the part is no longer live. */
export function prepend(timeline: Timeline, page: readonly Message[]): Timeline {
  const older = [...page].sort((a, b) => a.seq - b.seq).filter(({ seq }) => seq < first(timeline));
  const joined = unbroken([...older.map(asEntry), ...timeline.entries]);
  return cutEnd({ ...timeline, entries: joined });
}

/** Knows of messages up to `last`. */
export function heardOf(timeline: Timeline, last: number): Timeline {
  return last > timeline.last ? { ...timeline, last } : timeline;
}

/** Takes in a page behind the end; `whole`: nothing was behind it when it was read. What is too much leaves at the beginning. */
export function append(timeline: Timeline, page: readonly Message[], whole = false): Timeline {
  const later = [...page].sort((a, b) => a.seq - b.seq);
  // Read on purpose, so it has its place here also when the part is not live.
  const open = merge({ ...timeline, live: true }, later);
  // The end of a full page says nothing: what lies behind it may not have been heard of.
  const joined = whole || timeline.live ? open : { ...open, ahead: new Map<number, Entry>(), live: false };
  return cutBeginning(joined);
}

/** Keeps the newest messages only. */
export function cutBeginning(timeline: Timeline, most = MOST): Timeline {
  return timeline.entries.length <= most ? timeline : { ...timeline, entries: timeline.entries.slice(-most) };
}

/** Keeps the oldest messages only. */
export function cutEnd(timeline: Timeline, most = MOST): Timeline {
  if (timeline.entries.length <= most) return timeline;
  return { ...timeline, entries: timeline.entries.slice(0, most), ahead: new Map(), live: false };
}

/** Reactions of one message, told alone. They carry nobody's own mark: that is kept. */
export function react(timeline: Timeline, seq: number, reactions: readonly Reaction[], version: number): Timeline {
  const change = (entry: Entry): Entry =>
    version <= entry.reactions_version ? entry : { ...entry, reactions: keepMine(entry.reactions, reactions), reactions_version: version };
  const waiting = timeline.ahead.get(seq);
  if (waiting !== undefined) return { ...timeline, ahead: new Map(timeline.ahead).set(seq, change(waiting)) };
  const known = timeline.entries.find((entry) => entry.seq === seq);
  if (known === undefined) return timeline;
  const changed = change(known);
  return changed === known ? timeline : { ...timeline, entries: timeline.entries.map((entry) => (entry === known ? changed : entry)) };
}

/** The newer of two versions of one message. Whole messages and reactions overtake each other: each part goes by its own version. */
export function newer(known: Entry, message: Message): Entry {
  const whole = message.version > known.version ? message : known;
  // The same version again may be the caller's own reading of it, which knows the own marks.
  const fresh = message.version > known.reactions_version || (message.version === known.reactions_version && message.reactions.some((one) => one.mine !== undefined));
  if (whole === known && !fresh) return known;
  return {
    ...whole,
    reactions: fresh ? keepMine(known.reactions, message.reactions) : known.reactions,
    reactions_version: fresh ? message.version : known.reactions_version,
  };
}

export function asEntry(message: Message): Entry {
  return { ...message, reactions_version: message.version };
}

function keepMine(before: readonly Reaction[], now: readonly Reaction[]): Reaction[] {
  return now.map((one) => (one.mine === undefined ? { ...one, mine: before.find(({ emoji }) => emoji === one.emoji)?.mine ?? false } : one));
}

/** The part behind the last hole. */
function unbroken(entries: Entry[]): Entry[] {
  for (let at = entries.length - 1; at > 0; at -= 1) {
    if (entries[at]?.seq !== (entries[at - 1]?.seq ?? 0) + 1) return entries.slice(at);
  }
  return entries;
}
