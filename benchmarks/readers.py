"""Readers of event streams: each takes the chunks of a stream, as a network cuts them, and yields its events."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import httpx
import httpx2
import orjson
from httpx_sse import EventSource
from mistralai.client import models as sdk
from mistralai.client.utils.eventstreaming import EventStream
from mistralai.client.utils.unmarshal_json_response import unmarshal_json_response
from msgspec.json import Decoder

import conversation_models as cm

from .models import pydantic, snake
from .peers import CLIENT, FLOOR, LIBRARY, SDK
from .streams import payloads_of

Chunks = Sequence[bytes]
HEADERS = {"content-type": "text/event-stream"}
DONE = "conversation.response.done"


class Reader(NamedTuple):
    """``events`` reads the argument that ``prepare`` makes of the chunks. ``type_of`` is the type of one event."""

    events: Callable[[Any], Iterable[Any]]
    type_of: Callable[[Any], str] = lambda event: str(event.type)
    prepare: Callable[[Chunks], Any] = list
    total: Callable[[Any], int] = lambda event: int(event.usage.total_tokens)
    """The total of tokens in the event that ends a response."""
    own_count: Callable[[Any], int] | None = None
    """``count`` without a generator, for a reader that is used in two loops."""

    def count(self, argument: Any) -> int:
        """The number of events. Each is released before the next is read."""
        if self.own_count is not None:
            return self.own_count(argument)
        number = 0
        for _ in self.events(argument):
            number += 1
        return number

    def types(self, argument: Any) -> list[str]:
        return [self.type_of(event) for event in self.events(argument)]

    def meter(self, argument: Any) -> int:
        """The total of tokens that the stream reports."""
        return next(self.total(event) for event in self.events(argument) if self.type_of(event) == DONE)


_event = Decoder(snake(cm.ConversationEvent)).decode
_adapter = pydantic(cm.ConversationEvent)


def _feed(chunks: Chunks) -> Iterator[Any]:
    decoder = cm.snake.event_decoder()
    for chunk in chunks:
        yield from decoder.feed(chunk)
    yield from decoder.close()


def _count_fed(chunks: Chunks) -> int:
    decoder, number = cm.snake.event_decoder(), 0
    for chunk in chunks:
        for _ in decoder.feed(chunk):
            number += 1
    return number + len(decoder.close())


def floor_events(payloads: Sequence[bytes]) -> Iterator[Any]:
    """The events of payloads that were cut out of the stream before, so that there is only decoding left to do."""
    return map(_event, payloads)


def _split(chunks: Chunks) -> Iterator[Any]:
    """A common replacement for a parser. It is wrong for CR and CRLF, for several ``data:`` lines and for comments."""
    rest = b""
    for chunk in chunks:
        *frames, rest = (rest + chunk).split(b"\n\n")
        for frame in frames:
            yield _event(frame.partition(b"data: ")[2])


def _httpx_sse(chunks: Chunks) -> Iterator[Any]:
    return EventSource(httpx.Response(200, content=iter(chunks), headers=HEADERS)).iter_sse()


def _httpx2(chunks: Chunks) -> Iterator[Any]:
    request = httpx2.Request("POST", "http://127.0.0.1")
    return iter(httpx2.EventSource(httpx2.Response(200, content=iter(chunks), headers=HEADERS, request=request)))


def _sdk(chunks: Chunks) -> Iterable[Any]:
    response = httpx2.Response(200, content=iter(chunks), headers=HEADERS)
    return EventStream(response, sdk.ConversationEvents.model_validate_json)


def _client(chunks: Chunks) -> Iterable[Any]:
    response = httpx2.Response(200, content=iter(chunks), headers=HEADERS)
    return EventStream(response, lambda raw: unmarshal_json_response(sdk.ConversationEvents, response, raw))


def _loaded(
    source: Callable[[Chunks], Iterator[Any]], loads: Callable[[str], Any]
) -> Callable[[Chunks], Iterator[Any]]:
    return lambda chunks: (loads(event.data) for event in source(chunks))


def _untyped(source: Callable[[Chunks], Iterator[Any]]) -> Reader:
    events = _loaded(source, orjson.loads)
    return Reader(events, lambda event: str(event["type"]), total=lambda event: int(event["usage"]["total_tokens"]))


def _of_sdk(events: Callable[[Chunks], Iterable[Any]]) -> Reader:
    return Reader(events, lambda event: str(event.event), total=lambda event: int(event.data.usage.total_tokens))


READERS: dict[str, Reader] = {
    LIBRARY: Reader(_feed, own_count=_count_fed),
    f"{LIBRARY}, iter_events": Reader(cm.snake.iter_events),
    FLOOR: Reader(floor_events, prepare=lambda chunks: payloads_of(list(chunks))),
    "split by hand + msgspec": Reader(_split),
    "httpx-sse + orjson": _untyped(_httpx_sse),
    "httpx2 + orjson": _untyped(_httpx2),
    "httpx-sse + pydantic": Reader(_loaded(_httpx_sse, _adapter.validate_json)),
    "httpx2 + pydantic": Reader(_loaded(_httpx2, _adapter.validate_json)),
    SDK: _of_sdk(_sdk),
    CLIENT: _of_sdk(_client),
}


def text_of(events: Iterable[Any]) -> str:
    """The text of the message deltas that are strings, whatever made the events."""
    found = []
    for event in events:
        untyped = isinstance(event, dict)
        if (event["type"] if untyped else event.type) == "message.output.delta":
            content = event["content"] if untyped else event.content
            found += [content] if isinstance(content, str) else []
    return "".join(found)
