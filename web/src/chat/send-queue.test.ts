import { describe, expect, it } from "vitest";
import { ApiError } from "../api/client";
import type { ConversationId, Message, NewMessage } from "../api/chat-types";
import type { PersonId } from "../api/types";
import { MemoryShelf } from "./composer/memory-shelf";
import { MOST_WAITING, notInSight, SendQueue, type Outgoing, type QueuedMessage } from "./send-queue";

const c1 = "c1" as ConversationId;
const c2 = "c2" as ConversationId;
const maya = "maya" as PersonId;
const outgoing = (nonce: string, conversation = c1, at = 0): Outgoing => ({ conversation, message: { nonce, body: `text ${nonce}` }, at, after: 0 });
const settled = () => new Promise<void>((done) => setTimeout(done, 0));

interface Sent {
  message: NewMessage;
  resolve: () => void;
  reject: (error: ApiError) => void;
}

function setUp(shelf = new MemoryShelf(), person = maya) {
  const sent: Sent[] = [];
  const done: string[] = [];
  const waits: { run: () => void; ms: number }[] = [];
  const queue = new SendQueue({
    person,
    shelf,
    send: (_, message) => new Promise((resolve, reject) => sent.push({ message, resolve: () => resolve({ nonce: message.nonce } as Message), reject })),
    later: (run, ms) => waits.push({ run, ms }),
    onSent: ({ nonce }) => done.push(nonce ?? ""),
  });
  const states = () => queue.waiting().map(({ message, state }) => `${message.nonce} ${state.kind}`);
  const nonces = () => sent.map(({ message }) => message.nonce);
  return { queue, shelf, sent, done, waits, states, nonces };
}

describe("messages on their way", () => {
  it("go one after the other, in the order in which they were written", async () => {
    const { queue, sent, nonces, done } = setUp();
    for (const nonce of ["a", "b"]) queue.add(outgoing(nonce));
    expect(nonces()).toEqual(["a"]);
    sent[0]?.resolve();
    await settled();
    expect(nonces()).toEqual(["a", "b"]);
    sent[1]?.resolve();
    await settled();
    expect(done).toEqual(["a", "b"]);
    expect(queue.waiting()).toEqual([]);
  });

  it("of one conversation do not wait for those of another", () => {
    const { queue, nonces } = setUp();
    queue.add(outgoing("a", c1));
    queue.add(outgoing("b", c2));
    expect(nonces()).toEqual(["a", "b"]);
  });

  it("wait for the connection and go out again under the same nonce", async () => {
    const { queue, sent, waits, states, nonces } = setUp();
    queue.add(outgoing("a"));
    queue.add(outgoing("b"));
    sent[0]?.reject(new ApiError(0, "network", ""));
    await settled();
    expect(states()).toEqual(["a waiting", "b waiting"]);
    waits[0]?.run();
    expect(nonces()).toEqual(["a", "a"]);
    sent[1]?.resolve();
    await settled();
    expect(nonces()).toEqual(["a", "a", "b"]);
  });

  it("are asked for less and less often", async () => {
    const { queue, sent, waits } = setUp();
    queue.add(outgoing("a"));
    for (let turn = 0; turn < 3; turn += 1) {
      sent[turn]?.reject(new ApiError(503, "unavailable", ""));
      await settled();
      waits[turn]?.run();
    }
    expect(waits.map(({ ms }) => ms)).toEqual([500, 1_000, 2_000]);
  });

  it("wait as long as a busy server asks for", async () => {
    const { queue, sent, waits } = setUp();
    queue.add(outgoing("a"));
    sent[0]?.reject(new ApiError(429, "too_many_requests", "", [], undefined, 7));
    await settled();
    expect(waits.map(({ ms }) => ms)).toEqual([7_000]);
  });

  it("survive a reload, in their order, for the same person only", () => {
    const { queue, shelf } = setUp();
    queue.add(outgoing("b", c1, 2));
    queue.add(outgoing("a", c1, 1));
    const again = setUp(shelf);
    expect(again.states()).toEqual(["a waiting", "b waiting"]);
    again.waits[0]?.run();
    expect(again.nonces()).toEqual(["a"]);
    expect(setUp(shelf, "ali" as PersonId).states()).toEqual([]);
  });

  it("leave nothing on the device once they are there", async () => {
    const { queue, shelf, sent } = setUp();
    queue.add(outgoing("a"));
    expect(shelf.length).toBe(1);
    sent[0]?.resolve();
    await settled();
    expect(shelf.length).toBe(0);
  });

  it("of two tabs are both kept", () => {
    const shelf = new MemoryShelf();
    const one = setUp(shelf);
    const other = setUp(shelf);
    one.queue.add(outgoing("a", c1, 1));
    other.queue.add(outgoing("b", c1, 2));
    expect(setUp(shelf).states()).toEqual(["a waiting", "b waiting"]);
  });

  it("are bounded", () => {
    const { queue } = setUp();
    for (let n = 0; n < MOST_WAITING; n += 1) expect(queue.add(outgoing(`n${n}`))).toBe(true);
    expect(queue.add(outgoing("one more"))).toBe(false);
  });
});

