"""The floor: msgspec's own decoder and encoder on the classes of this library, without any other code.

For streams, it is given the JSON of each event, already cut out of the stream, so that it only has to decode.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Raw
from msgspec.json import Decoder, Encoder

import conversation_models as cm

from ..bare import snake_type
from ..peer import FLOOR, Peer, coding, count
from ..streams import payloads_of

_snake: Decoder[Any] = Decoder(snake_type(cm.ConversationResponse))
_camel: Decoder[Any] = Decoder(cm.ConversationResponse)
_head: Decoder[Any] = Decoder(snake_type(cm.ResponseHead))
_event: Decoder[Any] = Decoder(snake_type(cm.ConversationEvent))
_camel_event: Decoder[Any] = Decoder(cm.ConversationEvent)
_request: Decoder[Any] = Decoder(snake_type(cm.ConversationRequest))
_history: Decoder[Any] = Decoder(snake_type(cm.ConversationHistory))
_members = Decoder(dict[str, Raw])
_encoder = Encoder()
_buffer = bytearray()


def _encode_into(value: Any) -> None:
    _encoder.encode_into(value, _buffer)


def _peek(data: bytes) -> tuple[str, int]:
    head = _head.decode(data)
    return head.conversation_id, head.usage.total_tokens


def _patch(data: bytes) -> bytes:
    document = _members.decode(data)
    usage = _members.decode(document["usage"])
    usage["total_tokens"] = Raw(b"7")
    document["usage"] = Raw(_encoder.encode(usage))
    return _encoder.encode(document)


def _iterate_events(payloads: Sequence[bytes]) -> Iterator[Any]:
    return map(_event.decode, payloads)


def _read_events(payloads: Sequence[bytes]) -> int:
    return count(_iterate_events(payloads))


def _meter(chunks: Sequence[bytes]) -> int:
    """Looks for the name of the last event and decodes only that event. The name may be cut by the end of a chunk."""
    mark = b"event: conversation.response.done\n"
    window = b""
    found = False
    for chunk in chunks:
        window = (window if found else window[-len(mark) :]) + chunk
        found = found or mark in window
    usage: int = _event.decode(payloads_of([window[window.index(mark) :]])[0]).usage.total_tokens
    return usage


PEER = Peer(
    name=FLOOR,
    packages=["msgspec"],
    typed=True,
    operations={
        **coding("snake", _snake.decode, _event.decode, _encoder.encode),
        **coding("camel", _camel.decode, _camel_event.decode, _encoder.encode),
        "encode": _encoder.encode,
        "encode_into": _encode_into,
        "decode request": _request.decode,
        "encode request": _encoder.encode,
        "decode history": _history.decode,
        "encode history": _encoder.encode,
        "encode camelCase": _encoder.encode,
        "decode lines": _snake.decode_lines,
        "encode lines": _encoder.encode_lines,
        "peek": _peek,
        "patch": _patch,
        "read events": _read_events,
        "iterate events": _iterate_events,
        "build": _read_events,
        "meter": _meter,
    },
    prepare={"read events": payloads_of, "iterate events": payloads_of, "build": payloads_of},
)
