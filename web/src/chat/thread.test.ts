import { describe, expect, it } from "vitest";
import type { Message } from "../api/chat-types";
import { joinShown, joinThread, repliesOf } from "./thread";

const message = (seq: number, thread: number | null, version = 1): Message => ({ seq, thread, version, reactions: [] }) as unknown as Message;

describe("a thread", () => {
  it("has its root and what answers it, in sequence, and nothing else", () => {
    const entries = joinThread(new Map(), 3, [message(9, 3), message(3, null), message(5, 3), message(6, null), message(7, 2)]);
    expect([...entries.keys()].sort()).toEqual([3, 5, 9]);
    expect(repliesOf(entries, 3).map(({ seq }) => seq)).toEqual([5, 9]);
  });
  it("keeps the newest version of each, and itself when nothing is for it", () => {
    const entries = joinThread(new Map(), 3, [message(5, 3, 2)]);
    expect(joinThread(entries, 3, [message(5, 3, 1)]).get(5)?.version).toBe(2);
    expect(joinThread(entries, 3, [message(6, null)])).toBe(entries);
    expect(joinThread(entries, 3, [message(5, 3, 2)])).toBe(entries);
  });
  it("takes over reactions that the conversation was told alone", () => {
    const entries = joinThread(new Map(), 3, [message(5, 3, 2)]);
    const shown = [{ ...message(5, 3, 2), reactions: [{ emoji: "👍", count: 1 }], reactions_version: 3 }];
    expect(joinShown(entries, 3, shown).get(5)?.reactions).toHaveLength(1);
    expect(joinShown(joinShown(entries, 3, shown), 3, [{ ...message(5, 3, 2), reactions_version: 2 }]).get(5)?.reactions).toHaveLength(1);
  });
});
