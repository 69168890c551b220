"""A gateway that relays every call, byte for byte, and accounts for it: ``uvicorn examples.gateway:app``.

It decodes no more than the bill needs, so fields that upstream adds tomorrow pass today. ``UPSTREAM_URL`` is the URL of
the service. Each call that can cost something is a line of JSON on standard output: put your own sink in place of
``log_record``.
"""

import asyncio
import logging
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, MutableMapping
from contextlib import aclosing, suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import httpx
from msgspec.structs import replace

import conversation_models as cm

from .metering import AnswerMeter

__all__ = ["Gateway", "app"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# Seconds. `read` is the longest silence of upstream; some answers take minutes before they begin.
TIMEOUT = httpx.Timeout(connect=10, read=300, write=30, pool=10)
LONGEST_CALL = 1800.0
MAX_UPLOAD = 64 << 20
# When a caller leaves, the gateway reads the answer on for so long, and so many bytes. The service tells the price at
# the end, so a caller that leaves just before it would pay nothing. One that leaves much earlier is accounted for
# with what was seen, without `usage`: closing the connection stops the service. More patience makes bills more exact,
# and lets the service write more that nobody reads.
DRAIN_SECONDS = 2.0
DRAIN_BYTES = 1 << 20

# Callers share the client, so it must not keep cookies: one caller's would go upstream with the next caller's request.
NO_COOKIES = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
# With these errors, upstream has not seen the request.
NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# Headers that belong to one connection. So does `accept-encoding` here: a compressed body costs more to meter.
PER_HOP = set(b"host connection keep-alive te trailer transfer-encoding upgrade accept-encoding".split())
# The server adds its own.
OF_THE_SERVER = {b"date", b"server"}
# A path and a query, in characters that httpx sends as they are.
TARGET = re.compile(rb"/([\w/.~!$&'()*+,;=:@-]|%[\dA-Fa-f]{2})*(\?[!$-;=?-~]*)?")
# `.` or `..` as a segment, even if a `;`, `?` or `\` ends it.
DOT_SEGMENT = re.compile(rb"[/\\]\.\.?(?![\w.-])")

logger = logging.getLogger(__name__)


class Gateway:
    """An ASGI application in front of ``base_url``. ``account`` gets the records of each call, however it ended."""

    def __init__(self, base_url: str, account: Callable[[cm.UsageRecord], None]) -> None:
        self.base_url = httpx.URL(base_url)
        self.account = account
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, Caller(receive, send))
        elif scope["type"] == "lifespan":
            await receive()
            self.client()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.aclose()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await receive()
            await send({"type": "websocket.close"})  # Before it is accepted: the server answers with status 403.

    def client(self) -> httpx.AsyncClient:
        """The client of all calls. It is made by the first one if the server has no lifespan."""
        if self._client is None:
            self._client = new_client()
        return self._client

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _answer(self, scope: Scope, caller: "Caller") -> None:
        # In capitals, since httpx sends it so: `post` costs as much.
        url, method = url_of(self.base_url, scope), scope["method"].upper()
        if url is None:
            await caller.refuse(400, b"This URL cannot be forwarded.")
        elif is_too_large(scope["headers"]):
            await caller.refuse(413, b"The request is too large.")
        else:
            await watch(relay(self, method, url, scope["headers"], caller), caller)


def new_client() -> httpx.AsyncClient:
    """A client that callers can share."""
    client = httpx.AsyncClient(cookies=NO_COOKIES, timeout=TIMEOUT, limits=httpx.Limits(max_connections=None))
    client.headers.clear()  # Upstream gets the caller's `user-agent` and `accept`, or none.
    return client


async def relay(gateway: Gateway, method: str, url: httpx.URL, headers: Headers, caller: "Caller") -> None:
    """Pass the request on, and the answer back as it arrives. Once the caller has left, only the meter reads it."""
    headers = [*forwarded(headers), (b"accept-encoding", b"identity")]
    try:
        request = gateway.client().build_request(method, url, headers=headers, content=await caller.upload())
        response = await gateway.client().send(request, stream=True)
    except UploadError:
        await caller.refuse(413, b"The request is too large.")
        return
    except httpx.LocalProtocolError:
        # Not logged: the error quotes the header that it is about, which may be the caller's key.
        await caller.refuse(400, b"These headers cannot be forwarded.")
        return
    except (httpx.TransportError, asyncio.CancelledError) as error:
        # Upstream may have done the work, at an unknown cost.
        if method == "POST" and not isinstance(error, NOT_REACHED):
            gateway.account(cm.UsageRecord(kind="response", status="truncated"))
        if isinstance(error, asyncio.CancelledError):
            raise
        logger.warning("Upstream did not answer: %r", error)
        status = 504 if isinstance(error, httpx.TimeoutException) else 502
        await caller.refuse(status, b"Upstream did not answer.")
        return
    # Do not catch errors below: an error that leaves the app makes the server cut the connection, so that the caller
    # cannot mistake half an answer for a whole one.
    meter, whole, drained = AnswerMeter(response.headers), False, 0
    async with aclosing(response):
        try:
            await caller.start(response.status_code, forwarded(response.headers.raw))
            async for chunk in response.aiter_raw():
                await meter.feed(chunk)
                await caller.tell({"type": "http.response.body", "body": chunk, "more_body": True})
                drained += len(chunk) if caller.has_left else 0
                if drained > DRAIN_BYTES:
                    return
            whole = True
            await caller.tell({"type": "http.response.body"})
        finally:
            if method == "POST" or meter.is_stream:  # Histories and messages cost nothing.
                for record in meter.records(whole=whole):
                    gateway.account(record)


