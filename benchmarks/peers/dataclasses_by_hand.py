"""Dataclasses built by hand from orjson's dicts: a function for each tag, no other library, no validation."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson

from ..peer import Peer
from ._dataclass_models import (
    AgentHandoff,
    ConversationResponse,
    DocumentURLChunk,
    FunctionCall,
    ImageURL,
    ImageURLChunk,
    Message,
    ReferenceChunk,
    TextChunk,
    ThinkChunk,
    ToolExecution,
    ToolFileChunk,
    ToolReferenceChunk,
    Usage,
)

Json = dict[str, Any]


def _think(chunk: Json) -> ThinkChunk:
    chunk["thinking"] = _chunks(chunk["thinking"])
    return ThinkChunk(**chunk)


def _image(chunk: Json) -> ImageURLChunk:
    if isinstance(chunk["image_url"], dict):
        chunk["image_url"] = ImageURL(**chunk["image_url"])
    return ImageURLChunk(**chunk)


_CHUNK: dict[str, Callable[[Json], Any]] = {
    "text": lambda chunk: TextChunk(**chunk),
    "thinking": _think,
    "image_url": _image,
    "document_url": lambda chunk: DocumentURLChunk(**chunk),
    "tool_file": lambda chunk: ToolFileChunk(**chunk),
    "tool_reference": lambda chunk: ToolReferenceChunk(**chunk),
    "reference": lambda chunk: ReferenceChunk(**chunk),
}


def _chunks(chunks: Sequence[Json]) -> list[Any]:
    return [_CHUNK[chunk["type"]](chunk) for chunk in chunks]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)


_ENTRY = {
    "message.output": Message,
    "tool.execution": ToolExecution,
    "function.call": FunctionCall,
    "agent.handoff": AgentHandoff,
}


def _entry(entry: Json) -> Any:
    for name in ("created_at", "completed_at"):
        if entry.get(name) is not None:
            entry[name] = _time(entry[name])
    if isinstance(entry.get("content"), list):
        entry["content"] = _chunks(entry["content"])
    return _ENTRY[entry["type"]](**entry)


def _decode(data: bytes) -> ConversationResponse:
    response = orjson.loads(data)
    response["outputs"] = [_entry(entry) for entry in response["outputs"]]
    response["usage"] = Usage(**response["usage"])
    return ConversationResponse(**response)


def _round_trip(data: bytes) -> bytes:
    return orjson.dumps(_decode(data))


PEER = Peer(
    name="dataclasses by hand on orjson",
    packages=["orjson"],
    typed=True,
    # orjson itself can write dataclasses, with absent fields as null.
    operations={"decode": _decode, "encode": orjson.dumps, "round trip": _round_trip},
)
