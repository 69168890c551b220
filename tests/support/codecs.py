"""Codecs in the states that they can be in after other traffic."""

from functools import cache
from typing import Any

import conversation_models as cm
from conversation_models.codec import Codec

from .documents import SHAPES, UNIONS, Naming, dumps, minimal
from .streams import every_event, in_naming

__all__ = ["EXHAUSTING", "every_model", "exhausted", "with_new_field"]

EXHAUSTING = 400
"""So many documents with new keys leave a codec no room to learn, if each has them in a few models."""


def every_model(naming: Naming) -> list[tuple[dict[str, Any], Any]]:
    """A response that holds each model of responses, an event of each type, and bodies that hold the other models.

    Each with its type.
    """
    chunks = [_tagged(cls) for cls in SHAPES if cls.__name__.endswith("Chunk")]
    image = {"type": "image_url", "image_url": minimal(cm.ImageURL)}
    entries = [_tagged(cls) for cls in UNIONS["entry"]]
    response = {
        "conversation_id": "c",
        "outputs": [*entries, {"type": "message.output", "content": [*chunks, image]}],
        "usage": {},
    }
    events = [(in_naming(event, "event", naming), cm.ConversationEvent) for event in every_event()]
    others = [(in_naming(document, tp, naming), tp) for document, tp in _OTHERS]
    return [(in_naming(response, cm.ConversationResponse, naming), cm.ConversationResponse), *events, *others]


def _tagged(cls: Any) -> dict[str, Any]:
    return {"type": SHAPES[cls].tag, **minimal(cls)}


_TOOLS = [
    *[_tagged(cls) for cls in UNIONS["tool"]],
    {"type": "web_search", "tool_configuration": {"exclude": []}},
    *[{**_tagged(cm.CustomConnector), "authorization": _tagged(cls)} for cls in UNIONS["authorization"]],
]
_REQUEST: dict[str, Any] = {
    "inputs": [_tagged(cls) for cls in UNIONS["input"]],
    "tools": _TOOLS,
    "completion_args": {
        "prediction": {"type": "content"},
        "response_format": {"type": "json_schema", "json_schema": minimal(cm.JSONSchema)},
    },
    "guardrails": [
        {
            "moderation_llm_v1": {"custom_category_thresholds": {"pii": 0.5}},
            "moderation_llm_v2": {"custom_category_thresholds": {"pii": 0.5}},
        }
    ],
}
_OTHERS: list[tuple[dict[str, Any], Any]] = [
    (_REQUEST, cm.ConversationRequest),
    ({"tool_confirmations": [minimal(cm.ToolCallConfirmation)]}, cm.ConversationAppendRequest),
    (minimal(cm.ConversationRestartRequest), cm.ConversationRestartRequest),
    ({"conversation_id": "c", "entries": _REQUEST["inputs"]}, cm.ConversationHistory),
    ({"conversation_id": "c", "messages": [_tagged(cls) for cls in UNIONS["message"]]}, cm.ConversationMessages),
    (minimal(cm.ModelConversation), cm.ModelConversation),
    (minimal(cm.AgentConversation), cm.AgentConversation),
]


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
