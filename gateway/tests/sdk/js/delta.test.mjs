import assert from "node:assert/strict";
import { JSON_WEBSOCKET, Member, cableTo, inEachWay } from "./client.mjs";
import { OPEN, api, unique } from "./server.mjs";

/** A scoreboard of some size of which little changes: what deltas are for. */
const board = (n) => ({
  round: n,
  rows: Array.from({ length: 40 }, (_, row) => ({ name: `Ödön ${row} ✎`, score: row === n % 40 ? n * 100 : row })),
});
const boards = (first, last) => Array.from({ length: last - first + 1 }, (_, n) => board(first + n));

async function publish(channel, values) {
  for (const data of values) await api(OPEN, "publish", { channel, data });
}

inEachWay((way, it) => {
  for (const prefix of ["board", "delta:board"]) {
    it(`publications in ${prefix} become deltas and arrive as they were`, async (t) => {
      const member = await Member.connected(t, way);
      const { sub, events, channel } = await member.subscribed(unique(prefix), { delta: "fossil" });
      await publish(channel, boards(1, 10));
      const publications = await events.takeMany("publication", 10);
      assert.deepEqual(member.values(publications), boards(1, 10));
      const stats = sub.deltaStats();
      assert.deepEqual([stats.numFullPayloads, stats.numDeltaPayloads], [1, 9]);
      assert.ok(stats.bytesReceived < stats.bytesDecoded / 3, JSON.stringify(stats));
    });
  }

  it("what clients publish becomes deltas as well", async (t) => {
    const member = await Member.connected(t, way);
    const { sub, events } = await member.subscribed(unique("delta:board"), { delta: "fossil" });
    for (const value of boards(1, 4)) await sub.publish(way.payload(value));
    assert.deepEqual(member.values(await events.takeMany("publication", 4)), boards(1, 4));
    assert.equal(sub.deltaStats().numDeltaPayloads, 3);
  });

  it("a delta that would not be smaller is not sent", async (t) => {
    const member = await Member.connected(t, way);
    const { sub, events, channel } = await member.subscribed(unique("delta:board"), { delta: "fossil" });
    const values = ["a", "0123", { k: [7] }];
    await publish(channel, values);
    assert.deepEqual(member.values(await events.takeMany("publication", 3)), values);
    assert.equal(sub.deltaStats().numDeltaPayloads, 0);
  });

  it("subscribers with and without deltas sit side by side", async (t) => {
    const member = await Member.connected(t, way);
    const channel = unique("delta:board");
    const { events } = await member.subscribed(channel, { delta: "fossil" });
    const plain = await Member.connected(t, way);
    const whole = await plain.subscribed(channel);
    const late = await Member.connected(t, JSON_WEBSOCKET);
    await publish(channel, boards(1, 3));
    const lateOne = await late.subscribed(channel, { delta: "fossil" });
    await publish(channel, boards(4, 6));
    assert.deepEqual(member.values(await events.takeMany("publication", 6)), boards(1, 6));
    assert.deepEqual(plain.values(await whole.events.takeMany("publication", 6)), boards(1, 6));
    assert.deepEqual(late.values(await lateOne.events.takeMany("publication", 3)), boards(4, 6));
    assert.equal(whole.sub.deltaStats().numDeltaPayloads, 0);
  });

  it("deltas go on over a recovery", async (t) => {
    const cable = await cableTo(t, OPEN);
    const member = await Member.connected(t, way, { server: cable.address });
    const { sub, events, channel } = await member.subscribed(unique("delta:board"), { delta: "fossil" });
    await publish(channel, boards(1, 3));
    await events.takeMany("publication", 3);
    cable.cut();
    await member.events.take("connecting", (context) => context.code !== 0);
    await publish(channel, boards(4, 8));
    cable.mend();
    assert.equal((await events.take("subscribed")).recovered, true);
    await events.takeMany("publication", 5);
    await publish(channel, boards(9, 10));
    await events.takeMany("publication", 2);
    assert.deepEqual(member.values(events.all("publication")), boards(1, 10));
    // Whole are the first of the subscription, the first that is recovered and at most the first behind those.
    const { numFullPayloads, numDeltaPayloads } = sub.deltaStats();
    assert.ok(numFullPayloads <= 3 && numDeltaPayloads >= 7, `${numFullPayloads} whole, ${numDeltaPayloads} deltas`);
  });

  it("where deltas are not allowed, the wish is passed over", async (t) => {
    const member = await Member.connected(t, way);
    const { sub, events, channel } = await member.subscribed(unique("plain:board"), { delta: "fossil" });
    await publish(channel, boards(1, 2));
    assert.deepEqual(member.values(await events.takeMany("publication", 2)), boards(1, 2));
    assert.equal(sub.deltaStats().numDeltaPayloads, 0);
  });

  it("texts that hold line feeds and quotes survive deltas", async (t) => {
    const member = await Member.connected(t, way);
    const { events, channel } = await member.subscribed(unique("delta:text"), { delta: "fossil" });
    const text = 'a "quoted" line\nand another \\ one \ud83d\udd14\n'.repeat(50);
    const values = [{ text }, { text: `${text}more` }, { text: `first ${text}` }];
    await publish(channel, values);
    assert.deepEqual(member.values(await events.takeMany("publication", 3)), values);
  });
});
