import assert from "node:assert/strict";
import { JSON_WEBSOCKET, Member, cableTo, inEachWay } from "./client.mjs";
import { eventually, sleep } from "./events.mjs";
import { OPEN, api, unique } from "./server.mjs";

const numbers = (first, last) => Array.from({ length: last - first + 1 }, (_, n) => ({ n: first + n }));
const offsets = (publications) => publications.map((one) => one.offset);

/** A subscriber behind a cable, and a publisher in front of it. */
async function apart(t, way, channel, options) {
  const cable = await cableTo(t, OPEN);
  const member = await Member.connected(t, way, { server: cable.address });
  const publisher = await Member.connected(t, JSON_WEBSOCKET);
  const subscription = await member.subscribed(channel, options);
  return { cable, member, publisher, ...subscription };
}

/** Does `meanwhile` while the subscriber has no network; gives how the subscription came back. */
async function withoutNetwork({ cable, member, events }, meanwhile) {
  cable.cut();
  await member.events.take("connecting", (context) => context.code !== 0);
  await meanwhile();
  cable.mend();
  return events.take("subscribed");
}

async function publish(publisher, channel, values) {
  for (const value of values) await publisher.publish(channel, value);
}

inEachWay((way, it) => {
  for (const prefix of ["room", "recovery:room"]) {
    it(`what was missed in ${prefix} arrives once and in order`, async (t) => {
      const channel = unique(prefix);
      const both = await apart(t, way, channel);
      const { member, publisher, events, context } = both;
      assert.deepEqual([context.recoverable, context.positioned], [true, true]);
      await publish(publisher, channel, numbers(1, 2));
      await events.takeMany("publication", 2);
      const back = await withoutNetwork(both, () => publish(publisher, channel, numbers(3, 9)));
      assert.deepEqual([back.wasRecovering, back.recovered, back.hasRecoveredPublications], [true, true, true]);
      assert.equal(back.streamPosition.epoch, context.streamPosition.epoch);
      const missed = await events.takeMany("publication", 7);
      assert.deepEqual(member.values(missed), numbers(3, 9));
      await publish(publisher, channel, numbers(10, 10));
      assert.equal((await events.take("publication")).offset, 10);
      assert.deepEqual(
        offsets(events.all("publication")),
        numbers(1, 10).map(({ n }) => n),
      );
    });
  }

  it("when nothing was missed, recovery says so and brings nothing", async (t) => {
    const channel = unique("room");
    const both = await apart(t, way, channel);
    await publish(both.publisher, channel, numbers(1, 3));
    await both.events.takeMany("publication", 3);
    const back = await withoutNetwork(both, async () => {});
    assert.deepEqual([back.wasRecovering, back.recovered, back.hasRecoveredPublications], [true, true, false]);
    await publish(both.publisher, channel, numbers(4, 4));
    assert.equal((await both.events.take("publication")).offset, 4);
    assert.equal(both.events.all("publication").length, 4);
  });

  it("more than the history holds is not recovered, and nothing old is delivered", async (t) => {
    const channel = unique("smallhistory:room");
    const both = await apart(t, way, channel);
    const back = await withoutNetwork(both, () => publish(both.publisher, channel, numbers(1, 5)));
    assert.deepEqual([back.wasRecovering, back.recovered, back.hasRecoveredPublications], [true, false, false]);
    assert.equal(back.streamPosition.offset, 5);
    await publish(both.publisher, channel, numbers(6, 6));
    assert.equal((await both.events.take("publication")).offset, 6);
    assert.equal(both.events.all("publication").length, 1);
  });

  it("as much as the history holds is recovered", async (t) => {
    const channel = unique("smallhistory:room");
    const both = await apart(t, way, channel);
    const back = await withoutNetwork(both, () => publish(both.publisher, channel, numbers(1, 2)));
    assert.equal(back.recovered, true);
    assert.deepEqual(both.member.values(await both.events.takeMany("publication", 2)), numbers(1, 2));
  });

  it("a lost epoch is not recovered", async (t) => {
    const channel = unique("room");
    const member = await Member.connected(t, way);
    await member.publish(channel, { n: 1 });
    const { context, events } = await member.subscribed(channel, { since: { offset: 0, epoch: "otherone" } });
    assert.deepEqual([context.wasRecovering, context.recovered], [true, false]);
    await member.publish(channel, { n: 2 });
    assert.deepEqual(member.values([await events.take("publication")]), [{ n: 2 }]);
    assert.equal(events.all("publication").length, 1);
  });

  it("a subscription can begin at a known position", async (t) => {
    const channel = unique("room");
    const member = await Member.connected(t, way);
    for (const value of numbers(1, 5)) await member.publish(channel, value);
    const { epoch } = await member.client.history(channel, { limit: 0 });
    const { context, events } = await member.subscribed(channel, { since: { offset: 2, epoch } });
    assert.equal(context.recovered, true);
    assert.deepEqual(member.values(await events.takeMany("publication", 3)), numbers(3, 5));
  });

  it("from offset 0 without an epoch everything is delivered while the first is kept", async (t) => {
    const member = await Member.connected(t, way);
    const since = { offset: 0, epoch: "" };
    const whole = unique("smallhistory:whole");
    for (const value of numbers(1, 2)) await member.publish(whole, value);
    const kept = await member.subscribed(whole, { since });
    assert.equal(kept.context.recovered, true);
    assert.deepEqual(member.values(await kept.events.takeMany("publication", 2)), numbers(1, 2));

    const cut = unique("smallhistory:cut");
    for (const value of numbers(1, 3)) await member.publish(cut, value);
    const lost = await member.subscribed(cut, { since });
    assert.deepEqual([lost.context.wasRecovering, lost.context.recovered], [true, false]);
    lost.events.none("publication");
  });

  it("recovery is served where it is not forced but asked for", async (t) => {
    const channel = unique("optional:room");
    const both = await apart(t, way, channel, { recoverable: true });
    assert.equal(both.context.recoverable, true);
    const back = await withoutNetwork(both, () => publish(both.publisher, channel, numbers(1, 3)));
    assert.equal(back.recovered, true);
    assert.deepEqual(both.member.values(await both.events.takeMany("publication", 3)), numbers(1, 3));
  });

  it("without asking, where it is not forced, there is no recovery", async (t) => {
    const channel = unique("optional:room");
    const both = await apart(t, way, channel);
    assert.deepEqual([both.context.recoverable, both.context.positioned], [false, false]);
    const back = await withoutNetwork(both, () => publish(both.publisher, channel, numbers(1, 3)));
    assert.deepEqual([back.wasRecovering, back.recovered], [false, false]);
    both.events.none("publication");
  });

  it("a position alone can be asked for", async (t) => {
    const member = await Member.connected(t, way);
    const { context } = await member.subscribed(unique("optional:room"), { positioned: true });
    assert.deepEqual([context.positioned, context.recoverable], [true, false]);
    assert.match(context.streamPosition.epoch, /^.+$/);
  });

  it("an application's own state is loaded again only when recovery fails", async (t) => {
    const channel = unique("smallhistory:room");
    const reader = await Member.connected(t, JSON_WEBSOCKET);
    await reader.publish(channel, { n: 0 });
    let loads = 0;
    const getState = async () => {
      loads += 1;
      const { offset, epoch } = await reader.client.history(channel, { limit: 0 });
      return { offset, epoch };
    };
    const both = await apart(t, way, channel, { getState });
    assert.equal(loads, 1);
    const kept = await withoutNetwork(both, () => publish(both.publisher, channel, numbers(1, 2)));
    assert.deepEqual([kept.recovered, loads], [true, 1]);
    assert.deepEqual(both.member.values(await both.events.takeMany("publication", 2)), numbers(1, 2));

    const lost = await withoutNetwork(both, () => publish(both.publisher, channel, numbers(3, 8)));
    assert.deepEqual([lost.recovered, loads], [true, 2]);
    await publish(both.publisher, channel, numbers(9, 9));
    assert.deepEqual(both.member.values([await both.events.take("publication")]), [{ n: 9 }]);
    both.events.none("unsubscribed");
  });

  it("in cache mode a subscriber gets the latest publication and no others", async (t) => {
    const channel = unique("cache:room");
    const first = await Member.connected(t, JSON_WEBSOCKET);
    await publish(first, channel, numbers(1, 3));
    const both = await apart(t, way, channel, { since: { offset: 0, epoch: "" } });
    assert.deepEqual([both.context.wasRecovering, both.context.recovered], [true, true]);
    assert.deepEqual(both.member.values([await both.events.take("publication")]), [{ n: 3 }]);
    const back = await withoutNetwork(both, () => publish(both.publisher, channel, numbers(4, 9)));
    assert.equal(back.recovered, true);
    const latest = await both.events.take("publication");
    assert.deepEqual([both.member.values([latest]), latest.offset], [[{ n: 9 }], 9]);
    assert.equal(both.events.all("publication").length, 2);
  });

  it("nothing is lost or doubled while a subscriber comes and goes amid publications", async (t) => {
    const channel = unique("room");
    const both = await apart(t, way, channel);
    const { cable, member, events } = both;
    const publishing = (async () => {
      for (let n = 1; n <= 90; n += 1) {
        await api(OPEN, "publish", { channel, data: { n } });
        await sleep(20);
      }
    })();
    for (let turn = 0; turn < 3; turn += 1) {
      await sleep(200);
      cable.cut();
      await member.events.take("connecting", (context) => context.code !== 0);
      await sleep(150);
      cable.mend();
      assert.equal((await events.take("subscribed")).recovered, true);
    }
    await publishing;
    await eventually("all 90 have arrived", () => events.all("publication").length >= 90);
    assert.deepEqual(member.values(events.all("publication")), numbers(1, 90));
  });

  it("many subscriptions recover at once", async (t) => {
    const cable = await cableTo(t, OPEN);
    const member = await Member.connected(t, way, { server: cable.address });
    const prefix = unique("many");
    const channels = Array.from({ length: 50 }, (_, n) => `${prefix}-${n}`);
    const all = await Promise.all(channels.map((channel) => member.subscribed(channel)));
    cable.cut();
    await member.events.take("connecting", (context) => context.code !== 0);
    for (const n of [1, 2]) await api(OPEN, "broadcast", { channels, data: { n } });
    cable.mend();
    for (const { events } of all) {
      assert.equal((await events.take("subscribed")).recovered, true);
      assert.deepEqual(member.values(await events.takeMany("publication", 2)), numbers(1, 2));
    }
  });
});
