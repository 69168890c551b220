"""``ServiceError``: what it reads in the bodies of errors, and which events are one."""

import copy
import pickle
from dataclasses import dataclass
from typing import Any

import pytest

import conversation_models as cm

from ..support.bodies import ERROR_BODIES, NOT_ERRORS
from ..support.each import each

PROBLEMS = [
    {"loc": ["body", "inputs", 0], "msg": "Field required", "type": "missing", "input": {"key": "s3cret"}},
    {"loc": ["body"], "msg": "Too long", "type": "x"},
]
TWO = b"""[
    {"loc": ["body", "inputs", 0], "msg": "Field required", "type": "missing", "input": {"key": "s3cret"}},
    {"loc": ["body"], "msg": "Too long", "type": "x"}
]"""
# A body; its message, code and details.
SHAPES: dict[str, tuple[bytes, str, int | None, Any]] = {
    "400, 404, 422": (
        b'{"object":"Error","message":"Not found","type":"invalid_request_error","code":3000}',
        *("Not found", 3000, None),
    ),
    "422": (b'{"object":"Error","detail":%b}' % TWO, "body.inputs.0: Field required (and 1 more)", None, PROBLEMS),
    "422 as in the schema": (b'{"detail":[{"msg":"m","loc":[],"type":"t"}]}', "m", None, [
        {"msg": "m", "loc": [], "type": "t"}
    ]),
    "401": (b'{"detail":"Invalid API Key"}', "Invalid API Key", None, None),
    "403": (
        b'{"error":{"message":"Blocked by guardrail","status":403},"guardrails":{"results":{}}}',
        *("Blocked by guardrail", None, None),
    ),
    "a guardrail that failed": (
        b'{"object":"Error","message":"Blocked","type":"t","code":3201,"guardrails":[{"a":{"error":{"message":"m"}}}]}',
        *("Blocked", 3201, None),
    ),
    "the chat API": (
        b'{"object":"error","message":{"detail":[{"loc":["body"],"msg":"Bad"}]},"type":"t","param":null,"code":null}',
        *("body: Bad", None, [{"loc": ["body"], "msg": "Bad"}]),
    ),
    "a gateway": (b'{"error":{"message":"Bad gateway","code":502}}', "Bad gateway", 502, None),
    "a code that is a string": (b'{"error":{"message":"Slow down","code":"rate_limited"}}', "Slow down", None, None),
    "a number that is a string": (b'{"object":"error","message":"Slow down","code":"1300"}', "Slow down", 1300, None),
    "a string that is almost a number": (b'{"message":"m","code":"\xc2\xb2"}', "m", None, None),
    "a string of too many digits": (b'{"message":"m","code":"1234567890"}', "m", None, None),
    "a code that is true": (b'{"message":"m","code":true}', "m", None, None),
    "an error that is a string": (b'{"error":"overloaded","code":529}', "overloaded", 529, None),
    "a detail in the error": (b'{"error":{"detail":{"a":1},"message":"m"}}', "m", None, {"a": 1}),
    "a message that is not a string": (b'{"object":"Error","message":5,"code":1}', "", 1, None),
    "details of another shape": (b'{"detail":[5,{"msg":"m"}]}', "", None, [5, {"msg": "m"}]),
    "a place of another shape": (b'{"detail":[{"msg":"m","loc":5}]}', "m", None, [{"msg": "m", "loc": 5}]),
    "a number that is too large": (b'{"message":"m","code":1%b,"detail":[1e999]}' % (b"0" * 5000), "m", None, None),
    "nested too deep": (b'{"message":"m","detail":%b}' % (b"[" * 50000 + b"]" * 50000), "", None, None),
    "nothing": (b"{}", "", None, None),
    "a list": (b"[]", "", None, None),
    "HTML": (b"<html>", "", None, None),
    "no UTF-8": (b'{"message":"\xff","code":1}', "", 1, None),
    "no bytes": (b"", "", None, None),
}  # fmt: skip


@each("name", SHAPES)
def test_the_message_the_code_and_the_details_are_read_from_every_shape(name: str) -> None:
    raw, message, code, details = SHAPES[name]
    error = cm.ServiceError(raw)
    assert (error.raw, error.event, error.type) == (raw, "", None)
    assert (error.message, error.code, error.details) == (message, code, details)


def test_errors_are_equal_by_their_bytes_and_the_name_of_the_event() -> None:
    error = cm.ServiceError(b'{"error":"no"}', "error")
    for same in (
        cm.ServiceError(b'{"error":"no"}', "error"),
        copy.copy(error),
        copy.deepcopy(error),
        pickle.loads(pickle.dumps(error)),
    ):
        assert same == error
        assert hash(same) == hash(error)
        assert (same.message, same.event) == ("no", "error")
    for other in cm.ServiceError(b'{"error":"no"}'), cm.ServiceError(b'{"error": "no"}', "error"), error.raw:
        assert other != error


