"""mashumaro: code generated for dataclasses by its orjson codec, with a ``Discriminator`` for unions.

It accepts any value as ``str``, so ``str`` has to be the last member of a union.
"""

from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_type_hints

from mashumaro.codecs.orjson import ORJSONDecoder, ORJSONEncoder
from mashumaro.types import Discriminator

from ..peer import Peer
from . import _dataclass_models as models


def _tag(cls: type[Any]) -> str:
    tag: str = get_args(get_type_hints(cls)["type"])[0]
    return tag


_by_type = Discriminator(field="type", include_supertypes=True, variant_tagger_fn=_tag)


@dataclass(slots=True)
class ThinkChunk(models.ThinkChunk):
    thinking: list[Annotated[models.ThinkContent, _by_type]]


@dataclass(slots=True)
class ImageURLChunk(models.ImageURLChunk):
    image_url: models.ImageURL | str


Chunk = (
    models.TextChunk
    | ThinkChunk
    | ImageURLChunk
    | models.DocumentURLChunk
    | models.ToolFileChunk
    | models.ToolReferenceChunk
    | models.ReferenceChunk
)


@dataclass(slots=True)
class Message(models.Message):
    content: list[Annotated[Chunk, _by_type]] | str  # type: ignore[assignment]


@dataclass(slots=True)
class FunctionCall(models.FunctionCall):
    arguments: dict[str, Any] | str


Entry = Message | models.ToolExecution | FunctionCall | models.AgentHandoff


@dataclass(slots=True)
class ConversationResponse(models.ConversationResponse):
    outputs: list[Annotated[Entry, _by_type]]  # type: ignore[assignment]


_decoder = ORJSONDecoder(ConversationResponse)
_encoder = ORJSONEncoder(ConversationResponse)


def _round_trip(data: bytes) -> bytes:
    return _encoder.encode(_decoder.decode(data))


PEER = Peer(
    name="mashumaro on orjson",
    packages=["mashumaro", "orjson"],
    typed=True,
    operations={"decode": _decoder.decode, "encode": _encoder.encode, "round trip": _round_trip},
)
