import asyncio

from centrifuge import ClientState, ReplyError

from client import in_each_encoding, lost
from server import OPEN, STRICT, TIGHT, api, in_seconds, token, unique

UNAUTHORIZED = 1
MESSAGE_SIZE_LIMIT = 3


@in_each_encoding
class Connection:
    async def test_a_token_lets_its_user_in_and_tells_others_about_it(self):
        user = unique("user")
        member = await self.member(token=token(sub=user, info={"name": "Ada"})).connect()
        room = await member.subscribed(unique("room"))
        info = (await room.sub.presence()).clients[member.id]
        self.assertEqual(info.user, user)
        self.assertEqual(member.value(info.conn_info), {"name": "Ada"})

    async def test_the_connect_reply_names_a_version(self):
        member = self.member(token=token(sub="42"))
        await member.client.connect()
        context = await member.events.take("connected")
        self.assertTrue(context.version)
        self.assertTrue(context.client)

    async def test_an_open_server_lets_a_client_in_without_a_token(self):
        member = await self.member(OPEN).connect()
        await member.subscribed(unique("room"))

    async def test_a_strict_server_refuses_a_client_without_a_token_with_3501(self):
        member = self.member()
        await member.client.connect()
        self.assertEqual((await member.events.take("disconnected")).code, 3501)
        self.assertEqual(member.events.all("connected"), [])

    async def test_a_token_that_somebody_else_signed_is_refused_with_3500(self):
        for server in (STRICT, OPEN):
            member = self.member(server, token=token("another secret", sub="42"))
            await member.client.connect()
            self.assertEqual((await member.events.take("disconnected")).code, 3500)

    async def test_what_is_no_token_is_refused_with_3500(self):
        member = self.member(token="invalid")
        await member.client.connect()
        self.assertEqual((await member.events.take("disconnected")).code, 3500)

    async def test_an_expired_token_is_answered_109_and_replaced_by_get_token(self):
        user, asked = unique("user"), []

        async def get_token():
            asked.append(1)
            return token(sub=user, exp=in_seconds(3600))

        old = token(sub=user, exp=in_seconds(-3600))
        member = await self.member(token=old, get_token=get_token).connect()
        self.assertEqual(len(asked), 1)
        self.assertEqual([one.error.code for one in member.events.all("error")], [109])

    async def test_an_expired_token_that_nobody_replaces_ends_as_unauthorized(self):
        member = self.member(token=token(sub="42", exp=in_seconds(-3600)))
        await member.client.connect()
        self.assertEqual((await member.events.take("disconnected")).code, UNAUTHORIZED)
        codes = [getattr(one.error, "code", None) for one in member.events.all("error")]
        self.assertIn(109, codes)

    async def test_a_token_is_refreshed_when_it_expires_as_often_as_it_does(self):
        user, asked = unique("user"), []

        async def get_token():
            asked.append(1)
            return token(sub=user, exp=in_seconds(2 if len(asked) < 2 else 3600))

        async def twice():
            return len(asked) == 2

        member = await self.member(token=token(sub=user, exp=in_seconds(2)), get_token=get_token).connect()
        await self.eventually("two refreshes", twice)
        await asyncio.sleep(1.5)
        await member.subscribed(unique("room"))
        self.assertEqual(len(asked), 2)
        self.assertEqual(len(member.events.all("connecting")), 1)
        self.assertEqual(member.events.all("error"), [])

    async def _refresh(self, user, new):
        async def get_token():
            return new

        return await self.member(token=token(sub=user, exp=in_seconds(2)), get_token=get_token).connect()

    async def test_a_refresh_by_a_bad_token_ends_with_3500(self):
        user, later = unique("user"), in_seconds(3600)
        bad = [token(sub="somebody else", exp=later), token("another secret", sub=user, exp=later)]
        members = [await self._refresh(user, one) for one in bad]
        for member in members:
            self.assertEqual((await member.events.take("disconnected")).code, 3500)

    async def test_a_refresh_by_an_expired_token_closes_with_3005(self):
        user = unique("user")
        member = await self._refresh(user, token(sub=user, exp=in_seconds(-3600)))
        self.assertEqual((await member.events.take("connecting", lost)).code, 3005)

    async def test_a_refresh_with_other_subscriptions_closes_with_3010(self):
        user = unique("user")
        new = token(sub=user, exp=in_seconds(3600), channels=[unique("new")])
        member = await self._refresh(user, new)
        self.assertEqual((await member.events.take("connecting", lost)).code, 3010)

    async def test_a_call_that_nothing_handles_is_answered_108_an_unknown_one_of_a_feature_104(self):
        member = await self.user()
        self.assertEqual(await self.refusal(member.client.rpc("nobody", member.payload({}))), 108)
        self.assertEqual(await self.refusal(member.client.rpc("quiz.nothing", member.payload({}))), 104)
        self.assertEqual(member.client.state, ClientState.CONNECTED)

    async def test_a_broken_network_is_reconnected_as_another_client_of_the_user(self):
        cable = await self.cable()
        member = await self.user(cable.address)
        room = await member.subscribed(unique("room"))
        cable.cut()
        await member.events.take("connecting", lost)
        await room.events.take("subscribing", lost)
        cable.mend()
        self.assertNotEqual((await member.events.take("connected")).client, member.id)
        await room.events.take("subscribed")

    async def test_a_client_that_leaves_can_come_back(self):
        member = await self.user()
        room = await member.subscribed(unique("room"))
        await member.client.disconnect()
        self.assertEqual((await member.events.take("disconnected")).code, 0)
        await member.client.connect()
        await room.events.take("subscribed")
        self.assertEqual((await room.sub.presence_stats()).num_clients, 1)

    async def test_pings_of_the_server_keep_a_quiet_connection_alive(self):
        member = await self.user(TIGHT, max_server_ping_delay=1.5)
        await asyncio.sleep(6.5)
        self.assertEqual(len(member.events.all("connecting")), 1, str(member.events))
        await member.subscribed(unique("room"))

    async def test_disconnect_by_the_platform_comes_with_its_code_and_text(self):
        for code, event in (
            (3011, "connecting"),
            (4001, "connecting"),
            (3500, "disconnected"),
            (4501, "disconnected"),
        ):
            member = await self.user()
            await api("disconnect", user=member.name, disconnect={"code": code, "reason": "lesson over"})
            context = await member.events.take(event, lost)
            self.assertEqual(context.code, code)
            # Each code has a text of its own, whatever the platform says.
            self.assertRegex(context.reason, "^[a-z][a-z ]+$")
            if event == "connecting":
                await member.events.take("connected")

    async def test_60_kb_go_there_and_back(self):
        member = await self.user()
        room = await member.subscribed(unique("large"))
        value = {"text": "0123456789" * 6000}
        await member.publish(room.channel, value)
        self.assertEqual(member.values([await room.events.take("publication")]), [value])

    async def test_a_message_that_is_too_large_closes_with_1009(self):
        member = await self.user()
        room = await member.subscribed(unique("large"))
        publishing = asyncio.ensure_future(member.publish(room.channel, {"text": "x" * 70_000}))
        # The SDK's own number for 1009.
        self.assertEqual((await member.events.take("connecting", lost)).code, MESSAGE_SIZE_LIMIT)
        with self.assertRaises(Exception) as caught:
            await publishing
        self.assertNotIsInstance(caught.exception, ReplyError)
