import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { JSON_WEBSOCKET, Member, inEachWay } from "./client.mjs";
import { eventually, sleep } from "./events.mjs";
import { OPEN, STRICT, api, apiError, inSeconds, rawApi, token, unique } from "./server.mjs";

const on = (channel) => (context) => context.channel === channel;

/** A client of the strict server as a user of its own. */
async function someone(t, way, options = {}) {
  const user = unique("user");
  const member = await Member.connected(t, way, { server: STRICT, token: token({ sub: user }), ...options });
  return Object.assign(member, { user });
}

inEachWay((way, it) => {
  it("disconnect ends the connections of a user for good", async (t) => {
    const member = await someone(t, way);
    const bystander = await someone(t, way);
    assert.deepEqual(await api(STRICT, "disconnect", { user: member.user }), {});
    assert.equal((await member.events.take("disconnected")).code, 3503);
    bystander.events.none("disconnected");
  });

  for (const [code, event] of [
    [3011, "connecting"],
    [3500, "disconnected"],
    [4001, "connecting"],
    [4501, "disconnected"],
  ]) {
    it(`disconnect with ${code} is ${event} with it and its text`, async (t) => {
      const member = await someone(t, way);
      await api(STRICT, "disconnect", { user: member.user, disconnect: { code, reason: "the lesson is over" } });
      const context = await member.events.take(event, (one) => one.code !== 0);
      assert.equal(context.code, code);
      // Each code has a text of its own, whatever the platform says.
      assert.match(context.reason, /^[a-z][a-z ]+$/);
      if (event === "connecting") await member.events.take("connected");
    });
  }

  it("disconnect of one client leaves the user's others alone", async (t) => {
    const member = await someone(t, way);
    const other = await Member.connected(t, way, { server: STRICT, token: token({ sub: member.user }) });
    await api(STRICT, "disconnect", { user: member.user, client: member.connection.client });
    await member.events.take("disconnected");
    await other.subscribed(unique("room"));
    other.events.none("disconnected");
  });

  it("unsubscribe ends a subscription for good", async (t) => {
    const member = await someone(t, way);
    const { events, channel, sub } = await member.subscribed(unique("room"));
    assert.deepEqual(await api(STRICT, "unsubscribe", { user: member.user, channel }), {});
    assert.equal((await events.take("unsubscribed")).code, 2000);
    await api(STRICT, "publish", { channel, data: { n: 1 } });
    await sleep(100);
    events.none("publication");
    sub.subscribe();
    await events.take("subscribed");
  });

  it("subscribe adds a subscription that delivers, unsubscribe takes it away", async (t) => {
    const member = await someone(t, way);
    const channel = unique("room");
    const params = { user: member.user, channel, data: { welcome: true }, info: { seat: 1 } };
    assert.deepEqual(await api(STRICT, "subscribe", params), {});
    const context = await member.events.take("subscribed", on(channel));
    assert.deepEqual(way.value(context.data), { welcome: true });
    assert.equal(context.recoverable, true);
    await api(STRICT, "publish", { channel, data: { n: 1 } });
    assert.deepEqual(way.value((await member.events.take("publication", on(channel))).data), { n: 1 });
    const { clients } = await member.client.presence(channel);
    assert.deepEqual(way.value(clients[member.connection.client].chanInfo), { seat: 1 });
    await api(STRICT, "unsubscribe", { user: member.user, channel });
    await member.events.take("unsubscribed", on(channel));
  });

  it("refresh keeps a connection whose token runs out, and ends one that is said to be expired", async (t) => {
    const user = unique("user");
    const options = { token: token({ sub: user, exp: inSeconds(3600) }), getToken: () => new Promise(() => {}) };
    const member = await Member.connected(t, way, { server: STRICT, ...options });
    await api(STRICT, "refresh", { user, expire_at: inSeconds(7200) });
    await member.subscribed(unique("room"));
    member.events.none("connecting", (context) => context.code !== 0);
    await api(STRICT, "refresh", { user, expired: true });
    assert.equal((await member.events.take("connecting", (context) => context.code !== 0)).code, 3005);
  });

  it("history_remove empties a channel, and its subscribers go on", async (t) => {
    const member = await someone(t, way);
    const { sub, events, channel } = await member.subscribed(unique("room"));
    await sub.publish(way.payload({ n: 1 }));
    await events.take("publication");
    assert.deepEqual(await api(STRICT, "history_remove", { channel }), {});
    assert.deepEqual((await sub.history({ limit: -1 })).publications, []);
    await sub.publish(way.payload({ n: 2 }));
    assert.deepEqual(member.values([await events.take("publication")]), [{ n: 2 }]);
  });

  it("tags, and the content as it was given, are delivered", async (t) => {
    const member = await someone(t, way);
    const { events, channel } = await member.subscribed(unique("room"));
    const data = { text: "a\nb", list: [1, null, true], number: 1.0 };
    await api(STRICT, "publish", { channel, data, tags: { kind: "news" } });
    const publication = await events.take("publication");
    assert.deepEqual([way.value(publication.data), publication.tags], [data, { kind: "news" }]);
  });
});

