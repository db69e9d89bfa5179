from centrifuge import StreamPosition

from client import in_each_encoding
from server import unique


def offsets(result):
    return [one.offset for one in result.publications]


@in_each_encoding
class History:
    async def _channel_with(self, count, prefix="room"):
        """A subscription to a channel that holds `count` publications {n: 1…count}."""
        member = await self.user()
        room = await member.subscribed(unique(prefix))
        await member.publish(room.channel, *({"n": n} for n in range(1, count + 1)))
        room.member = member
        return room

    async def test_limit_0_gives_the_position_only(self):
        room = await self._channel_with(3)
        result = await room.sub.history()
        self.assertEqual((result.publications, result.offset), ([], 3))
        self.assertEqual(result.epoch, room.context.stream_position.epoch)

    async def test_limit_minus_1_gives_everything_with_content_and_the_publisher(self):
        room = await self._channel_with(12)
        result = await room.sub.history(limit=-1)
        self.assertEqual((offsets(result), result.offset), (list(range(1, 13)), 12))
        values = [room.member.value(one.data) for one in result.publications]
        self.assertEqual(values, [{"n": n} for n in range(1, 13)])
        self.assertEqual(result.publications[0].info.client, room.member.id)

    async def test_an_empty_channel_has_an_epoch_and_offset_0(self):
        room = await self._channel_with(0)
        result = await room.sub.history(limit=-1)
        self.assertEqual((result.publications, result.offset), ([], 0))
        self.assertTrue(result.epoch)

    async def test_pages_follow_each_other_by_since_without_gap_or_repetition(self):
        room = await self._channel_with(10)
        since, seen = StreamPosition(0, (await room.sub.history()).epoch), []
        while page := offsets(await room.sub.history(limit=4, since=since)):
            seen.append(page)
            since = StreamPosition(page[-1], since.epoch)
        self.assertEqual(seen, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]])

    async def test_reverse_gives_the_newest_first_since_leads_back_from_there(self):
        room = await self._channel_with(6)
        everything = await room.sub.history(limit=-1, reverse=True)
        self.assertEqual(offsets(everything), [6, 5, 4, 3, 2, 1])
        since = StreamPosition(5, everything.epoch)
        self.assertEqual(offsets(await room.sub.history(limit=3, since=since, reverse=True)), [4, 3, 2])

    async def test_reverse_since_offset_0_is_answered_107(self):
        room = await self._channel_with(2)
        since = StreamPosition(0, (await room.sub.history()).epoch)
        self.assertEqual(await self.refusal(room.sub.history(limit=2, since=since, reverse=True)), 107)

    async def test_since_of_another_epoch_is_answered_112(self):
        room = await self._channel_with(2)
        since = StreamPosition(1, "otherone")
        self.assertEqual(await self.refusal(room.sub.history(limit=2, since=since)), 112)

    async def test_history_is_cut_to_its_size_the_position_goes_on(self):
        room = await self._channel_with(5, "smallhistory:room")
        result = await room.sub.history(limit=-1)
        self.assertEqual((offsets(result), result.offset), ([4, 5], 5))
