import { describe, expect, it } from "vitest";
import type { Message } from "../api/chat-types";
import { Room, type Span } from "./room";
import { MOST } from "./timeline";

const message = (seq: number, version = 1): Message => ({ seq, version, body: `v${version}`, reactions: [], sent_at: seq, thread: null }) as unknown as Message;

/** A conversation on a server, and a room that looks at it. */
function setUp(length: number) {
  const world = { messages: Array.from({ length }, (_, at) => message(at + 1)), online: true, asked: [] as Span[] };
  const waits: { run: () => void; ms: number; stopped: boolean }[] = [];
  const room = new Room({
    page: ({ before, after, limit }) => {
      world.asked.push({ limit, ...(before !== undefined && { before }), ...(after !== undefined && { after }) });
      if (!world.online) return Promise.reject(new Error("no network"));
      const fits = world.messages.filter(({ seq }) => (before === undefined || seq < before) && (after === undefined || seq > after));
      const items = after === undefined ? fits.slice(-limit) : fits.slice(0, limit);
      const edge = after === undefined ? items[0] : items.at(-1);
      return Promise.resolve({ items, next: fits.length > items.length ? (edge?.seq ?? null) : null, last_seq: world.messages.length });
    },
    later: (run, ms) => {
      const wait = { run, ms, stopped: false };
      waits.push(wait);
      return () => (wait.stopped = true);
    },
  });
  const send = (count: number, tell: boolean): void => {
    for (let n = 0; n < count; n += 1) {
      const one = message(world.messages.length + 1);
      world.messages.push(one);
      if (tell) room.hear({ type: "message", message: one });
    }
  };
  const pass = async (): Promise<void> => {
    const due = waits.filter(({ stopped }) => !stopped);
    waits.length = 0;
    for (const { run } of due) run();
    await settled();
  };
  const seqs = (): number[] => room.look().timeline.entries.map(({ seq }) => seq);
  const span = (): string => `${seqs()[0] ?? 0}–${seqs().at(-1) ?? 0}`;
  return { room, world, waits, send, pass, seqs, span };
}
const settled = async () => {
  for (let n = 0; n < 20; n += 1) await Promise.resolve();
};

describe("an open conversation", () => {
  it("shows the newest page, then what is told", async () => {
    const { room, send, span } = setUp(120);
    await room.open(null);
    expect(span()).toBe("71–120");
    send(2, true);
    expect(span()).toBe("71–122");
  });

  it("misses nothing that is told while it opens", async () => {
    const { room, send, span } = setUp(10);
    const opening = room.open(null);
    send(1, true);
    await opening;
    expect(span()).toBe("1–11");
  });

  it("reads a hole from history when it does not close by itself", async () => {
    const { room, send, span, pass, waits } = setUp(10);
    await room.open(null);
    send(2, false);
    send(1, true);
    expect(span()).toBe("1–10");
    expect(waits.map(({ ms }) => ms)).toEqual([1_000]);
    await pass();
    expect(span()).toBe("1–13");
  });

  it("asks for nothing when the hole closes", async () => {
    const { room, world, pass } = setUp(10);
    await room.open(null);
    room.hear({ type: "message", message: message(12) });
    room.hear({ type: "message", message: message(11) });
    await pass();
    expect(world.asked).toHaveLength(1);
  });

  it("ends the same after an absence: what was missed, changed, and told out of order", async () => {
    const { room, world, send, seqs } = setUp(60);
    await room.open(null);
    send(150, false);
    world.messages[30] = message(31, 4);
    send(1, true);
    room.joined();
    await settled();
    expect(seqs()).toEqual(Array.from({ length: 201 }, (_, at) => at + 11));
    expect(room.look().timeline.entries.find(({ seq }) => seq === 31)?.body).toBe("v4");
  });

  it("goes on trying while the network is away", async () => {
    const { room, world, send, span, pass, waits } = setUp(10);
    await room.open(null);
    send(3, false);
    world.online = false;
    room.joined();
    await settled();
    await pass();
    expect(waits.map(({ ms }) => ms)).toEqual([2_000]);
    world.online = true;
    await pass();
    expect(span()).toBe("1–13");
  });

  it("begins anew when very much was missed and its reader is at the end", async () => {
    const { room, send, span } = setUp(10);
    await room.open(null);
    send(3_000, false);
    room.joined();
    await settled();
    await settled();
    expect(span()).toBe("2961–3010");
  });

  it("keeps the place of a reader elsewhere when very much was missed", async () => {
    const { room, send, seqs } = setUp(10);
    await room.open(null);
    room.reads(false);
    send(3_000, false);
    room.joined();
    await settled();
    expect(seqs()[0]).toBe(1);
    expect(room.look().timeline.live).toBe(false);
  });

  it("reads back to the first message and forward again", async () => {
    const { room, span } = setUp(MOST + 100);
    await room.open(null);
    room.reads(false);
    for (let n = 0; n < 20; n += 1) await room.older();
    expect(span()).toBe(`1–${MOST}`);
    for (let n = 0; n < 5; n += 1) await room.newer();
    expect(span()).toBe(`101–${MOST + 100}`);
    expect(room.look().timeline.live).toBe(true);
  });

  it("does not ask again and again for a past that cannot be read", async () => {
    const { room, world, pass, span } = setUp(120);
    await room.open(null);
    world.online = false;
    await room.older();
    await room.older();
    expect(world.asked).toHaveLength(2);
    world.online = true;
    await pass();
    await room.older();
    expect(span()).toBe("21–120");
  });

  it("opens around an older message", async () => {
    const { room, span } = setUp(500);
    await room.open(200);
    expect(span()).toBe("151–250");
    expect(room.look().timeline.live).toBe(false);
    await room.open(499);
    expect(room.look().timeline.live).toBe(true);
  });

  it("that begins at what is new goes on to the newest, page by page", async () => {
    const { room, span } = setUp(450);
    await room.open(0);
    await room.newer();
    expect([span(), room.look().timeline.live]).toEqual(["1–100", false]);
    expect(room.look().timeline.last).toBe(450);
    await room.open(null);
    expect([span(), room.look().timeline.live]).toEqual(["401–450", true]);
  });

  it("says when it cannot be read, and can be opened again", async () => {
    const { room, world, span } = setUp(5);
    world.online = false;
    await room.open(null);
    expect(room.look().state).toBe("failed");
    world.online = true;
    room.wake();
    await settled();
    expect(span()).toBe("1–5");
  });

  it("keeps a bounded number while its reader is at the end", async () => {
    const { room, send, span } = setUp(0);
    await room.open(null);
    send(MOST + 50, true);
    expect(span()).toBe(`51–${MOST + 50}`);
  });
});