@pytest.mark.parametrize("name", ["raw", "message", "code", "event", "details", "other"])
def test_an_error_is_immutable(name: str) -> None:
    error = cm.ServiceError(b'{"error":"no"}')
    with pytest.raises(AttributeError):
        setattr(error, name, "other")
    with pytest.raises(AttributeError):
        delattr(error, name)


def test_details_that_are_edited_do_not_change_the_error() -> None:
    error = cm.ServiceError(b'{"detail":[{"msg":"m"}]}')
    error.details.clear()
    assert error.details == [{"msg": "m"}]


def test_a_repr_shows_the_message_and_neither_the_bytes_nor_the_input_that_was_wrong() -> None:
    error = cm.ServiceError(b'{"object":"Error","code":3001,"detail":%b}' % TWO)
    shown = "body.inputs.0: Field required (and 1 more)"
    assert repr(error) == f"ServiceError(message={shown!r}, code=3001, raw=<{len(error.raw)} bytes>)"
    assert len(repr(cm.ServiceError(b'{"error":"%b"}' % (b"x" * 10**6)))) < 300


# In streams ------------------------------------------------------------------------------------------------------


def only(frame: bytes) -> Any:
    (event,) = cm.snake.event_decoder().feed(frame)
    return event


@each("sender", ERROR_BODIES)
@each("codec", [cm.camel, cm.snake])
def test_the_body_of_an_error_is_read_and_written_back_as_it_came(codec: cm.Codec, sender: str) -> None:
    frame = ERROR_BODIES[sender]
    (error,) = codec.event_decoder().feed(frame)
    assert isinstance(error, cm.ServiceError)
    assert error.message == "Out of order"
    assert codec.encode_event(error) == frame
    assert codec.encode(error) == error.raw
    assert list(codec.iter_events([frame])) == [error]


@pytest.mark.parametrize("frame", NOT_ERRORS, ids=repr)
def test_an_event_that_has_a_field_called_error_is_not_an_error(frame: bytes) -> None:
    assert not isinstance(only(frame), cm.ServiceError)


def test_an_error_in_a_frame_that_is_named_a_delta_is_read_by_its_object() -> None:
    frame = b'event: message.output.delta\ndata: {"object":"Error","message":"no","type":null}\n\n'
    meter = cm.snake.meter()
    meter.feed(frame)
    assert meter.error == only(frame)
    assert isinstance(meter.error, cm.ServiceError)


# Data and the ``event`` field, of events that are not errors.
OTHERS: dict[str, tuple[bytes, str, type]] = {
    "a message alone": (b'{"message":"m"}', "", cm.Unknown),
    "no words": (b'{"error":{"code":502}}', "", cm.Unknown),
    "no words, with the name of an error": (b'{"object":"Error","code":1}', "error", cm.Unknown),
    "false": (b'{"error":false,"message":"m"}', "", cm.Unknown),
    "an empty error": (b'{"error":{},"message":"m"}', "", cm.Unknown),
    "an object of another kind": (b'{"object":"entry","message":"m"}', "", cm.Unknown),
    "a type that is not a string": (b'{"type":5,"error":"m"}', "", cm.Unknown),
    "a list": (b'["error"]', "error", cm.Unknown),
    "an escaped key": (b'{"\\u0065rror":"m"}', "", cm.Unknown),
    "a known type": (b'{"type":"conversation.response.error","message":"m","object":"Error"}', "error",
                     cm.ResponseErrorEvent),
    "fields of a known event": (b'{"message":"m","code":1}', "", cm.ResponseErrorEvent),
    "the name of a known event": (b'{"id":"i","name":"t","error":"m"}', "tool.execution.done",
                                  cm.ToolExecutionDoneEvent),
}  # fmt: skip


@each("name", OTHERS)
def test_only_what_is_surely_an_error_is_read_as_one(name: str) -> None:
    data, event, cls = OTHERS[name]
    read: Any = cm.snake.decode_event(data, event)
    assert isinstance(read, cls)
    assert not isinstance(read, cm.ServiceError)


def test_an_error_that_is_not_utf_8_is_malformed() -> None:
    data = b'{"error":"m","x":"\xff"}'
    with pytest.raises(cm.ConversationDecodeError, match="UTF-8"):
        cm.snake.decode_event(data)
    assert isinstance(only(b"data: %b\n\n" % data), cm.InvalidEvent)


