import assert from "node:assert/strict";
import { it } from "node:test";
import {
  EMULATED_WAYS,
  JSON_WEBSOCKET,
  Member,
  SOCKET_WAYS,
  cableTo,
  endpoint,
  inEachWay,
  refusal,
  settings,
} from "./client.mjs";
import { Events, eventually, sleep } from "./events.mjs";
import { OPEN, STRICT, TIGHT, inSeconds, token, unique } from "./server.mjs";

const UNAUTHORIZED = 1;
const forgotten = (claims) => token(claims, "another secret");

inEachWay((way, it) => {
  it("an open server lets a client in without a token", async (t) => {
    const member = await Member.connected(t, way);
    assert.match(member.connection.client, /^[0-9a-f-]{36}$/);
    assert.equal(member.connection.transport, way.transport);
  });

  it("what a client says about itself is taken", async (t) => {
    await Member.connected(t, way, {
      data: way.payload({ screen: "small" }),
      name: "tablet",
      version: "1.2.3",
      headers: { "x-room": "12" },
    });
  });

  it("a token names the user and tells others about it", async (t) => {
    const user = unique("user");
    const member = await Member.connected(t, way, {
      server: STRICT,
      token: token({ sub: user, info: { name: "Ada" } }),
    });
    const { sub } = await member.subscribed(unique("room"));
    const { clients } = await sub.presence();
    const info = clients[member.connection.client];
    assert.equal(info.user, user);
    assert.deepEqual(way.value(info.connInfo), { name: "Ada" });
  });

  it("a strict server refuses a client without a token with 3501", async (t) => {
    const member = new Member(t, way, { server: STRICT });
    member.client.connect();
    const { code } = await member.events.take("disconnected");
    assert.equal(code, 3501);
    member.events.none("connected");
  });

  for (const [server, name] of [
    [STRICT, "a strict"],
    [OPEN, "an open"],
  ]) {
    it(`${name} server refuses a token that somebody else signed with 3500`, async (t) => {
      const member = new Member(t, way, { server, token: forgotten({ sub: "42" }) });
      member.client.connect();
      const { code } = await member.events.take("disconnected");
      assert.equal(code, 3500);
      member.events.none("connected");
    });
  }

  it("a subscription token is no connection token", async (t) => {
    const member = new Member(t, way, { server: STRICT, token: token({ sub: "42", channel: "room" }) });
    member.client.connect();
    const { code } = await member.events.take("disconnected");
    assert.equal(code, 3500);
  });

  it("an expired token is answered 109 and replaced by getToken", async (t) => {
    const user = unique("user");
    let asked = 0;
    const member = new Member(t, way, {
      server: STRICT,
      token: token({ sub: user, exp: inSeconds(-3600) }),
      getToken: async () => {
        asked += 1;
        return token({ sub: user, exp: inSeconds(3600) });
      },
    });
    member.client.connect();
    await member.events.take("connected");
    assert.equal(asked, 1);
    assert.deepEqual(
      member.events.all("error").map((one) => [one.type, one.error.code]),
      [["connect", 109]],
    );
  });

  it("an expired token that nobody replaces ends as unauthorized", async (t) => {
    const member = new Member(t, way, { server: STRICT, token: token({ sub: "42", exp: inSeconds(-3600) }) });
    member.client.connect();
    const { code } = await member.events.take("disconnected");
    assert.equal(code, UNAUTHORIZED);
    assert.ok(
      member.events.all("error").some((one) => one.error.code === 109),
      `${member.events}`,
    );
  });

  it("a token is refreshed when it expires, as often as it does", async (t) => {
    const user = unique("user");
    let asked = 0;
    const member = await Member.connected(t, way, {
      server: STRICT,
      token: token({ sub: user, exp: inSeconds(2) }),
      getToken: async () => {
        asked += 1;
        return token({ sub: user, exp: inSeconds(asked < 2 ? 2 : 3600) });
      },
    });
    await eventually("two refreshes", () => asked === 2);
    await sleep(1500);
    await member.subscribed(unique("room"));
    assert.equal(asked, 2);
    assert.equal(member.events.all("connecting").length, 1);
    member.events.none("error");
  });

  const refusedRefreshes = [
    [
      "of another user ends with 3500",
      () => token({ sub: "somebody else", exp: inSeconds(3600) }),
      "disconnected",
      3500,
    ],
    [
      "that somebody else signed ends with 3500",
      (sub) => forgotten({ sub, exp: inSeconds(3600) }),
      "disconnected",
      3500,
    ],
    ["that has expired closes with 3005", (sub) => token({ sub, exp: inSeconds(-3600) }), "connecting", 3005],
    [
      "with other subscriptions closes with 3010",
      (sub) => token({ sub, exp: inSeconds(3600), channels: [unique("new")] }),
      "connecting",
      3010,
    ],
  ];
  for (const [what, next, event, code] of refusedRefreshes) {
    it(`a refresh by a token ${what}`, async (t) => {
      const sub = unique("user");
      const member = await Member.connected(t, way, {
        server: STRICT,
        token: token({ sub, exp: inSeconds(2) }),
        getToken: async () => next(sub),
      });
      const context = await member.events.take(event, (one) => one.code >= 3000);
      assert.equal(context.code, code);
    });
  }

  it("a call that nothing handles is answered 108, an unknown one of a feature 104", async (t) => {
    const member = await Member.connected(t, way);
    assert.equal(await refusal(member.client.rpc("nobody", way.payload({}))), 108);
    assert.equal(await refusal(member.client.rpc("quiz.nothing", way.payload({}))), 104);
    member.events.none("disconnected");
  });

  it("a message that nothing handles closes with 3508", async (t) => {
    const member = await Member.connected(t, way);
    await member.client.send(way.payload({ hello: true }));
    const { code } = await member.events.take("disconnected");
    assert.equal(code, 3508);
  });

  it("commands of one batch are all answered, in order", async (t) => {
    const member = await Member.connected(t, way);
    const { events, channel } = await member.subscribed(unique("batch"));
    member.client.startBatching();
    const published = Array.from({ length: 20 }, (_, n) => member.publish(channel, { n }));
    const stats = member.client.presenceStats(channel);
    member.client.stopBatching();
    await Promise.all(published);
    assert.equal((await stats).numClients, 1);
    const values = member.values(await events.takeMany("publication", 20));
    assert.deepEqual(
      values,
      Array.from({ length: 20 }, (_, n) => ({ n })),
    );
  });

  it("a broken network is reconnected as another client of the same user", async (t) => {
    const cable = await cableTo(t, STRICT);
    const user = unique("user");
    const member = await Member.connected(t, way, { server: cable.address, token: token({ sub: user }) });
    const { events } = await member.subscribed(unique("room"));
    cable.cut();
    await member.events.take("connecting", (context) => context.code !== 0);
    await events.take("subscribing", (context) => context.code !== 0);
    cable.mend();
    const again = await member.events.take("connected");
    await events.take("subscribed");
    assert.notEqual(again.client, member.connection.client);
  });

  it("a client that leaves can come back", async (t) => {
    const member = await Member.connected(t, way);
    const { sub, events } = await member.subscribed(unique("room"));
    await member.gone();
    member.client.connect();
    await member.events.take("connected");
    await events.take("subscribed");
    assert.equal((await sub.presenceStats()).numClients, 1);
  });

  it("pings of the server keep a quiet connection alive", async (t) => {
    const member = await Member.connected(t, way, {
      server: TIGHT,
      token: token({ sub: unique("user") }),
      maxServerPingDelay: 1500,
    });
    await sleep(6500);
    assert.equal(member.events.all("connecting").length, 1, `${member.events}`);
    await member.subscribed(unique("room"));
  });

  it("60 KB go there and back", async (t) => {
    const member = await Member.connected(t, way);
    const { events, channel } = await member.subscribed(unique("large"));
    const value = { text: "0123456789".repeat(6000) };
    await member.publish(channel, value);
    assert.deepEqual(member.values([await events.take("publication")]), [value]);
  });
});

