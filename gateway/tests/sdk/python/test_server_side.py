from client import in_each_encoding, lost
from server import api, token, unique


def on(channel):
    return lambda context: context.channel == channel


@in_each_encoding
class ServerSide:
    async def _with_claims(self, server=None, **claims):
        claims = {"sub": unique("user"), **claims}
        member = self.member(**({"server": server} if server else {}), token=token(**claims))
        member.name = claims["sub"]
        return await member.connect()

    async def test_channels_of_a_token_are_subscribed_by_the_server_and_deliver(self):
        channels = [unique("one"), unique("two")]
        member = await self._with_claims(channels=channels)
        for channel in channels:
            context = await member.events.take("subscribed", on(channel))
            self.assertTrue(context.recoverable and context.positioned)
            await api("publish", channel=channel, data={"channel": channel})
            publication = await member.events.take("publication", on(channel))
            self.assertEqual(member.value(publication.pub.data), {"channel": channel})

    async def test_subs_of_a_token_carry_info_for_others_and_data_for_the_subscriber(self):
        channel = unique("seat")
        member = await self._with_claims(subs={channel: {"info": {"seat": 7}, "data": {"welcome": "back"}}})
        context = await member.events.take("subscribed", on(channel))
        self.assertEqual(member.value(context.data), {"welcome": "back"})
        clients = (await member.client.presence(channel)).clients
        self.assertEqual(member.value(clients[member.id].chan_info), {"seat": 7})

    async def test_what_a_subscription_of_the_server_missed_arrives_once_and_in_order(self):
        cable = await self.cable()
        channel = unique("room")
        member = await self._with_claims(cable.address, channels=[channel])
        await api("publish", channel=channel, data={"n": 1})
        await member.events.take("publication", on(channel))
        cable.cut()
        await member.events.take("connecting", lost)
        for n in (2, 3, 4):
            await api("publish", channel=channel, data={"n": n})
        cable.mend()
        await member.events.take(
            "subscribed", lambda context: context.channel == channel and context.recovered
        )
        for n in (2, 3, 4):
            publication = await member.events.take("publication", on(channel))
            self.assertEqual(member.value(publication.pub.data), {"n": n})

    async def test_a_subscription_of_the_server_that_missed_too_much_says_so(self):
        cable = await self.cable()
        channel = unique("smallhistory:room")
        member = await self._with_claims(cable.address, channels=[channel])
        cable.cut()
        await member.events.take("connecting", lost)
        for n in range(1, 6):
            await api("publish", channel=channel, data={"n": n})
        cable.mend()
        back = await member.events.take(
            "subscribed", lambda context: context.channel == channel and context.was_recovering
        )
        self.assertFalse(back.recovered)
        self.assertEqual((back.stream_position.offset, member.events.all("publication")), (5, []))

    async def test_everybody_has_a_personal_channel_with_the_own_join_and_may_publish_there(self):
        member = await self.user()
        own = f"#{member.name}"
        await member.events.take("subscribed", on(own))
        info = (await member.events.take("join", on(own))).info
        self.assertEqual((info.client, info.user), (member.id, member.name))
        await member.publish(own, {"note": "to myself"})
        publication = await member.events.take("publication", on(own))
        self.assertEqual(member.value(publication.pub.data), {"note": "to myself"})
        self.assertEqual(publication.pub.info.user, member.name)

    async def test_a_personal_channel_is_closed_to_others(self):
        member, stranger = await self.user(), await self.user()
        own = await stranger.subscribe(f"#{member.name}")
        self.assertEqual((await own.events.take("unsubscribed")).code, 103)
        self.assertEqual(await self.refusal(stranger.publish(f"#{member.name}", {"n": 1})), 103)

    async def test_a_client_cannot_subscribe_to_what_the_server_has_subscribed_it_to(self):
        member = await self.user()
        again = await member.subscribe(f"#{member.name}")
        self.assertEqual((await again.events.take("unsubscribed")).code, 105)

    async def test_subscribe_by_the_platform_delivers_until_it_is_taken_away(self):
        member = await self.user()
        channel = unique("room")
        await api("subscribe", user=member.name, channel=channel, data={"welcome": True})
        context = await member.events.take("subscribed", on(channel))
        self.assertEqual(member.value(context.data), {"welcome": True})
        await api("publish", channel=channel, data={"n": 1})
        publication = await member.events.take("publication", on(channel))
        self.assertEqual(member.value(publication.pub.data), {"n": 1})
        await api("unsubscribe", user=member.name, channel=channel)
        await member.events.take("unsubscribed", on(channel))
