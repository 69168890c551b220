"""The documents of a drifting upstream: with new fields, with an entry of a new type, and without tags."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .payloads import document, encode
from .streams import deltas, frame, payloads_of

__all__ = [
    "EVENTS",
    "REFERENCE",
    "TAGGED_REFERENCE",
    "drifting",
    "drifting_stream",
    "renamed",
    "untagged",
    "with_unknown_entry",
]

Json = dict[str, Any]

NEW_FIELDS: Mapping[str, Json] = {
    "conversation.response": {"tier": "default"},
    "entry": {"span": "4bf92f3577b34da6"},
    "tool_reference": {"rank": 1},
    "message.output.delta": {"sequence": 17},
}
"""The new fields of each ``object``, or of a tag if there is none. Their keys are the same in both namings."""
NEW_IN_USAGE: Json = {"billing": {"cached": 512, "audio": 0}}
_NEW_KEY = re.compile(rb'(?<=[{,]")(tier|span|rank|sequence|billing)(?=":)')

_, _DELTA, _DONE = payloads_of(deltas(1))
EVENTS = {"delta event": _DELTA, "done event": _DONE}
"""The JSON text of two events, without new fields."""

REFERENCE = Path(__file__).parents[1].joinpath("tests", "fixtures", "reference_example_camel.json").read_bytes().strip()
"""A camelCase response with one entry, which has no tag."""
TAGGED_REFERENCE = REFERENCE.replace(b'{"name"', b'{"type": "tool.execution", "name"')


def drifting(data: bytes) -> bytes:
    """The document with a new field in the response, each entry, each citation and the usage, or in the event."""
    return encode(_drifted(json.loads(data)))


def _drifted(value: Any) -> Any:
    if isinstance(value, dict):
        kind: Any = value.get("object", value.get("type", ""))
        added = NEW_IN_USAGE if "total_tokens" in value else NEW_FIELDS.get(kind, {})
        return {key: _drifted(member) for key, member in value.items()} | added
    return [_drifted(member) for member in value] if isinstance(value, list) else value


def renamed(data: bytes, number: int) -> bytes:
    """The drifting document with other names for its new fields: new ones for each number."""
    return _NEW_KEY.sub(rb"\g<1>_%d" % number, data)


def drifting_stream(frames: list[bytes]) -> list[bytes]:
    """The stream with the new field of each event."""
    return [frame(_drifted(json.loads(payload))) for payload in payloads_of(frames)]


def with_unknown_entry(name: str) -> bytes:
    """The payload of that name with one more entry, of a type that no model has."""
    response = json.loads(document(name))
    video = {"uri": "https://media.example.org/5d41402abc4b", "seconds": 12, "frames": [1, 2]}
    first = response["outputs"][0]
    response["outputs"].insert(1, first | {"type": "video.output", "id": "video_1", "video": video})
    return encode(response)


def untagged(data: bytes) -> bytes:
    """The document without the tags of its entries and chunks."""
    return encode(_untagged(json.loads(data)))


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _untagged(member) for key, member in value.items() if key != "type"}
    return [_untagged(member) for member in value] if isinstance(value, list) else value
