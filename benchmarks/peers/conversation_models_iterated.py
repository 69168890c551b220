"""This library through ``iter_events``, which yields events one by one and checks that the stream is complete."""

from collections.abc import Iterator, Sequence
from typing import Any

import conversation_models as cm

from ..peer import ITERATED, Peer, count


def _iterate_events(chunks: Sequence[bytes]) -> Iterator[Any]:
    return cm.snake.iter_events(chunks)


def _read_events(chunks: Sequence[bytes]) -> int:
    return count(_iterate_events(chunks))


PEER = Peer(
    name=ITERATED,
    packages=["conversation-models"],
    typed=True,
    operations={"read events": _read_events, "iterate events": _iterate_events},
)
