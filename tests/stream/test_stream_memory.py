"""Memory: a reader holds only the unfinished event, however long the stream is."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any

import pytest

import conversation_models as cm
from conversation_models.sse import SSEDecoder

from ..support.amounts import amount, in_full_if_long
from ..support.each import each
from ..support.streams import sse

DELTA = sse({"type": "message.output.delta", "id": "m1", "content": "Hello, world. " * 10, "output_index": 1})
STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"})
DONE = sse({"type": "conversation.response.done", "usage": {"total_tokens": 7}})
KIB, MIB = 1024, 1024 * 1024

READERS: dict[str, Any] = {
    "EventDecoder": lambda: cm.snake.event_decoder(),
    "StreamMeter": lambda: cm.snake.meter(),
    "SSEDecoder": lambda: SSEDecoder(),
}
readers = pytest.mark.parametrize("name", READERS)


class Peak:
    """The most memory that was allocated at one time, in bytes."""

    bytes = 0


@contextmanager
def traced() -> Iterator[Peak]:
    peak = Peak()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield peak
        peak.bytes = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def deltas(count: int, size: int) -> Iterator[bytes]:
    """A stream of ``count`` deltas, in reads of ``size`` bytes that end anywhere."""
    block = DELTA * 97
    held, left = STARTED, count
    while left:
        some = min(left, 97)
        held += block[: some * len(DELTA)]
        left -= some
        end = len(held) - len(held) % size
        yield from (held[start : start + size] for start in range(0, end, size))
        held = held[end:]
    yield held + DONE


def held_by(reader: Any, count: int, size: int) -> int:
    with traced() as peak:
        seen = 0
        for read in deltas(count, size):
            seen += len(reader.feed(read) or ())
    assert seen in (0, count + 2)
    return peak.bytes


@in_full_if_long
@readers
@each("size", [1000, 16 * KIB])
def test_a_long_stream_is_read_in_flat_memory(name: str, size: int) -> None:
    reader = READERS[name]()
    # A megabyte of events passes through; one read and its events are held.
    assert held_by(reader, amount(4_000, 60_000), size) < 200 * KIB
    if isinstance(reader, cm.StreamMeter):
        assert (reader.conversation_id, reader.done) == ("c1", True)


@pytest.mark.long
@readers
def test_a_million_deltas_are_read_in_flat_memory(name: str) -> None:
    assert held_by(READERS[name](), 1_000_000, 16 * KIB) < 200 * KIB


@readers
def test_one_event_a_read_keeps_nothing(name: str) -> None:
    reader = READERS[name]()
    reader.feed(STARTED)
    with traced() as peak:
        for read in repeat(DELTA, 2_000):
            reader.feed(read)
    assert peak.bytes < 64 * KIB


@readers
@each("comment", [b": " + b"keep-alive " * 100, b": keep-alive\n", b":\n\n", b"\n"])
def test_comments_are_not_kept(name: str, comment: bytes) -> None:
    # Also in the middle of an event, and if a comment never ends.
    for head in b"", b"data: {\n":
        reader = READERS[name]()
        reader.feed(head)
        reader.feed(comment)
        with traced() as peak:
            for read in repeat(comment, 20 * KIB // len(comment)):
                reader.feed(read)
            if not comment.endswith(b"\n"):
                for read in repeat(b"x" * KIB, 20):
                    reader.feed(read)
        assert peak.bytes < 16 * KIB


def test_an_event_too_large_is_not_kept() -> None:
    decoder = cm.snake.event_decoder(max_event_bytes=100 * KIB)

    def feed_on() -> None:
        for read in repeat(b"x" * KIB, 10_000):
            decoder.feed(read)

    with traced() as peak, pytest.raises(cm.EventTooLargeError):
        feed_on()
    assert peak.bytes < 300 * KIB


def test_feeding_on_after_an_event_too_large_keeps_nothing() -> None:
    decoder = cm.snake.event_decoder(max_event_bytes=KIB)
    with traced() as peak:
        for _ in range(1000):
            with pytest.raises(cm.EventTooLargeError):
                decoder.feed(b"x" * 2 * KIB)
    assert peak.bytes < 300 * KIB


@pytest.mark.parametrize("line", [b"x" * 64 * KIB, b"data: " + b"x" * 64 * KIB + b"\n"], ids=["one line", "many lines"])
def test_the_meter_skips_an_event_too_large_in_bounded_memory(line: bytes) -> None:
    meter = cm.snake.meter()
    meter.feed(STARTED + b"data: ")
    with traced() as peak:
        for read in repeat(line, 40 * 16):
            meter.feed(read)
    assert peak.bytes < 18 * MIB
    assert (meter.conversation_id, meter.done, meter.error) == ("c1", False, None)
    meter.feed(b"\n\n" + DELTA)
    meter.feed(DONE)
    assert meter.done
    assert meter.usage == cm.ConversationUsageInfo(total_tokens=7)
    meter.close()


@readers
@each(("size", "read"), [(MIB, 4 * KIB), (MIB // 64, 16), (MIB // 128, 2), (MIB // 128, 1)])
def test_an_event_in_small_reads_is_held_once(name: str, size: int, read: int) -> None:
    event = sse({"type": "message.output.delta", "id": "m1", "content": "x" * size}, event=False)
    reader = READERS[name]()
    last = len(event) - read
    with traced() as peak:
        for start in range(0, last, read):
            # A new object, so that a reader that keeps it is charged for it.
            assert not reader.feed(bytes(bytearray(event[start : min(start + read, last)])))
    # Other threads of the tests need some, too.
    assert peak.bytes < size * 5 // 4 + 16 * KIB
    assert isinstance(reader, cm.StreamMeter) or len(reader.feed(event[last:])) == 1


def test_a_builder_holds_only_the_text() -> None:
    builder = cm.ResponseBuilder()
    builder.add(cm.ResponseStartedEvent(conversation_id="c1"))
    with traced() as peak:
        for _ in range(10_000):
            builder.add(cm.MessageOutputEvent(id="m1", content="Hello, world. " * 10))
    # A list of pieces, all of them the same str. They are neither joined nor kept as events.
    assert peak.bytes < 200 * KIB
    assert len(builder.text) == 10_000 * 140
