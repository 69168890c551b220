"""The floor with the fields of a drifting upstream declared, so that it keeps them."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.json import Decoder, Encoder

from ..bare import snake_type
from ..peer import FLOOR_KNOWN, Peer, coding, count
from ..streams import payloads_of
from ._known_fields import KnownEvent, KnownResponse

_snake: Decoder[Any] = Decoder(snake_type(KnownResponse))
_camel: Decoder[Any] = Decoder(KnownResponse)
_event: Decoder[Any] = Decoder(snake_type(KnownEvent))
_camel_event: Decoder[Any] = Decoder(KnownEvent)
_encoder = Encoder()


def _iterate_events(payloads: Sequence[bytes]) -> Iterator[Any]:
    return map(_event.decode, payloads)


def _read_events(payloads: Sequence[bytes]) -> int:
    return count(_iterate_events(payloads))


PEER = Peer(
    name=FLOOR_KNOWN,
    packages=["msgspec"],
    typed=True,
    variant=True,
    operations={
        **coding("snake", _snake.decode, _event.decode, _encoder.encode),
        **coding("camel", _camel.decode, _camel_event.decode, _encoder.encode),
        "read events": _read_events,
        "iterate events": _iterate_events,
    },
    prepare={"read events": payloads_of, "iterate events": payloads_of},
)
