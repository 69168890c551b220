"""Malformed events: the memory that an ``InvalidEvent`` and a strict reader's exception keep, and the cost of both."""

import asyncio
import gc
import pickle
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import pytest

import conversation_models as cm
from conversation_models.stream.decoder import EventDecoder

from ..support.amounts import amount, in_full_if_long
from ..support.each import each
from ..support.streams import seen, sse

DELTA = sse({"type": "message.output.delta", "id": "m1", "content": "Hi"})
HI = cm.MessageOutputEvent(id="m1", content="Hi")

# Each is refused at another place: as JSON, as UTF-8, as a model, as a part of a model, by its name.
MALFORMED: dict[str, bytes] = {
    "not JSON": b"data: [\n\n",
    "not UTF-8": b'data: {"type":"x","y":"\xff"}\n\n',
    "too little for the model": b'data: {"type":"message.output.delta"}\n\n',
    "a wrong part": b'data: {"type":"message.output.delta","id":"m","content":{"type":"text","text":1}}\n\n',
    "a wrong name": b'event: message.output.delta\ndata: {"id":"m"}\n\n',
    "over two lines": b"data: [\ndata: {\n\n",
}
every_kind = pytest.mark.parametrize("frame", MALFORMED.values(), ids=list(MALFORMED))


def only(events: list[Any]) -> Any:
    [event] = events
    return event


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    # Classes that other tests have made and left can be collected only after what refers to them.
    while gc.collect():
        pass
    # So that the collection to come looks at nothing older.
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def reachable_from(root: Any) -> list[Any]:
    """All that ``root`` keeps alive, types and modules left out."""
    found: dict[int, Any] = {}
    left = [root]
    while left:
        one = left.pop()
        if id(one) in found or isinstance(one, (type, type(gc))) or callable(one):
            continue
        found[id(one)] = one
        left += gc.get_referents(one)
        # An exception does not report these two.
        left += [one.__cause__, one.__context__] if isinstance(one, BaseException) else []
    return list(found.values())


@every_kind
def test_an_invalid_event_holds_its_data_and_a_message_and_nothing_else(frame: bytes) -> None:
    for read in frame, DELTA * 50 + frame + DELTA * 50:
        events = cm.snake.event_decoder().feed(read)
        event = only([event for event in events if isinstance(event, cm.InvalidEvent)])
        held = reachable_from(event)
        assert not [one for one in held if isinstance(one, (FrameType, BaseException, list, dict))]
        assert sum(len(one) for one in held if isinstance(one, (bytes, str))) < 500


def test_the_error_of_an_invalid_event_is_new_each_time_and_carries_nothing() -> None:
    event = only(cm.snake.event_decoder().feed(MALFORMED["a wrong part"]))
    for _ in range(2):
        error = event.error
        assert isinstance(error, cm.ConversationDecodeError)
        assert (error.path, "Expected `str`, got `int`" in str(error)) == ("$.content.text", True)
        assert (error.__traceback__, error.__cause__, error.__context__) == (None, None, None)
        with pytest.raises(cm.ConversationDecodeError):
            raise error
        assert event.error is not error


def test_an_invalid_event_survives_pickling() -> None:
    event = only(cm.snake.event_decoder().feed(b"event: x\n" + MALFORMED["a wrong part"]))
    copy = pickle.loads(pickle.dumps(event))
    assert (copy.raw, copy.event, str(copy.error), copy.error.path) == (
        event.raw,
        "x",
        str(event.error),
        "$.content.text",
    )


@every_kind
def test_reading_malformed_events_leaves_no_cycles(frame: bytes) -> None:
    decoder = cm.snake.event_decoder()
    reads = [frame, DELTA + frame, frame * 3, DELTA * 3 + frame + DELTA]
    for read in reads:
        decoder.feed(read)
    with no_garbage_collection():
        for read in reads * 3:
            decoder.feed(read)
        decoder.close()
        assert gc.collect() == 0


@in_full_if_long
@every_kind
def test_an_invalid_event_takes_little_more_memory_than_any_other_small_value(frame: bytes) -> None:
    count = amount(500, 5000)
    decoder = cm.snake.event_decoder()
    flood = frame * count
    decoder.feed(frame)
    with no_garbage_collection():
        tracemalloc.start()
        try:
            events = decoder.feed(flood)
            kept, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(events) == count
    # A message of about a hundred characters, four fields, and the data.
    assert kept / count < 420 + len(frame)
    assert peak / count < 800 + 6 * len(frame)


