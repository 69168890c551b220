"""A gateway with a policy, on Starlette: ``uvicorn examples.policy_gateway:app``.

It reads requests and answers, and writes them anew: it lets through the tools and the length that ``policy`` allows,
replaces e-mail addresses, writes what each call cost to SQLite and each exchange to an archive (``books``). It serves
the calls that start, append to and restart a conversation, and no others: a history would hold the addresses again.

Upstream speaks snake_case. A caller may write camelCase, and is answered in the naming of its request. Where no key of
the request has two spellings, as in ``{"inputs": "Hi"}``, it is snake_case. The header ``x-naming`` (``camel`` or
``snake``) decides instead, if there is one. ``x-team`` is the team in the books: let the server that knows the callers
set it.

In the environment: ``UPSTREAM_URL``, ``ALLOWED_TOOLS`` (with commas), ``MAX_DELTAS``, ``DATABASE`` and ``ARCHIVE``.
"""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import conversation_models as cm

from . import gateway
from .books import Books, Exchange
from .gateway import Headers, Receive, Scope, Send, UploadError, forwarded, is_too_large, new_client, url_of, watch
from .policy import Asked, GuardedStream, Policy, RefusedError, without_secrets

__all__ = ["PolicyGateway", "app"]

CODECS = {b"camel": cm.camel, b"snake": cm.snake}
JSON, EVENTS = b"application/json", b"text/event-stream"
# Headers that belong to the body, which is written anew, or to this gateway.
OF_THE_BODY = {b"content-type", b"content-length", b"content-encoding"}
OURS = {b"x-naming", b"x-team"}

logger = logging.getLogger(__name__)


class PolicyGateway:
    """What the calls share. ``application`` is the ASGI application; it opens the books when it starts."""

    def __init__(self, base_url: str, policy: Policy, database: str, archive: str) -> None:
        self.base_url = httpx.URL(base_url)
        self.policy = policy
        self._paths = database, archive
        routes = [
            Route("/v1/conversations", Calls(self, cm.ConversationRequest), methods=["POST"]),
            Route("/v1/conversations/{id}", Calls(self, cm.ConversationAppendRequest), methods=["POST"]),
            Route("/v1/conversations/{id}/restart", Calls(self, cm.ConversationRestartRequest), methods=["POST"]),
        ]
        refusals = {HTTPException: other_call}
        self.application: Starlette = Starlette(routes=routes, lifespan=self._lifespan, exception_handlers=refusals)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None, None]:
        self.books = Books(*self._paths)
        try:
            async with new_client() as self.client:
                yield
        finally:
            await asyncio.to_thread(self.books.close)


async def other_call(_: Request, error: Exception) -> JSONResponse:
    """For calls without a route."""
    assert isinstance(error, HTTPException)
    return JSONResponse(error_body(error.status_code, error.detail), error.status_code, error.headers)


def error_body(status: int, message: str) -> dict[str, Any]:
    """Both SDKs raise their exception with it, and ``cm.ServiceError`` reads it."""
    return {"object": "error", "type": "gateway_error", "message": message, "code": status}


