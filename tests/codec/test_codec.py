"""The two codecs in both namings, with every kind of input and output."""

import json
import mmap
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import examples
from ..support.documents import CODECS, NAMINGS, SHAPES, UNION_TYPES, UNIONS, Naming, dumps, key, minimal, value_of
from ..support.each import each
from ..support.paths import FIXTURES
from ..support.strategies import responses

every_naming = pytest.mark.parametrize("naming", NAMINGS)

REFERENCE = (FIXTURES / "reference_example_camel.json").read_bytes()
# The TypeScript SDK prints this for it.
REFERENCE_WRITTEN = {
    "object": "conversation.response",
    "conversationId": "<id>",
    "outputs": [{"object": "entry", "type": "tool.execution", "name": "code_interpreter", "arguments": "<value>"}],
    "usage": {"promptTokens": 0, "completionTokens": 0, "totalTokens": 0},
}


def test_the_reference_example_is_read_and_written_in_both_namings() -> None:
    response = cm.decode(REFERENCE)
    assert response == cm.ConversationResponse(
        conversation_id="<id>",
        outputs=[cm.ToolExecutionEntry(name="code_interpreter", arguments="<value>")],
        usage=cm.ConversationUsageInfo(),
    )
    assert json.loads(cm.encode(response)) == REFERENCE_WRITTEN
    assert json.loads(cm.snake.encode(response)) == {
        "object": "conversation.response",
        "conversation_id": "<id>",
        "outputs": [{"object": "entry", "type": "tool.execution", "name": "code_interpreter", "arguments": "<value>"}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }


def test_the_two_codecs_have_a_name_and_camel_is_the_default() -> None:
    assert (cm.camel.naming, cm.snake.naming) == NAMINGS
    assert isinstance(cm.camel, cm.Codec)
    assert isinstance(cm.snake, cm.Codec)
    assert cm.decode == cm.camel.decode
    assert cm.encode == cm.camel.encode


def test_a_codec_can_be_made_for_either_naming() -> None:
    assert cm.Codec("snake").decode(b'{"conversation_id":"c","outputs":[],"usage":{}}').conversation_id == "c"
    assert cm.Codec("camel").decode(b'{"conversationId":"c","outputs":[],"usage":{}}').conversation_id == "c"


@every_naming
@each("cls", SHAPES)
def test_every_model_decodes_as_itself(cls: Any, naming: Naming) -> None:
    fields = minimal(cls)
    document = {key(name, naming): value for name, value in fields.items()}
    if tag := SHAPES[cls].tag:
        document["type"] = tag
    value = CODECS[naming].decode(dumps(document), type=cls)
    assert isinstance(value, cls)
    assert value == value_of(fields, cls, "snake")


@every_naming
@each("union", UNION_TYPES)
def test_every_tag_of_a_union_gives_its_model(union: str, naming: Naming) -> None:
    for cls in UNIONS[union]:
        tag = {"type": SHAPES[cls].tag} if SHAPES[cls].tag else {}
        document = tag | {key(name, naming): value for name, value in minimal(cls).items()}
        assert isinstance(CODECS[naming].decode(dumps(document), UNION_TYPES[union]), cls)


@every_naming
def test_a_document_in_the_other_naming_is_an_error(naming: Naming) -> None:
    # A gateway that uses the wrong codec must get an error, not lose fields.
    other = {"camel": b'{"conversation_id":"c","outputs":[],"usage":{}}', "snake": REFERENCE}[naming]
    with pytest.raises(cm.ConversationDecodeError, match="read this with `cm"):
        CODECS[naming].decode(other)


# Kinds of input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, str])
def test_input_may_be_any_buffer_or_str(kind: type) -> None:
    # The fast path reads the first document, the second path the other.
    for text in (
        '{"conversationId":"ü","outputs":[],"usage":{}}',
        '{"conversationId":"ü","outputs":[{"ü":1}],"usage":{}}',
    ):
        data: Any = text if kind is str else kind(text.encode())
        assert cm.decode(data).conversation_id == "ü"
        assert cm.camel.decode_lines(data)[0].conversation_id == "ü"
        assert cm.camel.peek(data).conversation_id == "ü"
        assert cm.camel.drift(data) == (["$.outputs[0]"] if "[{" in text else [])
        assert cm.patch(data, ["usage"], None) == text.replace("{}", "null").encode()


def test_input_may_be_a_mapped_file(tmp_path: Path) -> None:
    path = tmp_path / "response.json"
    path.write_bytes(b'{"conversation_id":"c","outputs":[{"type":"new"}],"usage":{}}')
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert cm.snake.decode(mapped).outputs == [cm.Unknown("new", b'{"type":"new"}')]
        assert cm.snake.drift(mapped) == ['$.outputs[0].type = "new"']
        assert cm.patch(mapped, ["outputs"], []) == b'{"conversation_id":"c","outputs":[],"usage":{}}'
        # The file could not be closed if a decoded value held the buffer.


def test_decoded_values_do_not_share_memory_with_the_input() -> None:
    data = bytearray(b'{"conversation_id":"c","outputs":[{"type":"new","a":"b"}],"usage":{}}')
    response = cm.snake.decode(data)
    data[:] = b" " * len(data)
    assert response.outputs == [cm.Unknown("new", b'{"type":"new","a":"b"}')]


# Lines -----------------------------------------------------------------------------------------------------------


@every_naming
@examples(40, usual=6)
@given(data=st.data())
def test_each_value_is_one_line(naming: Naming, data: st.DataObject) -> None:
    codec = CODECS[naming]
    values = data.draw(st.lists(responses(), max_size=4))
    lines = codec.encode_lines(values)
    assert lines == b"".join(codec.encode(value) + b"\n" for value in values)
    assert codec.decode_lines(lines) == values


def test_blank_lines_between_documents_are_skipped() -> None:
    data = b'\n{"type":"text","text":"a"}\r\n\n  \n{"text":"b"}\n{"type":"new"}'
    assert cm.snake.decode_lines(data, cm.ContentChunk) == [
        cm.TextChunk(text="a"),
        cm.TextChunk(text="b"),
        cm.Unknown("new", b'{"type":"new"}'),
    ]
    assert cm.camel.decode_lines(b"") == []


def test_lines_are_written_from_an_iterator() -> None:
    chunks = (cm.TextChunk(text=text) for text in "ab")
    assert cm.camel.encode_lines(chunks) == b'{"type":"text","text":"a"}\n{"type":"text","text":"b"}\n'


def test_line_ends_inside_unknown_members_do_not_split_a_line() -> None:
    laid_out = b'{"type":"new",\r\n "a\\n":[1.50 ,\n\t2]}'
    on_one_line = b'{"type":"new",   "a\\n":[1.50 , \t2]}'
    chunks = [cm.TextChunk(text="a\nb"), cm.Unknown("new", laid_out)]
    assert cm.camel.encode_lines(chunks) == b'{"type":"text","text":"a\\nb"}\n' + on_one_line + b"\n"
    assert cm.camel.encode(chunks[1]) == laid_out
    assert cm.camel.encode_lines([cm.Unknown("new", b'{"type":\r"new"}')]) == b'{"type": "new"}\n'
    head = cm.camel.peek(b'{"conversationId":"c","outputs":[1,\n2],"usage":{}}')
    assert cm.camel.encode_lines([head, head]).count(b"\n") == 2


# Output ----------------------------------------------------------------------------------------------------------


@each("before", [b"", b"0123456789", bytes(200)])
@each("offset", [0, 4, -1, 150])
def test_encode_into_writes_where_msgspec_does(before: bytes, offset: int) -> None:
    image = cm.ImageURLChunk(image_url="u")
    for codec, name in ((cm.camel, "imageUrl"), (cm.snake, "image_url")):
        ours, theirs = bytearray(before), bytearray(before)
        codec.encode_into(image, ours, offset)
        msgspec.json.Encoder().encode_into({"type": "image_url", name: "u"}, theirs, offset)
        assert len(ours) == len(theirs)
        start = len(before) if offset == -1 else offset
        # Between the end of a shorter buffer and the offset, msgspec leaves arbitrary bytes.
        assert (ours[: min(start, len(before))], ours[start:]) == (theirs[: min(start, len(before))], theirs[start:])


def test_encode_into_writes_from_the_start_of_the_buffer_by_default() -> None:
    buffer = bytearray(b"x" * 100)
    cm.camel.encode_into(cm.TextChunk(text="a"), buffer)
    assert buffer == b'{"type":"text","text":"a"}'


def test_models_inside_lists_tuples_and_dicts_are_respelled() -> None:
    entry = cm.snake.decode(b'{"agent_id":"a","content":"x"}', cm.MessageOutputEntry)
    fields = {"object": "entry", "type": "message.output", "content": "x", "role": "assistant", "agentId": "a"}
    assert json.loads(cm.camel.encode([entry, (entry,), {"agent_id": entry}])) == [
        fields,
        [fields],
        {"agent_id": fields},
    ]


class Regional(cm.MessageOutputEntry, frozen=True, kw_only=True):
    """A program's own model, with a field that this library does not know."""

    data_region: str


def test_subclasses_of_models_are_read_and_written_in_both_namings() -> None:
    fields = {"object": "entry", "type": "message.output", "role": "assistant"}
    camel = {**fields, "content": [{"type": "image_url", "imageUrl": "u"}], "dataRegion": "eu"}
    snake = {**fields, "content": [{"type": "image_url", "image_url": "u"}], "data_region": "eu"}
    made = Regional(content=[cm.ImageURLChunk(image_url="u")], data_region="eu")
    for value in made, cm.camel.decode(dumps(camel), Regional), cm.snake.decode(dumps(snake), Regional):
        assert value == made
        for codec, document in ((cm.camel, camel), (cm.snake, snake)):
            assert json.loads(codec.encode(value)) == document
            response = cm.ConversationResponse(conversation_id="c", outputs=[value], usage=cm.ConversationUsageInfo())
            assert json.loads(codec.encode(response))["outputs"] == [document]


def test_numbers_and_text_that_json_cannot_represent() -> None:
    assert cm.camel.encode([float("nan"), float("inf")]) == b"[null,null]"
    with pytest.raises(UnicodeEncodeError):
        cm.camel.encode("\ud800")
    with pytest.raises(ValueError, match=r"limit \(4300"):
        cm.camel.encode(10**5000)


@every_naming
def test_types_that_json_cannot_represent_are_a_type_error(naming: Naming) -> None:
    with pytest.raises(TypeError):
        CODECS[naming].encode(object())
