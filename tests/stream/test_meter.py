"""``StreamMeter`` reports the same as decoding the whole stream would."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import examples
from ..support.documents import CODECS, NAMINGS, SHAPES, Naming
from ..support.strategies import unknown_members, wire, wire_events
from ..support.streams import Document, cut, every_cut, in_naming, read_sizes, sse, stream

STARTED: Document = {"type": "conversation.response.started", "conversation_id": "c1"}
DELTA: Document = {"type": "message.output.delta", "id": "m1", "content": "Hi"}
DONE: Document = {"type": "conversation.response.done", "usage": {"prompt_tokens": 1, "total_tokens": 7}}
ERROR: Document = {"type": "conversation.response.error", "message": "no", "code": 3505}
USAGE = cm.ConversationUsageInfo(prompt_tokens=1, total_tokens=7)
FAILED = cm.ResponseErrorEvent(message="no", code=3505)

State = tuple[str | None, cm.ConversationUsageInfo | None, cm.ResponseErrorEvent | cm.ServiceError | None, bool]
NOTHING: State = (None, None, None, False)


def state(meter: cm.StreamMeter) -> State:
    return meter.conversation_id, meter.usage, meter.error, meter.done


def metered(reads: list[Any], codec: cm.Codec = cm.snake) -> State:
    meter = codec.meter()
    for read in reads:
        meter.feed(read)
    meter.close()
    return state(meter)


def state_of(events: list[Any]) -> State:
    """The state that follows from a stream's events."""
    conversation_id, usage, error, done = NOTHING
    for event in events:
        match event:
            case cm.ResponseStartedEvent():
                conversation_id = event.conversation_id
            case cm.ResponseDoneEvent():
                usage, done = event.usage, True
            case cm.ResponseErrorEvent():
                error = event
    return conversation_id, usage, error, done


def with_counts(metered: State) -> State:
    """A meter has no usage for ``"usage": {}``; an event has zeros."""
    conversation_id, usage, error, done = metered
    return conversation_id, cm.ConversationUsageInfo() if done and usage is None else usage, error, done


STREAMS: dict[str, tuple[bytes, State]] = {
    "empty": (b"", NOTHING),
    "a whole stream": (stream([STARTED, DELTA, DELTA, DONE]), ("c1", USAGE, None, True)),
    "one that fails": (stream([STARTED, DELTA, ERROR]), ("c1", None, FAILED, False)),
    "one that is cut off": (stream([STARTED, DELTA, DONE])[:-10], ("c1", None, None, False)),
    "without its last blank line": (stream([STARTED, DELTA, DONE])[:-2], ("c1", USAGE, None, True)),
    "without event lines": (stream([STARTED, DELTA, DONE], event=False), ("c1", USAGE, None, True)),
    "without event lines, fails": (stream([STARTED, ERROR], event=False), ("c1", None, FAILED, False)),
    "in CRLF": (stream([STARTED, DELTA, DONE], end="\r\n"), ("c1", USAGE, None, True)),
    "in CR, without spaces": (stream([STARTED, DELTA, DONE], end="\r", space=""), ("c1", USAGE, None, True)),
    "indented": (stream([STARTED, DELTA, DONE], indent=2), ("c1", USAGE, None, True)),
    "with [DONE] and comments": (
        b"\xef\xbb\xbf: hello\n\n" + stream([STARTED, DELTA, DONE]) + b"data: [DONE]\n\n: bye\n\n",
        ("c1", USAGE, None, True),
    ),
    "with the type in the field": (
        b'event: conversation.response.started\ndata: {"conversation_id":"c1"}\n\n'
        b'data: {"usage":{"prompt_tokens":1,"total_tokens":7}}\nevent: conversation.response.done\n\n',
        ("c1", USAGE, None, True),
    ),
    "malformed ends": (
        b"event: conversation.response.done\ndata: oops\n\n"
        b'data: {"type":"conversation.response.done","usage":5}\n\n'
        b'data: {"type":"conversation.response.started","conversation_id":"\xff"}\n\n'
        b"event: conversation.response.error\n\nevent: conversation.response.error\ndata:\n\n",
        NOTHING,
    ),
    "a comment that looks like the end": (
        b": " + sse(DONE, event=False) + b"id: 1\n:" + sse(DONE, event=False),
        NOTHING,
    ),
}

