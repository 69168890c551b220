"""Gateways that edit and rebuild answers, beside those that the benchmarks measure."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import httpx
import msgspec

import conversation_models as cm
from benchmarks.gateways.gateways import Gateway, Typed
from conversation_models.sse import ServerSentEvent, SSEDecoder, encode_sse
from examples.gateway import Gateway as Relay
from examples.gateway import Receive, Scope, Send

__all__ = ["GATEWAYS"]


class TypedByRead(Typed):
    """``Typed`` with one write for all events of a read."""

    async def events(self, response: httpx.Response) -> AsyncIterator[bytes]:
        decoder = cm.snake.event_decoder()
        async for chunk in response.aiter_raw():
            if events := decoder.feed(chunk):
                yield self.written(events)
        if events := decoder.close():
            yield self.written(events)

    def written(self, events: list[cm.StreamEvent]) -> bytes:
        for event in events:
            self.inspect(event)
        return b"".join(map(cm.snake.encode_event, events))


class Rebuild(TypedByRead):
    """Keeps a journal in camelCase, and rebuilds answers and streams from it alone."""

    def answer(self, body: bytes) -> bytes:
        try:
            journal = cm.camel.encode(cm.snake.decode(body))
        except cm.ConversationDecodeError:
            return body
        return cm.snake.encode(cm.camel.decode(journal))

    def written(self, events: list[cm.StreamEvent]) -> bytes:
        journal = b"".join(map(cm.camel.encode_event, events))
        return b"".join(map(cm.snake.encode_event, cm.camel.iter_events([journal], strict=False)))


class Edit(Gateway):
    """Gives conversations its own ids, adds a ``gateway`` field, and removes the guardrails' findings."""

    prefix = "edited_"
    """Prefix of conversation ids on the client's side of the gateway."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["raw_path"].replace(self.prefix.encode(), b"")
        await super().__call__({**scope, "raw_path": path}, receive, send)

    def answer(self, body: bytes) -> bytes:
        body = cm.patch(body, ["conversation_id"], self.prefix + cm.snake.peek(body).conversation_id)
        body = cm.patch(body, ["gateway"], "edit")
        with suppress(cm.ConversationDecodeError):  # The response has no guardrails.
            body = cm.patch(body, ["guardrails"], msgspec.UNSET)
        return body

    async def events(self, response: httpx.Response) -> AsyncIterator[bytes]:
        decoder = SSEDecoder()
        async for chunk in response.aiter_raw():
            for event in decoder.feed(chunk):
                yield encode_sse(self.edited(event))
        for event in decoder.close():
            yield encode_sse(self.edited(event))

    def edited(self, event: ServerSentEvent) -> ServerSentEvent:
        if event.event != "conversation.response.started":
            return event
        conversation_id = cm.snake.decode(event.data, cm.ResponseStartedEvent).conversation_id
        data = cm.patch(event.data, ["conversation_id"], self.prefix + conversation_id).decode()
        return msgspec.structs.replace(event, data=data)


GATEWAYS: dict[str, Callable[[str], Gateway | Relay]] = {
    "relay": lambda upstream: Relay(upstream, lambda _: None),
    "typed": Typed,
    "typed by read": TypedByRead,
    "edit": Edit,
    "rebuild": Rebuild,
}
"""Functions by name. Each makes a gateway in front of the upstream at the given URL."""
