"""The SDKs' wrappers around what they do not know: opened in snake_case, TypeScript's in camelCase."""

import json
from typing import Any

import pytest

import conversation_models as cm
from conversation_models.sse import ServerSentEvent, SSEDecoder

from ..support.each import each

# Spaces and digits show that the bytes inside are kept.
INSIDE = b'{"type": "video.output", "frame_rate":2.50, "by": {"agent_id" : null}}'
TYPESCRIPTS = b'{"raw": %b, "type": "UNKNOWN", "isUnknown": true}' % INSIDE
PYTHONS = b'{"type":"UNKNOWN","raw":%b,"is_unknown":true}' % INSIDE
PYTHONS_IN_CAMEL = b'{"raw":%b,"type":"UNKNOWN","isUnknown":true}' % INSIDE


def in_a_response(codec: cm.Codec, member: bytes) -> bytes:
    name = {"camel": b"conversationId", "snake": b"conversation_id"}[codec.naming]
    return b'{"%b":"c","outputs":[{"content":[%b]},%b]}' % (name, member, member)


@pytest.mark.parametrize("codec", [cm.camel, cm.snake], ids=str)
@pytest.mark.parametrize(
    ("member", "in_camel", "in_snake"),
    [(TYPESCRIPTS, TYPESCRIPTS, INSIDE), (PYTHONS, PYTHONS_IN_CAMEL, PYTHONS)],
    ids=["TypeScript's", "Python's"],
)
def test_a_wrapper_is_written_in_the_form_of_the_naming(
    codec: cm.Codec, member: bytes, in_camel: bytes, in_snake: bytes
) -> None:
    response = codec.decode(in_a_response(codec, member))
    assert response.outputs[1] == cm.Unknown("UNKNOWN", member)
    message = response.outputs[0]
    assert isinstance(message, cm.MessageOutputEntry)
    for writer, expected in (cm.camel, in_camel), (cm.snake, in_snake):
        assert writer.encode(response).count(expected) == 2
        assert writer.encode(response.outputs[1]) == expected
        assert writer.encode_lines([response.outputs[1]]) == expected + b"\n"
        buffer = bytearray()
        writer.encode_into(message.content, buffer)
        assert buffer == b"[%b]" % expected
    # Writing it does not change the value.
    assert response.outputs[1] == cm.Unknown("UNKNOWN", member)


@each(
    "raw",
    [
        b'{"raw":{},"type":"UNKNOWN"}',
        b'{"raw":{},"type":"UNKNOWN","isUnknown":false}',
        b'{"raw":{},"type":"UNKNOWN","is_unknown":false}',
        b'{"raw":{},"type":"UNKNOWN","isUnknown":1,"is_unknown":1}',
        b'{"raw":{},"type":"UNKNOWN","isUnknown":true,"note":1}',
        b'{"raw":{},"type":"UNKNOWN","is_unknown":true,"note":1}',
        b'{"raw":{},"type":"UNKNOWN","isUnknown":true,"is_unknown":true}',
        b'{"type":"UNKNOWN","isUnknown":true}',
        b'{"type":"UNKNOWN"}',
        b'{"raw":{},"type":"unknown","isUnknown":true}',
        b'{"raw":{},"type":"video.output","isUnknown":true}',
        b'{"raw":{},"isUnknown":true}',
    ],
)
def test_no_other_unknown_is_touched(raw: bytes) -> None:
    tag = json.loads(raw).get("type")
    for codec in cm.camel, cm.snake:
        value = codec.decode(in_a_response(codec, raw)).outputs[1]
        assert value == cm.Unknown(tag, raw)
        for writer in cm.camel, cm.snake:
            assert writer.encode(value) == raw
            [sent] = SSEDecoder().feed(writer.encode_event(cm.Unknown(tag, raw)))
            assert sent == ServerSentEvent(tag or "message", raw.decode())


def test_bytes_that_are_not_a_document_are_left_as_they_are() -> None:
    for raw in b"", b"{", b'{"raw":"\xff","type":"UNKNOWN","isUnknown":2}', b"[" * 50_000:
        for codec in cm.camel, cm.snake:
            assert codec.encode(cm.Unknown("UNKNOWN", raw)) == raw


@pytest.mark.parametrize(
    ("inside", "name"),
    [
        (b'{"type":"message.output.delta","id":"m","content":{"type":"video_url"}}', "message.output.delta"),
        (b'{"type":5}', "message"),
        (b"[1]", "message"),
        (TYPESCRIPTS, "UNKNOWN"),
    ],
)
def test_the_frame_of_an_opened_event_is_named_by_the_event_inside(inside: bytes, name: str) -> None:
    event: Any = cm.Unknown("UNKNOWN", b'{"raw":%b,"type":"UNKNOWN","isUnknown":true}' % inside)
    frame = cm.snake.encode_event(event)
    assert SSEDecoder().feed(frame) == [ServerSentEvent(name, inside.decode())]
    frame = cm.camel.encode_event(event)
    assert SSEDecoder().feed(frame) == [ServerSentEvent("UNKNOWN", event.raw.decode())]
    [again] = cm.camel.event_decoder().feed(frame)
    assert again == event


def test_a_known_event_that_typescript_could_not_read_is_read_again() -> None:
    data = b'{"type":"tool.execution.started","id":"t","name":"web_search","output_index":1}'
    log = b'data: {"raw":%b,"type":"UNKNOWN","isUnknown":true}\n\n' % data
    [unknown] = cm.camel.event_decoder().feed(log)
    [event] = cm.snake.event_decoder().feed(cm.snake.encode_event(unknown))
    assert event == cm.ToolExecutionStartedEvent(id="t", name="web_search", output_index=1)


def test_pythons_wrapper_of_an_event_becomes_typescripts() -> None:
    frame = cm.camel.encode_event(cm.Unknown("UNKNOWN", PYTHONS))
    assert SSEDecoder().feed(frame) == [ServerSentEvent("UNKNOWN", PYTHONS_IN_CAMEL.decode())]
    frame = cm.snake.encode_event(cm.Unknown("UNKNOWN", PYTHONS))
    assert SSEDecoder().feed(frame) == [ServerSentEvent("UNKNOWN", PYTHONS.decode())]


@each("decode", [cm.camel, cm.snake])
@each(
    "inside",
    [
        b'{"type":"code_interpreter"}',
        b'{"type":"connector","connector_id":"c"}',
        b'{"type":"message.input","role":"system","content":"x"}',
        b'{"type":"function.result","tool_call_id":"c","result":"x"}',
        b'{"role":"system","content":"x"}',
        b"[1]",
    ],
)
def test_nothing_comes_out_of_its_wrapper_on_its_way_through_a_request(decode: cm.Codec, inside: bytes) -> None:
    """A gateway that looks for a tool or an entry sees an Unknown: it must not write what it has not seen."""
    wrapper = b'{"raw":%b,"type":"UNKNOWN","isUnknown":true}' % inside
    request = decode.decode(b'{"inputs":[%b],"tools":[%b]}' % (wrapper, wrapper), cm.ConversationRequest)
    assert isinstance(request.inputs, list)
    assert isinstance(request.tools, list)
    assert (*request.inputs, *request.tools) == (cm.Unknown("UNKNOWN", wrapper),) * 2
    assert cm.snake.encode(request).count(wrapper) == 2
