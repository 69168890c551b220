"""adaptix: loaders and dumpers generated for dataclasses, on orjson."""

import orjson
from adaptix import DebugTrail, Retort

from ..peer import Peer
from ._dataclass_models import ConversationResponse

# The fastest setting according to its documentation: errors without a trail to the field.
_retort = Retort(debug_trail=DebugTrail.DISABLE)
_load = _retort.get_loader(ConversationResponse)
_dump = _retort.get_dumper(ConversationResponse)


def _decode(data: bytes) -> ConversationResponse:
    return _load(orjson.loads(data))


def _encode(response: ConversationResponse) -> bytes:
    return orjson.dumps(_dump(response))


def _round_trip(data: bytes) -> bytes:
    return _encode(_decode(data))


PEER = Peer(
    name="adaptix on orjson",
    packages=["adaptix", "orjson"],
    typed=True,
    operations={"decode": _decode, "encode": _encode, "round trip": _round_trip},
)
