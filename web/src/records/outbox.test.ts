import { describe, expect, it } from "vitest";
import { ApiError } from "../api/client";
import { Outbox, type OutboxStore } from "./outbox";

interface Op {
  op: string;
  at: string;
}

/** An outbox whose clock only moves when told to, over a server that answers as scripted. */
function setup(kept: Op[] = []) {
  let saved = kept;
  const store: OutboxStore<Op> = { read: () => saved, write: (ops) => (saved = ops) };
  const timers: (() => void)[] = [];
  const got: string[][] = [];
  const refused: string[] = [];
  const answers: ApiError[] = [];
  const outbox = new Outbox<Op>({
    store,
    send: (ops) => {
      got.push(ops.map((op) => op.op));
      const answer = answers.shift();
      return answer === undefined ? Promise.resolve() : Promise.reject(answer);
    },
    later: (run) => timers.push(run),
    onSent: () => undefined,
    onRefused: (ops) => refused.push(...ops.map((op) => op.op)),
  });
  const tick = async (): Promise<void> => {
    timers.shift()?.();
    await new Promise((done) => setTimeout(done, 0));
  };
  return { outbox, got, refused, answers, tick, saved: () => saved };
}

const lost = new ApiError(0, "network", "");

describe("the outbox", () => {
  it("sends what is added in quick succession at once and in order", async () => {
    const { outbox, got, tick, saved } = setup();
    outbox.add([{ op: "1", at: "a" }]);
    outbox.add([{ op: "2", at: "b" }]);
    await tick();
    expect(got).toEqual([["1", "2"]]);
    expect(saved()).toEqual([]);
  });
  it("keeps what got no reply, and sends it again under the same id", async () => {
    const { outbox, got, answers, tick, saved } = setup();
    answers.push(lost);
    outbox.add([{ op: "1", at: "a" }]);
    await tick();
    expect(outbox.stuck()).toBe(true);
    expect(saved()).toHaveLength(1);
    await tick();
    expect(got).toEqual([["1"], ["1"]]);
    expect(saved()).toEqual([]);
  });
  it("goes on after a reload with what was kept on the device", async () => {
    const { got, tick } = setup([{ op: "before", at: "a" }]);
    await tick();
    expect(got).toEqual([["before"]]);
  });
  it("gives up what the server refuses, and says so", async () => {
    const { outbox, refused, answers, tick, saved } = setup();
    answers.push(new ApiError(422, "invalid", "no such line item"));
    outbox.add([{ op: "1", at: "a" }]);
    await tick();
    expect(refused).toEqual(["1"]);
    expect(saved()).toEqual([]);
  });
  it("drops what a newer operation makes needless, unless it is already on its way", async () => {
    const { outbox, got, tick } = setup();
    outbox.add([{ op: "1", at: "a" }, { op: "2", at: "b" }]);
    outbox.add([{ op: "3", at: "a" }], (old) => old.at === "a");
    await tick();
    expect(got).toEqual([["2", "3"]]);
  });
});
