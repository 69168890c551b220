"""Values with parts of both namings: lists may be edited in place, and the output is in one naming throughout."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

import conversation_models as cm
from conversation_models.spelling.respell import Spelling

from ..support.amounts import examples
from ..support.documents import CODECS, NAMINGS, Naming, exact
from ..support.strategies import responses

every_naming = pytest.mark.parametrize("naming", NAMINGS)


def decoded(value: Any, naming: Naming | None) -> Any:
    """An equal value: read by the codec of ``naming``, or ``value`` itself for ``None``."""
    return value if naming is None else CODECS[naming].decode(CODECS[naming].encode(value), public(value))


def public(value: Any) -> Any:
    return next(cls for cls in type(value).__mro__ if vars(cm).get(cls.__name__) is cls)


def mixed(value: Any, namings: "st.DataObject", origin: st.SearchStrategy[Naming | None]) -> Any:
    """An equal value, of which each part was read by one of the codecs or made by hand."""
    if isinstance(value, list):
        return [mixed(member, namings, origin) for member in value]
    if isinstance(value, cm.Unknown) or not hasattr(value, "__struct_fields__"):
        return value
    whole = decoded(value, namings.draw(origin))
    names = ("outputs", "usage", "content", "thinking", "image_url")
    parts = {name: mixed(getattr(value, name), namings, origin) for name in names if hasattr(value, name)}
    return structs.replace(whole, **parts)


@examples(150)
@given(response=responses(), data=st.data())
def test_values_of_mixed_origin_are_equal_and_encode_alike(
    response: cm.ConversationResponse, data: st.DataObject
) -> None:
    value = mixed(response, data, st.sampled_from([None, *NAMINGS]))
    assert value == response
    for codec in (cm.camel, cm.snake):
        assert codec.encode(value) == codec.encode(response)


def response_of(naming: Naming) -> cm.ConversationResponse:
    value = cm.ConversationResponse(
        conversation_id="c",
        outputs=[
            cm.MessageOutputEntry(content=[cm.TextChunk(text="a"), cm.ImageURLChunk(image_url=cm.ImageURL(url="u"))]),
            cm.AgentHandoffEntry(
                previous_agent_id="p", previous_agent_name="P", next_agent_id="n", next_agent_name="N"
            ),
        ],
        usage=cm.ConversationUsageInfo(total_tokens=3),
    )
    return CODECS[naming].decode(CODECS[naming].encode(value))


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for member in value.values() for key in keys_of(member)}
    return {key for member in value for key in keys_of(member)} if isinstance(value, list) else set()


def check_spelling(value: Any) -> None:
    """Assert that all keys are in the codec's naming. The examples hold no free-form data, which keeps its keys."""
    camel, snake = cm.camel.encode(value), cm.snake.encode(value)
    assert not [key for key in keys_of(json.loads(camel)) if "_" in key]
    assert not [key for key in keys_of(json.loads(snake)) if key.lower() != key]
    assert cm.camel.decode(camel, public(value)) == cm.snake.decode(snake, public(value)) == value


@every_naming
def test_an_appended_entry_is_written_in_the_codecs_naming(naming: Naming) -> None:
    response = response_of(naming)
    response.outputs.append(cm.ToolExecutionEntry(name="t", agent_id="a"))
    check_spelling(response)
    response.outputs.append(cm.FunctionCallEntry(tool_call_id="c", name="f", arguments="{}"))
    response.outputs.insert(0, cm.MessageOutputEntry(content="x", agent_id="a"))
    check_spelling(response)


@every_naming
def test_a_chunk_put_into_a_message_is_written_in_the_codecs_naming(naming: Naming) -> None:
    response = response_of(naming)
    message = response.outputs[0]
    assert isinstance(message, cm.MessageOutputEntry)
    assert isinstance(message.content, list)
    message.content[0] = cm.ToolFileChunk(tool="t", file_id="f")
    check_spelling(response)
    message.content.append(cm.ThinkChunk(thinking=[cm.ReferenceChunk(reference_ids=[1])]))
    check_spelling(response)
    check_spelling(message)