describe("the server API", { concurrency: 3 }, () => {
  it("publish answers the position", async () => {
    const channel = unique("room");
    const first = await api(OPEN, "publish", { channel, data: { n: 1 } });
    const second = await api(OPEN, "publish", { channel, data: { n: 2 } });
    assert.deepEqual([first.offset, second.offset], [1, 2]);
    assert.ok(first.epoch);
    assert.equal(first.epoch, second.epoch);
  });

  it("broadcast answers for each channel, also for those that it cannot reach", async () => {
    const channels = [unique("room"), unique("nowhere:room"), unique("room")];
    const { responses } = await api(OPEN, "broadcast", { channels, data: { n: 1 } });
    assert.deepEqual(
      responses.map((one) => one.error?.code ?? one.result.offset),
      [1, 102, 1],
    );
  });

  it("history pages, presence and stats say the same as to clients", async (t) => {
    const member = await someone(t, JSON_WEBSOCKET);
    const { channel, context } = await member.subscribed(unique("room"));
    for (let n = 1; n <= 5; n += 1) await api(STRICT, "publish", { channel, data: { n } });
    const { epoch } = context.streamPosition;
    const page = await api(STRICT, "history", { channel, limit: 2, since: { offset: 2, epoch } });
    assert.deepEqual(
      page.publications.map((one) => [one.offset, one.data]),
      [
        [3, { n: 3 }],
        [4, { n: 4 }],
      ],
    );
    assert.deepEqual([page.offset, page.epoch], [5, epoch]);
    const newest = await api(STRICT, "history", { channel, limit: 1, reverse: true });
    assert.deepEqual(
      newest.publications.map((one) => one.offset),
      [5],
    );
    const { presence } = await api(STRICT, "presence", { channel });
    assert.deepEqual(Object.keys(presence), [member.connection.client]);
    assert.equal(presence[member.connection.client].user, member.user);
    assert.deepEqual(await api(STRICT, "presence_stats", { channel }), { num_clients: 1, num_users: 1 });
    assert.equal(
      await apiError(STRICT, "history", { channel, limit: 1, since: { offset: 1, epoch: "otherone" } }),
      112,
    );
  });

  it("channels and info show what is going on", async (t) => {
    const member = await someone(t, JSON_WEBSOCKET);
    const { channel, sub } = await member.subscribed(unique("room"));
    const { channels } = await api(STRICT, "channels", {});
    assert.deepEqual(channels[channel], { num_clients: 1 });
    const { nodes } = await api(STRICT, "info", {});
    assert.equal(nodes.length, 1);
    assert.ok(nodes[0].num_clients >= 1, JSON.stringify(nodes));
    sub.unsubscribe();
    await eventually(
      "the channel is gone",
      async () => !(channel in (await api(STRICT, "channels", {})).channels),
      2000,
    );
  });

  it("channels takes a pattern", async (t) => {
    const member = await someone(t, JSON_WEBSOCKET);
    const prefix = unique("pattern");
    const wanted = await member.subscribed(`${prefix}-a`);
    await member.subscribed(unique("room"));
    const { channels } = await api(STRICT, "channels", { pattern: `${prefix}*` });
    assert.deepEqual(Object.keys(channels), [wanted.channel]);
  });

  it("batch answers each command in its place", async () => {
    const channel = unique("room");
    const commands = [
      { publish: { channel, data: { n: 1 } } },
      { publish: { channel: unique("nowhere:room"), data: { n: 2 } } },
      { history: { channel, limit: -1 } },
    ];
    const { status, body } = await rawApi(OPEN, "batch", { commands });
    assert.equal(status, 200);
    const { replies } = body.result ?? body;
    assert.equal(replies[0].publish.offset, 1);
    assert.equal(replies[1].error.code, 102);
    assert.equal(replies[2].history.publications.length, 1);
  });

  it("a call that nothing handles is answered 108", async () => {
    assert.equal(await apiError(OPEN, "rpc", { method: "nobody", params: {} }), 108);
  });

  for (const [what, key] of [
    ["no key", ""],
    ["a wrong key", "wrong-api-key"],
    ["the beginning of the key", "test-api-ke"],
  ]) {
    it(`${what} is answered 401`, async () => {
      const { status } = await rawApi(OPEN, "publish", { channel: "room", data: {} }, key);
      assert.equal(status, 401);
    });
  }

  it("an unknown method is answered 404", async () => {
    assert.equal((await rawApi(OPEN, "explode", {})).status, 404);
  });

  it("a body that is no JSON is answered 400", async () => {
    assert.equal((await rawApi(OPEN, "publish", '{"channel":')).status, 400);
  });

  for (const [what, params, code] of [
    ["an unknown namespace", { channel: "nowhere:room", data: {} }, 102],
    ["no channel", { data: {} }, 107],
    ["no data", { channel: "room" }, 107],
  ]) {
    it(`publish with ${what} is answered ${code}`, async () => {
      assert.equal(await apiError(OPEN, "publish", params), code);
    });
  }
});
