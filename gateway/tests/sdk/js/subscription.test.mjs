import assert from "node:assert/strict";
import { JSON_WEBSOCKET, Member, PROTOBUF_WEBSOCKET, inEachWay, refusal } from "./client.mjs";
import { eventually, sleep } from "./events.mjs";
import { OPEN, STRICT, api, inSeconds, nobodyIn, token, unique } from "./server.mjs";

const UNAUTHORIZED = 1;

/** A user of the strict server with a token. */
const asUser = (user = unique("user")) => ({ user, options: { server: STRICT, token: token({ sub: user }) } });

inEachWay((way, it) => {
  it("what a subscriber publishes comes back with its own client info", async (t) => {
    const { user, options } = asUser();
    const member = await Member.connected(t, way, options);
    const { sub, events } = await member.subscribed(unique("room"));
    await sub.publish(way.payload({ text: "good morning" }));
    const publication = await events.take("publication");
    assert.deepEqual(way.value(publication.data), { text: "good morning" });
    assert.equal(publication.info.user, user);
    assert.equal(publication.info.client, member.connection.client);
    assert.equal(publication.offset, 1);
  });

  it("a publication of the platform carries no client info", async (t) => {
    const member = await Member.connected(t, way);
    const { events, channel } = await member.subscribed(unique("room"));
    await api(OPEN, "publish", { channel, data: { from: "platform" } });
    const publication = await events.take("publication");
    assert.deepEqual(way.value(publication.data), { from: "platform" });
    assert.equal(publication.info, undefined);
  });

  it("a channel without history gives publications without offsets and positions", async (t) => {
    const member = await Member.connected(t, way);
    const { sub, events, context } = await member.subscribed(unique("plain:room"));
    assert.deepEqual([context.recoverable, context.positioned, context.streamPosition], [false, false, undefined]);
    await sub.publish(way.payload({ n: 1 }));
    assert.equal((await events.take("publication")).offset, undefined);
  });

  it("all kinds of content survive", async (t) => {
    const member = await Member.connected(t, way);
    const { sub, events } = await member.subscribed(unique("room"));
    const values = [
      { text: 'line one\nline two\r\n\ttab \u0000 \u2028 \ud83d\udd14 schön "quoted" \\' },
      { numbers: [0, -1, 1.5, 1e21, 9007199254740991], empty: {}, list: [], none: null, yes: true },
      [[[[["deep"]]]]],
      "a text",
      17,
      false,
    ];
    for (const value of values) await sub.publish(way.payload(value));
    assert.deepEqual(member.values(await events.takeMany("publication", values.length)), values);
  });

  it("publications arrive once and in the order of their offsets", async (t) => {
    const member = await Member.connected(t, way);
    const other = await Member.connected(t, JSON_WEBSOCKET);
    const { events, channel } = await member.subscribed(unique("room"));
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    await Promise.all(numbers.map((n) => other.publish(channel, { n })));
    const publications = await events.takeMany("publication", numbers.length);
    assert.deepEqual(
      member.values(publications),
      numbers.map((n) => ({ n })),
    );
    assert.deepEqual(
      publications.map((one) => one.offset),
      numbers.map((n) => n + 1),
    );
  });

  it("a joiner sees its own join, those before it see it come and go", async (t) => {
    const { user, options } = asUser();
    const first = await Member.connected(t, way, asUser().options);
    const second = await Member.connected(t, way, options);
    const channel = unique("room");
    const seenByFirst = await first.subscribed(channel);
    assert.equal((await seenByFirst.events.take("join")).info.client, first.connection.client);

    const seenBySecond = await second.subscribed(channel);
    assert.equal((await seenBySecond.events.take("join")).info.client, second.connection.client);
    const { info } = await seenByFirst.events.take("join");
    assert.deepEqual([info.client, info.user], [second.connection.client, user]);

    seenBySecond.sub.unsubscribe();
    assert.equal((await seenByFirst.events.take("leave")).info.client, second.connection.client);
    seenBySecond.events.none("leave");
  });

  it("a client that goes away is seen leaving", async (t) => {
    const first = await Member.connected(t, way);
    const second = await Member.connected(t, way);
    const { events, channel } = await first.subscribed(unique("room"));
    await second.subscribed(channel);
    await events.take("join", ({ info }) => info.client === second.connection.client);
    await second.gone();
    assert.equal((await events.take("leave")).info.client, second.connection.client);
  });

  it("joins are told only to those who ask where the channel leaves it to them", async (t) => {
    const asking = await Member.connected(t, way);
    const silent = await Member.connected(t, way);
    const channel = unique("optional:room");
    const told = await asking.subscribed(channel, { joinLeave: true });
    const untold = await silent.subscribed(channel);
    await told.events.take("join", ({ info }) => info.client === silent.connection.client);
    await untold.sub.publish(way.payload({ after: "the join" }));
    await untold.events.take("publication");
    untold.events.none("join");
  });

  it("presence names who is there and follows at once when one leaves", async (t) => {
    const { user, options } = asUser();
    const first = await Member.connected(t, way, options);
    const second = await Member.connected(t, way, { server: STRICT, token: token({ sub: user }) });
    const channel = unique("room");
    const one = await first.subscribed(channel);
    const two = await second.subscribed(channel);
    const { clients } = await one.sub.presence();
    const expected = [first, second].map((member) => member.connection.client).sort();
    assert.deepEqual(Object.keys(clients).sort(), expected);
    assert.deepEqual(
      Object.values(clients).map((info) => info.user),
      [user, user],
    );
    assert.deepEqual(await one.sub.presenceStats(), { numClients: 2, numUsers: 1 });

    two.sub.unsubscribe();
    const gone = async () => (await one.sub.presenceStats()).numClients === 1;
    await eventually("one client is left", gone, 2000);
    assert.deepEqual(Object.keys((await one.sub.presence()).clients), [first.connection.client]);
  });

  it("an empty channel has an empty presence and exact zeros", async (t) => {
    const member = await Member.connected(t, way);
    const { sub, channel } = await member.subscribed(unique("room"));
    sub.unsubscribe();
    const empty = async () => (await member.client.presenceStats(channel)).numClients === 0;
    await eventually("nobody is left", empty, 2000);
    assert.deepEqual(await member.client.presenceStats(channel), { numClients: 0, numUsers: 0 });
    assert.deepEqual((await member.client.presence(channel)).clients, {});
  });

  it("presence where it is not kept is answered 108", async (t) => {
    const member = await Member.connected(t, way);
    const { sub } = await member.subscribed(unique("plain:room"));
    assert.equal(await refusal(sub.presence()), 108);
    assert.equal(await refusal(sub.presenceStats()), 108);
  });

  it("after an unsubscribe nothing arrives, after the next subscribe it does", async (t) => {
    const member = await Member.connected(t, way);
    const other = await Member.connected(t, JSON_WEBSOCKET);
    const { sub, events, channel } = await member.subscribed(unique("plain:room"));
    sub.unsubscribe();
    assert.equal((await events.take("unsubscribed")).code, 0);
    await nobodyIn(OPEN, channel);
    await other.publish(channel, { n: 1 });
    sub.subscribe();
    await events.take("subscribed");
    await other.publish(channel, { n: 2 });
    assert.deepEqual(member.values([await events.take("publication")]), [{ n: 2 }]);
    assert.equal(events.all("publication").length, 1);
  });

  it("a subscription that is ended and begun in a breath holds", async (t) => {
    const member = await Member.connected(t, way);
    const { sub, events } = await member.subscribed(unique("room"));
    for (let turn = 0; turn < 5; turn += 1) {
      sub.unsubscribe();
      sub.subscribe();
    }
    await sub.ready(5000);
    await sub.publish(way.payload({ n: 1 }));
    await events.take("publication");
    assert.equal(member.events.all("connecting").length, 1, `${member.events}`);
  });

  it("a hundred subscriptions made before the connection are all served", async (t) => {
    const member = new Member(t, way);
    const prefix = unique("many");
    const all = Array.from({ length: 100 }, (_, n) => member.subscribe(`${prefix}-${n}`));
    member.client.connect();
    await Promise.all(all.map(({ events }) => events.take("subscribed")));
    const channels = all.map((one) => one.channel);
    const result = await api(OPEN, "broadcast", { channels, data: { n: 1 } });
    assert.equal(result.responses.length, 100);
    const publications = await Promise.all(all.map(({ events }) => events.take("publication")));
    assert.deepEqual(
      publications.map((one) => one.channel),
      channels,
    );
    assert.equal(member.events.all("connecting").length, 1);
  });

  it("clients of both encodings understand each other", async (t) => {
    const member = await Member.connected(t, way);
    const channel = unique("room");
    const mine = await member.subscribed(channel);
    for (const other of [JSON_WEBSOCKET, PROTOBUF_WEBSOCKET]) {
      const peer = await Member.connected(t, other);
      const theirs = await peer.subscribed(channel);
      await mine.sub.publish(way.payload({ to: other.name, text: "a\nb" }));
      await theirs.sub.publish(other.payload({ from: other.name, text: "c\nd" }));
      const values = member.values(await mine.events.takeMany("publication", 2));
      assert.deepEqual(values, peer.values(await theirs.events.takeMany("publication", 2)));
      assert.deepEqual(values, [
        { to: other.name, text: "a\nb" },
        { from: other.name, text: "c\nd" },
      ]);
    }
  });

  it("a private channel takes a token of its own, which tells others about the subscriber", async (t) => {
    const { user, options } = asUser();
    const member = await Member.connected(t, way, options);
    const channel = unique("$secret");
    const good = token({ sub: user, channel, info: { seat: 3 } });
    const { sub } = await member.subscribed(channel, { token: good });
    const { clients } = await sub.presence();
    assert.deepEqual(way.value(clients[member.connection.client].chanInfo), { seat: 3 });
  });

  it("a token bound to this very connection holds", async (t) => {
    const { user, options } = asUser();
    const member = await Member.connected(t, way, options);
    const channel = unique("$secret");
    await member.subscribed(channel, { token: token({ sub: user, channel, client: member.connection.client }) });
  });

  it("a private channel without a token is answered 103 and the connection kept", async (t) => {
    const member = await Member.connected(t, way, asUser().options);
    const { events } = member.subscribe(unique("$secret"));
    assert.equal((await events.take("unsubscribed")).code, 103);
    await member.subscribed(unique("room"));
    member.events.none("disconnected");
  });

  it("a bad subscription token is answered 103 and the connection kept", async (t) => {
    const { user, options } = asUser();
    const member = await Member.connected(t, way, options);
    for (const make of [
      (channel) => token({ sub: user, channel }, "another secret"),
      () => "no token at all",
      () => token({ sub: user }),
    ]) {
      const channel = unique("room");
      const { events } = member.subscribe(channel, { token: make(channel) });
      assert.equal((await events.take("unsubscribed")).code, 103);
    }
    await member.subscribed(unique("room"));
    member.events.none("disconnected");
  });

  const mismatches = [
    ["another channel", (sub) => ({ sub, channel: "another" })],
    ["another user", (sub, channel) => ({ sub: "somebody else", channel })],
    ["another client", (sub, channel) => ({ sub, channel, client: "00000000-0000-4000-8000-000000000000" })],
  ];
  for (const [what, claims] of mismatches) {
    it(`a good token of ${what} closes with 3500`, async (t) => {
      const { user, options } = asUser();
      const member = await Member.connected(t, way, options);
      const channel = unique("$secret");
      member.subscribe(channel, { token: token(claims(user, channel)) });
      assert.equal((await member.events.take("disconnected")).code, 3500);
    });
  }

  it("an expired subscription token is answered 109 and replaced by getToken", async (t) => {
    const { user, options } = asUser();
    const member = await Member.connected(t, way, options);
    const channel = unique("$secret");
    const asked = [];
    const { events } = await member.subscribed(channel, {
      token: token({ sub: user, channel, exp: inSeconds(-3600) }),
      getToken: async (context) => {
        asked.push(context.channel);
        return token({ sub: user, channel, exp: inSeconds(3600) });
      },
    });
    assert.deepEqual(asked, [channel]);
    assert.deepEqual(
      events.all("error").map((one) => one.error.code),
      [109],
    );
  });

  it("an expired subscription token that nobody replaces ends the subscription only", async (t) => {
    const { user, options } = asUser();
    const member = await Member.connected(t, way, options);
    const channel = unique("$secret");
    const { events } = member.subscribe(channel, { token: token({ sub: user, channel, exp: inSeconds(-3600) }) });
    assert.equal((await events.take("unsubscribed")).code, UNAUTHORIZED);
    member.events.none("disconnected");
  });

  it("a subscription is refreshed when its token expires, as often as it does", async (t) => {
    const { user, options } = asUser();
    const member = await Member.connected(t, way, options);
    const channel = unique("$secret");
    let asked = 0;
    const { sub, events } = await member.subscribed(channel, {
      token: token({ sub: user, channel, exp: inSeconds(2) }),
      getToken: async () => {
        asked += 1;
        return token({ sub: user, channel, exp: inSeconds(asked < 2 ? 2 : 3600) });
      },
    });
    await eventually("two refreshes", () => asked === 2);
    await sleep(1500);
    await sub.publish(way.payload({ n: 1 }));
    await events.take("publication");
    assert.equal(asked, 2);
    assert.equal(events.all("subscribing").length, 1);
    events.none("error");
  });

  it("a refresh by an expired token never keeps a subscription", async (t) => {
    const { user, options } = asUser();
    const member = await Member.connected(t, way, options);
    const channel = unique("$secret");
    const { events } = await member.subscribed(channel, {
      token: token({ sub: user, channel, exp: inSeconds(2) }),
      getToken: async () => token({ sub: user, channel, exp: inSeconds(-3600) }),
    });
    // Either the refresh is answered 109, or the subscription is taken away with 2501.
    const codes = await Promise.any([
      events.take("unsubscribed").then((context) => context.code),
      events.take("subscribing", (context) => context.code !== 0).then((context) => context.code),
    ]);
    assert.ok([109, 2501].includes(codes), `${codes}`);
  });

  it("a refresh by a token that somebody else signed closes with 3500", async (t) => {
    const { user, options } = asUser();
    const member = await Member.connected(t, way, options);
    const channel = unique("$secret");
    await member.subscribed(channel, {
      token: token({ sub: user, channel, exp: inSeconds(2) }),
      getToken: async () => token({ sub: user, channel, exp: inSeconds(3600) }, "another secret"),
    });
    assert.equal((await member.events.take("disconnected")).code, 3500);
  });
});
