"""sseclient-py with orjson: events as dicts, over any iterable of bytes."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sseclient import SSEClient

from ..peer import Peer, count


def _iterate_events(chunks: Sequence[bytes]) -> Iterator[Any]:
    for event in SSEClient(iter(chunks)).events():
        yield orjson.loads(event.data)


def _read_events(chunks: Sequence[bytes]) -> int:
    return count(_iterate_events(chunks))


def _meter(chunks: Sequence[bytes]) -> int:
    for event in SSEClient(iter(chunks)).events():
        if event.event == "conversation.response.done":
            tokens: int = orjson.loads(event.data)["usage"]["total_tokens"]
            return tokens
    return -1


PEER = Peer(
    name="sseclient-py + orjson",
    packages=["sseclient-py", "orjson"],
    typed=False,
    operations={"read events": _read_events, "iterate events": _iterate_events, "meter": _meter},
)
