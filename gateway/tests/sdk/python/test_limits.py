import asyncio
import time

from centrifuge import ReplyError

from client import in_each_encoding, lost
from server import TIGHT, in_seconds, token, unique

# As run.sh sets them for the tight server.
CONNECTIONS_PER_USER = 2
SUBSCRIPTIONS = 5
COMMANDS_BURST = 30


async def never(*_):
    """A platform that does not answer."""
    await asyncio.get_running_loop().create_future()


@in_each_encoding
class Limits:
    async def test_a_channel_of_an_unknown_namespace_is_answered_102(self):
        member = await self.user()
        room = await member.subscribe("nowhere:room")
        self.assertEqual((await room.events.take("unsubscribed")).code, 102)
        self.assertEqual(await self.refusal(member.publish("nowhere:room", {})), 102)

    async def test_a_channel_name_that_is_too_long_or_not_ascii_is_answered_107(self):
        member = await self.user()
        for name in ("c" * 256, "köln"):
            room = await member.subscribe(name)
            self.assertEqual((await room.events.take("unsubscribed")).code, 107)
        await member.subscribed(unique("c").ljust(255, "c"))

    async def test_publishing_and_asking_where_one_is_not_subscribed_is_answered_103(self):
        member = await self.user()
        channel = unique("room")
        self.assertEqual(await self.refusal(member.publish(channel, {})), 103)
        self.assertEqual(await self.refusal(member.client.history(channel, limit=1)), 103)
        self.assertEqual(await self.refusal(member.client.presence(channel)), 103)
        self.assertEqual(await self.refusal(member.client.presence_stats(channel)), 103)

    async def test_a_subscription_more_than_a_connection_may_have_is_answered_106(self):
        member = await self.user(TIGHT)
        # One of them is the personal channel.
        for _ in range(SUBSCRIPTIONS - 1):
            await member.subscribed(unique("room"))
        room = await member.subscribe(unique("room"))
        self.assertEqual((await room.events.take("unsubscribed")).code, 106)

    async def test_a_connection_more_than_a_user_may_have_is_closed_with_3504(self):
        first = await self.user(TIGHT)
        for _ in range(CONNECTIONS_PER_USER - 1):
            await self.user(TIGHT, name=first.name)
        member = self.member(TIGHT, token=token(sub=first.name))
        await member.client.connect()
        self.assertEqual((await member.events.take("disconnected")).code, 3504)

    async def test_commands_beyond_the_burst_are_answered_111_and_the_connection_kept(self):
        member = await self.user(TIGHT)
        calls = [member.client.rpc("quiz.nothing", member.payload({})) for _ in range(COMMANDS_BURST + 20)]
        errors = await asyncio.gather(*calls, return_exceptions=True)
        self.assertTrue(all(isinstance(one, ReplyError) for one in errors), errors)
        self.assertEqual({one.code for one in errors}, {104, 111})
        self.assertTrue(all(one.temporary == (one.code == 111) for one in errors))
        self.assertEqual(member.events.all("connecting", lost), [])

    async def test_what_is_not_refreshed_ends_after_its_grace(self):
        began = time.monotonic()
        short = token(sub=unique("user"), exp=in_seconds(2))
        expiring = await self.member(token=short, get_token=never).connect()
        member = await self.user()
        channel = unique("$secret")
        short = token(sub=member.name, channel=channel, exp=in_seconds(2))
        secret = await member.subscribed(channel, token=short, get_token=never)
        self.assertEqual((await expiring.events.take("connecting", lost, 60)).code, 3005)
        self.assertEqual((await secret.events.take("subscribing", lost, 60)).code, 2501)
        self.assertGreater(time.monotonic() - began, 10)
        self.assertEqual(member.events.all("connecting", lost), [])
