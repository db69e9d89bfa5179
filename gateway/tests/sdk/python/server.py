"""The servers that run.sh started, what they take as proof, and their HTTP API."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.request
import uuid

API_KEY = "test-api-key"
SECRET = "secret"


def _address(variable: str) -> str:
    found = os.environ.get(variable)
    if not found:
        raise SystemExit(f"{variable} is not set; start these tests by gateway/tests/sdk/run.sh")
    return found


# Everybody may connect and do everything.
OPEN = _address("SDK_OPEN")
# The same without the insecure mode: what is not allowed needs a token.
STRICT = _address("SDK_STRICT")
# Strict, with frequent pings and small limits; see run.sh.
TIGHT = _address("SDK_TIGHT")

# The tests call servers of this machine: no proxy of the environment has a say in it.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def unique(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}{str(uuid.uuid4())[:13]}"


def in_seconds(seconds: int) -> int:
    """Seconds since the epoch, `seconds` from now."""
    return int(time.time()) + seconds


def token(secret: str = SECRET, **claims) -> str:
    """A token of the platform. Without `exp` it never expires."""

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    header = {"alg": "HS256", "typ": "JWT"}
    signed = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    return f"{signed}.{part(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


async def api(method: str, server: str = STRICT, **params):
    """The result of a call of the server API that must succeed."""

    def call():
        request = urllib.request.Request(
            f"{server}/api/{method}",
            data=json.dumps(params).encode(),
            headers={"content-type": "application/json", "X-API-Key": API_KEY},
        )
        try:
            with _DIRECT.open(request, timeout=15) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    status, body = await asyncio.to_thread(call)
    if status != 200 or "result" not in (answer := json.loads(body)):
        raise AssertionError(f"/api/{method} answered {status} {body!r}")
    return answer["result"]