@every_naming
def test_reasoning_put_into_a_chunk_is_written_in_the_codecs_naming(naming: Naming) -> None:
    chunk = CODECS[naming].decode(b'{"type":"thinking","thinking":[]}', cm.ThinkChunk)
    chunk.thinking.append(cm.ReferenceChunk(reference_ids=["a"]))
    check_spelling(chunk)
    event = cm.MessageOutputEvent(id="m", content=chunk)
    check_spelling(event)
    response = response_of(naming)
    response.outputs[0] = cm.MessageOutputEntry(content=[chunk])
    check_spelling(response)


@every_naming
def test_replaced_fields_are_written_in_the_codecs_naming(naming: Naming) -> None:
    response = response_of(naming)
    check_spelling(structs.replace(response, usage=cm.ConversationUsageInfo(connector_tokens=1)))
    message = response.outputs[0]
    assert isinstance(message, cm.MessageOutputEntry)
    entry = structs.replace(message, content=[cm.DocumentURLChunk(document_url="d")])
    check_spelling(structs.replace(response, outputs=[entry, *response.outputs]))


@every_naming
def test_parts_of_another_response_are_written_in_the_codecs_naming(naming: Naming) -> None:
    one, other = response_of("camel"), response_of("snake")
    first, second = (one, other) if naming == "camel" else (other, one)
    first.outputs.extend(second.outputs)
    check_spelling(first)
    image = cm.ImageURLChunk(image_url=CODECS[naming].decode(b'{"url":"u","detail":"low"}', cm.ImageURL))
    check_spelling(image)


@every_naming
def test_encoding_does_not_change_a_mixture(naming: Naming) -> None:
    response = response_of(naming)
    response.outputs.append(cm.ToolExecutionEntry(name="t"))
    before = (list(map(id, response.outputs)), exact(json.loads(cm.camel.encode(response))))
    for codec in (cm.camel, cm.snake):
        codec.encode(response)
        codec.encode_into(response, bytearray())
        codec.encode_lines([response])
    assert (list(map(id, response.outputs)), exact(json.loads(cm.camel.encode(response)))) == before


@every_naming
def test_a_mixture_is_written_alike_in_lines_and_into_a_buffer(naming: Naming) -> None:
    response = response_of(naming)
    response.outputs.append(cm.ToolExecutionEntry(name="t", completed_at=None))
    for codec in (cm.camel, cm.snake):
        buffer = bytearray()
        codec.encode_into(response, buffer)
        assert buffer == codec.encode(response)
        assert codec.encode_lines([response, response]) == (codec.encode(response) + b"\n") * 2


@every_naming
def test_events_with_parts_of_either_naming_are_written_in_the_codecs_naming(naming: Naming) -> None:
    usage = CODECS[naming].decode(b"{}", cm.ConversationUsageInfo)
    check_spelling(cm.ResponseDoneEvent(usage=usage))
    chunk = CODECS[naming].decode(
        b'{"type":"reference"}'.replace(
            b"}", b',"%b":[1]}' % (b"reference_ids" if naming == "snake" else b"referenceIds")
        ),
        cm.ReferenceChunk,
    )
    check_spelling(cm.MessageOutputEvent(id="m", content=chunk, output_index=1))


@every_naming
def test_a_usage_that_was_absent_is_made_in_the_naming_that_was_read(naming: Naming) -> None:
    identifier = {"camel": b"conversationId", "snake": b"conversation_id"}[naming]
    response = CODECS[naming].decode(b'{"%b":"c","outputs":[]}' % identifier)
    # Otherwise the response would be rebuilt each time it is written.
    assert Spelling(naming, CODECS[naming].encode).respell(response) is response
