"""Events larger than ``max_event_bytes``, and streams cut off after any byte."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import examples, in_full_if_long
from ..support.each import each
from ..support.streams import (
    Document,
    Outcome,
    cut,
    every_cut,
    outcome,
    read_sizes,
    some_cuts,
    some_offsets,
    sse,
    two_way_cuts,
)

DELTA: Document = {"type": "message.output.delta", "id": "m1", "content": "Hi"}
GOOD = sse(DELTA)
HI = cm.MessageOutputEvent(id="m1", content="Hi")
LONG = sse({**DELTA, "content": "Hi" * 100})


# Too large -------------------------------------------------------------------------------------------------------


def decoder(limit: int) -> cm.EventDecoder:
    return cm.snake.event_decoder(max_event_bytes=limit)


TOO_LARGE = {
    "a delta": LONG,
    "without an event line": sse({**DELTA, "content": "Hi" * 100}, event=False),
    "over many lines": sse({**DELTA, "info": list(range(100))}, indent=1),
    "in CRLF": sse({**DELTA, "content": "Hi" * 100}, end="\r\n"),
    "one line that is not a field": b"x" * 200 + b"\n\n",
    "many lines that are no fields": b"x\n" * 100 + b"\n",
}


@in_full_if_long
@each("name", TOO_LARGE)
def test_events_before_one_too_large_arrive(name: str) -> None:
    for rest in b"", GOOD, TOO_LARGE[name]:
        for pieces in some_cuts(GOOD + GOOD + TOO_LARGE[name] + rest):
            assert outcome(decoder(150), pieces) == Outcome([HI, HI], cm.EventTooLargeError)


def test_events_before_one_too_large_are_returned_and_the_next_call_raises() -> None:
    for text in GOOD + LONG, GOOD + LONG + GOOD, GOOD + LONG[:-5]:
        one = decoder(150)
        assert one.feed(text) == [HI]
        with pytest.raises(cm.EventTooLargeError):
            one.close()
    one = decoder(150)
    with pytest.raises(cm.EventTooLargeError):
        one.feed(LONG + GOOD)


@each("then", [GOOD, b"\n", b"", GOOD + GOOD, b": c\n\n", "", GOOD.decode()])
@each("text", [GOOD + LONG, GOOD + LONG + GOOD, GOOD + LONG[:-5]])
def test_nothing_is_read_after_an_event_that_is_too_large(text: bytes, then: Any) -> None:
    one = decoder(150)
    assert one.feed(GOOD) == [HI]
    assert one.feed(text) == [HI]
    for _ in range(2):
        with pytest.raises(cm.EventTooLargeError):
            one.feed(then)
    with pytest.raises(cm.EventTooLargeError):
        one.close()


def test_nothing_is_read_after_the_start_of_an_event_that_is_too_large() -> None:
    """Not even a read that would be an event of its own if it did not begin inside another."""
    one = decoder(150)
    assert one.feed(GOOD) == [HI]
    with pytest.raises(cm.EventTooLargeError):
        one.feed(b"data: " + b"x" * 300)
    for then in GOOD, GOOD + GOOD, b"\n\n", GOOD:
        with pytest.raises(cm.EventTooLargeError):
            one.feed(then)


@pytest.mark.parametrize("left", [GOOD[:30], b"data: {\n: comm", b"data: " + b"x" * 100, b"\xef\xbb", b": c", b""])
def test_a_closed_decoder_reads_another_stream(left: bytes) -> None:
    for pieces in every_cut(GOOD + left):
        one = decoder(150)
        expected = outcome(one, pieces)
        assert expected.events == [HI]
        assert outcome(one, pieces) == expected
        assert outcome(one, [b"\xef\xbb\xbf", GOOD[:50], GOOD[50:]]) == Outcome([HI])


def test_an_event_too_large_raises_before_it_is_read_whole() -> None:
    one = decoder(10_000)
    reads = iter(cut(b'data: {"type":"' + b"x" * 1_000_000, [1000]))
    taken = 0

    def feed_all() -> None:
        nonlocal taken
        for piece in reads:
            taken += len(piece)
            one.feed(piece)

    with pytest.raises(cm.EventTooLargeError):
        feed_all()
    assert taken <= 11_000


def iterated(chunks: list[bytes], limit: int = 16 * 2**20) -> Outcome:
    events: list[Any] = []
    try:
        for event in cm.snake.iter_events(chunks, max_event_bytes=limit):
            events.append(event)  # noqa: PERF402 - those before the error count.
    except cm.EventTooLargeError as error:
        return Outcome(events, type(error))
    return Outcome(events)


def iterated_asynchronously(chunks: list[bytes], limit: int = 16 * 2**20) -> Outcome:
    async def source() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def run() -> Outcome:
        events: list[Any] = []
        try:
            async for event in cm.snake.aiter_events(source(), max_event_bytes=limit):
                events.append(event)  # noqa: PERF401
        except cm.EventTooLargeError as error:
            return Outcome(events, type(error))
        return Outcome(events)

    return asyncio.run(run())


@pytest.mark.parametrize("read", [iterated, iterated_asynchronously])
def test_iterators_take_a_limit_too(read: Callable[..., Outcome]) -> None:
    for chunks in [GOOD, LONG, GOOD], [GOOD + LONG + GOOD], cut(GOOD + LONG + GOOD, [7]):
        assert read(chunks, 150) == Outcome([HI], cm.EventTooLargeError)
        assert [event.text for event in read(chunks).events] == ["Hi", "Hi" * 100, "Hi"]
        assert read(chunks, len(LONG)) == read(chunks)


def test_a_meter_with_a_limit_counts_the_events_within_it() -> None:
    for chunks in every_cut(GOOD + LONG + GOOD):
        counts = []
        for limit in 150, len(LONG):
            meter = cm.snake.meter(max_event_bytes=limit)
            for chunk in chunks:
                meter.feed(chunk)
            counts.append(meter.record.deltas)
        assert counts == [2, 3]


def test_an_event_at_the_limit_is_read() -> None:
    size = len(GOOD) - 2  # The blank line does not count.
    for limit, expected in [(size + 1, Outcome([HI])), (size - 1, Outcome([], cm.EventTooLargeError))]:
        for pieces in every_cut(GOOD):
            assert outcome(decoder(limit), pieces) == expected
    assert len({outcome(decoder(size), pieces).error for pieces in every_cut(GOOD)}) == 1


def test_the_limit_is_for_each_event() -> None:
    many = GOOD * 50
    for sizes in [len(many)], [1], [7], [100]:
        assert outcome(decoder(150), cut(many, sizes)) == Outcome([HI] * 50)


@in_full_if_long
@each("end", [b"\n", b"\r", b"\r\n"])
def test_comments_do_not_count_towards_the_limit(end: bytes) -> None:
    comment = b": " + b"keep-alive " * 40 + end
    head, data = GOOD.split(b"\n")[:2]
    for text in [
        comment + GOOD,
        comment * 3 + end + GOOD,
        head + end + comment + data + end + comment + end,
        comment + head + end + data + end + end,
        b":" + end + head + end + comment + comment + data + end + end,
    ]:
        for pieces in some_cuts(text):
            assert outcome(decoder(150), pieces) == Outcome([HI])


def test_the_default_limit_takes_a_long_event() -> None:
    text = sse({**DELTA, "content": "x" * 5_000_000})
    [event] = cm.snake.event_decoder().feed(text)
    assert event == cm.MessageOutputEvent(id="m1", content="x" * 5_000_000)
    one = cm.snake.event_decoder()
    for _ in range(16):
        assert one.feed(b"x" * 1024 * 1024) == []
    with pytest.raises(cm.EventTooLargeError):
        one.feed(b"x")


_parts = st.sampled_from(
    [
        *(
            GOOD,
            sse(DELTA, end="\r\n"),
            sse(DELTA, event=False, end="\r"),
            sse(DELTA, indent=1),
            b": comment\n",
            b":\r\n",
        ),
        *(b"\n", b"\r", b"\n\n", b"id: 1\n", b"data: [DONE]\n\n", b"event: ping\n\n"),
        *(b"x" * 30, b": " + b"c" * 90 + b"\n\n"),
    ]
)


@examples(400)
@given(st.lists(_parts, max_size=10), st.integers(20, 130), read_sizes)
def test_whether_an_event_is_too_large_does_not_depend_on_the_cut(
    parts: list[bytes], limit: int, sizes: list[int]
) -> None:
    data = b"".join(parts)
    expected = outcome(decoder(limit), cut(data, [1]))
    for reads in [data], parts, cut(data, sizes):
        assert outcome(decoder(limit), reads) == expected


# Cut off ---------------------------------------------------------------------------------------------------------

STREAM: list[tuple[bytes, Any]] = [
    (
        sse({"type": "conversation.response.started", "conversation_id": "c1"}),
        cm.ResponseStartedEvent(conversation_id="c1"),
    ),
    (sse({**DELTA, "content": "\u20ac"}), cm.MessageOutputEvent(id="m1", content="\u20ac")),
    (sse(DELTA, event=False), HI),
    (sse(DELTA, indent=1), HI),
    (b'event: video.output\ndata: {"n": "data: \\n"}\n\n', cm.Unknown("video.output", b'{"n": "data: \\n"}')),
    (b"data: oops\n\n", ("invalid", b"oops")),
    (sse({"type": "conversation.response.done", "usage": {}}), cm.ResponseDoneEvent(usage=cm.ConversationUsageInfo())),
]
WHOLE = b"".join(text for text, _ in STREAM)


def cut_off() -> Iterator[tuple[int, Outcome]]:
    """Every offset, with the outcome of the stream if it is cut off there."""
    start, before = 0, list[Any]()
    yield 0, Outcome([])
    for text, event in STREAM:
        for length in range(1, len(text) + 1):
            # If the data is whole JSON, the event needs no blank line.
            if length >= len(text) - (2 if event != ("invalid", b"oops") else 0):
                yield start + length, Outcome([*before, event])
            else:
                yield start + length, Outcome(list(before), cm.TruncatedStreamError, text[:length])
        before.append(event)
        start += len(text)


def test_events_before_a_cut_after_any_byte_are_read() -> None:
    offsets = []
    for offset, expected in cut_off():
        offsets.append(offset)
        for sizes in [len(WHOLE)], [1], [13]:
            assert outcome(cm.snake.event_decoder(), cut(WHOLE[:offset], sizes)) == expected, offset
    assert offsets == list(range(len(WHOLE) + 1))


@in_full_if_long
@each("end", [b"\r\n", b"\r"])
def test_a_cut_has_the_same_outcome_in_every_line_end(end: bytes) -> None:
    respelled = WHOLE.replace(b"\n", end)
    for offset in some_offsets(respelled):
        text = respelled[:offset]
        as_lf = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        expected = outcome(cm.snake.event_decoder(), [as_lf])
        assert outcome(cm.snake.event_decoder(), [text]) == expected
        assert outcome(cm.snake.event_decoder(), cut(text, [1])) == expected


def test_collecting_a_stream_cut_off_anywhere_raises_with_the_response_so_far() -> None:
    stream = b"".join(text for text, event in STREAM if event != ("invalid", b"oops"))
    whole = cm.collect(cm.snake.iter_events([stream]))
    assert whole.outputs == [cm.MessageOutputEntry(id="m1", content="\u20acHiHi")]
    done = len(stream) - 2
    for offset in range(len(stream) + 1):
        if offset >= done:
            assert cm.collect(cm.snake.iter_events([stream[:offset]])) == whole
            continue
        with pytest.raises(cm.TruncatedStreamError) as caught:
            cm.collect(cm.snake.iter_events([stream[:offset]]))
        partial = caught.value.partial
        assert partial is not None
        assert partial.conversation_id == ("c1" if offset >= len(STREAM[0][0]) - 2 else "")
        assert "\u20acHiHi".startswith("".join([out.text for out in partial.outputs if out.type == "message.output"]))


@each(
    ("left", "pending"),
    [
        (b"data: {", b"data: {"),
        (b'event: x\r\ndata: {"a":', b'event: x\ndata: {"a":'),
        (b'data: "\xe2\x82', b'data: "\xe2\x82'),
        (b"event: x\n: c\ndata: {\n: c", b"event: x\ndata: {\n"),
        (b"data: 1 2", b"data: 1 2"),
        (b"event: message.output.delta\n", b"event: message.output.delta\n"),
        (b"data:", b"data:"),
        (b"d", b"d"),
        (b"data: [DON", b"data: [DON"),
        (b'data: {"type":"x"}\ndata: ,', b'data: {"type":"x"}\ndata: ,'),
    ],
)
def test_an_unfinished_event_is_pending(left: bytes, pending: bytes) -> None:
    for pieces in two_way_cuts(GOOD + left):
        assert outcome(cm.snake.event_decoder(), pieces) == Outcome([HI], cm.TruncatedStreamError, pending)


@each("left", [b"", b"\n", b": keep-alive", b":", b": c\n", b"data: [DONE]", b"data: [DONE]\n", b"\r"])
def test_a_rest_without_data_is_not_pending(left: bytes) -> None:
    for pieces in two_way_cuts(GOOD + left):
        assert outcome(cm.snake.event_decoder(), pieces) == Outcome([HI])