# Texts in a delta that look like other events.
DECOYS = [
    "conversation.response.done",
    '{"type":"conversation.response.done","usage":{}}',
    '\n\nevent: conversation.response.done\ndata: {"type":"conversation.response.done","usage":{}}\n\n',
    'data: {"type":"conversation.response.error","message":"m","code":1}',
    "\\n\\ndata: conversation.response.started",
    "conversation.response.started\r\n\r\n\u2028",
]


@pytest.mark.parametrize("name", STREAMS)
def test_a_meter_reads_these_streams_under_every_cut(name: str) -> None:
    data, expected = STREAMS[name]
    for pieces in every_cut(data):
        assert metered(pieces) == expected


@pytest.mark.parametrize("event", [True, False])
@pytest.mark.parametrize("decoy", DECOYS)
def test_text_that_looks_like_a_final_event_is_ignored(decoy: str, event: bool) -> None:
    documents: list[Document] = [
        {**DELTA, "content": decoy},
        {**DELTA, "content": {"type": "text", "text": decoy}},
        {"type": "video.output", "note": {"type": decoy}},
        {"type": "tool.execution.delta", "id": "t1", "name": "t", "arguments": json.dumps({"type": decoy})},
    ]
    data = stream(documents, event=event)
    for pieces in every_cut(data):
        assert metered(pieces) == NOTHING
    # Also in reads that are too long to be searched.
    assert metered([data * 40]) == NOTHING
    assert metered(cut(stream([STARTED]) + data * 40 + stream([DONE]), [9000])) == ("c1", USAGE, None, True)


def test_a_meter_reads_its_codecs_naming() -> None:
    snake = {"type": "conversation.response.done", "usage": {"total_tokens": 7}}
    camel = {"type": "conversation.response.done", "usage": {"totalTokens": 7}}
    expected = cm.ConversationUsageInfo(total_tokens=7)
    assert metered([sse(snake)], cm.snake)[1] == metered([sse(camel)], cm.camel)[1] == expected
    assert metered([sse({"type": "conversation.response.started", "conversationId": "c"})], cm.camel)[0] == "c"


def test_a_meter_is_up_to_date_after_each_read() -> None:
    meter = cm.snake.meter()
    assert state(meter) == NOTHING
    meter.feed(sse(STARTED)[:-1])
    assert state(meter) == NOTHING
    meter.feed(b"\n")
    assert state(meter) == ("c1", None, None, False)
    meter.feed(sse(DELTA) * 200)
    meter.feed(sse(DELTA) * 200 + sse(DONE))
    assert state(meter) == ("c1", USAGE, None, True)
    meter.close()
    assert state(meter) == ("c1", USAGE, None, True)


def test_any_buffer_and_str_are_read() -> None:
    data = stream([STARTED, DELTA, DONE])
    for one in data, bytearray(data), memoryview(data), data.decode():
        assert metered([one]) == ("c1", USAGE, None, True)


@pytest.mark.parametrize("size", [1000, 9000, 10**6])
def test_long_streams_of_deltas_are_metered_in_reads_of_any_size(size: int) -> None:
    data = stream([STARTED] + [DELTA] * 2000 + [DONE])
    assert metered(cut(data, [size])) == ("c1", USAGE, None, True)
    assert metered(cut(stream([STARTED] + [DELTA] * 2000), [size])) == ("c1", None, None, False)
    assert metered(cut(stream([STARTED] + [DELTA] * 2000 + [ERROR]), [size])) == ("c1", None, FAILED, False)
    error = b'data: {"error":{"message":"no"}}\n\n'
    failed = cm.ServiceError(b'{"error":{"message":"no"}}')
    assert metered(cut(stream([STARTED] + [DELTA] * 2000) + error, [size])) == ("c1", None, failed, False)
    assert metered(cut(data + b": keep-alive\n\ndata: [DONE]\n\n", [size])) == ("c1", USAGE, None, True)


MISNAMED = b"event: message.output.delta\n" + sse(DONE, event=False)
MANY = sse(DELTA) * 200


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (MISNAMED + MANY, 0),
        (MANY + MISNAMED, len(MANY)),
        (MANY + MISNAMED + MANY, len(MANY)),
        (MANY + MISNAMED + sse(DELTA)[:40], len(MANY)),
        (MANY + MISNAMED + sse(DELTA)[:-1], len(MANY)),
        (MANY + MISNAMED + b"data: [DONE]\n\n", len(MANY)),
    ],
    ids=["first", "last", "in the middle", "before a part of one", "before all but a byte of one", "before [DONE]"],
)
def test_a_final_event_named_a_delta_is_found_wherever_it_is(text: bytes, place: int) -> None:
    for offset in range(place, place + len(MISNAMED) + 1):
        assert metered([sse(STARTED), text[:offset], text[offset:]]) == ("c1", USAGE, None, True)


