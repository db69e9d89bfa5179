import assert from "node:assert/strict";
import { it } from "node:test";
import { JSON_WEBSOCKET, Member, inEachWay, refusal } from "./client.mjs";
import { OPEN, STRICT, TIGHT, nobodyIn, token, unique } from "./server.mjs";

/** As run.sh sets them for the tight server. */
const CONNECTIONS_PER_USER = 2;
const SUBSCRIPTIONS = 5;
const COMMANDS_BURST = 30;

const asUser = (server, user = unique("user")) => ({ server, token: token({ sub: user }) });

inEachWay((way, it) => {
  it("a channel of an unknown namespace is answered 102", async (t) => {
    const member = await Member.connected(t, way);
    const { events } = member.subscribe("nowhere:room");
    assert.equal((await events.take("unsubscribed")).code, 102);
    assert.equal(await refusal(member.publish("nowhere:room", {})), 102);
    assert.equal(await refusal(member.client.history("nowhere:room", { limit: 1 })), 102);
    assert.equal(await refusal(member.client.presence("nowhere:room")), 102);
    member.events.none("disconnected");
  });

  for (const [what, channel] of [
    ["of more than 255 bytes", "c".repeat(256)],
    ["that is not ASCII", "köln"],
  ]) {
    it(`a channel name ${what} is answered 107`, async (t) => {
      const member = await Member.connected(t, way);
      const { events } = member.subscribe(channel);
      assert.equal((await events.take("unsubscribed")).code, 107);
      member.events.none("disconnected");
    });
  }

  it("a channel name of 255 bytes is served", async (t) => {
    const member = await Member.connected(t, way);
    await member.subscribed(unique("c").padEnd(255, "c"));
  });

  it("a command without a channel closes with 3501", async (t) => {
    const member = await Member.connected(t, way);
    const call = refusal(member.publish("", {}));
    assert.equal((await member.events.take("disconnected")).code, 3501);
    await call;
  });

  it("publishing and asking where one is not subscribed is answered 103", async (t) => {
    const member = await Member.connected(t, way, asUser(STRICT));
    const channel = unique("room");
    assert.equal(await refusal(member.publish(channel, {})), 103);
    assert.equal(await refusal(member.client.history(channel, { limit: 1 })), 103);
    assert.equal(await refusal(member.client.presence(channel)), 103);
    assert.equal(await refusal(member.client.presenceStats(channel)), 103);
    member.events.none("disconnected");
  });

  it("the 129th subscription is answered 106", async (t) => {
    const member = new Member(t, way);
    const prefix = unique("many");
    const all = Array.from({ length: 128 }, (_, n) => member.subscribe(`${prefix}-${n}`));
    member.client.connect();
    await Promise.all(all.map(({ events }) => events.take("subscribed")));
    const { events } = member.subscribe(`${prefix}-more`);
    assert.equal((await events.take("unsubscribed")).code, 106);
    member.events.none("disconnected");
  });

  it("an ended subscription makes room for another", async (t) => {
    const member = await Member.connected(t, way, asUser(TIGHT));
    // One of them is the personal channel.
    const held = [];
    for (let n = 1; n < SUBSCRIPTIONS; n += 1) held.push(await member.subscribed(unique("room")));
    const { events } = member.subscribe(unique("room"));
    assert.equal((await events.take("unsubscribed")).code, 106);
    held[0].sub.unsubscribe();
    await nobodyIn(TIGHT, held[0].channel);
    await member.subscribed(unique("room"));
  });

  it("a connection more than a user may have is closed with 3504", async (t) => {
    const options = asUser(TIGHT);
    for (let n = 0; n < CONNECTIONS_PER_USER; n += 1) await Member.connected(t, way, options);
    const member = new Member(t, way, options);
    member.client.connect();
    assert.equal((await member.events.take("disconnected")).code, 3504);
  });

  it("commands beyond the burst are answered 111 and the connection kept", async (t) => {
    const member = await Member.connected(t, way, asUser(TIGHT));
    const calls = Array.from({ length: COMMANDS_BURST + 20 }, () =>
      refusal(member.client.rpc("quiz.nothing", way.payload({}))),
    );
    const codes = new Set(await Promise.all(calls));
    assert.deepEqual(codes, new Set([104, 111]));
    member.events.none("disconnected");
  });
});

it("visitors without a name are not counted as one user", async (t) => {
  const members = await Promise.all(
    Array.from({ length: 60 }, () => Member.connected(t, JSON_WEBSOCKET, { server: OPEN })),
  );
  assert.equal(new Set(members.map((member) => member.connection.client)).size, 60);
});
