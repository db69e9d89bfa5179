import { describe, expect, it } from "vitest";
import type { AnswerAccepted, GameId, GivenAnswer } from "../api/types";
import { AnswerQueue, type AnswerStatus } from "./answer-queue";

interface Sent extends GivenAnswer {
  resolve: (reply: AnswerAccepted) => void;
  reject: (error: object) => void;
}

/** A queue with everything around it in the test's hands. */
function setUp(kept: GivenAnswer | null = null) {
  const sent: Sent[] = [];
  const statuses: AnswerStatus["kind"][] = [];
  const waiting: (() => void)[] = [];
  const world = { online: true, stored: kept };
  let ops = 0;
  const queue = new AnswerQueue({
    game: "g" as GameId,
    send: (params) => new Promise((resolve, reject) => sent.push({ ...params, resolve, reject })),
    store: { read: () => world.stored, write: (answer) => (world.stored = answer) },
    newOp: () => `op${(ops += 1)}`,
    later: (again) => waiting.push(again),
    onChange: (status) => statuses.push(status.kind),
    online: () => world.online,
  });
  return { queue, sent, statuses, waiting, world };
}
const settled = () => new Promise<void>((done) => setTimeout(done, 0));
const accepted = { accepted: true, seq: 1 };

describe("an answer on its way", () => {
  it("is accepted once the server has it", async () => {
    const { queue, sent, statuses, world } = setUp();
    queue.answer(0, { choice: 2 });
    expect(world.stored?.op).toBe("op1");
    sent[0]?.resolve(accepted);
    await settled();
    expect(statuses).toEqual(["sending", "accepted"]);
    expect(world.stored).toBeNull();
  });

  it("goes out again under the same op after a reconnect", async () => {
    const { queue, sent } = setUp();
    queue.answer(0, { choice: 2 });
    sent[0]?.reject({ code: 2, message: "transport closed" });
    await settled();
    queue.resend();
    expect(sent.map((each) => each.op)).toEqual(["op1", "op1"]);
  });

  it("waits for the connection when there is none", () => {
    const { queue, sent, world } = setUp();
    world.online = false;
    queue.answer(0, { choice: 1 });
    expect(sent).toHaveLength(0);
    world.online = true;
    queue.resend();
    expect(sent).toHaveLength(1);
  });

  it("is kept over a reload and sent again", () => {
    const { queue, sent } = setUp({ question: 3, op: "kept", answer: { text: "Nairobi" } });
    expect(queue.current().kind).toBe("sending");
    queue.resend();
    expect(sent[0]).toMatchObject({ op: "kept", question: 3 });
  });

  it("is tried again when the game was busy", async () => {
    const { queue, sent, waiting } = setUp();
    queue.answer(0, { choice: 2 });
    sent[0]?.reject({ code: 1017, message: "busy" });
    await settled();
    waiting[0]?.();
    expect(sent).toHaveLength(2);
    expect(sent[1]?.op).toBe("op1");
  });

  it("is not sent twice while the first reply is awaited", () => {
    const { queue, sent } = setUp();
    queue.answer(0, { choice: 2 });
    queue.resend();
    queue.answer(0, { choice: 3 });
    expect(sent).toHaveLength(1);
  });
});

describe("the server's decision", () => {
  it("too late is told as such", async () => {
    const { queue, sent } = setUp();
    queue.answer(0, { choice: 2 });
    sent[0]?.reject({ code: 1006, message: "too late" });
    await settled();
    expect(queue.current().kind).toBe("too_late");
  });

  it("an already counted answer counts as locked in", async () => {
    const { queue, sent } = setUp();
    queue.answer(0, { choice: 2 });
    sent[0]?.reject({ code: 1004, message: "already answered" });
    await settled();
    expect(queue.current().kind).toBe("accepted");
  });

  it("a refused answer makes room for another one", async () => {
    const { queue, sent } = setUp();
    queue.answer(0, { choice: 9 });
    sent[0]?.reject({ code: 1005, message: "invalid" });
    await settled();
    expect(queue.current()).toMatchObject({ kind: "refused", reason: "invalid" });
    queue.answer(0, { choice: 1 });
    expect(sent[1]?.op).toBe("op2");
  });

  it("of the snapshot wins over what this device thought", () => {
    const { queue } = setUp();
    queue.answer(0, { choice: 2 });
    queue.settle(0, { question: 0, op: "other-tab", answer: { choice: 1 } });
    expect(queue.current()).toMatchObject({ kind: "accepted", given: { op: "other-tab" } });
  });

  it("is no longer awaited once the game has gone on", async () => {
    const { queue, sent, world } = setUp();
    queue.answer(0, { choice: 2 });
    queue.settle(1, null);
    sent[0]?.resolve(accepted);
    await settled();
    expect(queue.current().kind).toBe("none");
    expect(world.stored).toBeNull();
  });
});
