"""The public SDK in both of its encodings, with everything that it says kept for the tests."""

import asyncio
import contextlib
import json
import sys
import unittest
from urllib.parse import urlsplit

from centrifuge import Client, ClientEventHandler, ReplyError, SubscriptionEventHandler

from server import STRICT, token, unique

# Seconds: longer than anything here takes on a busy machine, shorter than a ping interval.
PATIENCE = 15

_CLIENT_EVENTS = (
    "connecting connected disconnected error subscribed subscribing unsubscribed publication join leave"
).split()
_SUBSCRIPTION_EVENTS = "subscribing subscribed unsubscribed publication join leave error".split()


class Events:
    """What the SDK says, kept from the start: nothing is lost between two awaits of a test."""

    def __init__(self, who: str):
        self._who = who
        self._kept = []
        self._heard = asyncio.Condition()

    async def hear(self, name: str, context) -> None:
        async with self._heard:
            self._kept.append([name, context, False])
            self._heard.notify_all()

    def all(self, name: str, fits=lambda _: True) -> list:
        """Contexts of all events of this name that fit, taken or not."""
        return [context for kind, context, _ in self._kept if kind == name and fits(context)]

    def _find(self, name, fits):
        for event in self._kept:
            kind, context, taken = event
            if not taken and kind == name and fits(context):
                return event
        return None

    async def take(self, name: str, fits=lambda _: True, patience=PATIENCE, unless=""):
        """The first event of this name that nobody has taken and that fits. Waits for it, at most `patience` seconds
        and not beyond an event named `unless`."""
        try:
            async with asyncio.timeout(patience), self._heard:
                while (found := self._find(name, fits)) is None:
                    if self._find(unless, lambda _: True):
                        raise AssertionError(f"{self._who}: {unless!r} instead of {name!r}; heard {self}")
                    await self._heard.wait()
        except TimeoutError:
            raise AssertionError(
                f"{self._who}: no {name!r} that fits in {patience} s; heard {self}"
            ) from None
        found[2] = True
        return found[1]

    async def take_many(self, name: str, count: int) -> list:
        return [await self.take(name) for _ in range(count)]

    def __str__(self) -> str:
        return "; ".join(f"{name} {context}" for name, context, _ in self._kept[-20:]) or "nothing"


def _handler(base, events: Events, names):
    def hearing(name):
        async def on(_self, context):
            await events.hear(name, context)

        return on

    return type("Hearing", (base,), {f"on_{name}": hearing(name) for name in names})()


class Subscribed:
    """A subscription and what it says."""

    def __init__(self, sub, events, channel):
        self.sub = sub
        self.events = events
        self.channel = channel
        self.context = None


class Member:
    """A client of the SDK with everything that it said."""

    def __init__(self, protobuf: bool, server: str = STRICT, **options):
        self.protobuf = protobuf
        self.events = Events("client")
        self.client = Client(
            f"{server.replace('http', 'ws', 1)}/connection/websocket",
            events=_handler(ClientEventHandler, self.events, _CLIENT_EVENTS),
            use_protobuf=protobuf,
            timeout=10,
            min_reconnect_delay=0.05,
            max_reconnect_delay=0.3,
            proxy=None,
            **options,
        )
        self.id = ""

    async def connect(self) -> "Member":
        await self.client.connect()
        self.id = (await self.events.take("connected", unless="disconnected")).client
        return self

    def payload(self, value):
        # The SDK hands bytes through as they are: by convention they hold JSON.
        return json.dumps(value).encode() if self.protobuf else value

    def value(self, payload):
        return json.loads(payload) if self.protobuf else payload

    def values(self, contexts) -> list:
        """What publications hold."""
        return [self.value(context.pub.data) for context in contexts]

    async def subscribe(self, channel: str, **options) -> Subscribed:
        """Begins to subscribe."""
        events = Events(channel)
        sub = self.client.new_subscription(
            channel,
            events=_handler(SubscriptionEventHandler, events, _SUBSCRIPTION_EVENTS),
            min_resubscribe_delay=0.05,
            max_resubscribe_delay=0.3,
            **options,
        )
        await sub.subscribe()
        return Subscribed(sub, events, channel)

    async def subscribed(self, channel: str, **options) -> Subscribed:
        """Subscribes and waits until it holds."""
        subscription = await self.subscribe(channel, **options)
        subscription.context = await subscription.events.take("subscribed", unless="unsubscribed")
        return subscription

    async def publish(self, channel: str, *values) -> None:
        for value in values:
            await self.client.publish(channel, self.payload(value))


class Cable:
    """A network between a client and `server` that can be cut and mended."""

    def __init__(self, server: str):
        self._far = urlsplit(server)
        self._writers = set()
        self._links = set()
        self._whole = True
        self._near = None
        self.address = ""

    async def lay(self) -> "Cable":
        self._near = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._near.sockets[0].getsockname()[1]}"
        return self

    async def _join(self, reader, writer):
        if not self._whole:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(self._far.hostname, self._far.port)
        ends, link = {writer, far_writer}, asyncio.current_task()
        self._writers |= ends
        self._links.add(link)
        try:
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        finally:
            self._writers -= ends
            self._links.discard(link)
            for end in ends:
                end.transport.abort()

    @staticmethod
    async def _pass(reader, writer):
        with contextlib.suppress(ConnectionError):
            while content := await reader.read(65536):
                writer.write(content)
                await writer.drain()
        writer.transport.abort()

    def cut(self) -> None:
        """Breaks every connection, and each new one until `mend`."""
        self._whole = False
        for writer in list(self._writers):
            writer.transport.abort()

    def mend(self) -> None:
        self._whole = True

    async def close(self) -> None:
        self.cut()
        self._near.close()
        await asyncio.gather(*self._links, return_exceptions=True)


class SdkCase(unittest.IsolatedAsyncioTestCase):
    """A test that drives the server by the SDK in one encoding."""

    protobuf = False
    way = "json"

    def member(self, server: str = STRICT, **options) -> Member:
        """A client that is closed when the test ends."""
        member = Member(self.protobuf, server, **options)
        self.addAsyncCleanup(member.client.disconnect)
        return member

    async def user(self, server: str = STRICT, name: str = "", **options) -> Member:
        """A connected user of its own."""
        name = name or unique("user")
        member = await self.member(server, token=token(sub=name), **options).connect()
        member.name = name
        return member

    async def cable(self, server: str = STRICT) -> Cable:
        cable = await Cable(server).lay()
        self.addAsyncCleanup(cable.close)
        return cable

    async def refusal(self, call) -> int:
        """The code of an SDK call that must fail."""
        with self.assertRaises(ReplyError) as caught:
            await call
        return caught.exception.code

    async def eventually(self, what: str, holds, patience: float = PATIENCE) -> None:
        """Waits until `holds` gives a truthy value."""
        for _ in range(int(patience / 0.025)):
            if await holds():
                return
            await asyncio.sleep(0.025)
        self.fail(f"not within {patience} s: {what}")


def in_each_encoding(sentences):
    """Makes a test case of each encoding from a class of sentences."""
    module = sys.modules[sentences.__module__]
    for way in ("json", "protobuf"):
        name = f"{sentences.__name__}{way.title()}"
        members = {"protobuf": way == "protobuf", "way": way, "__module__": sentences.__module__}
        setattr(module, name, type(name, (sentences, SdkCase), members))
    return sentences


def lost(context) -> bool:
    """Whether this is no first attempt but a connection or subscription that was lost."""
    return context.code != 0
