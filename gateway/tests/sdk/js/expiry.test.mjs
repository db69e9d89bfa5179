// What is not refreshed ends, 25 s after its time: the slowest sentences, so all of them at once.
import assert from "node:assert/strict";
import { Member, WAYS, inEachWay } from "./client.mjs";
import { STRICT, inSeconds, token, unique } from "./server.mjs";

const GRACE = 60_000;
/** A platform that does not answer. */
const never = () => new Promise(() => {});

inEachWay(
  (way, it) => {
    it("a connection that is not refreshed is closed with 3005", async (t) => {
      const began = Date.now();
      const member = await Member.connected(t, way, {
        server: STRICT,
        token: token({ sub: unique("user"), exp: inSeconds(2) }),
        getToken: never,
      });
      const { code } = await member.events.take("connecting", (context) => context.code !== 0, { patience: GRACE });
      assert.equal(code, 3005);
      // The grace is given: a slow platform does not cost the connection.
      assert.ok(Date.now() - began > 10_000);
    });

    it("a subscription that is not refreshed is taken away with 2501", async (t) => {
      const user = unique("user");
      const member = await Member.connected(t, way, { server: STRICT, token: token({ sub: user }) });
      const channel = unique("$secret");
      const { events } = await member.subscribed(channel, {
        token: token({ sub: user, channel, exp: inSeconds(2) }),
        getToken: never,
      });
      const { code } = await events.take("subscribing", (context) => context.code !== 0, { patience: GRACE });
      assert.equal(code, 2501);
      member.events.none("disconnected");
      assert.equal(member.events.all("connecting").length, 1);
    });
  },
  { ways: WAYS, concurrency: 2 },
);
