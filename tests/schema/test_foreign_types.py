"""Schemas of the caller's own types that hold models."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Generic, NamedTuple, NewType, TypedDict, TypeVar

import attrs
import msgspec
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

import conversation_models as cm

from ..support.each import each

T = TypeVar("T")


class Envelope(msgspec.Struct, rename="kebab"):
    first_chunk: cm.ContentChunk
    team_name: str = "none"


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    chunk: cm.TextChunk


class Row(msgspec.Struct, array_like=True):
    chunk: cm.TextChunk
    count: int
    note: str = ""


class Tree(msgspec.Struct):
    chunk: cm.TextChunk
    children: "list[Tree]" = []  # Python 3.10 does not look into `list["Tree"]`.


class Page(msgspec.Struct, Generic[T]):
    items: list[T]


class Done(msgspec.Struct, tag="done"):
    chunk: cm.TextChunk


class Failed(msgspec.Struct, tag="failed"):
    reason: str


class Listing(msgspec.Struct):
    found: list[cm.Conversation]


@dataclasses.dataclass
class Record:
    chunks: dict[str, cm.TextChunk]
    note: str | None = None


@attrs.define
class Private:
    _chunk: cm.TextChunk
    tags: list[str] = attrs.field(factory=list)


class Pair(NamedTuple):
    chunk: cm.TextChunk
    size: int = 1


class Keyed(TypedDict, total=False):
    chunk: cm.TextChunk
    name: str


class TextChunk(msgspec.Struct):
    """Has the name of a model."""

    number: int


class Longer(cm.TextChunk, frozen=True, kw_only=True, tag="text"):
    language: str


new_type: Any = NewType
Named = new_type("Named", cm.TextChunk)

TEXT = {"type": "text", "text": "Hi"}
WRONG = {"type": "text", "text": 7}

# A type, documents that are one, and documents that are not.
CASES: list[tuple[Any, list[Any], list[Any]]] = [
    (
        Envelope,
        [{"first-chunk": TEXT}, {"first-chunk": {"type": "new"}, "team-name": "a", "more": 1}, {"first-chunk": 7}],
        [{}, {"first-chunk": WRONG}, {"first-chunk": TEXT, "team-name": 1}, {"first_chunk": TEXT}],
    ),
    (Strict, [{"chunk": TEXT}], [{"chunk": TEXT, "more": 1}, {"chunk": WRONG}]),
    (Row, [[TEXT, 1], [TEXT, 1, "n"], [TEXT, 1, "n", 2]], [[TEXT], [WRONG, 1], [TEXT, "1"], {"chunk": TEXT}]),
    (Tree, [{"chunk": TEXT, "children": [{"chunk": TEXT}]}], [{"chunk": TEXT, "children": [{"chunk": WRONG}]}]),
    (Page[cm.TextChunk], [{"items": [TEXT]}], [{"items": [WRONG]}, {}]),
    (
        tuple[Page[cm.TextChunk], Page[int]],
        [[{"items": [TEXT]}, {"items": [1]}]],
        [[{"items": [1]}, {"items": [TEXT]}], []],
    ),
    (
        Done | Failed,
        [{"type": "done", "chunk": TEXT}, {"type": "failed", "reason": "r"}],
        [{"type": "done", "chunk": WRONG}, {"type": "failed", "chunk": TEXT}, {"type": "new"}],
    ),
    (
        cm.TextChunk | Done | None,
        [TEXT, {"type": "done", "chunk": TEXT}, {"type": "new"}, None],
        [WRONG, {"type": "done", "chunk": WRONG}, 7],
    ),
    (cm.ContentChunk | Done, [TEXT, {"type": "done", "chunk": TEXT}, {"type": "new"}], [WRONG, {"type": "done"}]),
    (list[cm.TextChunk | cm.ThinkChunk], [[TEXT, {"type": "image_url"}, 7]], [[WRONG], [{"type": "thinking"}]]),
    (Listing, [{"found": [{"type": "new"}]}], [{"found": None}, {}]),
    (Record, [{"chunks": {"a": TEXT}}, {"chunks": {}, "note": None}], [{"chunks": {"a": WRONG}}, {}]),
    (Private, [{"_chunk": TEXT}, {"_chunk": TEXT, "tags": ["a"]}], [{"chunk": TEXT}, {"_chunk": WRONG}]),
    (Pair, [[TEXT], [TEXT, 2]], [[], [WRONG], [TEXT, 2, 3]]),
    (Keyed, [{}, {"chunk": TEXT, "name": "n"}], [{"chunk": WRONG}, {"name": 7}]),
    (Named, [TEXT], [WRONG]),
    (Longer, [{**TEXT, "language": "en"}], [TEXT, {**WRONG, "language": "en"}]),
    (Annotated[list[cm.TextChunk], msgspec.Meta(max_length=1)], [[], [TEXT]], [[TEXT, TEXT], [WRONG]]),
    (tuple[cm.TextChunk, ...], [[], [TEXT, TEXT]], [[WRONG]]),
    (Mapping[str, list[cm.TextChunk]], [{"a": [TEXT]}], [{"a": TEXT}, []]),
    (cm.TextChunk | None, [TEXT, {"text": "Hi"}, None], [WRONG, {"type": "new", "text": "Hi"}, 7]),
    (tuple[TextChunk, cm.TextChunk], [[{"number": 1}, TEXT]], [[TEXT, {"number": 1}]]),
    (list[cm.Conversation] | cm.ServiceError, [[], [{"type": "new"}], {"detail": "no"}], [7, {"detail": ""}]),
    (dict[str, int], [{"a": 1}], [{"a": "1"}]),
]


def test_schemas_of_foreign_types_are_schemas() -> None:
    types: Any = tuple(tp for tp, _, _ in CASES)
    Draft202012Validator.check_schema(cm.camel.schema(tuple[types]))


@each("codec", [cm.camel, cm.snake])
@each(("tp", "accepted", "rejected"), CASES)
def test_a_schema_accepts_what_decode_accepts(
    codec: cm.Codec, tp: Any, accepted: list[Any], rejected: list[Any]
) -> None:
    schema = codec.schema(tp)
    validator = Draft202012Validator(schema)
    for document in accepted:
        validator.validate(document)
        codec.from_builtins(document, tp)
    for document in rejected:
        assert not validator.is_valid(document), document
        with pytest.raises(cm.ConversationDecodeError):
            codec.from_builtins(document, tp)


def test_classes_of_one_name_have_definitions_of_their_own() -> None:
    assert cm.camel.schema(tuple[cm.TextChunk, TextChunk])["$defs"].keys() == {"TextChunk", "TextChunk_2"}
    assert cm.camel.schema(tuple[TextChunk, cm.TextChunk])["$defs"].keys() == {"TextChunk", "TextChunk_2"}


def test_a_subclass_of_a_model_has_the_descriptions_of_the_model() -> None:
    schema = cm.camel.schema(Longer)["$defs"]["Longer"]
    assert schema["description"] == "Text."
    assert schema["properties"]["text"]["description"] == "The text."
