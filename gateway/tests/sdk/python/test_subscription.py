import asyncio

from client import in_each_encoding, lost
from server import api, in_seconds, token, unique

UNAUTHORIZED = 1


def client_of(member):
    return lambda context: context.info.client == member.id


@in_each_encoding
class Subscription:
    async def test_what_a_subscriber_publishes_comes_back_with_its_own_client_info(self):
        member = await self.user()
        room = await member.subscribed(unique("room"))
        await member.publish(room.channel, {"text": "good morning"})
        publication = (await room.events.take("publication")).pub
        self.assertEqual(member.value(publication.data), {"text": "good morning"})
        self.assertEqual((publication.info.client, publication.info.user), (member.id, member.name))
        self.assertEqual(publication.offset, 1)

    async def test_a_publication_of_the_platform_carries_no_client_info(self):
        member = await self.user()
        room = await member.subscribed(unique("room"))
        await api("publish", channel=room.channel, data={"n": 1}, tags={"kind": "news"})
        publication = (await room.events.take("publication")).pub
        self.assertEqual((publication.info, publication.tags), (None, {"kind": "news"}))

    async def test_all_kinds_of_content_survive(self):
        member = await self.user()
        room = await member.subscribed(unique("room"))
        values = [
            {"text": 'one\ntwo\r\n\ttab \u0000 \u2028 \U0001f514 schön "quoted" \\'},
            {"numbers": [0, -1, 1.5, 9007199254740991], "empty": {}, "list": [], "none": None, "yes": True},
            [[[[["deep"]]]]],
            "a text",
            17,
        ]
        await member.publish(room.channel, *values)
        self.assertEqual(member.values(await room.events.take_many("publication", len(values))), values)

    async def test_publications_arrive_once_and_in_the_order_of_their_offsets(self):
        member = await self.user()
        room = await member.subscribed(unique("room"))
        for n in range(60):
            await api("publish", channel=room.channel, data={"n": n})
        publications = await room.events.take_many("publication", 60)
        self.assertEqual(member.values(publications), [{"n": n} for n in range(60)])
        self.assertEqual([one.pub.offset for one in publications], list(range(1, 61)))

    async def test_a_joiner_sees_its_own_join_those_before_it_see_it_come_and_go(self):
        first, second = await self.user(), await self.user()
        channel = unique("room")
        one = await first.subscribed(channel)
        await one.events.take("join", client_of(first))
        two = await second.subscribed(channel)
        await two.events.take("join", client_of(second))
        self.assertEqual((await one.events.take("join")).info.user, second.name)
        await two.sub.unsubscribe()
        self.assertEqual((await one.events.take("leave")).info.client, second.id)
        self.assertEqual(two.events.all("leave"), [])

    async def test_a_client_that_goes_away_is_seen_leaving(self):
        first, second = await self.user(), await self.user()
        room = await first.subscribed(unique("room"))
        await second.subscribed(room.channel)
        await room.events.take("join", client_of(second))
        await second.client.disconnect()
        await room.events.take("leave", client_of(second))

    async def test_presence_names_who_is_there_and_follows_at_once_when_one_leaves(self):
        first = await self.user()
        second = await self.user(name=first.name)
        one = await first.subscribed(unique("room"))
        two = await second.subscribed(one.channel)
        clients = (await one.sub.presence()).clients
        self.assertEqual(set(clients), {first.id, second.id})
        self.assertEqual({info.user for info in clients.values()}, {first.name})
        stats = await one.sub.presence_stats()
        self.assertEqual((stats.num_clients, stats.num_users), (2, 1))
        await two.sub.unsubscribe()

        async def one_is_left():
            return (await one.sub.presence_stats()).num_clients == 1

        await self.eventually("one client is left", one_is_left, 2)
        self.assertEqual(set((await one.sub.presence()).clients), {first.id})

    async def test_presence_and_history_where_none_is_kept_are_answered_108(self):
        member = await self.user()
        plain = await member.subscribed(unique("plain:room"))
        self.assertFalse(plain.context.recoverable)
        self.assertIsNone(plain.context.stream_position)
        self.assertEqual(await self.refusal(plain.sub.presence()), 108)
        self.assertEqual(await self.refusal(plain.sub.presence_stats()), 108)
        self.assertEqual(await self.refusal(plain.sub.history(limit=1)), 108)

    async def test_after_an_unsubscribe_nothing_arrives_after_the_next_subscribe_it_does(self):
        member = await self.user()
        plain = await member.subscribed(unique("plain:room"))
        await plain.sub.unsubscribe()
        await plain.events.take("unsubscribed")
        await self.refusal(member.client.rpc("nobody", member.payload({})))
        await api("publish", channel=plain.channel, data={"n": 1})
        await plain.sub.subscribe()
        await plain.events.take("subscribed")
        await api("publish", channel=plain.channel, data={"n": 2})
        self.assertEqual(member.values([await plain.events.take("publication")]), [{"n": 2}])
        self.assertEqual(len(plain.events.all("publication")), 1)

    async def test_a_hundred_subscriptions_made_before_the_connection_are_all_served(self):
        member = self.member(token=token(sub=unique("user")))
        prefix = unique("many")
        rooms = [await member.subscribe(f"{prefix}-{n}") for n in range(100)]
        await member.client.connect()
        for room in rooms:
            await room.events.take("subscribed")
        await api("broadcast", channels=[room.channel for room in rooms], data={"n": 1})
        for room in rooms:
            self.assertEqual(member.values([await room.events.take("publication")]), [{"n": 1}])

    async def test_a_subscription_token_opens_a_private_channel_and_tells_others_about_the_subscriber(self):
        member = await self.user()
        channel = unique("$secret")
        good = token(sub=member.name, channel=channel, info={"seat": 3})
        secret = await member.subscribed(channel, token=good)
        info = (await secret.sub.presence()).clients[member.id]
        self.assertEqual(member.value(info.chan_info), {"seat": 3})

    async def test_a_subscription_token_is_taken_where_none_is_needed(self):
        member = await self.user()
        channel = unique("room")
        await member.subscribed(channel, token=token(sub=member.name, channel=channel))

    async def test_a_bad_subscription_token_is_answered_103_and_the_connection_kept(self):
        member = await self.user()
        private, public = unique("$secret"), unique("room")
        for channel, bad in (
            (private, ""),
            (unique("room"), "invalid"),
            (public, token("another secret", sub=member.name, channel=public)),
        ):
            room = await member.subscribe(channel, token=bad)
            self.assertEqual((await room.events.take("unsubscribed")).code, 103)
        await member.subscribed(unique("room"))
        self.assertEqual(member.events.all("disconnected"), [])

    async def test_a_good_token_of_another_channel_user_or_client_closes_with_3500(self):
        nobody = "00000000-0000-4000-8000-000000000000"
        for wrong in ({"channel": "another"}, {"sub": "somebody else"}, {"client": nobody}):
            member = await self.user()
            channel = unique("$secret")
            await member.subscribe(channel, token=token(**{"sub": member.name, "channel": channel, **wrong}))
            self.assertEqual((await member.events.take("disconnected")).code, 3500, wrong)

    async def test_an_expired_subscription_token_is_answered_109_and_replaced_by_get_token(self):
        member = await self.user()
        name, asked = unique("$secret"), []

        async def get_token(channel):
            asked.append(channel)
            return token(sub=member.name, channel=channel, exp=in_seconds(3600))

        old = token(sub=member.name, channel=name, exp=in_seconds(-3600))
        secret = await member.subscribed(name, token=old, get_token=get_token)
        self.assertEqual(asked, [name])
        self.assertEqual([one.error.code for one in secret.events.all("error")], [109])

    async def test_an_expired_subscription_token_that_nobody_replaces_ends_the_subscription_only(self):
        member = await self.user()
        channel = unique("$secret")
        secret = await member.subscribe(
            channel, token=token(sub=member.name, channel=channel, exp=in_seconds(-3600))
        )
        self.assertEqual((await secret.events.take("unsubscribed")).code, UNAUTHORIZED)
        self.assertEqual(member.events.all("disconnected"), [])

    async def test_a_subscription_is_refreshed_when_its_token_expires_as_often_as_it_does(self):
        member = await self.user()
        name, asked = unique("$secret"), []

        async def get_token(channel):
            asked.append(channel)
            return token(sub=member.name, channel=channel, exp=in_seconds(2 if len(asked) < 3 else 3600))

        async def refreshed():
            return len(asked) == 3

        secret = await member.subscribed(name, get_token=get_token)
        await self.eventually("two refreshes", refreshed)
        await asyncio.sleep(1.5)
        await member.publish(name, {"n": 1})
        await secret.events.take("publication")
        self.assertEqual(len(asked), 3)
        self.assertEqual(len(secret.events.all("subscribing")), 1)
        self.assertEqual(secret.events.all("error"), [])

    async def test_a_refresh_by_an_expired_token_never_keeps_a_subscription(self):
        member = await self.user()
        name = unique("$secret")

        async def get_token(channel):
            return token(sub=member.name, channel=channel, exp=in_seconds(-3600))

        short = token(sub=member.name, channel=name, exp=in_seconds(2))
        secret = await member.subscribed(name, token=short, get_token=get_token)

        async def taken_away():
            ends = secret.events.all("unsubscribed") + secret.events.all("subscribing", lost)
            return [one.code for one in ends if one.code in (109, 2501)]

        await self.eventually("109 or 2501", taken_away)

    async def test_a_refresh_by_a_token_that_somebody_else_signed_closes_with_3500(self):
        member = await self.user()
        name = unique("$secret")

        async def get_token(channel):
            return token("another secret", sub=member.name, channel=channel)

        await member.subscribed(
            name, token=token(sub=member.name, channel=name, exp=in_seconds(2)), get_token=get_token
        )
        self.assertEqual((await member.events.take("disconnected")).code, 3500)

    async def test_unsubscribe_by_the_platform_ends_a_subscription_for_good(self):
        member = await self.user()
        room = await member.subscribed(unique("room"))
        await api("unsubscribe", user=member.name, channel=room.channel)
        self.assertEqual((await room.events.take("unsubscribed")).code, 2000)
