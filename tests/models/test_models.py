"""The models: their fields, defaults and tags, and their few methods."""

import gc
import json
from dataclasses import dataclass
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from msgspec import UNSET, structs

import conversation_models as cm

from ..support.amounts import examples
from ..support.documents import SHAPES, UNION_TYPES, UNIONS, absent_as_unset, minimal
from ..support.each import each
from ..support.strategies import free_objects

every_model = each("cls", SHAPES)


@every_model
def test_fields_are_those_of_the_wire(cls: Any) -> None:
    fields = {field.name: field.required for field in structs.fields(cls)}
    assert fields == {name: field.required for name, field in SHAPES[cls].fields.items()}


@every_model
def test_absent_fields_are_unset_except_constants_counts_and_a_usage_of_zero(cls: Any) -> None:
    value = cls(**minimal(cls))
    defaults = {
        name: cm.ConversationUsageInfo() if default == {} else default for name, default in absent_as_unset(cls).items()
    }
    assert {name: getattr(value, name) for name in defaults} == defaults


@every_model
def test_type_is_the_tag(cls: Any) -> None:
    if (tag := SHAPES[cls].tag) is None:
        assert hasattr(cls, "type") == ("type" in SHAPES[cls].fields)
    else:
        assert cls.type == tag
        assert cls(**minimal(cls)).type == tag


@every_model
def test_models_are_frozen_keyword_only_and_untracked(cls: Any) -> None:
    value = cls(**minimal(cls))
    name = next(iter(SHAPES[cls].fields))
    with pytest.raises(AttributeError):
        setattr(value, name, "other")
    with pytest.raises(TypeError):
        cls("s")
    assert not gc.is_tracked(value)


@each("union", UNION_TYPES)
def test_unions_are_made_of_their_models(union: str) -> None:
    assert set(get_args(UNION_TYPES[union])) >= set(UNIONS[union])


def test_names_in_camel_case_are_those_of_the_typescript_sdk() -> None:
    # A rule could get these wrong. The TypeScript SDK writes them so.
    names = {field.name: field.encode_name for cls in SHAPES for field in structs.fields(cls)}
    assert names["conversation_id"] == "conversationId"
    assert names["image_url"] == "imageUrl"
    assert names["document_url"] == "documentUrl"
    assert names["previous_agent_name"] == "previousAgentName"
    assert names["tool_call_id"] == "toolCallId"
    assert names["url"] == "url"


def test_the_text_of_a_plain_message_is_its_content() -> None:
    assert cm.MessageOutputEntry(content="Hello\n").text == "Hello\n"


def test_the_text_of_a_message_joins_only_its_text_chunks() -> None:
    content: list[cm.ContentChunk] = [
        cm.ThinkChunk(thinking=[cm.TextChunk(text="(reasoning)")]),
        cm.TextChunk(text="One"),
        cm.ToolReferenceChunk(tool="web_search", title="(title)"),
        cm.Unknown("video_url", b'{"type":"video_url","text":"(unknown)"}'),
        cm.TextChunk(text=", two"),
    ]
    assert cm.MessageOutputEntry(content=content).text == "One, two"
    assert cm.MessageOutputEntry(content=[]).text == ""


# decode_arguments ------------------------------------------------------------------------------------------------


def call(arguments: Any) -> cm.FunctionCallEntry:
    return cm.FunctionCallEntry(tool_call_id="c1", name="rate", arguments=arguments)


@dataclass
class Rate:
    date: str
    digits: int = 2


@pytest.mark.parametrize("arguments", ['{"date": "2024-06-06"}', {"date": "2024-06-06"}], ids=["string", "object"])
def test_arguments_are_decoded_as_any_type(arguments: Any) -> None:
    assert call(arguments).decode_arguments() == {"date": "2024-06-06"}
    assert call(arguments).decode_arguments(Rate) == Rate("2024-06-06", 2)
    assert call(arguments).decode_arguments(type=dict[str, str]) == {"date": "2024-06-06"}


@examples(100)
@given(free_objects)
def test_arguments_are_the_same_from_a_string_and_an_object(arguments: dict[str, Any]) -> None:
    assert call(json.dumps(arguments)).decode_arguments() == arguments
    assert call(arguments).decode_arguments() == arguments


@pytest.mark.parametrize("arguments", ['{"1": "a"}', {"1": "a"}], ids=["string", "object"])
def test_keys_of_arguments_are_converted_to_the_type(arguments: Any) -> None:
    assert call(arguments).decode_arguments(dict[int, str]) == {1: "a"}


@each(
    ("arguments", "type", "path"),
    [
        ('{"date": 5}', Rate, "$.date"),
        ({"date": 5}, Rate, "$.date"),
        ({"dates": "x"}, Rate, "$"),
        ("[1]", dict, "$"),
        ('"text"', dict, "$"),
        ('{"a": ["x"]}', dict[str, list[int]], "$[...][0]"),
        ("", dict, None),
        ('{"date": ', dict, None),
        ("date=2024", dict, None),
        ('{"date": NaN}', dict, None),
        ('{"a":' * 100_000, dict, None),
    ],
)
def test_arguments_of_another_type_are_an_error_that_names_the_path(
    arguments: Any, type: Any, path: str | None
) -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        call(arguments).decode_arguments(type)
    assert caught.value.path == path


def test_arguments_with_a_lone_surrogate_are_an_error() -> None:
    for arguments in ('{"a": "\\ud800"}', '{"a": "\ud800"}'):
        with pytest.raises(cm.ConversationDecodeError, match="surrogate"):
            call(arguments).decode_arguments()


# Unknown ---------------------------------------------------------------------------------------------------------


def test_unknown_holds_a_tag_and_bytes() -> None:
    unknown = cm.Unknown("video.output", b'{"type": "video.output", "frames": [1, 2.0]}')
    tag: str | None = unknown.type
    assert tag == "video.output"
    assert unknown.decode() == {"type": "video.output", "frames": [1, 2.0]}
    assert repr(unknown) == "Unknown(type='video.output', raw=<44 bytes>)"


def test_unknown_matches_by_position() -> None:
    match cm.Unknown("a", b"{}"):
        case cm.Unknown(tag, raw):
            assert (tag, raw) == ("a", b"{}")


@pytest.mark.parametrize("name", ["type", "raw", "other"])
def test_unknown_is_immutable(name: str) -> None:
    unknown = cm.Unknown("a", b"{}")
    with pytest.raises(AttributeError):
        setattr(unknown, name, None)
    with pytest.raises(AttributeError):
        delattr(unknown, name)


def test_decoding_an_unknown_with_a_number_out_of_range_is_an_error() -> None:
    # JSON allows the number, and its bytes are written back; but Python has no float of this size.
    with pytest.raises(cm.ConversationDecodeError, match="out of range"):
        cm.Unknown("a", b'{"type":"a","x":1e999}').decode()


def test_msgspecs_own_functions_take_models() -> None:
    assert structs.asdict(cm.TextChunk(text="a")) == {"text": "a"}
    assert structs.replace(cm.ImageURL(url="a"), detail="low") == cm.ImageURL(url="a", detail="low")
    assert msgspec.to_builtins(cm.ImageURLChunk(image_url=cm.ImageURL(url="u"))) == {
        "type": "image_url",
        "imageUrl": {"url": "u"},
    }
    assert UNSET is cm.ImageURL(url="a").detail
