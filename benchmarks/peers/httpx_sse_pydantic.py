"""httpx-sse with tuned pydantic: typed events without the official SDK."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import TypeAdapter

from ..peer import Peer, count
from ._pydantic_events import Done, Event
from .httpx_sse_orjson import events

_event: TypeAdapter[Any] = TypeAdapter(Event)


def _iterate_events(chunks: Sequence[bytes]) -> Iterator[Any]:
    for event in events(chunks):
        yield _event.validate_json(event.data)


def _read_events(chunks: Sequence[bytes]) -> int:
    return count(_iterate_events(chunks))


def _meter(chunks: Sequence[bytes]) -> int:
    for event in _iterate_events(chunks):
        if isinstance(event, Done):
            return event.usage.total_tokens
    return -1


PEER = Peer(
    name="httpx-sse + pydantic, tuned",
    packages=["httpx-sse", "httpx", "pydantic"],
    typed=True,
    operations={"read events": _read_events, "iterate events": _iterate_events, "meter": _meter},
)