LARGE = 17 * 2**20
OVERSIZE: dict[str, tuple[bytes, State]] = {
    "an end": (sse({**DONE, "note": "x" * LARGE}), NOTHING),
    "an end without an event line": (sse({**DONE, "note": "x" * LARGE}, event=False), NOTHING),
    "an end in an event that is too large": (b"data: " + b"x" * LARGE + b"\n" + sse(DONE), NOTHING),
    "an end after many lines": (b"data: x\n" * (LARGE // 8) + sse(DONE, event=False), NOTHING),
    "an end in a comment": (b"data: " + b"x" * LARGE + b"\n: comment " + sse(DONE, event=False), NOTHING),
    "an end after it": (b"data: " + b"x" * LARGE + b"\n\n" + sse(DONE), (None, USAGE, None, True)),
    "an end before it": (sse(DONE) + b"x" * LARGE, (None, USAGE, None, True)),
}


@pytest.mark.parametrize("name", OVERSIZE)
def test_an_event_too_large_is_skipped_however_it_is_cut(name: str) -> None:
    data, expected = OVERSIZE[name]
    for reads in (
        *([data], cut(data, [2**20]), cut(data, [2**24 - 7, 11, 100])),
        *([data[:-offset], data[-offset:]] for offset in (1, 2, 60)),
    ):
        assert metered([sse(STARTED), *reads]) == ("c1", *expected[1:])


# Streams as services send them: a started event, others, and a final event.
_ENDS = [cm.ResponseDoneEvent, cm.ResponseErrorEvent]
_CONTROL = {SHAPES[cls].tag for cls in [cm.ResponseStartedEvent, *_ENDS]}
_decoys = st.sampled_from(DECOYS).map(lambda text: {**DELTA, "content": text})
_middle = (_decoys | st.just(DELTA) | wire_events("snake", open=False) | unknown_members("event")).filter(
    lambda document: (
        isinstance(document.get("type"), str)
        and document["type"] not in _CONTROL
        and not set(document["type"]) & set("\r\n")
    )
)
_noise = st.sampled_from([b"", b"", b": c\n\n", b"data: [DONE]\n\n", b"event: ping\n\n", b"data: oops\n\n", b"\r\n"])
_styles: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "event": st.booleans(),
        "end": st.sampled_from(["\n", "\n", "\r\n", "\r"]),
        "space": st.sampled_from([" ", ""]),
        "indent": st.sampled_from([None, None, 1]),
    }
)


@pytest.mark.parametrize("naming", NAMINGS)
@examples(100)
@given(data=st.data())
def test_a_meter_agrees_with_the_decoder(naming: Naming, data: st.DataObject) -> None:
    started = data.draw(wire(cm.ResponseStartedEvent, "snake"))
    end = data.draw(st.one_of([wire(cls, "snake") for cls in _ENDS]))
    documents = [started, *data.draw(st.lists(_middle, max_size=5)) * data.draw(st.sampled_from([1, 1, 30])), end]
    codec, style = CODECS[naming], data.draw(_styles)
    frames = [sse(in_naming(document, "event", naming), **style) for document in documents]
    text = b"".join([*frames[:-1], data.draw(_noise), frames[-1], data.draw(_noise)])
    text = text[: len(text) - data.draw(st.sampled_from([0, 0, 1, 2, 3, 30]))]
    if len(text) < 500:
        assert metered(cut(text, [1]), codec) == metered([text], codec)
    for sizes in [len(text)], [10_000], data.draw(read_sizes):
        decoder, meter, events = codec.event_decoder(), codec.meter(), list[Any]()
        for read in cut(text, sizes):
            events += decoder.feed(read)
            meter.feed(read)
            assert with_counts(state(meter)) == state_of(events)
        with suppress(cm.TruncatedStreamError):
            events += decoder.close()
        meter.close()
        assert with_counts(state(meter)) == state_of(events)


@examples(200)
@given(
    st.lists(st.binary(max_size=6) | st.sampled_from([sse(DONE), sse(STARTED), b"data: ", b"\n\n", b"{"]), max_size=8)
)
def test_a_meter_never_raises(reads: list[bytes]) -> None:
    assert metered(reads) == metered([b"".join(reads)])
