"""``to_builtins`` and ``from_builtins``: the values of frameworks that take and give parsed JSON."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import each_once, examples
from ..support.documents import CODECS, NAMINGS, SHAPES, UNION_TYPES, Naming, dumps, exact, written
from ..support.each import each
from ..support.examples import MODELS, full, least
from ..support.strategies import wire, wire_member, wire_responses
from ..support.streams import in_naming
from ..support.unknown_fields import with_random_fields

every_naming = pytest.mark.parametrize("naming", NAMINGS)


def kinds(value: Any) -> set[type]:
    """The classes of a value and of all that it holds."""
    members = [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return {type(value)}.union(*map(kinds, members))


# Round trips ------------------------------------------------------------------------------------------------------


@every_naming
@each("cls", MODELS)
def test_every_model_comes_back_equal_from_builtins(cls: Any, naming: Naming) -> None:
    codec = CODECS[naming]
    for value in least(cls), full(cls), least(cls).with_unknown_fields({"new": [1, {"agent_id": None}]}):
        builtins = codec.to_builtins(value)
        assert kinds(builtins) <= {dict, list, str, int, float, bool, type(None)}
        assert exact(builtins) == exact(json.loads(codec.encode(value)))
        again = codec.from_builtins(builtins, cls)
        assert again == value
        assert isinstance(again, cls)
        assert codec.from_builtins([builtins] * 2, list[cls]) == [value] * 2


@every_naming
@examples(50, usual=8)
@given(data=st.data())
def test_documents_come_back_as_builtins(naming: Naming, data: st.DataObject) -> None:
    codec = CODECS[naming]
    plain = data.draw(wire_responses(naming))
    document = with_random_fields(data, plain, cm.ConversationResponse, naming)
    value = codec.from_builtins(document)
    assert codec.to_builtins(value) == codec.to_builtins(codec.decode(dumps(document)))
    assert exact(codec.to_builtins(value)) == exact(written(document, cm.ConversationResponse, naming))
    other: Naming = "camel" if naming == "snake" else "snake"
    if "Unknown(type=None" not in repr(value):
        assert CODECS[other].from_builtins(CODECS[other].to_builtins(value)) == value


@each_once(naming=NAMINGS, union=UNION_TYPES)
@examples(20, usual=5)
@given(data=st.data())
def test_members_of_unions_are_read_from_builtins(union: str, naming: Naming, data: st.DataObject) -> None:
    codec = CODECS[naming]
    document = data.draw(wire_member(union, naming))
    value = codec.from_builtins(document, UNION_TYPES[union])
    assert isinstance(value, type(codec.decode(dumps(document), UNION_TYPES[union])))
    assert exact(codec.to_builtins(value)) == exact(written(document, union, naming))


@each_once(naming=NAMINGS, cls=SHAPES)
@examples(5, usual=2)
@given(data=st.data())
def test_models_are_read_from_builtins(cls: Any, naming: Naming, data: st.DataObject) -> None:
    codec = CODECS[naming]
    document = data.draw(wire(cls, naming))
    assert exact(codec.to_builtins(codec.from_builtins(document, cls))) == exact(written(document, cls, naming))


@every_naming
def test_each_codec_writes_the_keys_of_its_naming(naming: Naming) -> None:
    usage = cm.ConversationUsageInfo(total_tokens=7, connectors={"web_search": 1})
    response = cm.ConversationResponse(conversation_id="c", outputs=[], usage=usage).with_unknown_fields({"a_b": 1})
    document = {
        "object": "conversation.response",
        "conversation_id": "c",
        "outputs": [],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 7, "connectors": {"web_search": 1}},
        "a_b": 1,
    }
    expected = {**in_naming(document, cm.ConversationResponse, naming), "a_b": 1}
    for reader in CODECS.values():
        value = reader.decode(reader.encode(response))
        assert CODECS[naming].to_builtins(value) == expected
        assert CODECS[naming].to_builtins({"x": [value]}) == {"x": [expected]}


def test_a_response_is_read_unless_a_type_is_given() -> None:
    document = {"conversation_id": "c", "outputs": [{"type": "new", "n": 1.5}]}
    response = cm.snake.from_builtins(document)
    assert response == cm.ConversationResponse(
        conversation_id="c", outputs=[cm.Unknown("new", b'{"type":"new","n":1.5}')], usage=cm.ConversationUsageInfo()
    )
    # The value that was given is not changed, and not part of the result.
    assert document == {"conversation_id": "c", "outputs": [{"type": "new", "n": 1.5}]}
    builtins = cm.snake.to_builtins(response)
    builtins["outputs"].clear()
    assert len(response.outputs) == 1


def test_values_that_are_not_models_are_read_and_written_too() -> None:
    values: list[Any] = [None, True, 7, 1.5, "a", [], {}, [1, {"a": None}], 2**64, -(2**70)]
    for value in values:
        assert exact(cm.camel.to_builtins(value)) == exact(value)
        assert exact(cm.camel.from_builtins(value, Any)) == exact(value)


# Errors -----------------------------------------------------------------------------------------------------------


@every_naming
def test_builtins_of_a_wrong_shape_are_an_error_that_names_the_path(naming: Naming) -> None:
    codec = CODECS[naming]
    document = {
        "conversation_id": "c",
        "outputs": [{"type": "message.output", "content": [{"type": "text", "text": 5}]}],
    }
    wrong = {**document, **({"conversationId": document.pop("conversation_id")} if naming == "camel" else {})}
    wrong.pop("conversation_id" if naming == "camel" else "conversationId", None)
    with pytest.raises(cm.ConversationDecodeError) as caught:
        codec.from_builtins(wrong)
    assert str(caught.value) == "Expected `str`, got `int` - at `$.outputs[0].content[0].text`"
    assert caught.value.path == "$.outputs[0].content[0].text"
    for value, message in (
        (5, "Expected `object`, got `int`"),
        ([], "Expected `object`, got `array`"),
        ({}, "missing"),
    ):
        with pytest.raises(cm.ConversationDecodeError, match=message):
            codec.from_builtins(value)


def test_builtins_in_the_other_spelling_are_an_error_that_says_so() -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.camel.from_builtins({"conversation_id": "c", "outputs": []})
    assert str(caught.value) == (
        "`conversation_id` is the snake_case spelling of `conversationId`: read this with `cm.snake` "
        "- at `$.conversation_id`"
    )


@pytest.mark.parametrize(
    "value", [object(), {"new": object()}, [1j], {"a": [int]}], ids=lambda value: type(value).__name__
)
def test_values_that_json_cannot_represent_are_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        cm.camel.from_builtins(value, Any)
    with pytest.raises(TypeError):
        cm.camel.to_builtins(value)


def test_a_type_that_cannot_be_read_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        cm.camel.from_builtins({}, 5)  # type: ignore[call-overload]  # pyright: ignore


@pytest.mark.parametrize("value", ["\ud800", ["a", {"b": "\udfff"}], {"\ud800": 1}], ids=ascii)
def test_text_with_a_lone_surrogate_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        cm.camel.to_builtins(value)
    with pytest.raises(ValueError, match="surrogates not allowed"):
        cm.camel.from_builtins(value, Any)


@pytest.mark.parametrize("raw", [b"1e999", b'{"type":"new","n":-1e400}', b"1" * 5000], ids=["float", "member", "int"])
def test_a_number_that_python_cannot_hold_is_a_decode_error(raw: bytes) -> None:
    with pytest.raises(cm.ConversationDecodeError):
        cm.camel.to_builtins([cm.Unknown(None, raw)])


def test_an_unknown_field_that_python_cannot_hold_is_a_decode_error() -> None:
    chunk = cm.camel.decode(b'{"type":"text","text":"a","new":1e999}', cm.TextChunk)
    with pytest.raises(cm.ConversationDecodeError):
        cm.camel.to_builtins(chunk)
