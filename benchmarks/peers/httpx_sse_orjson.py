"""httpx-sse with orjson: events as dicts, the way httpx users read streams. The response is made without a network."""

from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import orjson
from httpx_sse import EventSource, ServerSentEvent

from ..peer import Peer, count


def events(chunks: Sequence[bytes]) -> Iterator[ServerSentEvent]:
    headers = {"content-type": "text/event-stream"}
    return EventSource(httpx.Response(200, content=iter(chunks), headers=headers)).iter_sse()


def _iterate_events(chunks: Sequence[bytes]) -> Iterator[Any]:
    for event in events(chunks):
        yield orjson.loads(event.data)


def _read_events(chunks: Sequence[bytes]) -> int:
    return count(_iterate_events(chunks))


def _meter(chunks: Sequence[bytes]) -> int:
    for event in events(chunks):
        if event.event == "conversation.response.done":
            tokens: int = orjson.loads(event.data)["usage"]["total_tokens"]
            return tokens
    return -1


PEER = Peer(
    name="httpx-sse + orjson",
    packages=["httpx-sse", "httpx", "orjson"],
    typed=False,
    operations={"read events": _read_events, "iterate events": _iterate_events, "meter": _meter},
)
