"""Gateways that read the answers and write them again, each in its own way.

All but the first two decode every event, inspect it, and encode it again. ``BARE`` changes nothing; it shows the cost
of moving the bytes. ``RELAY`` is the example gateway.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
from httpx_sse import EventSource
from mistralai.client import models
from mistralai.client.utils.eventstreaming import EventStreamAsync
from mistralai.client.utils.serializers import unmarshal_json

import conversation_models as cm
from examples.gateway import NO_COOKIES, Receive, Scope, Send, forwarded, url_of
from examples.gateway import Gateway as Relay

from ..models import pydantic
from ..peers import LIBRARY
from .upstream import App, app, read_body


class Gateway:
    """Forwards requests, and answers unchanged. Subclasses change the answers."""

    def __init__(self, upstream: str) -> None:
        unlimited = httpx.Limits(max_connections=None)
        self._client = httpx.AsyncClient(
            base_url=upstream, cookies=NO_COOKIES, timeout=None, limits=unlimited, trust_env=False
        )
        self.characters = 0
        self.tokens = 0

    async def aclose(self) -> None:
        await self._client.aclose()

    def answer(self, body: bytes) -> bytes:
        return body

    def events(self, response: httpx.Response) -> AsyncIterator[bytes]:
        return response.aiter_raw()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        url, body = url_of(self._client.base_url, scope), await read_body(receive)
        assert url is not None
        headers = [*forwarded(scope["headers"]), (b"accept-encoding", b"identity")]
        async with self._client.stream(scope["method"], url, headers=headers, content=body) as response:
            headers = [header for header in forwarded(response.headers.raw) if header[0] != b"content-length"]
            start = {"type": "http.response.start", "status": response.status_code, "headers": headers}
            if response.headers.get("content-type", "").lower().startswith("text/event-stream"):
                await send(start)
                client_left = asyncio.ensure_future(receive())
                async for events in self.events(response):
                    await send({"type": "http.response.body", "body": events, "more_body": True})
                    if client_left.done():
                        return
                await send({"type": "http.response.body"})
                return
            body = await response.aread()
            if scope["method"] == "POST" and response.is_success:
                body = self.answer(body)
            headers.append((b"content-length", b"%d" % len(body)))
            await send(start)
            await send({"type": "http.response.body", "body": body})


class Typed(Gateway):
    """Decodes, inspects and encodes again, one event at a time."""

    def answer(self, body: bytes) -> bytes:
        try:
            response = cm.snake.decode(body)
        except cm.ConversationDecodeError:
            return body  # The client may be able to read it.
        for entry in response.outputs:
            if entry.type == "message.output":
                self.characters += len(entry.text)
        self.tokens += response.usage.total_tokens
        return cm.snake.encode(response)

    async def events(self, response: httpx.Response) -> AsyncIterator[bytes]:
        async for event in cm.snake.aiter_events(response.aiter_raw(), strict=False):
            self.inspect(event)
            yield cm.snake.encode_event(event)

    def inspect(self, event: cm.StreamEvent) -> None:
        match event:
            case cm.MessageOutputEvent(content=str(text)):
                self.characters += len(text)
            case cm.ResponseDoneEvent():
                self.tokens += event.usage.total_tokens


class Pydantic(Gateway):
    """``Typed`` with pydantic models, the stream read by httpx-sse."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.response, self.event = pydantic(cm.ConversationResponse), pydantic(cm.ConversationEvent)

    def answer(self, body: bytes) -> bytes:
        response = self.response.validate_json(body)
        self.inspect_response(response)
        return self.response.dump_json(response, exclude_unset=True)

    def inspect_response(self, response: Any) -> None:
        for entry in response.outputs:
            if entry.type == "message.output":
                chunks = [entry.content] if isinstance(entry.content, str) else entry.content
                self.characters += sum(len(c if isinstance(c, str) else getattr(c, "text", "")) for c in chunks)
        self.tokens += response.usage.total_tokens

    async def events(self, response: httpx.Response) -> AsyncIterator[bytes]:
        async for sent in EventSource(response).aiter_sse():
            event = self.event.validate_json(sent.data)
            self.inspect_event(event)
            written = self.event.dump_json(event, exclude_unset=True)
            yield b"event: %b\ndata: %b\n\n" % (event.type.encode(), written)

    def inspect_event(self, event: Any) -> None:
        if event.type == "message.output.delta" and isinstance(event.content, str):
            self.characters += len(event.content)
        elif event.type == "conversation.response.done":
            self.tokens += event.usage.total_tokens


class Sdk(Pydantic):
    """``Typed`` with the models and the stream reader of the official SDK."""

    def answer(self, body: bytes) -> bytes:
        response = unmarshal_json(body, models.ConversationResponse)
        self.inspect_response(response)
        return bytes(response.model_dump_json(by_alias=True), "utf-8")

    async def events(self, response: httpx.Response) -> AsyncIterator[bytes]:
        stream: Any = response  # The SDK uses a fork of httpx, whose responses have the same methods.
        async for event in EventStreamAsync(stream, lambda raw: unmarshal_json(raw, models.ConversationEvents)):
            self.inspect_event(event.data)
            yield f"event: {event.event}\ndata: {event.data.model_dump_json(by_alias=True)}\n\n".encode()


BARE, RELAY = "relays, reads nothing", f"{LIBRARY}: meters"
TYPED, HTTPX_PYDANTIC, MISTRALAI = f"{LIBRARY}: typed", "httpx-sse + pydantic: typed", "mistralai: typed"
SERVERS: dict[str, Callable[[str], App]] = {
    "upstream": lambda _: app,
    BARE: Gateway,
    RELAY: lambda upstream: Relay(upstream, lambda _: None),
    TYPED: Typed,
    HTTPX_PYDANTIC: Pydantic,
    MISTRALAI: Sdk,
}
"""Functions by name. Each makes a gateway in front of the upstream at the given URL."""
