from centrifuge import DeltaType, Filter, StreamPosition

from client import in_each_encoding, lost
from server import STRICT, api, unique


def numbers(first, last):
    return [{"n": n} for n in range(first, last + 1)]


def board(n):
    """A scoreboard of some size of which little changes: what deltas are for."""
    rows = [{"name": f"Ödön {row} ✎", "score": n * 100 if row == n % 40 else row} for row in range(40)]
    return {"round": n, "rows": rows}


async def publish(channel, values, **more):
    for value in values:
        await api("publish", channel=channel, data=value, **more)


@in_each_encoding
class Recovery:
    async def _apart(self, channel, **options):
        """A subscriber behind a cable."""
        cable = await self.cable()
        member = await self.user(cable.address)
        room = await member.subscribed(channel, **options)
        room.member, room.cable = member, cable
        return room

    async def _without_network(self, room, values, **more):
        """Publishes while the subscriber has no network; gives how the subscription came back."""
        room.cable.cut()
        await room.member.events.take("connecting", lost)
        await publish(room.channel, values, **more)
        room.cable.mend()
        return await room.events.take("subscribed")

    async def _values(self, room, count):
        return room.member.values(await room.events.take_many("publication", count))

    async def test_what_was_missed_arrives_once_and_in_order(self):
        for prefix in ("room", "recovery:room"):
            room = await self._apart(unique(prefix))
            self.assertTrue(room.context.recoverable and room.context.positioned)
            await publish(room.channel, numbers(1, 2))
            await room.events.take_many("publication", 2)
            back = await self._without_network(room, numbers(3, 9))
            self.assertEqual((back.was_recovering, back.recovered), (True, True))
            await publish(room.channel, numbers(10, 10))
            self.assertEqual(await self._values(room, 8), numbers(3, 10))
            self.assertEqual([one.pub.offset for one in room.events.all("publication")], list(range(1, 11)))

    async def test_when_nothing_was_missed_recovery_says_so_and_brings_nothing(self):
        room = await self._apart(unique("room"))
        back = await self._without_network(room, [])
        self.assertEqual((back.was_recovering, back.recovered), (True, True))
        await publish(room.channel, numbers(1, 1))
        self.assertEqual(await self._values(room, 1), numbers(1, 1))
        self.assertEqual(len(room.events.all("publication")), 1)

    async def test_more_than_the_history_holds_is_not_recovered_and_nothing_old_is_delivered(self):
        room = await self._apart(unique("smallhistory:room"))
        back = await self._without_network(room, numbers(1, 5))
        self.assertEqual((back.was_recovering, back.recovered), (True, False))
        self.assertEqual(back.stream_position.offset, 5)
        await publish(room.channel, numbers(6, 6))
        self.assertEqual(await self._values(room, 1), numbers(6, 6))

    async def test_recovery_is_served_where_it_is_not_forced_but_asked_for(self):
        room = await self._apart(unique("optional:room"), recoverable=True)
        back = await self._without_network(room, numbers(1, 3))
        self.assertTrue(back.recovered)
        self.assertEqual(await self._values(room, 3), numbers(1, 3))

    async def test_an_applications_own_state_is_loaded_again_only_when_recovery_fails(self):
        loads = []
        await api("publish", channel=(name := unique("smallhistory:room")), data={"n": 0})

        async def get_state(channel):
            loads.append(channel)
            position = await api("history", channel=channel)
            return StreamPosition(position["offset"], position["epoch"])

        room = await self._apart(name, get_state=get_state)
        self.assertEqual(len(loads), 1)
        self.assertTrue((await self._without_network(room, numbers(1, 2))).recovered)
        self.assertEqual((await self._values(room, 2), len(loads)), (numbers(1, 2), 1))
        self.assertTrue((await self._without_network(room, numbers(3, 8))).recovered)
        self.assertEqual(len(loads), 2)
        await publish(room.channel, numbers(9, 9))
        self.assertEqual(await self._values(room, 1), numbers(9, 9))

    async def test_in_cache_mode_a_subscriber_that_comes_back_gets_the_latest_publication_only(self):
        room = await self._apart(unique("cache:room"))
        back = await self._without_network(room, numbers(1, 6))
        self.assertTrue(back.recovered)
        self.assertEqual(await self._values(room, 1), numbers(6, 6))
        self.assertEqual(len(room.events.all("publication")), 1)

    async def test_deltas_arrive_as_they_were_also_over_a_recovery(self):
        for prefix in ("board", "delta:board"):
            room = await self._apart(unique(prefix), delta=DeltaType.FOSSIL)
            boards = [board(n) for n in range(1, 11)]
            await publish(room.channel, boards[:4])
            self.assertEqual(await self._values(room, 4), boards[:4])
            deltas = [one.pub.delta for one in room.events.all("publication")]
            self.assertEqual(deltas, [False, True, True, True])
            self.assertTrue((await self._without_network(room, boards[4:8])).recovered)
            await publish(room.channel, boards[8:])
            self.assertEqual(await self._values(room, 6), boards[4:])
            deltas = [one.pub.delta for one in room.events.all("publication")][4:8]
            self.assertEqual(deltas, [False, True, True, True])

    async def test_a_tags_filter_holds_back_what_does_not_fit_and_makes_no_gap(self):
        both = Filter.all(Filter.is_in("team", ["red", "blue"]), Filter.negate(Filter.lt("score", "10")))
        room = await self._apart(unique("filter:news"), tags_filter=both)
        for n, tags in enumerate(
            ({"team": "red", "score": "9"}, {"team": "blue", "score": "10"}, {"team": "green"})
        ):
            await publish(room.channel, [{"n": n}], tags=tags)
        self.assertEqual(await self._values(room, 1), [{"n": 1}])
        back = await self._without_network(room, numbers(3, 5), tags={"team": "green"})
        self.assertTrue(back.recovered)
        await publish(room.channel, [{"n": 6}], tags={"team": "red", "score": "11"})
        self.assertEqual(await self._values(room, 1), [{"n": 6}])
        self.assertEqual(len(room.events.all("publication")), 2)
        self.assertEqual(room.events.all("publication")[0].pub.tags, {"team": "blue", "score": "10"})

    async def test_a_filter_where_none_is_allowed_is_answered_107(self):
        member = await self.user(STRICT)
        plain = await member.subscribe(unique("plain:news"), tags_filter=Filter.exists("team"))
        self.assertEqual((await plain.events.take("unsubscribed")).code, 107)
