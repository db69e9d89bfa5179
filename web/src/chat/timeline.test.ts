import { describe, expect, it } from "vitest";
import type { Message } from "../api/chat-types";
import { append, cutBeginning, cutEnd, EMPTY, end, first, fromPage, hasHole, merge, MOST, prepend, react, type Timeline } from "./timeline";

const message = (seq: number, more: Partial<Message> = {}): Message => ({
  conversation: "c" as Message["conversation"],
  seq,
  id: `m${seq}` as Message["id"],
  version: 1,
  sender: { id: "p" as Message["sender"]["id"], name: "Maya", role: "student" },
  body: `message ${seq}`,
  state: "sent",
  sent_at: seq * 1_000,
  edited_at: null,
  thread: null,
  reply_to: null,
  replies: 0,
  last_reply_seq: null,
  mentions: [],
  everyone: false,
  reactions: [],
  pinned: false,
  ...more,
});
const page = (from: number, to: number): Message[] => Array.from({ length: to - from + 1 }, (_, at) => message(from + at));
const seqs = (timeline: Timeline): number[] => timeline.entries.map(({ seq }) => seq);

describe("messages of a conversation", () => {
  it("stand in sequence however they came", () => {
    const timeline = merge(fromPage(page(1, 3), 3, true), [message(6), message(4), message(5)]);
    expect(seqs(timeline)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(hasHole(timeline)).toBe(false);
  });

  it("wait for what lies between, and are shown once it is there", () => {
    const waiting = merge(fromPage(page(1, 3), 3, true), [message(5), message(7)]);
    expect(seqs(waiting)).toEqual([1, 2, 3]);
    expect(hasHole(waiting)).toBe(true);
    const part = merge(waiting, [message(4)]);
    expect(seqs(part)).toEqual([1, 2, 3, 4, 5]);
    expect(hasHole(part)).toBe(true);
    expect(seqs(merge(part, page(6, 7)))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("are never doubled", () => {
    const timeline = merge(merge(fromPage(page(1, 3), 3, true), [message(3), message(4)]), [message(4), message(2), message(4)]);
    expect(seqs(timeline)).toEqual([1, 2, 3, 4]);
  });

  it("end the same in every order, from two nodes and from history", () => {
    const told = [message(4), message(5), message(5, { version: 2, body: "edited" }), message(6), message(4, { version: 3, state: "deleted", body: "" }), message(7)];
    const results = new Set<string>();
    for (let turn = 0; turn < told.length; turn += 1) {
      const turned = [...told.slice(turn), ...told.slice(0, turn)];
      for (const order of [turned, [...turned].reverse()]) {
        const timeline = order.reduce((before, one) => merge(before, [one]), fromPage(page(1, 3), 3, true));
        results.add(JSON.stringify(timeline.entries.map(({ seq, version, body, state }) => [seq, version, body, state])));
      }
    }
    expect(results.size).toBe(1);
  });

  it("that came before the first page have no place until history is there", () => {
    const early = merge(EMPTY, [message(9)]);
    expect(seqs(early)).toEqual([]);
    expect(hasHole(early)).toBe(true);
    expect(seqs(merge(fromPage(page(5, 8), 9, true), [...early.ahead.values()]))).toEqual([5, 6, 7, 8, 9]);
  });
});

describe("a newer version", () => {
  it("replaces an older one, and never the other way round", () => {
    const edited = merge(fromPage(page(1, 3), 3, true), [message(2, { version: 3, body: "third" })]);
    expect(edited.entries[1]?.body).toBe("third");
    expect(merge(edited, [message(2, { version: 2, body: "second" })]).entries[1]?.body).toBe("third");
  });

  it("of reactions does not hide an edit that they overtook", () => {
    const reacted = react(fromPage(page(1, 2), 2, true), 2, [{ emoji: "👍", count: 2 }], 3);
    const edited = merge(reacted, [message(2, { version: 2, body: "edited" })]);
    expect(edited.entries[1]).toMatchObject({ body: "edited", reactions: [{ emoji: "👍", count: 2 }] });
  });

  it("of reactions that is older than the message is not taken", () => {
    const timeline = fromPage([message(1, { version: 4, reactions: [{ emoji: "🎉", count: 3, mine: true }] })], 1, true);
    expect(react(timeline, 1, [{ emoji: "🎉", count: 2 }], 3)).toBe(timeline);
  });

  it("that does not say whose reactions they are keeps one's own", () => {
    const timeline = fromPage([message(1, { reactions: [{ emoji: "👍", count: 1, mine: true }] })], 1, true);
    const reactions = [{ emoji: "👍", count: 2 }, { emoji: "🎉", count: 1 }];
    expect(react(timeline, 1, reactions, 2).entries[0]?.reactions).toEqual([{ emoji: "👍", count: 2, mine: true }, { emoji: "🎉", count: 1, mine: false }]);
    expect(merge(timeline, [message(1, { version: 2, reactions })]).entries[0]?.reactions[0]).toEqual({ emoji: "👍", count: 2, mine: true });
  });

  it("that was told first without one's own mark takes the mark from the reply", () => {
    const told = react(fromPage(page(1, 1), 1, true), 1, [{ emoji: "👍", count: 1 }], 2);
    const replied = merge(told, [message(1, { version: 2, reactions: [{ emoji: "👍", count: 1, mine: true }] })]);
    expect(replied.entries[0]?.reactions).toEqual([{ emoji: "👍", count: 1, mine: true }]);
  });

  it("reaches a message that still waits for others", () => {
    const waiting = react(merge(fromPage(page(1, 1), 1, true), [message(3)]), 3, [{ emoji: "👍", count: 1 }], 2);
    expect(merge(waiting, [message(2)]).entries[2]?.reactions[0]?.count).toBe(1);
  });
});

describe("a part of a long conversation", () => {
  it("grows to the past and keeps a bounded number", () => {
    let timeline = fromPage(page(951, 1_000), 1_000, true);
    for (let from = 901; from > 400; from -= 50) timeline = prepend(timeline, page(from, from + 49));
    expect(timeline.entries.length).toBe(MOST);
    expect([first(timeline), end(timeline), timeline.live]).toEqual([401, 800, false]);
  });

  it("that is not live takes no new messages, but knows of them and of changes", () => {
    const timeline = merge(cutEnd(fromPage(page(1, 500), 500, true)), [message(501), message(7, { version: 2, body: "edited" })]);
    expect([end(timeline), timeline.last, timeline.live]).toEqual([MOST, 501, false]);
    expect(timeline.entries[6]?.body).toBe("edited");
    expect(hasHole(timeline)).toBe(false);
  });

  it("is live again once read to the end", () => {
    let timeline = merge(cutEnd(fromPage(page(1, 500), 500, true)), [message(501)]);
    timeline = append(timeline, page(401, 450));
    expect([first(timeline), end(timeline), timeline.live]).toEqual([51, 450, false]);
    timeline = append(timeline, page(451, 500));
    expect(timeline.live).toBe(false);
    timeline = append(timeline, page(501, 501), true);
    expect([first(timeline), end(timeline), timeline.live]).toEqual([102, 501, true]);
    expect(seqs(merge(timeline, [message(502)])).at(-1)).toBe(502);
  });

  it("that begins anew from the newest page knows what was heard of meanwhile", () => {
    expect(hasHole(fromPage(page(1, 50), 52, true))).toBe(true);
    expect(hasHole(fromPage(page(1, 50), 52, false))).toBe(false);
  });

  it("that was read to the end of a full page is not taken for the whole", () => {
    const timeline = append(fromPage(page(1, 50), 0, false), page(51, 100));
    expect([end(timeline), timeline.live]).toEqual([100, false]);
  });

  it("that was read to its end while more was told has a hole, not an end", () => {
    const timeline = append(merge(fromPage(page(1, 50), 0, false), [message(60)]), page(51, 58), true);
    expect([end(timeline), timeline.live, hasHole(timeline)]).toEqual([58, true, true]);
  });

  it("loses its oldest when it grows at the end", () => {
    const timeline = cutBeginning(merge(fromPage(page(1, MOST), MOST, true), [message(MOST + 1)]));
    expect([first(timeline), end(timeline), timeline.live]).toEqual([2, MOST + 1, true]);
  });

  it("begins in an empty conversation with the first message", () => {
    expect(seqs(merge(fromPage([], 0, true), [message(1)]))).toEqual([1]);
  });
});
