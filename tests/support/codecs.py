"""Codecs in the states that they can be in after other traffic."""

from functools import cache
from typing import Any

import conversation_models as cm
from conversation_models.codec import Codec

from .documents import SHAPES, Naming, dumps, minimal
from .streams import every_event, in_naming

__all__ = ["EXHAUSTING", "every_model", "exhausted", "with_new_field"]

EXHAUSTING = 3000
"""So many new keys, in each model, leave a codec no room to learn."""


def every_model(naming: Naming) -> list[tuple[dict[str, Any], Any]]:
    """A response that holds each model of documents, and an event of each type; each with its type."""
    chunks = [_tagged(cls) for cls in SHAPES if cls.__name__.endswith("Chunk")]
    image = {"type": "image_url", "image_url": minimal(cm.ImageURL)}
    entries = [_tagged(cls) for cls in SHAPES if cls.__name__.endswith("Entry")]
    response = {
        "conversation_id": "c",
        "outputs": [*entries, {"type": "message.output", "content": [*chunks, image]}],
        "usage": {},
    }
    events = [(in_naming(event, "event", naming), cm.ConversationEvent) for event in every_event()]
    return [(in_naming(response, cm.ConversationResponse, naming), cm.ConversationResponse), *events]


def _tagged(cls: Any) -> dict[str, Any]:
    return {"type": SHAPES[cls].tag, **minimal(cls)}


def with_new_field(value: Any, name: str, field: Any = 1) -> Any:
    """``value`` with the field ``name`` in each object. Only for documents without free-form values."""
    if isinstance(value, list):
        return [with_new_field(member, name, field) for member in value]
    if isinstance(value, dict):
        return {**{k: with_new_field(member, name, field) for k, member in value.items()}, name: field}
    return value


@cache
def exhausted(naming: Naming) -> Codec:
    """A codec that has met ``EXHAUSTING`` responses and as many events, each with a new key in every model."""
    codec = Codec(naming)
    response, *events = every_model(naming)
    for index in range(EXHAUSTING):
        # The events take turns.
        for document, tp in response, events[index % len(events)]:
            codec.decode(dumps(with_new_field(document, f"new{index}")), tp)
    return codec
