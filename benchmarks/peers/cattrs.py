"""cattrs: code generated for dataclasses by its orjson converter, which selects union members by literal fields."""

from typing import Any

from cattrs.preconf.orjson import make_converter

from ..peer import Peer
from ._dataclass_models import Chunk, ConversationResponse, ImageURL

# Its documentation turns detailed validation off for speed.
_converter = make_converter(detailed_validation=False)


# cattrs needs a hook for each union of a string and another type.
@_converter.register_structure_hook
def _content(value: Any, _: Any) -> str | list[Chunk]:
    return value if isinstance(value, str) else _converter.structure(value, list[Chunk])


@_converter.register_structure_hook
def _image_url(value: Any, _: Any) -> str | ImageURL:
    return value if isinstance(value, str) else _converter.structure(value, ImageURL)


@_converter.register_structure_hook
def _arguments(value: Any, _: Any) -> str | dict[str, Any]:
    return value  # type: ignore[no-any-return]


def _decode(data: bytes) -> ConversationResponse:
    return _converter.loads(data, ConversationResponse)


def _round_trip(data: bytes) -> bytes:
    return _converter.dumps(_decode(data))


PEER = Peer(
    name="cattrs on orjson",
    packages=["cattrs", "orjson"],
    typed=True,
    operations={"decode": _decode, "encode": _converter.dumps, "round trip": _round_trip},
)