describe("a refused message", () => {
  it("stays until its writer decides, and does not stop what follows", async () => {
    const { queue, sent, states, nonces } = setUp();
    queue.add(outgoing("a"));
    queue.add(outgoing("b"));
    sent[0]?.reject(new ApiError(403, "chat_locked", ""));
    await settled();
    expect(states()).toEqual(["a refused", "b sending"]);
    sent[1]?.resolve();
    await settled();
    queue.retry("a");
    expect(nonces()).toEqual(["a", "b", "a"]);
  });
  it("of slow mode is not sent again by itself", async () => {
    const { queue, sent, states } = setUp();
    queue.add(outgoing("a"));
    sent[0]?.reject(new ApiError(429, "slow_mode", ""));
    await settled();
    expect(states()).toEqual(["a refused"]);
  });
  it("can be taken back", async () => {
    const { queue, sent, shelf } = setUp();
    queue.add(outgoing("a"));
    sent[0]?.reject(new ApiError(422, "body_too_long", ""));
    await settled();
    queue.discard("a");
    expect(queue.waiting()).toEqual([]);
    expect(shelf.length).toBe(0);
  });
});

describe("what is on its way and in sight already", () => {
  const shown = (seq: number, body: string, more: Partial<Message> = {}): Message => ({ seq, body, sender: { id: maya, name: "Maya", role: "student" }, thread: null, ...more }) as Message;
  const queued = (nonce: string, body: string, more: Partial<QueuedMessage> = {}): QueuedMessage => ({ conversation: c1, message: { nonce, body }, at: 0, after: 5, state: { kind: "sending" }, ...more });
  const left = (queue: QueuedMessage[], messages: Message[]) => notInSight(queue, messages, maya).map(({ message }) => message.nonce);

  it("is known by its nonce, or by its text while the reply is under way", () => {
    expect(left([queued("a", "hello"), queued("b", "hi ")], [shown(6, "hello", { nonce: "a" }), shown(7, "hi")])).toEqual([]);
  });
  it("is not taken for an older message, another's, or one in another thread", () => {
    expect(left([queued("a", "hello")], [shown(5, "hello"), shown(6, "hello", { sender: { id: "ali" as PersonId, name: "Ali", role: "student" } }), shown(7, "hello", { thread: 2 })])).toEqual(["a"]);
  });
  it("is counted once for each message", () => {
    expect(left([queued("a", "ok"), queued("b", "ok")], [shown(6, "ok")])).toEqual(["b"]);
  });
  it("is shown when it was refused", () => {
    expect(left([queued("a", "ok", { state: { kind: "refused", error: new ApiError(403, "chat_locked", "") } })], [shown(6, "ok")])).toEqual(["a"]);
  });
});
