"""Streams made to cost much for each byte: floods of lines, frames and events that are tiny, empty or odd.

The cost is compared with that of ordinary deltas in the same run. The bounds are generous, as machines are busy.
"""

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import conversation_models as cm
from conversation_models.sse import SSEDecoder

from ..support.amounts import amount, in_full_if_long
from ..support.each import each
from ..support.streams import cut, outcome, seen, sse

KIB = 1024
TEXT = "an ordinary line of an answer, as long as such a line is, more or less. "
ORDINARY = sse({"type": "message.output.delta", "output_index": 0, "id": "m1", "content": TEXT, "role": "assistant"})
STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"}, event=False)
BAD_END = b'data: {"type":"conversation.response.done","usage":5}\n\n'

READERS: dict[str, Callable[[], Any]] = {
    "EventDecoder": cm.snake.event_decoder,
    "StreamMeter": cm.snake.meter,
    "SSEDecoder": SSEDecoder,
}


def flood(unit: bytes, size: int) -> bytes:
    """As much of ``unit`` over and over, after an event that keeps a meter from skipping the middle of a read."""
    return STARTED + unit * (size // len(unit))


def seconds(make: Callable[[], Any], data: bytes, read: int) -> float:
    best = float("inf")
    for _ in range(4):
        reader = make()
        chunks = cut(data, [read])
        start = time.thread_time()
        for chunk in chunks:
            reader.feed(chunk)
        best = min(best, time.thread_time() - start)
    return best


FLOODS: dict[str, tuple[bytes, list[str]]] = {
    "LF": (b"\n", list(READERS)),
    "CR": (b"\r", list(READERS)),
    "CRLF": (b"\r\n", list(READERS)),
    "blank lines between frames without data": (b"\n\n\nx\n\n\n\n", list(READERS)),
    "frames of a byte": (b"a\n\n", ["EventDecoder", "StreamMeter"]),
    "comments in frames of their own": (b":\n\n", ["EventDecoder", "StreamMeter"]),
    "comments": (b":\n", ["EventDecoder", "SSEDecoder"]),
    "data without a value": (b"data:\n\n", ["EventDecoder", "StreamMeter"]),
    "data without a colon": (b"data\n\n", ["EventDecoder", "StreamMeter"]),
    "data of a space": (b"data: \n\n", ["EventDecoder", "StreamMeter"]),
    "ids": (b"id: 1\n\n", list(READERS)),
    "sentinels": (b"data: [DONE]\n\n", list(READERS)),
    "sentinels, each after a frame of a byte": (b"a\n\ndata: [DONE]\n\n", ["SSEDecoder", "StreamMeter"]),
    "a keyword in comments": (b": conversation.response.\n\n", ["StreamMeter"]),
    "a keyword in ids": (b"id: conversation.response.\n\n", ["StreamMeter"]),
    "ends that cannot be read": (BAD_END, ["StreamMeter"]),
}


@in_full_if_long
@each(("name", "reader"), [(name, reader) for name, (_, some) in FLOODS.items() for reader in some])
def test_a_flood_costs_little_more_for_each_byte_than_ordinary_deltas(name: str, reader: str) -> None:
    size, unit = amount(24, 96) * KIB, FLOODS[name][0]
    # A meter hardly looks at deltas: what it may cost is measured by what decoding them costs.
    usual = seconds(READERS["EventDecoder" if reader == "StreamMeter" else reader], flood(ORDINARY, size), 16 * KIB)
    assert seconds(READERS[reader], flood(unit, size), 16 * KIB) < 100 * usual


LINES = [
    b"data:\n",
    b"data\n",
    b"data: x\n",
    b"id:1\n",
    b"retry:1\n",
    b"a\n",
    b":\n",
    b"a\n:\n",
    b"conversation.response.",
]
EVENTS = [
    *(b"data: [\n\n", b"data: 1\n\n", b"data: {}\n\n", b'data: {"type":"x"}\n\n', b'data: {"x":"\xff"}\n\n', BAD_END),
    b'event: message.output.delta\ndata: {"type":"message.output.delta"}\n\n',
    *(b'data: {"conversation_id":""}\n\n', b'data: {"conversation_id":""}\n\ndata: {"usage":{}}\n\n'),
    b'data: {"type":"tool.execution.done","id":"","name":""}\n\n',
    *(b'data: {"error":"no"}\n\n', b'data: {"type":"x","error":1}\n\n', b"event: error\ndata: 1\n\n", b"rror\n\n"),
]


@in_full_if_long
@each("reader", READERS)
@each("unit", {*LINES, *EVENTS, *[unit for unit, _ in FLOODS.values()]})
def test_a_flood_takes_memory_in_proportion_to_its_size(unit: bytes, reader: str) -> None:
    size = amount(4, 128) * KIB
    one = READERS[reader]()
    one.feed(flood(unit, 1000) + b"\n\n")
    chunks = cut(flood(unit, size), [size // 8])
    tracemalloc.start()
    try:
        kept = [one.feed(chunk) for chunk in chunks]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # An event of nine bytes becomes an object of some two hundred.
    assert peak < 25 * size
    assert len(kept) == len(chunks)


@in_full_if_long
@each("unit", [b"rror\n\n", b'data: "error" "detail"\n\n'])
def test_a_meter_keeps_nothing_of_the_events_that_it_looks_at_in_a_long_read(unit: bytes) -> None:
    meter, data = cm.snake.meter(), flood(unit, amount(2**14, 2**20))
    tracemalloc.start()
    try:
        meter.feed(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * len(data)


DELTA = {"type": "message.output.delta", "id": "m1", "content": "Hi"}
DELTAS = {
    "named": sse(DELTA),
    "data only": sse(DELTA, event=False),
    "spaced": b'data: {"type": "message.output.delta", "id": "m1", "content": "Hi"}\n\n',
    "chunks": sse({**DELTA, "content": {"type": "text", "text": "Hi"}}),
    "CRLF": sse(DELTA, end="\r\n"),
    "an escape in each": sse({**DELTA, "content": "\\u0074"}),
    "comments between": b": ping\n\n" + sse(DELTA),
}
# Each of these events has to be decoded to know what it is.
DECODED = [b'data: {"type":"x"}\n\n', b'data: {"x":1}\n\n', b"data: [\n\n", b'data: {"id":"m","content":""}\n\n']


def reads_of(data: bytes, size: int) -> int:
    """How many events a meter decodes."""
    count = 0

    def read_event(data: bytes, name: str) -> cm.ConversationEvent:
        nonlocal count
        count += 1
        return cm.snake.decode_event(data, name)

    meter = cm.StreamMeter(read_event)
    for chunk in cut(data, [size]):
        meter.feed(chunk)
    meter.close()
    return count


@each("style", DELTAS)
@each("size", [50, 16 * KIB])
def test_a_meter_decodes_one_of_the_deltas_that_follow_each_other(style: str, size: int) -> None:
    deltas = DELTAS[style] * 300
    assert reads_of(STARTED + deltas, size) == 2
    done = sse({"type": "conversation.response.done", "usage": {}})
    assert reads_of(STARTED + deltas + b'data: {"type":"x"}\n\n' + deltas + done + deltas + done, size) == 5


@each("unit", DECODED)
def test_a_meter_decodes_no_event_more_than_once(unit: bytes) -> None:
    assert reads_of(STARTED + unit * 300, 16 * KIB) == 1 + 300


@each("unit", [unit for unit in LINES if unit.endswith(b"\n")])
def test_asking_for_the_reconnection_time_after_every_read_reads_each_line_once(unit: bytes) -> None:
    decoder = SSEDecoder()
    lines = 0

    class Counted(bytearray):
        def __getitem__(self, index: Any) -> Any:
            nonlocal lines
            found = super().__getitem__(index)
            lines += found.count(b"\n") if isinstance(found, (bytes, bytearray)) else 0
            return found

    decoder._blocks.unfinished = Counted()
    data = unit * 200 + b"retry: 7\n"
    for chunk in cut(data, [5]):
        decoder.feed(chunk)
        assert decoder.reconnection_time in (None, 1, 7)
    assert decoder.reconnection_time == 7
    assert lines <= data.count(b"\n")


# What floods are read as ------------------------------------------------------------------------------------------


@each("noise", [b"\n", b"\n\n\n", b"\r", b"a\n\n", b":\n\n", b"data:\n\n", b"data\n\n", b"data: [DONE]\n\n"])
@each("event_line", [True, False])
def test_events_between_frames_without_any_are_read(noise: bytes, event_line: bool) -> None:
    document = {"type": "message.output.delta", "id": "m1", "content": "Hi"}
    good, hi = sse(document, event=event_line), cm.MessageOutputEvent(id="m1", content="Hi")
    odd = b'data: {"type":"x"}\n\n'
    unknown = cm.Unknown("x", b'{"type":"x"}')
    for parts, expected in [
        ([good, noise, good], [hi, hi]),
        ([noise, good, noise * 9, good, good, noise], [hi, hi, hi]),
        (
            [good, noise, odd, noise, b"data: oops\n\n", noise, good, odd],
            [hi, unknown, ("invalid", b"oops"), hi, unknown],
        ),
        ([odd, noise * 5, odd, good], [unknown, unknown, hi]),
    ]:
        data = b"".join(parts)
        for sizes in [len(data)], [1], [7], [len(parts[0]), 3]:
            assert outcome(cm.snake.event_decoder(), cut(data, sizes)).events == expected


@each("frame", [b"data\ndata\n\n", b"data\nid: 1\ndata\n\n", b"data:\ndata:\n\n"])
def test_data_of_nothing_but_a_line_end_is_malformed(frame: bytes) -> None:
    [event] = cm.snake.event_decoder().feed(frame)
    assert seen(event) == ("invalid", b"\n")
