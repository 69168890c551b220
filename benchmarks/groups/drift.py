"""A drifting upstream: new fields, an entry of a new type, and missing tags."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import conversation_models as cm

from ..measure import Case, Data, Group, Op
from ..models import pydantic
from ..payloads import document, encode
from ..peers import FLOOR, JSON, LIBRARY, ORJSON, PYDANTIC, STRICT, Coder, coders
from ..spelling import same_as
from ..streams import cut, frame, frames, payloads_of
from .documents import both, decoding
from .streams import counting, with_types

Json = dict[str, Any]

NEW_FIELDS: Mapping[str, Json] = {
    "conversation.response": {"tier": "default"},
    "entry": {"span": "4bf92f3577b34da6"},
    "tool_reference": {"rank": 1},
    "message.output.delta": {"sequence": 17},
}
"""The new fields of each ``object``, or of a tag if there is none."""
NEW_IN_USAGE: Json = {"billing": {"cached": 512, "audio": 0}}
USUAL = f"{LIBRARY}, tagged and known"
"""The same document as the service usually sends it."""
STREAM = "short deltas, 16 kB a chunk"


def _drifted(value: Any) -> Any:
    if isinstance(value, dict):
        kind: Any = value.get("object", value.get("type", ""))
        added = NEW_IN_USAGE if "total_tokens" in value else NEW_FIELDS.get(kind, {})
        return {key: _drifted(member) for key, member in value.items()} | added
    return [_drifted(member) for member in value] if isinstance(value, list) else value


def _with_unknown_entry(data: bytes) -> bytes:
    response = json.loads(data)
    video = {"uri": "https://media.example.org/5d41402abc4b", "seconds": 12, "frames": [1, 2]}
    entry = response["outputs"][0] | {"type": "video.output", "id": "video_1", "video": video}
    response["outputs"].insert(1, entry)
    return encode(response)


def untagged(data: bytes) -> bytes:
    """The document without the tags of its entries and chunks."""
    return encode(_untagged(json.loads(data)))


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _untagged(member) for key, member in value.items() if key != "type"}
    return [_untagged(member) for member in value] if isinstance(value, list) else value


def _coders(tp: Any) -> dict[str, Coder]:
    """The peers of ``coders``, and pydantic with ``extra="allow"``, which keeps fields that it does not know."""
    adapter = pydantic(tp, extra=True)
    keeping = Coder(adapter.validate_json, lambda value: adapter.dump_json(value, exclude_unset=True))
    return coders(tp) | {PYDANTIC: keeping}


def _always(data: bytes, _: Data) -> bytes:
    return data


def _cases(quick: bool) -> Iterator[Case]:
    response, event = _coders(cm.ConversationResponse), _coders(cm.ConversationEvent)
    delta = payloads_of(frames("short deltas", quick=True))[1]
    for name, known, coder in (("web search", document("web search"), response), ("delta event", delta, event)):
        for about, data in (("no new fields", known), ("new fields", encode(_drifted(json.loads(known))))):
            case = Case(name=f"{name}, {about}", data=data, ops=both(coder), right=same_as(data), together=name)
            yield replace(case, unchecked=frozenset([FLOOR]))
    written = frames("short deltas", quick)
    drifted = [frame(_drifted(json.loads(payload))) for payload in payloads_of(written)]
    readers = counting(LIBRARY, FLOOR, "httpx2 + orjson")
    for about, sent in (("no new fields", written), ("new fields", drifted)):
        case = Case(name=f"{STREAM}, {about}", data=cut(sent, 16_384), ops=readers, right=with_types(sent))
        yield replace(case, items=len(sent), together=STREAM)
    for name in ("web search",) if quick else ("web search", "cited report"):
        data = document(name)
        usual = Op(cm.snake.decode, prepare=partial(_always, data))
        ops = decoding({peer: response[peer] for peer in (LIBRARY, ORJSON, JSON)}) | {USUAL: usual}
        case = Case(
            name=f"{name}, untagged", data=untagged(data), ops=ops, right=same_as(data, "type", "object", "role")
        )
        case = replace(case, unchecked=frozenset([USUAL]))
        yield case
        data = _with_unknown_entry(data)
        yield replace(case, name=f"{name}, one unknown entry", data=data, right=same_as(data))


DRIFT = Group(
    "drift",
    f"An upstream that is newer than the models, decoded and encoded; streams, and documents without tags or with an"
    f" entry of a new type, are only decoded. With new fields, the"
    f" response, each entry, each citation, the usage and each delta have one. *{FLOOR}* drops them, *{STRICT}* refuses"
    f' the document; *{PYDANTIC}* has `extra="allow"` here and keeps them.',
    _cases,
    LIBRARY,
)