class Caller(gateway.Caller):
    """Is told in JSON why its call is refused, and its answer is kept for the archive."""

    def __init__(self, receive: Receive, send: Send, exchange: Exchange) -> None:
        super().__init__(receive, send)
        self.exchange = exchange

    async def start(self, status: int, headers: Headers) -> None:
        if not self.has_left:
            self.exchange.status = status
        await super().start(status, headers)

    async def send(self, data: bytes) -> None:
        await self.tell({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        await self.tell({"type": "http.response.body"})

    async def answer(self, status: int, body: bytes, headers: Headers) -> None:
        """Send a whole answer of JSON."""
        await self.start(status, [(b"content-type", JSON), (b"content-length", b"%d" % len(body)), *headers])
        await self.send(body)
        await self.end()

    async def refuse(self, status: int, reason: bytes) -> None:
        if not self.has_left:
            self.exchange.body = body = cm.snake.encode(error_body(status, reason.decode()))
            await self.answer(status, body, [])


class Calls:
    """The calls of one route, an ASGI application: reads each request as a ``request_type``."""

    def __init__(self, shared: PolicyGateway, request_type: Any) -> None:
        self._shared = shared
        self._request_type = request_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        team = dict(scope["headers"]).get(b"x-team", b"").decode("latin-1")
        exchange = Exchange(team, scope["path"])
        caller = Caller(receive, send, exchange)
        try:
            # Ends the call if it takes too long, and soon after the caller has left.
            await watch(self._answer(scope, caller), caller)
        finally:
            self._shared.books.add(exchange)

    async def _answer(self, scope: Scope, caller: Caller) -> None:
        try:
            request = await self._request(scope, caller)
            async with aclosing(await self._sent(request, caller.exchange)) as response:
                is_stream = response.headers.get("content-type", "").lower().startswith("text/event-stream")
                if response.status_code == 200 and is_stream:
                    await self._relay_stream(response, caller)
                else:
                    await self._relay_body(response, caller)
        except RefusedError as error:
            await caller.refuse(error.status, str(error).encode())

    async def _request(self, scope: Scope, caller: Caller) -> httpx.Request:
        """The request for upstream. Raises ``RefusedError`` if it must not be sent."""
        exchange, headers = caller.exchange, dict(scope["headers"])
        url = url_of(self._shared.base_url, scope)
        if url is None:
            raise RefusedError(400, "This URL cannot be forwarded.")
        if self._shared.books.are_behind:
            raise RefusedError(503, "The gateway is behind with its books.")
        if is_too_large(scope["headers"]):
            raise RefusedError(413, "The request is too large.")
        try:
            upload = await caller.upload()
            body = upload if isinstance(upload, bytes) else b"".join([piece async for piece in upload])
        except UploadError:
            raise RefusedError(413, "The request is too large.") from None
        naming = cm.naming_of(body) or "snake"
        wanted = headers.get(b"x-naming", naming.encode())
        if wanted not in CODECS:
            raise RefusedError(400, "The header x-naming is neither camel nor snake.")
        exchange.codec, codec = CODECS[wanted], CODECS[naming.encode()]
        try:
            asked = codec.decode(body, Asked)
            request = codec.decode(body, self._request_type)
        except cm.ConversationDecodeError as error:
            raise RefusedError(400, str(error)) from None
        exchange.request = without_secrets(request, asked)
        self._shared.policy.check_request(asked)
        kept = [header for header in forwarded(scope["headers"]) if header[0] not in OF_THE_BODY | OURS]
        head = [*kept, (b"content-type", JSON), (b"accept-encoding", b"identity")]
        return self._shared.client.build_request("POST", url, headers=head, content=cm.snake.encode(request))

    async def _sent(self, request: httpx.Request, exchange: Exchange) -> httpx.Response:
        """Upstream's answer, whose body is still to come."""
        # Until more is known, also if the caller leaves: nobody knows what it cost.
        exchange.records = [cm.UsageRecord(kind="response", status="truncated")]
        try:
            return await self._shared.client.send(request, stream=True)
        except httpx.LocalProtocolError:
            # Not sent, and not logged: the error quotes the header that it is about, which may be the caller's key.
            exchange.records = []
            raise RefusedError(400, "These headers cannot be forwarded.") from None
        except httpx.HTTPError as error:
            logger.warning("Upstream did not answer: %r", error)
            status = 504 if isinstance(error, httpx.TimeoutException) else 502
            exchange.records = [cm.UsageRecord(kind="response", status="failed", error_code=status)]
            raise RefusedError(status, "Upstream did not answer.") from None

    async def _relay_body(self, response: httpx.Response, caller: Caller) -> None:
        exchange, policy = caller.exchange, self._shared.policy
        body = await whole_body(response, policy.max_bytes)
        record = cm.snake.summarize(body)
        exchange.records = [record]
        status = response.status_code
        if status != 200:
            message = record.error_message if record.status == "failed" else None
            own = cm.snake.encode(
                error_body(record.error_code or status, message or f"Upstream answered with status {status}.")
            )
            # Validation errors repeat the input that was wrong, and it may hold a secret: the archive has the message.
            exchange.body = own
            await caller.answer(status, own if message is None else body, kept_headers(response))
            return
        try:
            answer = policy.apply(cm.snake.decode(body))
        except cm.ConversationDecodeError as error:
            logger.warning("Upstream's answer cannot be read: %s", error)
            raise RefusedError(502, "Upstream's answer cannot be read.") from None
        exchange.body = exchange.codec.encode(answer)
        await caller.answer(200, exchange.body, kept_headers(response))

    async def _relay_stream(self, response: httpx.Response, caller: Caller) -> None:
        exchange = caller.exchange
        guarded = GuardedStream(self._shared.policy)
        builder = exchange.body = cm.ResponseBuilder()

        async def send(frame: bytes) -> None:
            exchange.stream.append(frame)
            await caller.send(frame)

        async def send_event(event: cm.StreamEvent) -> None:
            builder.add(event)
            await send(exchange.codec.encode_event(event))

        await caller.start(200, [(b"content-type", EVENTS), *kept_headers(response)])
        try:
            async with aclosing(guarded.events(response.aiter_bytes())) as events:
                async for event in events:
                    await send_event(event)
        except (httpx.HTTPError, cm.ConversationModelsError) as error:
            logger.warning("Upstream's stream broke: %r", error)
        finally:
            guarded.meter.close()
            exchange.records = guarded.meter.records or [guarded.meter.record]
        if guarded.end:
            logger.warning("A stream was stopped: %s", guarded.reason)
            await send(guarded.end)
        elif not (builder.done or builder.error):
            await send_event(cm.ResponseErrorEvent(message="Upstream's stream broke off.", code=502))
        await caller.end()


async def whole_body(response: httpx.Response, limit: int) -> bytes:
    """The body of an answer. Raises ``RefusedError`` if it breaks off or is larger than ``limit``."""
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > limit:
                raise RefusedError(502, "Upstream's answer is too large.")
    except httpx.HTTPError as error:
        logger.warning("Upstream's answer broke off: %r", error)
        raise RefusedError(502, "Upstream's answer broke off.") from None
    return bytes(body)


def kept_headers(response: httpx.Response) -> Headers:
    """The headers for the caller, such as ``retry-after``."""
    return [header for header in forwarded(response.headers.raw) if header[0] not in OF_THE_BODY]


def from_environment() -> PolicyGateway:
    tools = os.environ.get("ALLOWED_TOOLS", "function,web_search,document_library")
    policy = Policy(frozenset(tools.split(",")), int(os.environ.get("MAX_DELTAS", "20000")), max_bytes=32 << 20)
    database, archive = os.environ.get("DATABASE", "usage.sqlite"), os.environ.get("ARCHIVE", "exchanges.ndjson")
    return PolicyGateway(os.environ.get("UPSTREAM_URL", "https://api.mistral.ai"), policy, database, archive)


app = from_environment().application