async def watch(relaying: Coroutine[Any, Any, None], caller: "Caller") -> None:
    """Run the call. End it if it takes too long, and soon after the caller has left, also if upstream is silent."""
    call, leaving = asyncio.create_task(relaying), asyncio.create_task(caller.leaves())
    try:
        await asyncio.wait({call, leaving}, timeout=LONGEST_CALL, return_when=asyncio.FIRST_COMPLETED)
        if caller.has_left:
            await asyncio.wait({call}, timeout=DRAIN_SECONDS)
    finally:
        leaving.cancel()
        if not call.done():
            call.cancel()
            await asyncio.wait({call})  # It closes its connection, and accounts.
    if not call.cancelled():
        try:
            call.result()  # Raises what it raised.
        finally:
            del call  # The error's traceback has these variables: it would keep itself, and the answer, in memory.
    elif caller.is_answered and not caller.has_left:
        raise TimeoutError("The call took too long")  # Cuts the connection.
    else:
        await caller.refuse(504, b"The call took too long.")


class UploadError(Exception):
    """The caller has left, or sends too much."""


class Caller:
    """The other side of a call: what it uploads, what it is sent, and whether it is still there."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._uploaded = asyncio.Event()
        self._size = 0
        self.has_left = False
        self.is_answered = False

    async def upload(self) -> bytes | AsyncIterator[bytes]:
        """The request's body: a stream, unless it came at once. Raises ``UploadError``, also within the stream."""
        first = await self._piece()
        return first if self._uploaded.is_set() else self._pieces(first)

    async def _pieces(self, first: bytes) -> AsyncIterator[bytes]:
        yield first
        while not self._uploaded.is_set():
            yield await self._piece()

    async def _piece(self) -> bytes:
        message = await self._receive()
        self.has_left = message["type"] == "http.disconnect"
        piece: bytes = message.get("body", b"")
        self._size += len(piece)
        if self.has_left or self._size > MAX_UPLOAD:
            raise UploadError
        if not message.get("more_body"):
            self._uploaded.set()
        return piece

    async def leaves(self) -> None:
        """Wait until the caller leaves. What it uploads once the answer has begun is dropped."""
        await self._uploaded.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.has_left = True

    async def start(self, status: int, headers: Headers) -> None:
        """Begin the answer. Whatever is left of the upload is not waited for."""
        self._uploaded.set()
        headers = [header for header in headers if header[0] not in OF_THE_SERVER]
        await self.tell({"type": "http.response.start", "status": status, "headers": headers})
        self.is_answered = True

    async def refuse(self, status: int, reason: bytes) -> None:
        await self.start(status, [(b"content-type", b"text/plain")])
        await self.tell({"type": "http.response.body", "body": reason})

    async def tell(self, message: Message) -> None:
        """Send a message of the answer, unless the caller has left."""
        if not self.has_left:
            with suppress(OSError):  # By ASGI, a server may raise it if the caller has just left.
                await self._send(message)


def url_of(base: httpx.URL, scope: Scope) -> httpx.URL | None:
    """The URL upstream, path and query byte for byte; `None` if upstream could read another path in it."""
    # A server may leave out the raw path. Then nobody can tell whether a `/` came as `%2F`.
    path = (scope.get("raw_path") or quote(scope["path"]).encode()).partition(b"?")[0]
    target = path + b"?" + scope["query_string"] if scope["query_string"] else path
    if len(target) > 8000 or not TARGET.fullmatch(target) or DOT_SEGMENT.search(unquote_to_bytes(path)):
        return None
    return base.copy_with(raw_path=base.raw_path.rstrip(b"/") + target)


def is_too_large(headers: Headers) -> bool:
    """Whether a request says that it is. One that does not say its size is measured as it arrives."""
    length = dict(headers).get(b"content-length", b"0")
    return len(length) > 15 or int(length) > MAX_UPLOAD


def forwarded(headers: Headers) -> Headers:
    """The headers for the other side. Those of this connection stay here, as do those that `Connection` names."""
    # Some servers leave the spaces after a value, which httpx refuses.
    headers = [(name.lower(), value.strip()) for name, value in headers]
    named = b",".join(value for name, value in headers if name == b"connection").lower().split(b",")
    dropped = PER_HOP.union(token.strip() for token in named)
    if b"transfer-encoding" in dict(headers):
        dropped.add(b"content-length")  # The chunks give the length, and it could contradict them.
    return [(name, value) for name, value in headers if name not in dropped and not name.startswith(b"proxy-")]


def log_record(record: cm.UsageRecord) -> None:
    """Write ``record`` to standard output, a line of JSON."""
    if record.status == "failed":
        record = replace(record, error_message=None)  # The service's words, which may repeat the caller's.
    print(cm.snake.encode(record).decode(), flush=True)


app = Gateway(os.environ.get("UPSTREAM_URL", "https://api.mistral.ai"), log_record)
