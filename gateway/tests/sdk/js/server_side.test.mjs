import assert from "node:assert/strict";
import { JSON_WEBSOCKET, Member, cableTo, inEachWay, refusal } from "./client.mjs";
import { sleep } from "./events.mjs";
import { STRICT, api, token, unique } from "./server.mjs";

const on = (channel) => (context) => context.channel === channel;

/** A client of the strict server whose token carries these claims. */
function withClaims(t, way, claims, options = {}) {
  const user = claims.sub ?? unique("user");
  const given = token({ sub: user, ...claims });
  return Member.connected(t, way, { server: STRICT, token: given, ...options }).then((member) =>
    Object.assign(member, { user }),
  );
}

inEachWay((way, it) => {
  it("channels of a token are subscribed by the server and deliver", async (t) => {
    const channels = [unique("one"), unique("two")];
    const member = await withClaims(t, way, { channels });
    for (const channel of channels) {
      const context = await member.events.take("subscribed", on(channel));
      assert.deepEqual([context.recoverable, context.positioned], [true, true]);
      await api(STRICT, "publish", { channel, data: { channel } });
      const publication = await member.events.take("publication", on(channel));
      assert.deepEqual(way.value(publication.data), { channel });
      assert.equal(publication.offset, 1);
    }
  });

  it("subs of a token carry info for others and data for the subscriber", async (t) => {
    const channel = unique("seat");
    const subs = { [channel]: { info: { seat: 7 }, data: { welcome: "back" } } };
    const member = await withClaims(t, way, { subs });
    const context = await member.events.take("subscribed", on(channel));
    assert.deepEqual(way.value(context.data), { welcome: "back" });
    const { clients } = await member.client.presence(channel);
    assert.deepEqual(way.value(clients[member.connection.client].chanInfo), { seat: 7 });
  });

  it("subs of a token reach private channels", async (t) => {
    const channel = unique("$staff");
    const member = await withClaims(t, way, { subs: { [channel]: {} } });
    await member.events.take("subscribed", on(channel));
    await api(STRICT, "publish", { channel, data: { n: 1 } });
    assert.deepEqual(way.value((await member.events.take("publication", on(channel))).data), { n: 1 });
  });

  it("subs of a token may override what their channel does", async (t) => {
    const channel = unique("optional:room");
    const quiet = unique("room");
    const subs = {
      [channel]: { override: { force_recovery: { value: true } } },
      [quiet]: { override: { presence: { value: false } } },
    };
    const member = await withClaims(t, way, { subs });
    assert.equal((await member.events.take("subscribed", on(channel))).recoverable, true);
    await member.events.take("subscribed", on(quiet));
    assert.deepEqual(await api(STRICT, "presence_stats", { channel: quiet }), { num_clients: 0, num_users: 0 });
  });

  it("a subscription of the server hears joins and leaves", async (t) => {
    const channel = unique("room");
    const member = await withClaims(t, way, { channels: [channel] });
    await member.events.take("join", (context) => context.info.client === member.connection.client);
    const other = await withClaims(t, JSON_WEBSOCKET, { channels: [channel] });
    const { info } = await member.events.take("join", (context) => context.info.user === other.user);
    assert.equal(info.client, other.connection.client);
    await other.gone();
    assert.equal((await member.events.take("leave", on(channel))).info.client, other.connection.client);
  });

  it("a subscriber by the server may publish, ask for presence and history", async (t) => {
    const channel = unique("room");
    const member = await withClaims(t, way, { channels: [channel] });
    await member.publish(channel, { n: 1 });
    const publication = await member.events.take("publication", on(channel));
    assert.equal(publication.info.client, member.connection.client);
    assert.equal((await member.client.history(channel, { limit: -1 })).publications.length, 1);
    assert.equal((await member.client.presenceStats(channel)).numClients, 1);
  });

  it("what a subscription of the server missed arrives once and in order", async (t) => {
    const cable = await cableTo(t, STRICT);
    const channels = [unique("one"), unique("two")];
    const member = await withClaims(t, way, { channels }, { server: cable.address });
    for (const channel of channels) await member.events.take("subscribed", on(channel));
    await api(STRICT, "broadcast", { channels, data: { n: 1 } });
    for (const channel of channels) await member.events.take("publication", on(channel));
    cable.cut();
    await member.events.take("connecting", (context) => context.code !== 0);
    for (const n of [2, 3, 4]) await api(STRICT, "broadcast", { channels, data: { n } });
    cable.mend();
    for (const channel of channels) {
      const back = await member.events.take("subscribed", on(channel));
      assert.deepEqual([back.wasRecovering, back.recovered], [true, true]);
      const values = [];
      for (let n = 0; n < 3; n += 1)
        values.push(way.value((await member.events.take("publication", on(channel))).data));
      assert.deepEqual(values, [{ n: 2 }, { n: 3 }, { n: 4 }]);
    }
    assert.equal(member.events.all("publication").length, 8);
  });

  it("a subscription of the server that missed too much says so", async (t) => {
    const cable = await cableTo(t, STRICT);
    const channel = unique("smallhistory:room");
    const member = await withClaims(t, way, { channels: [channel] }, { server: cable.address });
    await member.events.take("subscribed", on(channel));
    cable.cut();
    await member.events.take("connecting", (context) => context.code !== 0);
    for (let n = 1; n <= 5; n += 1) await api(STRICT, "publish", { channel, data: { n } });
    cable.mend();
    const back = await member.events.take("subscribed", on(channel));
    assert.deepEqual([back.wasRecovering, back.recovered], [true, false]);
    assert.equal(back.streamPosition.offset, 5);
    member.events.none("publication");
  });

  it("everybody has a personal channel from the start, with the own join, and may publish there", async (t) => {
    const user = unique("user");
    const member = await withClaims(t, way, { sub: user });
    const own = on(`#${user}`);
    await member.events.take("subscribed", own);
    const { info } = await member.events.take("join", own);
    assert.deepEqual([info.client, info.user], [member.connection.client, user]);
    await member.publish(`#${user}`, { note: "to myself" });
    const publication = await member.events.take("publication", own);
    assert.deepEqual(way.value(publication.data), { note: "to myself" });
  });

  it("a personal channel reaches all connections of its user and nobody else", async (t) => {
    const user = unique("user");
    const members = [await withClaims(t, way, { sub: user }), await withClaims(t, JSON_WEBSOCKET, { sub: user })];
    const stranger = await withClaims(t, way, {});
    await api(STRICT, "publish", { channel: `#${user}`, data: { n: 1 } });
    for (const member of members) {
      const publication = await member.events.take("publication", on(`#${user}`));
      assert.deepEqual(member.way.value(publication.data), { n: 1 });
    }
    const { events } = stranger.subscribe(`#${user}`);
    assert.equal((await events.take("unsubscribed")).code, 103);
    assert.equal(await refusal(stranger.publish(`#${user}`, { n: 2 })), 103);
    stranger.events.none("publication");
    stranger.events.none("disconnected");
  });

  it("a channel for some users is open to them and closed to others", async (t) => {
    const [ada, bob, eve] = [unique("ada"), unique("bob"), unique("eve")];
    const channel = `${unique("talk")}#${ada},${bob}`;
    for (const user of [ada, bob]) {
      const member = await withClaims(t, way, { sub: user });
      await member.subscribed(channel);
    }
    const { events } = (await withClaims(t, way, { sub: eve })).subscribe(channel);
    assert.equal((await events.take("unsubscribed")).code, 103);
  });

  it("a client cannot subscribe to what the server has subscribed it to: 105", async (t) => {
    const channel = unique("room");
    const member = await withClaims(t, way, { channels: [channel] });
    const { events } = member.subscribe(channel);
    assert.equal((await events.take("unsubscribed")).code, 105);
  });

  it("subscriptions that a new token no longer names are told as ended", async (t) => {
    const cable = await cableTo(t, STRICT);
    const user = unique("user");
    const [kept, dropped] = [unique("kept"), unique("dropped")];
    const member = await withClaims(t, way, { sub: user, channels: [kept, dropped] }, { server: cable.address });
    await member.events.take("subscribed", on(dropped));
    cable.cut();
    await member.events.take("connecting", (context) => context.code !== 0);
    member.client.setToken(token({ sub: user, channels: [kept] }));
    cable.mend();
    await member.events.take("connected");
    await member.events.take("unsubscribed", on(dropped));
    await api(STRICT, "broadcast", { channels: [kept, dropped], data: { n: 1 } });
    await member.events.take("publication", on(kept));
    await sleep(100);
    member.events.none("publication", on(dropped));
  });
});
