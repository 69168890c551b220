"""``StreamMeter`` reports the same as decoding the whole stream would."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import amount, examples, in_full_if_long
from ..support.each import each
from ..support.streams import Document, cut, some_cuts, sse, stream

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


def metered(reads: list[Any], codec: cm.Codec = cm.snake, limit: int = 16 * 2**20) -> State:
    meter = codec.meter(max_event_bytes=limit)
    for read in reads:
        meter.feed(read)
    meter.close()
    return state(meter)


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


@in_full_if_long
@each("name", STREAMS)
def test_a_meter_reads_these_streams_under_every_cut(name: str) -> None:
    data, expected = STREAMS[name]
    for pieces in some_cuts(data):
        assert metered(pieces) == expected


@in_full_if_long
@each("event", [True, False])
@each("decoy", DECOYS)
def test_text_that_looks_like_a_final_event_is_ignored(decoy: str, event: bool) -> None:
    documents: list[Document] = [
        {**DELTA, "content": decoy},
        {**DELTA, "content": {"type": "text", "text": decoy}},
        {"type": "video.output", "note": {"type": decoy}},
        {"type": "tool.execution.delta", "id": "t1", "name": "t", "arguments": json.dumps({"type": decoy})},
    ]
    data = stream(documents, event=event)
    for pieces in some_cuts(data):
        assert metered(pieces) == NOTHING
    # Also in long reads.
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


LIMIT = amount(2**14, 2**24)
LARGE = LIMIT + LIMIT // 16
OVERSIZE: dict[str, tuple[bytes, State]] = {
    "an end": (sse({**DONE, "note": "x" * LARGE}), NOTHING),
    "an end without an event line": (sse({**DONE, "note": "x" * LARGE}, event=False), NOTHING),
    "an end in an event that is too large": (b"data: " + b"x" * LARGE + b"\n" + sse(DONE), NOTHING),
    "an end after many lines": (b"data: x\n" * (LARGE // 8) + sse(DONE, event=False), NOTHING),
    "an end in a comment": (b"data: " + b"x" * LARGE + b"\n: comment " + sse(DONE, event=False), NOTHING),
    "an end after it": (b"data: " + b"x" * LARGE + b"\n\n" + sse(DONE), (None, USAGE, None, True)),
    "an end before it": (sse(DONE) + b"x" * LARGE, (None, USAGE, None, True)),
}


@in_full_if_long
@each("name", OVERSIZE)
def test_an_event_too_large_is_skipped_however_it_is_cut(name: str) -> None:
    data, expected = OVERSIZE[name]
    for reads in [data], cut(data, [LIMIT // 16]), cut(data, [LIMIT - 7, 11, 100]), [data[:-1], data[-1:]]:
        assert metered([sse(STARTED), *reads], limit=LIMIT) == ("c1", *expected[1:])


@examples(200)
@given(
    st.lists(st.binary(max_size=6) | st.sampled_from([sse(DONE), sse(STARTED), b"data: ", b"\n\n", b"{"]), max_size=8)
)
def test_a_meter_never_raises(reads: list[bytes]) -> None:
    assert metered(reads) == metered([b"".join(reads)])