# Strict readers --------------------------------------------------------------------------------------------------


def strictly(chunks: list[bytes]) -> cm.ConversationDecodeError:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        list(cm.snake.iter_events(iter(chunks)))
    return caught.value


def strictly_and_asynchronously(chunks: list[bytes]) -> cm.ConversationDecodeError:
    async def source() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def read() -> None:
        async for _ in cm.snake.aiter_events(source()):
            pass

    with pytest.raises(cm.ConversationDecodeError) as caught:
        asyncio.run(read())
    return caught.value


@every_kind
@each("read", [strictly, strictly_and_asynchronously])
def test_the_error_of_a_strict_reader_keeps_neither_the_read_nor_its_events(frame: bytes, read: Any) -> None:
    error = read([DELTA * 500 + frame + DELTA * 500])
    assert (error.__cause__, error.__context__) == (None, None)
    frames = []
    traceback = error.__traceback__
    while traceback:
        frames.append(traceback.tb_frame)
        traceback = traceback.tb_next
    ours = [one for one in frames if one.f_globals["__name__"].startswith("conversation_models.")]
    assert ours
    for one in ours:
        values = list(one.f_locals.values())
        assert not [value for value in values if isinstance(value, bytes)]
        assert not [value for value in values if isinstance(value, list) and value]


def test_the_error_of_a_strict_reader_is_not_part_of_a_cycle() -> None:
    def read() -> None:
        for event in cm.snake.iter_events([DELTA + MALFORMED["not JSON"]]):
            assert event == HI

    def attempt() -> None:
        with suppress(cm.ConversationDecodeError):
            read()

    attempt()
    with no_garbage_collection():
        for _ in range(3):
            attempt()
        assert gc.collect() == 0


# How often data is read ------------------------------------------------------------------------------------------


class Counting:
    """An ``EventDecoder`` that counts how often data is decoded and read again."""

    def __init__(self) -> None:
        inner = cm.snake.event_decoder()
        self.decoded: list[bytes] = []
        self.read_again: list[bytes] = []
        decode = self._noting(self.decoded, inner._decode)
        self.decoder = EventDecoder(lambda: decode, self._noting(self.read_again, inner._read_event))

    @staticmethod
    def _noting(notes: list[bytes], read: Callable[..., Any]) -> Callable[..., Any]:
        def noted(data: bytes, *name: str) -> Any:
            notes.append(data)
            return read(data, *name)

        return noted


UNKNOWN = b'data: {"type":"video.delta"}\n\n'
ODD = {
    **MALFORMED,
    "unknown": UNKNOWN,
    "unknown and named": b"event: video.delta\n" + UNKNOWN,
    "a number": b"data: 1\n\n",
}


@each("event_line", [True, False])
@each("frame", ODD.values())
def test_an_event_that_does_not_decode_is_the_only_one_that_is_read_twice(frame: bytes, event_line: bool) -> None:
    delta = sse({"type": "message.output.delta", "id": "m1", "content": "Hi"}, event=event_line)
    odd = only(cm.snake.event_decoder().feed(frame))
    for parts in [[frame], [delta, frame], [frame, delta], [delta] * 9 + [frame] + [delta] * 9, [frame, delta] * 5]:
        counting = Counting()
        events = counting.decoder.feed(b"".join(parts))
        assert list(map(seen, events)) == [seen(odd) if part is frame else HI for part in parts]
        assert len(counting.decoded) == len(parts)
        assert set(counting.read_again) <= {odd.raw}
        assert len(counting.read_again) <= parts.count(frame)


@pytest.mark.parametrize("frame", [b"data: [DONE]\n\n", b"data: \n\n", b"data:\n\n"], ids=repr)
def test_of_many_frames_that_hold_no_event_one_is_decoded_at_most(frame: bytes) -> None:
    counting = Counting()
    assert counting.decoder.feed(b"data: " + DELTA.partition(b"data: ")[2] + frame * 1000) == [HI]
    assert len(counting.decoded) <= 2
    assert counting.read_again == []
