import { describe, expect, it } from "vitest";
import { ServerClock } from "./clock";

describe("the server's clock", () => {
  it("follows the reply with the shortest trip", () => {
    const clock = new ServerClock(() => 10_000);
    clock.learn(60_000, 9_000, 10_000);
    expect(clock.now()).toBe(60_500);
    clock.learn(60_510, 9_980, 10_000);
    expect(clock.now()).toBe(60_520);
    clock.learn(70_000, 5_000, 10_000);
    expect(clock.now()).toBe(60_520);
  });

  it("is never behind a push", () => {
    const clock = new ServerClock(() => 10_000);
    clock.atLeast(50_000);
    expect(clock.now()).toBe(50_000);
    clock.atLeast(40_000);
    expect(clock.now()).toBe(50_000);
  });

  it("may be corrected by a worse reply on a new connection", () => {
    const clock = new ServerClock(() => 10_000);
    clock.learn(60_000, 10_000, 10_000);
    clock.restart();
    clock.learn(80_000, 9_000, 10_000);
    expect(clock.now()).toBe(80_500);
  });
});
