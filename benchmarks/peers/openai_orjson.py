"""The event-stream decoder inside the OpenAI SDK, with orjson instead of ``json``: events as dicts."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from openai._streaming import SSEDecoder

from ..peer import Peer, count


def _iterate_events(chunks: Sequence[bytes]) -> Iterator[Any]:
    for event in SSEDecoder().iter_bytes(iter(chunks)):
        yield orjson.loads(event.data)


def _read_events(chunks: Sequence[bytes]) -> int:
    return count(_iterate_events(chunks))


def _meter(chunks: Sequence[bytes]) -> int:
    for event in SSEDecoder().iter_bytes(iter(chunks)):
        if event.event == "conversation.response.done":
            tokens: int = orjson.loads(event.data)["usage"]["total_tokens"]
            return tokens
    return -1


PEER = Peer(
    name="OpenAI SDK decoder + orjson",
    packages=["openai", "orjson"],
    typed=False,
    operations={"read events": _read_events, "iterate events": _iterate_events, "meter": _meter},
)
