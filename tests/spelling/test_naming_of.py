"""``naming_of`` tells which spelling text is in, whatever it holds."""

import mmap
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import examples
from ..support.documents import NAMINGS, SHAPES, Naming, dumps, key, minimal
from ..support.each import each
from ..support.strategies import wire_responses
from ..support.streams import in_naming

every_naming = pytest.mark.parametrize("naming", NAMINGS)

CAMEL = b'{"conversationId": "c", "outputs": []}'
SNAKE = b'{"conversation_id": "c", "outputs": []}'


def mapped(data: bytes) -> mmap.mmap:
    memory = mmap.mmap(-1, len(data))
    memory.write(data)
    return memory


KINDS: dict[str, Callable[[bytes], Any]] = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "part of a memoryview": lambda data: memoryview(b"[" + data + b"]")[1:-1],
    "str": bytes.decode,
    "mmap": mapped,
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_text_is_read(kind: str) -> None:
    assert cm.naming_of(KINDS[kind](CAMEL)) == "camel"
    assert cm.naming_of(KINDS[kind](SNAKE)) == "snake"
    assert cm.naming_of(KINDS[kind](b'{"text": "conversation_id"}')) is None


@pytest.mark.parametrize("data", [None, 5, [], {}, ["a"], object()], ids=lambda value: type(value).__name__)
def test_anything_else_is_a_type_error(data: Any) -> None:
    with pytest.raises(TypeError):
        cm.naming_of(data)


@every_naming
def test_the_key_of_the_response_itself_decides(naming: Naming) -> None:
    """Wherever it is, and whatever is in the outputs."""
    other: Naming = "camel" if naming == "snake" else "snake"
    inner = [in_naming({"conversation_id": "c", "usage": {"total_tokens": 1}}, cm.ConversationResponse, other)]
    own = key("conversation_id", naming)
    for document in (
        {own: "c", "outputs": inner},
        {"outputs": inner, "usage": {key("total_tokens", other): 7}, own: "c"},
        {"outputs": inner, own: None},
    ):
        assert cm.naming_of(dumps(document)) == naming


@every_naming
def test_a_key_of_the_document_decides_before_those_inside(naming: Naming) -> None:
    """The parameters of a function are free-form, and come before the request's own keys here."""
    other: Naming = "camel" if naming == "snake" else "snake"
    function = {"name": "f", "parameters": {"properties": {key("file_id", other): {"type": "string"}}}}
    request = {
        "inputs": "Hi",
        "tools": [{"type": "function", "function": function}],
        key("completion_args", naming): {},
    }
    assert cm.naming_of(dumps(request)) == naming


@every_naming
def test_the_keys_of_the_body_itself_decide_before_free_form_keys(naming: Naming) -> None:
    other: Naming = "camel" if naming == "snake" else "snake"
    for name in ("completion_args", "agent_id", "from_entry_id", "updated_at", "tool_confirmations", "output_index"):
        document: dict[str, Any] = {"metadata": {key("agent_id", other): "mine"}, "inputs": [], key(name, naming): None}
        assert cm.naming_of(dumps(document)) == naming


@every_naming
def test_without_it_the_first_key_with_two_spellings_decides(naming: Naming) -> None:
    other: Naming = "camel" if naming == "snake" else "snake"
    first, then = key("tool_call_id", naming), key("agent_id", other)
    assert cm.naming_of(dumps({"type": "function.call", first: "t", then: "a"})) == naming
    assert cm.naming_of(dumps([{"x_y": 1, "xY": 1, "text": "a"}, {first: 1}, {then: 1}])) == naming
    assert cm.naming_of(b'{"a" : 1, "%b"\n\t : 1}' % first.encode()) == naming


@every_naming
@each("cls", SHAPES)
def test_each_field_with_two_spellings_shows_the_naming(cls: Any, naming: Naming) -> None:
    for name in SHAPES[cls].fields:
        expected = naming if key(name, "camel") != name and key(name, naming) != "schema" else None
        assert cm.naming_of(dumps({key(name, naming): 1})) == expected, name
    document = in_naming(minimal(cls), cls, naming)
    # "schema" is a word that many documents have as a key.
    has_two = any(key(name, "camel") != name and key(name, naming) != "schema" for name in minimal(cls))
    assert cm.naming_of(dumps(document)) == (naming if has_two else None)


@every_naming
@examples(50)
@given(data=st.data())
def test_the_naming_of_any_response_is_found(naming: Naming, data: st.DataObject) -> None:
    document = data.draw(wire_responses(naming))
    text = dumps(document)
    assert cm.naming_of(text) == cm.naming_of(text.decode()) == naming


@every_naming
def test_arrays_and_lines_are_searched(naming: Naming) -> None:
    codec = cm.Codec(naming)
    response = cm.ConversationResponse(conversation_id="c", outputs=[], usage=cm.ConversationUsageInfo())
    assert cm.naming_of(codec.encode([response] * 2)) == naming
    assert cm.naming_of(codec.encode_lines([response] * 2)) == naming
    assert cm.naming_of(b"\n\n" + codec.encode_lines([response])) == naming
    frames = codec.encode_event(cm.ResponseStartedEvent(conversation_id="c"))
    assert cm.naming_of(frames) == naming


@each(
    "data",
    [b"", b" ", b"\n\n", b"{}", b"[]", b"null", b"5", b'"conversation_id"', b"[1, 2]", b"{}\n{}\n", b'{"text": "a"}'],
)
def test_text_that_shows_no_naming_has_none(data: bytes) -> None:
    assert cm.naming_of(data) is None
    assert cm.naming_of(data.decode()) is None


@each(
    ("data", "naming"),
    [
        (b"<html>", None),
        (b"\xff\xfe\x00", None),
        (b"{", None),
        (b"[" * 100_000, None),
        (b'{"a":1e999}', None),
        (b'{"conversation_id": "c", ', "snake"),
        (b'{"conversationId": "c", "outputs": [', "camel"),
        (b'{"conversation_id": "\xff"}', "snake"),
        (b'\xff{"totalTokens": 1}', "camel"),
        (b'{"conversation_id": "\\ud800"}', "snake"),
        (b"[" * 5000 + b'{"agent_id":1}', "snake"),
    ],
)
def test_text_that_is_not_json_is_searched_as_it_is(data: bytes, naming: Naming | None) -> None:
    assert cm.naming_of(data) == naming


def test_a_response_with_both_spellings_of_its_id_is_told_by_its_first_key() -> None:
    assert cm.naming_of(b'{"conversation_id": "c", "conversationId": "c"}') == "snake"
    assert cm.naming_of(b'{"conversationId": "c", "conversation_id": "c"}') == "camel"


def test_a_str_with_a_lone_surrogate_is_searched_too() -> None:
    assert cm.naming_of('{"text": "\ud800"}') is None
    assert cm.naming_of('{"text": "\ud800", "agentId": 1}') == "camel"


def test_keys_in_the_text_of_a_value_are_not_keys() -> None:
    assert cm.naming_of(b'{"text": "say \\"agent_id\\": 1"}') is None
