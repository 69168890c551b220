"""A common replacement for a parser: split at blank lines, and give the text after ``data:`` to msgspec.

Its events are typed. It is wrong for CR and CRLF, for several ``data:`` lines and for comments.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.json import Decoder

import conversation_models as cm

from ..bare import snake_type
from ..peer import Peer, count

_event: Decoder[Any] = Decoder(snake_type(cm.ConversationEvent))


def _iterate_events(chunks: Sequence[bytes]) -> Iterator[Any]:
    decode = _event.decode
    rest = b""
    for chunk in chunks:
        *frames, rest = (rest + chunk).split(b"\n\n")
        for frame in frames:
            yield decode(frame.partition(b"data: ")[2])


def _read_events(chunks: Sequence[bytes]) -> int:
    return count(_iterate_events(chunks))


PEER = Peer(
    name="split by hand + msgspec",
    packages=["msgspec"],
    typed=True,
    operations={"read events": _read_events, "iterate events": _iterate_events},
)
