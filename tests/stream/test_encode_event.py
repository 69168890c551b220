"""``encode_event`` writes the frames of a stream."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm
from conversation_models.sse import ServerSentEvent, SSEDecoder

from ..support.amounts import examples
from ..support.documents import CODECS, NAMINGS, Naming, dumps, exact, value_of, written
from ..support.each import each
from ..support.strategies import wire_events
from ..support.streams import cut, in_naming, read_sizes, seen

every_naming = pytest.mark.parametrize("naming", NAMINGS)


def test_an_event_is_written_as_a_named_frame() -> None:
    event = cm.ToolExecutionDoneEvent(id="t1", name="web_search", output_index=1, info={"agent_id": "\u20ac\n"})
    head, data, *end = cm.snake.encode_event(event).split(b"\n")
    assert (head, end) == (b"event: tool.execution.done", [b"", b""])
    fields = {"type": "tool.execution.done", "id": "t1", "name": "web_search", "info": {"agent_id": "\u20ac\n"}}
    assert data.startswith(b"data: {")
    assert json.loads(data[6:]) == {**fields, "output_index": 1}
    data = cm.camel.encode_event(event).split(b"\n")[1]
    assert json.loads(data[6:]) == {**fields, "outputIndex": 1}


@every_naming
@examples(100)
@given(st.data())
def test_written_streams_are_read_back(naming: Naming, data: st.DataObject) -> None:
    documents = data.draw(st.lists(wire_events("snake"), max_size=5))
    events = [value_of(document, "event", "snake") for document in documents]
    codec = CODECS[naming]
    stream = b"".join(map(codec.encode_event, events))
    for sizes in [len(stream) or 1], data.draw(read_sizes):
        decoder = codec.event_decoder()
        assert [event for read in cut(stream, sizes) for event in decoder.feed(read)] == events
        assert decoder.close() == []


@every_naming
@examples(100)
@given(st.data())
def test_events_of_either_origin_are_written_alike(naming: Naming, data: st.DataObject) -> None:
    document = data.draw(wire_events("snake", open=False))
    # One event made by hand, and one read by each codec.
    origins = [value_of(document, "event", "snake")]
    origins += [CODECS[n].decode(dumps(in_naming(document, "event", n)), cm.ConversationEvent) for n in NAMINGS]
    expected = written(in_naming(document, "event", naming), "event", naming)
    for event in origins:
        [sent] = SSEDecoder().feed(CODECS[naming].encode_event(event))
        assert sent.event == document["type"]
        assert exact(json.loads(sent.data)) == exact(expected)


@every_naming
@each(
    ("raw", "data"),
    [
        (b'{"type":"video.output","n":1.50}', '{"type":"video.output","n":1.50}'),
        (b'{\n  "type": "video.output"\n}', '{\n  "type": "video.output"\n}'),
        (b'{\r\n"type":\r"video.output"}', '{\n"type":\n"video.output"}'),
        (b'{"x":"\xe2\x80\xa8\xc2\x85"}', '{"x":"\u2028\x85"}'),
    ],
)
def test_unknown_events_are_written_as_they_came(naming: Naming, raw: bytes, data: str) -> None:
    codec = CODECS[naming]
    frame = codec.encode_event(cm.Unknown("video.output", raw))
    assert SSEDecoder().feed(frame) == [ServerSentEvent("video.output", data)]
    assert codec.event_decoder().feed(frame) == [cm.Unknown("video.output", data.encode())]
    assert SSEDecoder().feed(codec.encode_event(cm.Unknown(None, raw))) == [ServerSentEvent("message", data)]


@every_naming
@each("name", ["a\nb", "a\r", "\n\ndata: {}", "", "\r\n"])
def test_a_name_with_line_ends_stays_in_the_data(naming: Naming, name: str) -> None:
    raw = json.dumps({"type": name}).encode()
    [event] = CODECS[naming].event_decoder().feed(b"data: %b\n\n" % raw)
    assert isinstance(event, cm.Unknown)
    assert event.type == name
    frame = CODECS[naming].encode_event(event)
    assert SSEDecoder().feed(frame) == [ServerSentEvent("message", raw.decode())]
    assert CODECS[naming].event_decoder().feed(frame) == [event]


@every_naming
@each("name", ["a b", " a", ": a", "\u20ac", "\0", "a:b", "\ufeff"])
def test_a_name_that_looks_odd_is_read_back(naming: Naming, name: str) -> None:
    raw = b'{"x":1}'
    frame = CODECS[naming].encode_event(cm.Unknown(name, raw))
    [event] = CODECS[naming].event_decoder().feed(frame)
    assert isinstance(event, cm.Unknown)
    assert (event.type, event.raw) == (name, raw)


@every_naming
@each(
    "frame",
    [
        b"data: oops\n\n",
        b"data: {\ndata: oops\n\n",
        b'data: {"type":"message.output.delta","id":"m1","content":5}\n\n',
        b'data: {"x":"\xff"}\n\n',
        b"data: \0\n\n",
        b'event: message.output.delta\ndata: {"id":"m1","content":5}\n\n',
    ],
)
def test_invalid_events_are_written_as_they_came(naming: Naming, frame: bytes) -> None:
    [event] = CODECS[naming].event_decoder().feed(frame)
    assert isinstance(event, cm.InvalidEvent)
    again = CODECS[naming].encode_event(event)
    assert again == frame
    assert list(map(seen, CODECS[naming].event_decoder().feed(again))) == [seen(event)]


def test_a_stream_can_be_translated_into_the_other_naming() -> None:
    upstream = (
        b"event: conversation.response.started\n"
        b'data: {"type":"conversation.response.started","conversation_id":"c1"}\n\n'
        b": keep-alive\n\n"
        b'data: {"type":"message.output.delta","id":"m1","output_index":1,"agent_id":null,"content":"Hi"}\n\n'
        b'data: {"type":"x.new","some_id":1}\n\n'
        b'data: {"type":"conversation.response.done","usage":{"total_tokens":2}}\n\ndata: [DONE]\n\n'
    )
    sent = b"".join(map(cm.camel.encode_event, cm.snake.iter_events([upstream])))
    frames: list[Any] = [(event.event, json.loads(event.data)) for event in SSEDecoder().feed(sent)]
    assert [name for name, _ in frames] == [data["type"] for _, data in frames]
    assert frames[0][1] == {"type": "conversation.response.started", "conversationId": "c1"}
    assert frames[1][1].items() >= {"outputIndex": 1, "agentId": None, "content": "Hi"}.items()
    assert frames[2][1] == {"type": "x.new", "some_id": 1}
    assert frames[3][1]["usage"]["totalTokens"] == 2
    assert list(cm.camel.iter_events([sent])) == list(cm.snake.iter_events([upstream]))