inEachWay(
  (way, it) => {
    it("a message that is too large closes with 1009", async (t) => {
      const member = await Member.connected(t, way);
      const call = refusal(member.publish(unique("large"), { text: "x".repeat(70_000) }));
      // The SDK's own number for 1009: it does not come back with what was refused.
      const { code, reason } = await member.events.take("disconnected");
      assert.deepEqual([code, reason], [3, "message size limit exceeded"]);
      await call;
    });

    it("a client that does not answer pings is closed with 3012", async (t) => {
      const member = await Member.connected(t, way, {
        server: TIGHT,
        token: token({ sub: unique("user") }),
        websocket: mute(way),
      });
      const { code } = await member.events.take("connecting", (context) => context.code !== 0);
      assert.equal(code, 3012);
    });

    it("pings of the socket itself do instead when asked for", async (t) => {
      let pings = 0;
      const { websocket: WebSocket } = settings(TIGHT);
      class Counting extends WebSocket {
        constructor(...args) {
          super(...args);
          this.on("ping", () => (pings += 1));
        }
      }
      const client = new way.Centrifuge(`${endpoint("websocket", TIGHT)}?cf_ws_frame_ping_pong=true`, {
        ...settings(TIGHT),
        token: token({ sub: unique("user") }),
        websocket: Counting,
      });
      t.after(() => client.disconnect());
      const events = new Events("client", client, ["connecting", "connected", "disconnected"]);
      client.connect();
      await events.take("connected");
      await eventually("three pings", () => pings >= 3);
      assert.equal(events.all("connecting").length, 1, `${events}`);
    });
  },
  { ways: SOCKET_WAYS },
);

inEachWay(
  (way, it) => {
    it("a message that is too large is refused and harms nothing else", async (t) => {
      const member = await Member.connected(t, way, { timeout: 2000 });
      const { events, channel } = await member.subscribed(unique("large"));
      await refusal(member.publish(channel, { text: "x".repeat(70_000) }));
      await member.publish(channel, { n: 1 });
      assert.deepEqual(member.values([await events.take("publication")]), [{ n: 1 }]);
      member.events.none("disconnected");
    });
  },
  { ways: EMULATED_WAYS },
);

it("a client falls back to the next transport when one does not open", async (t) => {
  const { Centrifuge } = JSON_WEBSOCKET;
  const transports = [
    { transport: "websocket", endpoint: `${endpoint("websocket", OPEN)}-that-is-not-there` },
    { transport: "http_stream", endpoint: `${endpoint("http_stream", OPEN)}-that-is-not-there` },
    { transport: "sse", endpoint: endpoint("sse", OPEN) },
  ];
  const client = new Centrifuge(transports, settings(OPEN));
  t.after(() => client.disconnect());
  const events = new Events("client", client, ["connected", "error"]);
  client.connect();
  assert.equal((await events.take("connected")).transport, "sse");
});

// A socket that keeps pongs to itself: `{}` in JSON, a length of zero in protobuf.
function mute(way) {
  const { websocket: WebSocket } = settings(TIGHT);
  const pong = way.encoding === "json" ? "{}" : "\u0000";
  return class Mute extends WebSocket {
    send(data, ...rest) {
      if (Buffer.from(data).toString().trim() !== pong) super.send(data, ...rest);
    }
  };
}
