import assert from "node:assert/strict";
import { Member, cableTo, inEachWay } from "./client.mjs";
import { OPEN, api, unique } from "./server.mjs";

/** The publications of a channel: those without a tag, with text, with numbers as text. */
const TAGS = [
  undefined,
  { team: "red", score: "9" },
  { team: "blue", score: "10" },
  { team: "redwood", score: "10.5" },
];
const publish = async (channel) => {
  for (const [n, tags] of TAGS.entries()) await api(OPEN, "publish", { channel, data: { n }, ...(tags && { tags }) });
};

const leaf = (key, cmp, val) => ({
  key,
  cmp,
  ...(val !== undefined && (Array.isArray(val) ? { vals: val } : { val })),
});
const CASES = [
  ["eq", leaf("team", "eq", "red"), [1]],
  ["neq", leaf("team", "neq", "red"), [0, 2, 3]],
  ["in", leaf("team", "in", ["red", "blue"]), [1, 2]],
  ["nin", leaf("team", "nin", ["red", "blue"]), [0, 3]],
  ["ex", leaf("score", "ex"), [1, 2, 3]],
  ["nex", leaf("score", "nex"), [0]],
  ["sw", leaf("team", "sw", "red"), [1, 3]],
  ["ew", leaf("team", "ew", "ood"), [3]],
  ["ct", leaf("team", "ct", "l"), [2]],
  ["lt by number", leaf("score", "lt", "10"), [1]],
  ["lte", leaf("score", "lte", "10"), [1, 2]],
  ["gt", leaf("score", "gt", "10"), [3]],
  ["gte", leaf("score", "gte", "10"), [2, 3]],
  ["and", { op: "and", nodes: [leaf("team", "sw", "red"), leaf("score", "gt", "9")] }, [3]],
  ["or", { op: "or", nodes: [leaf("team", "eq", "blue"), leaf("score", "eq", "9")] }, [1, 2]],
  ["not", { op: "not", nodes: [leaf("team", "sw", "red")] }, [0, 2]],
];

const REFUSED = [
  ["an unknown comparison", { key: "team", cmp: "like", val: "r" }],
  ["an unknown operation", { op: "xor", nodes: [leaf("team", "ex")] }],
  ["a comparison without a key", { cmp: "eq", val: "r" }],
  ["a not of two", { op: "not", nodes: [leaf("team", "ex"), leaf("score", "ex")] }],
  ["an and of nothing", { op: "and", nodes: [] }],
];

inEachWay((way, it) => {
  it("each comparison lets pass what fits it and nothing else", async (t) => {
    const member = await Member.connected(t, way);
    // One connection holds one subscription of a channel: a channel for each filter.
    const channels = CASES.map(() => unique("filter:news"));
    const subscriptions = await Promise.all(
      CASES.map(([, tagsFilter], n) => member.subscribed(channels[n], { tagsFilter })),
    );
    for (const channel of channels) await publish(channel);
    for (const [n, [name, , expected]] of CASES.entries()) {
      const publications = await subscriptions[n].events.takeMany("publication", expected.length);
      assert.deepEqual(
        member.values(publications).map((one) => one.n),
        expected,
        name,
      );
      assert.equal(subscriptions[n].events.all("publication").length, expected.length, name);
    }
  });

  it("tags are delivered with the publication and kept in history", async (t) => {
    const member = await Member.connected(t, way);
    const { sub, events, channel } = await member.subscribed(unique("filter:news"));
    await publish(channel);
    const publications = await events.takeMany("publication", TAGS.length);
    assert.deepEqual(publications[1].tags, TAGS[1]);
    const history = await sub.history({ limit: -1 });
    assert.deepEqual(history.publications[2].tags, TAGS[2]);
  });

  it("what the filter holds back is neither lost nor a gap", async (t) => {
    const cable = await cableTo(t, OPEN);
    const member = await Member.connected(t, way, { server: cable.address });
    const tagsFilter = leaf("team", "eq", "blue");
    const { events, channel } = await member.subscribed(unique("filter:news"), { tagsFilter });
    await publish(channel);
    assert.deepEqual(member.values([await events.take("publication")]), [{ n: 2 }]);
    cable.cut();
    await member.events.take("connecting", (context) => context.code !== 0);
    await publish(channel);
    await publish(channel);
    cable.mend();
    assert.equal((await events.take("subscribed")).recovered, true);
    await publish(channel);
    assert.deepEqual(member.values(await events.takeMany("publication", 3)), [{ n: 2 }, { n: 2 }, { n: 2 }]);
    assert.equal(events.all("publication").length, 4);
    events.none("unsubscribed");
  });

  it("another filter holds from the next subscribe on", async (t) => {
    const member = await Member.connected(t, way);
    const { sub, events, channel } = await member.subscribed(unique("filter:news"), {
      tagsFilter: leaf("team", "eq", "red"),
    });
    await publish(channel);
    assert.deepEqual(member.values([await events.take("publication")]), [{ n: 1 }]);
    sub.unsubscribe();
    sub.setTagsFilter(leaf("team", "eq", "blue"));
    sub.subscribe();
    await events.take("subscribed");
    await publish(channel);
    // What came before may be recovered: only what is published from here on counts.
    const after = await events.take("publication", ({ offset }) => offset > TAGS.length);
    assert.deepEqual(member.values([after]), [{ n: 2 }]);
  });

  for (const [what, tagsFilter] of REFUSED) {
    it(`${what} is answered 107`, async (t) => {
      const member = await Member.connected(t, way);
      const { events } = member.subscribe(unique("filter:news"), { tagsFilter });
      assert.equal((await events.take("unsubscribed")).code, 107);
      member.events.none("disconnected");
    });
  }

  it("a filter where none is allowed is answered 107", async (t) => {
    const member = await Member.connected(t, way);
    const { events } = member.subscribe(unique("plain:news"), { tagsFilter: leaf("team", "ex") });
    assert.equal((await events.take("unsubscribed")).code, 107);
  });
});