def test_the_error_that_is_raised_carries_the_body_and_its_message() -> None:
    events = list(cm.snake.iter_events([ERROR_BODIES["a gateway"]]))
    with pytest.raises(cm.ConversationResponseError) as caught:
        cm.collect(events)
    assert str(caught.value) == "Out of order (code 502)"
    assert [caught.value.event] == events
    with pytest.raises(cm.ConversationResponseError) as caught:
        cm.collect(cm.snake.iter_events([ERROR_BODIES["the service, about the key"]]))
    assert str(caught.value) == "Out of order"
    builder, meter = cm.ResponseBuilder(), cm.snake.meter()
    builder.add(events[0])
    meter.feed(ERROR_BODIES["a gateway"])
    assert builder.error == meter.error == events[0]


def test_any_buffer_or_str_is_read() -> None:
    data = b'{"error":"m"}'
    for one in data, bytearray(data), memoryview(data), data.decode():
        assert cm.snake.decode_event(one) == cm.ServiceError(data)


# Outside of streams -----------------------------------------------------------------------------------------------

WITH_A_MESSAGE = {name: shape for name, shape in SHAPES.items() if shape[1] and name != "nested too deep"}
every_naming = each("codec", [cm.camel, cm.snake])


@every_naming
@each("name", WITH_A_MESSAGE)
def test_a_body_is_decoded_and_comes_back_byte_for_byte(name: str, codec: cm.Codec) -> None:
    body, message, code, details = SHAPES[name]
    error = codec.decode(b" \n" + body + b" ", cm.ServiceError)
    assert (error.message, error.code, error.details, error.event) == (message, code, details, "")
    assert codec.encode(error) == body
    assert codec.decode_lines(body.replace(b"\n", b"") + b"\n" + b'{"detail":"a"}', cm.ServiceError)[1].message == "a"
    assert codec.drift(body, cm.ServiceError) == []


@every_naming
@each("body", ["{}", "[]", "5", '"a"', '{"conversation_id":"c"}', '{"error":null}', '{"message":""}'])
def test_a_body_without_a_message_is_not_that_of_an_error(body: str, codec: cm.Codec) -> None:
    with pytest.raises(cm.ConversationDecodeError, match="there is no message") as caught:
        codec.decode(body, cm.ServiceError)
    assert caught.value.path == "$"
    with pytest.raises(cm.ConversationDecodeError) as caught:
        codec.decode(f"[{body}]", list[cm.ServiceError])
    assert caught.value.path == "$[0]"


@every_naming
@each("body", [b"<html>", b"", b'{"message":"a"', b'{"message":"\xff"}', b'{"message":"a","x":"\xff"}'])
def test_a_body_that_is_not_json_is_a_decode_error(body: bytes, codec: cm.Codec) -> None:
    with pytest.raises(cm.ConversationDecodeError):
        codec.decode(body, cm.ServiceError)


@dataclass
class Exchange:
    status: int
    body: cm.ConversationResponse | cm.ServiceError | None


@every_naming
def test_an_error_may_be_in_the_place_of_an_answer(codec: cm.Codec) -> None:
    answer = cm.ConversationResponse(conversation_id="c", outputs=[cm.MessageOutputEntry(content="a")])
    error = cm.ServiceError(b'{"detail":"Invalid API Key"}')
    either: Any = cm.ConversationResponse | cm.ServiceError
    for value in (answer, error):
        assert codec.decode(codec.encode(value), either) == value
        assert codec.decode(codec.encode({"status": 401, "body": value}), Exchange) == Exchange(401, value)
    assert codec.decode(b'{"status":204,"body":null}', Exchange) == Exchange(204, None)
    # What is neither is what the answer says is wrong with it.
    with pytest.raises(cm.ConversationDecodeError, match="missing required field `outputs`"):
        codec.decode(b'{"conversationId":"c","conversation_id":"c"}', either)
    # An answer with a message is an answer.
    body = codec.encode(answer.with_unknown_fields({"message": "Deprecated", "error": {"message": "none"}}))
    assert isinstance(codec.decode(body, either), cm.ConversationResponse)


@pytest.mark.parametrize("union", [cm.Conversation, cm.OutputEntry], ids=["conversation", "entry"])
def test_an_error_beside_a_union_of_models_is_not_a_member_of_unknown_type(union: Any) -> None:
    codec = cm.Codec("snake")
    assert codec.decode(b'{"detail":"no"}', union | cm.ServiceError) == cm.ServiceError(b'{"detail":"no"}')
    assert codec.decode(b'[{"detail":"no"}]', list[union | cm.ServiceError]) == [cm.ServiceError(b'{"detail":"no"}')]
    assert not codec.unknown_seen
    assert isinstance(codec.decode(b'{"new":1}', union | cm.ServiceError), cm.Unknown)
