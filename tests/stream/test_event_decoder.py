"""``EventDecoder`` reads typed events from bytes cut anywhere, and returns malformed ones as ``InvalidEvent``."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm
from conversation_models.sse import SSEDecoder, encode_sse

from ..support.amounts import examples
from ..support.documents import CODECS, NAMINGS, Naming, dumps, value_of
from ..support.each import each
from ..support.strategies import wire_events
from ..support.streams import Document, Outcome, cut, every_cut, in_naming, outcome, read_sizes, seen, sse, stream

STARTED: Document = {"type": "conversation.response.started", "conversation_id": "c1"}
DELTA: Document = {"type": "message.output.delta", "id": "m1", "content": "Hi \u20ac"}
DONE: Document = {"type": "conversation.response.done", "usage": {"total_tokens": 3}}
DOCUMENTS = [STARTED, DELTA, DELTA, DONE]
EVENTS = [
    cm.ResponseStartedEvent(conversation_id="c1"),
    *[cm.MessageOutputEvent(id="m1", content="Hi \u20ac")] * 2,
    cm.ResponseDoneEvent(usage=cm.ConversationUsageInfo(total_tokens=3)),
]
GOOD = sse(DELTA)
HI = EVENTS[1]


def read(data: bytes, codec: cm.Codec = cm.snake, close: bool = True) -> list[Any]:
    """The events of ``data``. Asserts that they are the same under every cut."""
    results = []
    for pieces in every_cut(data):
        decoder = codec.event_decoder()
        events = [seen(event) for piece in pieces for event in decoder.feed(piece)]
        results.append(events + (list(map(seen, decoder.close())) if close else []))
    assert all(result == results[0] for result in results)
    return results[0]


@each(
    "style",
    [
        {},
        {"event": False},
        {"space": ""},
        {"event": False, "space": ""},
        {"end": "\r\n"},
        {"end": "\r"},
        {"end": "\r\n", "event": False, "space": ""},
        {"indent": 1},
        {"indent": 2, "event": False, "end": "\r\n"},
    ],
)
def test_every_style_of_stream_is_read(style: dict[str, Any]) -> None:
    assert read(stream(DOCUMENTS, **style)) == EVENTS
    assert read(b"\xef\xbb\xbf" + stream(DOCUMENTS, **style)) == EVENTS


def test_fields_may_be_in_any_order_and_beside_others() -> None:
    data = json.dumps(DELTA).encode()
    assert read(b"data: %b\nevent: message.output.delta\n\n" % data) == [HI]
    assert read(b"event: message.output.delta\nid: 7\ndata: %b\nretry: 5\n\n" % data) == [HI]
    assert read(b"event: message.output.delta\ndata: %b\nid: 7\n\n" % data + GOOD) == [HI, HI]
    assert read(b"id: 7\n\n" + GOOD + b"\n\n\n" + GOOD) == [HI, HI]
    assert read(GOOD + b"\n" + GOOD) == [HI, HI]


def test_the_type_in_the_data_wins() -> None:
    for name in b"foo", b"conversation.response.done", b"message":
        assert read(b"event: %b\ndata: %b\n\n" % (name, json.dumps(DELTA).encode())) == [HI]


@pytest.mark.parametrize("naming", NAMINGS)
def test_untagged_data_takes_its_type_from_the_field(naming: Naming) -> None:
    started = cm.ToolExecutionStartedEvent(id="t1", name="web_search")
    done = cm.ToolExecutionDoneEvent(id="t1", name="web_search", output_index=2)
    index = b"outputIndex" if naming == "camel" else b"output_index"
    data = (
        b'event: tool.execution.started\ndata: {"id":"t1","name":"web_search"}\n\n'
        b'event: tool.execution.done\ndata: {"id":"t1","name":"web_search","%b":2}\n\n' % index
    )
    assert read(data, CODECS[naming]) == [started, done]
    # The name also tells the type of an unknown event.
    [new] = read(b'event: video.output.delta\ndata: {"id":"v1"}\n\n', CODECS[naming])
    assert (new, new.type) == (cm.Unknown("video.output.delta", b'{"id":"v1"}'), "video.output.delta")


def test_untagged_data_without_a_name_is_recognised_by_its_fields() -> None:
    untagged = [{key: value for key, value in document.items() if key != "type"} for document in DOCUMENTS]
    assert read(stream(untagged, event=False)) == EVENTS


@pytest.mark.parametrize(
    ("data", "cls"),
    [
        (b'{"usage":{"totalTokens":5},"error":"warn"}', cm.ResponseDoneEvent),
        (b'{"id":"m","content":"hi","detail":"low"}', cm.MessageOutputEvent),
        (b'{"error":"warn","usage":5}', cm.ServiceError),
        (b'{"message":"m","code":3,"detail":"x"}', cm.ServiceError),
    ],
)
def test_text_and_a_bill_are_not_lost_to_what_looks_like_an_error(data: bytes, cls: type) -> None:
    event = cm.camel.decode_event(data)
    assert isinstance(event, cls)
    meter = cm.camel.meter()
    meter.feed(b"data: %b\n\n" % data)
    assert meter.error == (event if isinstance(event, (cm.ServiceError, cm.ResponseErrorEvent)) else None)
    assert meter.usage == (event.usage if isinstance(event, cm.ResponseDoneEvent) else None)


def test_unknown_events_keep_their_type_and_bytes() -> None:
    raw = b'{"type":"video.output.delta","n":1.50}'
    for head in b"", b"event: video.output.delta\n", b"event: message.output.delta\n", b"event: x\n":
        [event] = read(b"%bdata: %b\n\n" % (head, raw))
        assert isinstance(event, cm.Unknown)
        assert (event.type, event.raw) == ("video.output.delta", raw)
    # The raw text of several data lines is their text, joined by line ends.
    assert read(b'data: {"type":\ndata: "x"}\n\n') == [cm.Unknown("x", b'{"type":\n"x"}')]


def test_an_unknown_chunk_in_a_known_event_is_kept() -> None:
    chunk = b'{"type":"video_url","url":"u"}'
    data = b'event: message.output.delta\ndata: {"type":"message.output.delta","id":"m1","content":%b}\n\n' % chunk
    assert read(data + GOOD) == [cm.MessageOutputEvent(id="m1", content=cm.Unknown("video_url", chunk)), HI]


NOTHING = [
    b": keep-alive\n\n", b":\n\n", b":\r\n\r\n", b"\n\n\n", b"event: ping\n\n", b"data:\n\n", b"data\n\n",
    b"data: [DONE]\n\n", b"data:[DONE]\n\n", b"event: message.output.delta\ndata: [DONE]\n\n", b"id: 1\n\n",
    b"data:  [DONE] \n\n",
    b"retry: 10\n\n", b"foo: {}\n\n", b"event: message.output.delta\n\n", b"event: message.output.delta\ndata:\n\n",
    b": data: {}\n\n", b"data: \n\n",
]  # fmt: skip


@each("frame", NOTHING)
def test_frames_without_data_yield_no_event(frame: bytes) -> None:
    assert read(frame) == []
    assert read(GOOD + frame + GOOD) == [HI, HI]


# Malformed data, and the path of the wrong value (``None``: it is not JSON).
MALFORMED: dict[str, tuple[bytes, str | None]] = {
    "not JSON": (b"Internal Server Error", None),
    "half an object": (b'{"type":"message.output.delta","id":"m1"', None),
    "more than an object": (b'{"type":"conversation.response.started","conversation_id":"c"}}', None),
    "two objects": (b"{} {}", None),
    "bad UTF-8": (b'{"type":"message.output.delta","id":"m1","content":"\xff"}', None),
    "bad UTF-8 in an unknown event": (b'{"type":"video.output.delta","x":"\xe2\x82"}', None),
    "a lone surrogate": (b'{"type":"message.output.delta","id":"m1","content":"\\ud800"}', None),
    "a wrong type": (b'{"type":"message.output.delta","id":"m1","content":5}', "$.content"),
    "a list for a chunk": (b'{"type":"message.output.delta","id":"m1","content":[]}', "$.content"),
    "a wrong type in a chunk": (
        b'{"type":"message.output.delta","id":"m1","content":{"type":"text","text":1}}',
        "$.content.text",
    ),
    "a required field is missing": (b'{"type":"conversation.response.started"}', "$"),
    "deeply nested": (
        b'{"type":"tool.execution.done","id":"t1","name":"t","info":{"a":' + b"[" * 10000 + b"]" * 10000 + b"}}",
        None,
    ),
}
MALFORMED_WITH_NAME: dict[str, tuple[bytes, str | None]] = {
    **MALFORMED,
    "a list under a known name": (b"[1,2]", "$"),
    "a number under a known name": (b"5", "$"),
    "an object under a name it does not fit": (b'{"foo":1}', "$"),
}


def check_malformed(frame: bytes, data: bytes, path: str | None) -> None:
    decoder = cm.snake.event_decoder()
    before, bad, *after = decoder.feed(GOOD + frame + GOOD + GOOD)
    assert [before, *after] == [HI, HI, HI]
    assert isinstance(bad, cm.InvalidEvent)
    assert bad.type is None
    assert bad.raw == data
    assert isinstance(bad.error, cm.ConversationDecodeError)
    assert bad.error.path == path
    # In a read of its own, and first and last in a read.
    assert list(map(seen, decoder.feed(frame))) == [("invalid", data)]
    assert list(map(seen, decoder.feed(frame + GOOD))) == [("invalid", data), HI]
    assert list(map(seen, decoder.feed(GOOD + frame))) == [HI, ("invalid", data)]
    assert decoder.feed(GOOD) == [HI]
    assert decoder.close() == []
    for sizes in [1], [7], [len(frame)]:
        reads = cut(GOOD + frame + GOOD, sizes)
        assert outcome(cm.snake.event_decoder(), reads) == Outcome([HI, ("invalid", data), HI])


@each("name", MALFORMED)
def test_malformed_data_yields_an_invalid_event(name: str) -> None:
    data, path = MALFORMED[name]
    check_malformed(b"data: %b\n\n" % data, data, path)
    check_malformed(b"event: something.else\ndata: %b\r\n\r\n" % data, data, path)


@each("name", MALFORMED_WITH_NAME)
def test_malformed_data_under_a_known_name_yields_an_invalid_event(name: str) -> None:
    data, path = MALFORMED_WITH_NAME[name]
    check_malformed(b"event: message.output.delta\ndata: %b\n\n" % data, data, path)
    check_malformed(b"data: %b\nevent: message.output.delta\n\n" % data, data, path)


def test_only_the_first_line_of_indented_json_is_data() -> None:
    # By the grammar, only the first line of such a frame is data.
    for head in b"", b"event: message.output.delta\n":
        text = b"data: " + json.dumps(DELTA, indent=1).encode() + b"\n\n"
        assert read(GOOD + head + text + GOOD) == [HI, ("invalid", b"{"), HI]
    # The same in a read of its own, even if the lines together would be whole JSON.
    for end in b"\n", b"\r", b"\r\n":
        frame = GOOD.replace(b',"id"', b"," + end + b'"id"')
        first = GOOD.partition(b"data: ")[2].partition(b',"id"')[0] + b","
        assert outcome(cm.snake.event_decoder(), [GOOD, frame, GOOD]) == Outcome([HI, ("invalid", first), HI])


def test_an_invalid_event_holds_its_bytes_and_its_error() -> None:
    [event] = cm.camel.event_decoder().feed(b"data: oops\n\n")
    match event:
        case cm.InvalidEvent(raw, error):
            assert raw == b"oops"
            assert "oops" in repr(event)
            assert isinstance(error, ValueError)
        case _:
            pytest.fail("no InvalidEvent")


def test_any_buffer_and_str_are_read() -> None:
    data = stream(DOCUMENTS)
    for one in data, bytearray(data), memoryview(data), data.decode():
        assert cm.snake.event_decoder().feed(one) == EVENTS
    # After the first read, a read of a single delta takes a shortcut.
    decoder = cm.snake.event_decoder()
    for one in GOOD, bytearray(GOOD), memoryview(GOOD), GOOD.decode(), memoryview(bytearray(GOOD)):
        assert decoder.feed(one) == [HI]
    for one in data[:30], bytearray(data[30:40]), memoryview(data)[40:50], data[50:60].decode():
        assert decoder.feed(one) == []
    assert decoder.feed(data[60:]) == EVENTS


def test_a_buffer_may_be_reused_after_feed() -> None:
    decoder = cm.snake.event_decoder()
    raw = b'{"type":"x","s":"abc"}'
    for frame in GOOD, b"data: " + raw + b"\n\n":
        buffer = bytearray(frame)
        [whole] = decoder.feed(buffer)
        half = bytearray(frame[:50])
        events = decoder.feed(half)
        half[:] = b"#" * len(half)
        buffer[:] = b"#" * len(buffer)
        events += decoder.feed(frame[50:])
        assert [whole, *events] == [HI if frame is GOOD else cm.Unknown("x", raw)] * 2


def test_a_long_event_is_read_byte_by_byte() -> None:
    document = {**DELTA, "content": "data: \u20ac\n\n" * 2000}
    decoder = cm.snake.event_decoder()
    events = [event for byte in cut(sse(document), [1]) for event in decoder.feed(byte)]
    assert events == [cm.MessageOutputEvent(id="m1", content="data: \u20ac\n\n" * 2000)]


_styles: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "event": st.booleans(),
        "space": st.sampled_from([" ", ""]),
        "end": st.sampled_from(["\n", "\n", "\r\n", "\r"]),
    }
)
_noise = st.sampled_from([b"", b"", b": c\n\n", b":\n", b"\r\n", b"data: [DONE]\n\n", b"event: ping\n\n", b"id: 1\n\n"])


@pytest.mark.parametrize("naming", NAMINGS)
@examples(120)
@given(data=st.data())
def test_the_events_do_not_depend_on_the_cut(naming: Naming, data: st.DataObject) -> None:
    documents = data.draw(st.lists(wire_events("snake"), max_size=4))
    expected, parts = [], [b""]
    for document in documents:
        event = value_of(document, "event", "snake")
        style = data.draw(_styles)
        name = document.get("type")
        if not isinstance(name, str) or set(name) & set("\r\n"):
            name, style["event"] = "", False
        lines = [f"event:{style['space']}{name}"] if style["event"] else []
        lines += [f"data:{style['space']}{dumps(in_naming(document, 'event', naming)).decode()}", ""]
        parts += ["".join(line + style["end"] for line in lines).encode(), data.draw(_noise)]
        expected.append(event)
    text = b"".join(parts)
    for sizes in [len(text) or 1], [1], data.draw(read_sizes):
        assert outcome(CODECS[naming].event_decoder(), cut(text, sizes)) == Outcome(expected)


_pieces = [
    GOOD,
    GOOD,
    sse(STARTED),
    sse(DONE, event=False),
    b"data: ",
    b"event: message.output.delta\n",
    b"id: 1\n",
    b"{}",
]
_garbage = st.sampled_from([*_pieces, b"{", b"\n", b"\n\n", b"\r", b":"])


@examples(300)
@given(st.lists(_garbage | st.binary(max_size=5), max_size=10).map(b"".join), read_sizes)
def test_the_outcome_does_not_depend_on_the_cut_whatever_the_bytes(data: bytes, sizes: list[int]) -> None:
    assert outcome(cm.snake.event_decoder(), cut(data, sizes)) == outcome(cm.snake.event_decoder(), [data])


@examples(300)
@given(st.lists(_garbage, max_size=12).map(b"".join))
def test_events_in_one_read_are_those_of_the_frames_alone(data: bytes) -> None:
    alone = [
        seen(event) for frame in SSEDecoder().feed(data) for event in cm.snake.event_decoder().feed(encode_sse(frame))
    ]
    assert list(map(seen, cm.snake.event_decoder().feed(data))) == alone
