"""Arguments of the wrong type are a ``TypeError`` at once, which says what was expected."""

import asyncio
import mmap
from array import array
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

import conversation_models as cm
from conversation_models.sse import ServerSentEvent, SSEDecoder

from ..support.each import each
from ..support.streams import sse

DELTA = sse({"type": "message.output.delta", "id": "m1", "content": "Hi"})
HI = cm.MessageOutputEvent(id="m1", content="Hi")

readers = each("make", [cm.snake.event_decoder, cm.snake.meter, SSEDecoder])


@readers
@each("thing", [0, 100, -1, True, 1.5, None, [1, 2], (1,), [b"data: 1"], {}])
def test_feeding_something_that_is_not_bytes_is_a_type_error(make: Callable[[], Any], thing: Any) -> None:
    reader = make()
    for _ in range(2):
        with pytest.raises(TypeError, match=f"^Expected bytes, another buffer or str, not {type(thing).__name__}$"):
            reader.feed(thing)
        # It has changed nothing.
        reader.feed(DELTA[:30])
        with pytest.raises(TypeError):
            reader.feed(thing)
        assert len(reader.feed(DELTA[30:]) or [HI]) == 1


def test_a_buffer_of_other_items_than_bytes_is_read_as_the_bytes_it_holds() -> None:
    padded = DELTA + b":" * (-len(DELTA) % 8)
    backwards = memoryview(padded[::-1])
    for buffer in (
        array("I", padded),
        memoryview(array("Q", padded)),
        memoryview(padded).cast("B", (2, len(padded) // 2)),
        backwards[::-1],
    ):
        assert cm.snake.event_decoder().feed(buffer) == [HI]
        assert [event.event for event in SSEDecoder().feed(buffer)] == ["message.output.delta"]


@pytest.mark.parametrize(
    "thing",
    [b"data: 1\n\n", b"", bytearray(b"a"), memoryview(b"a"), array("B", b"a"), "data: 1\n\n", ""],
    ids=lambda thing: type(thing).__name__,
)
def test_iterating_over_the_bytes_themselves_is_a_type_error_at_the_call(thing: Any) -> None:
    with pytest.raises(
        TypeError, match=rf"^Expected an iterable of bytes, such as \[data\], not {type(thing).__name__}$"
    ):
        cm.snake.iter_events(thing)
    with pytest.raises(TypeError, match=f"^Expected an asynchronous iterable of bytes, not {type(thing).__name__}$"):
        cm.snake.aiter_events(thing)


def test_iterating_over_a_mapped_file_is_a_type_error() -> None:
    with mmap.mmap(-1, 10) as mapped:
        thing: Any = mapped
        with pytest.raises(TypeError, match="not mmap"):
            cm.snake.iter_events(thing)


async def _chunks() -> AsyncIterator[Any]:
    yield DELTA


@pytest.mark.parametrize("thing", [5, None, _chunks, _chunks()], ids=["int", "None", "function", "async_generator"])
def test_iterating_over_no_iterable_is_a_type_error_at_the_call(thing: Any) -> None:
    with pytest.raises(TypeError, match=f"^Expected an iterable of bytes, not {type(thing).__name__}$"):
        cm.snake.iter_events(thing)


@pytest.mark.parametrize("thing", [5, None, [DELTA], iter([DELTA])], ids=["int", "None", "list", "iterator"])
def test_iterating_asynchronously_over_no_asynchronous_iterable_is_a_type_error_at_the_call(thing: Any) -> None:
    with pytest.raises(TypeError, match=f"^Expected an asynchronous iterable of bytes, not {type(thing).__name__}$"):
        cm.snake.aiter_events(thing)


@pytest.mark.parametrize("chunk", [5, [1, 2], None], ids=repr)
def test_a_chunk_that_is_not_bytes_is_a_type_error(chunk: Any) -> None:
    events = cm.snake.iter_events([DELTA, chunk])
    assert next(events) == HI
    with pytest.raises(TypeError, match=r"^Expected bytes, another buffer or str"):
        next(events)

    async def chunks() -> AsyncIterator[Any]:
        yield chunk

    async def read() -> None:
        async for _ in cm.snake.aiter_events(chunks()):
            pass

    with pytest.raises(TypeError, match=r"^Expected bytes, another buffer or str"):
        asyncio.run(read())


@each(
    "thing",
    [
        cm.MessageOutputEntry(content="Hi"),
        cm.TextChunk(text="a"),
        cm.ConversationUsageInfo(),
        ServerSentEvent(),
        cm.InvalidEvent,
        cm.MessageOutputEvent,
        [HI],
        {"type": "message.output.delta"},
        DELTA,
        "text",
        5,
        None,
    ],
)
def test_encoding_something_that_is_not_an_event_is_a_type_error(thing: Any) -> None:
    for codec in cm.camel, cm.snake:
        with pytest.raises(TypeError, match=f"^Expected stream events.* not {type(thing).__name__}$"):
            codec.encode_event(thing)
