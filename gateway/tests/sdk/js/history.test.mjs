import assert from "node:assert/strict";
import { Member, inEachWay, refusal } from "./client.mjs";
import { unique } from "./server.mjs";

const offsets = (result) => result.publications.map((one) => one.offset);
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

/** A member of a channel that holds `count` publications {n: 1…count}. */
async function channelWith(t, way, count, prefix = "room") {
  const member = await Member.connected(t, way);
  const subscription = await member.subscribed(unique(prefix));
  for (let n = 1; n <= count; n += 1) await subscription.sub.publish(way.payload({ n }));
  return { member, ...subscription };
}

inEachWay((way, it) => {
  it("history without a limit, or with 0, gives the position only", async (t) => {
    const { member, sub, channel, context } = await channelWith(t, way, 3);
    for (const options of [undefined, { limit: 0 }]) {
      const { publications, offset, epoch } = await sub.history(options);
      assert.deepEqual(publications, []);
      assert.equal(offset, 3);
      assert.equal(epoch, context.streamPosition.epoch);
    }
    assert.equal((await member.client.history(channel, { limit: 0 })).offset, 3);
  });

  it("history of an empty channel has an epoch, offset 0 and no publications", async (t) => {
    const { sub, context } = await channelWith(t, way, 0);
    const { publications, offset, epoch } = await sub.history({ limit: -1 });
    assert.deepEqual([publications, offset], [[], 0]);
    assert.match(epoch, /^.+$/);
    assert.deepEqual(context.streamPosition, { offset: 0, epoch });
  });

  it("history with -1 gives everything with content and the publisher", async (t) => {
    const { member, sub } = await channelWith(t, way, 12);
    const { publications, offset } = await sub.history({ limit: -1 });
    assert.equal(offset, 12);
    assert.deepEqual(
      publications.map((one) => one.offset),
      range(1, 12),
    );
    assert.deepEqual(
      member.values(publications),
      range(1, 12).map((n) => ({ n })),
    );
    assert.equal(publications[0].info.client, member.connection.client);
  });

  it("history with a limit gives the oldest first", async (t) => {
    const { sub } = await channelWith(t, way, 8);
    const result = await sub.history({ limit: 3 });
    assert.deepEqual(offsets(result), [1, 2, 3]);
    assert.equal(result.offset, 8);
  });

  it("pages follow each other by since without gap or repetition", async (t) => {
    const { sub } = await channelWith(t, way, 10);
    const { epoch } = await sub.history({ limit: 0 });
    const seen = [];
    let since = { offset: 0, epoch };
    for (;;) {
      const page = offsets(await sub.history({ limit: 4, since }));
      if (page.length === 0) break;
      seen.push(page);
      since = { offset: page.at(-1), epoch };
    }
    assert.deepEqual(seen, [range(1, 4), range(5, 8), [9, 10]]);
  });

  it("reverse gives the newest first, since leads back from there", async (t) => {
    const { sub } = await channelWith(t, way, 6);
    const { epoch } = await sub.history({ limit: 0 });
    assert.deepEqual(offsets(await sub.history({ limit: -1, reverse: true })), [6, 5, 4, 3, 2, 1]);
    assert.deepEqual(offsets(await sub.history({ limit: 2, reverse: true })), [6, 5]);
    const since = { offset: 5, epoch };
    assert.deepEqual(offsets(await sub.history({ limit: 3, reverse: true, since })), [4, 3, 2]);
  });

  it("reverse since offset 0 is answered 107", async (t) => {
    const { sub } = await channelWith(t, way, 2);
    const { epoch } = await sub.history({ limit: 0 });
    assert.equal(await refusal(sub.history({ limit: 2, reverse: true, since: { offset: 0, epoch } })), 107);
  });

  it("since of another epoch is answered 112", async (t) => {
    const { sub } = await channelWith(t, way, 2);
    assert.equal(await refusal(sub.history({ limit: 2, since: { offset: 1, epoch: "otherone" } })), 112);
  });

  it("history is cut to its size, the position goes on", async (t) => {
    const { sub } = await channelWith(t, way, 5, "smallhistory:room");
    const result = await sub.history({ limit: -1 });
    assert.deepEqual(offsets(result), [4, 5]);
    assert.equal(result.offset, 5);
  });

  it("history where none is kept is answered 108", async (t) => {
    const { sub } = await channelWith(t, way, 0, "plain:room");
    assert.equal(await refusal(sub.history({ limit: -1 })), 108);
  });
});
