"""Documents with fields that no model has and no codec has learned, in each place and around each other oddity."""

from typing import Any

import pytest

import conversation_models as cm
from conversation_models.codec import Codec
from conversation_models.models.base import Model
from conversation_models.spelling.families import spells

from ..support.documents import NAMINGS, Naming, dumps, key
from ..support.each import each

every_naming = each("naming", NAMINGS)


def response(naming: Naming, *outputs: Any, **fields: Any) -> dict[str, Any]:
    return {key("conversation_id", naming): "c", "outputs": [*outputs], "usage": {}, **fields}


def message(content: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "message.output", "content": content, **fields}


@every_naming
@pytest.mark.parametrize("new", ["region", "unknown_fields"])
def test_each_object_has_its_own_fields_and_each_is_seen_at_its_path(naming: Naming, new: str) -> None:
    codec = Codec(naming)
    chunks = [{"type": "text", "text": "a"}, {"type": "text", "text": "b", new: 1}]
    data = dumps(response(naming, message("Hi"), message(chunks, **{new: [2]}), **{new: {"a": 3}}))
    value = codec.decode(data)
    plain, odd = value.outputs
    assert isinstance(plain, cm.MessageOutputEntry)
    assert isinstance(odd, cm.MessageOutputEntry)
    assert isinstance(odd.content, list)
    models: list[Any] = [value, plain, odd, *odd.content, value.usage]
    assert [dict(part.unknown_fields) for part in models] == [
        {new: {"a": 3}},
        {},
        {new: [2]},
        {},
        {new: 1},
        {},
    ]
    assert {place: seen.path for place, seen in codec.unknown_seen.items()} == {
        ("ConversationResponse", new): f"$.{new}",
        ("MessageOutputEntry", new): f"$.outputs[1].{new}",
        ("TextChunk", new): f"$.outputs[1].content[1].{new}",
    }


@every_naming
def test_objects_without_unknown_fields_are_written_as_they_are_beside_others_that_have_some(naming: Naming) -> None:
    value = Codec(naming).decode(dumps(response(naming, message([{"type": "text", "text": "a"}]), region="eu")))
    (entry,) = value.outputs
    assert isinstance(entry, cm.MessageOutputEntry)
    parts: list[Any] = [entry, *entry.content, value.usage]
    assert [spells(type(part), naming) for part in parts] == [True] * 3
    assert not spells(type(value), naming)


@every_naming
def test_a_field_of_the_model_that_is_spelled_in_the_other_naming_is_still_an_error(naming: Naming) -> None:
    own = key("prompt_tokens", naming)
    other = "promptTokens" if naming == "snake" else "prompt_tokens"
    codec = Codec(naming)
    with pytest.raises(cm.ConversationDecodeError, match=f"spelling of `{own}`") as caught:
        codec.decode(dumps({**response(naming, region="eu"), "usage": {other: 1}}))
    assert caught.value.path == f"$.usage.{other}"
    # With its own key beside it, it is an unknown field, in snake_case.
    value = codec.decode(dumps({**response(naming, region="eu"), "usage": {other: 1, own: 2}}))
    assert (value.usage.prompt_tokens, value.usage.unknown_fields) == (2, {"prompt_tokens": 1})


@every_naming
def test_unknown_fields_around_unknown_and_untagged_members_are_kept(naming: Naming) -> None:
    codec = Codec(naming)
    video = {"type": "video.output", "url": "u"}
    value = codec.decode(dumps(response(naming, message("a", region=1), video, {"content": "b", "zone": 2}, region=3)))
    first, unknown, second = value.outputs
    assert unknown == cm.Unknown("video.output", dumps(video))
    assert [dict(part.unknown_fields) for part in (value, first, second) if isinstance(part, Model)] == [
        {"region": 3},
        {"region": 1},
        {"zone": 2},
    ]
    # Each is met once, whichever readers have tried the document.
    assert {place: seen.path for place, seen in codec.unknown_seen.items()} == {
        ("ConversationResponse", "region"): "$.region",
        ("MessageOutputEntry", "region"): "$.outputs[0].region",
        ("OutputEntry", "video.output"): "$.outputs[1]",
        ("MessageOutputEntry", "zone"): "$.outputs[2].zone",
    }


@every_naming
@each(
    ("tp", "wrapped", "found"),
    [
        (list[cm.ConversationResponse], "[%s]", lambda value: value[0]),
        (dict[str, cm.ConversationResponse], '{"a":%s}', lambda value: value["a"]),
        (tuple[int, cm.ConversationResponse], "[1,%s]", lambda value: value[1]),
        (list[cm.ConversationResponse | None], "[null,%s]", lambda value: value[1]),
    ],
)
def test_unknown_fields_inside_other_types_are_kept(naming: Naming, tp: Any, wrapped: str, found: Any) -> None:
    document = dumps(response(naming, message("a", region=1), zone=2)).decode()
    value = found(Codec(naming).decode(wrapped % document, tp))
    assert type(value).__name__ == "ConversationResponse"
    assert (value.unknown_fields, value.outputs[0].unknown_fields) == ({"zone": 2}, {"region": 1})


class Row(Model, frozen=True, kw_only=True, array_like=True):
    usage: cm.ConversationUsageInfo


class Table(Model, frozen=True, kw_only=True):
    rows: list[Row]


@every_naming
def test_a_model_that_is_written_as_an_array_has_no_keys_to_be_unknown(naming: Naming) -> None:
    value = Codec(naming).decode(b'{"rows":[[{}]],"region":"eu"}', Table)
    assert value == Table(rows=[Row(usage=cm.ConversationUsageInfo())]).with_unknown_fields({"region": "eu"})


class Picky(cm.TextChunk, frozen=True, kw_only=True, tag="text"):
    def __post_init__(self) -> None:
        if not self.text:
            raise ValueError("Empty")


@every_naming
def test_what_a_subclass_refuses_is_an_error_beside_unknown_fields_too(naming: Naming) -> None:
    with pytest.raises(cm.ConversationDecodeError, match="Empty"):
        Codec(naming).decode(b'{"type":"text","text":"","region":"eu"}', Picky)
