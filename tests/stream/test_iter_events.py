"""``iter_events`` and ``aiter_events``: when they read from a source, when they close it, and when they raise."""

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import examples
from ..support.each import each
from ..support.streams import Document, cut, read_sizes, seen, sse

STARTED: Document = {"type": "conversation.response.started", "conversation_id": "c1"}
DONE: Document = {"type": "conversation.response.done", "usage": {}}
FAILED: Document = {"type": "conversation.response.error", "message": "m", "code": 500}
HEAD, FOOT, BAD = sse(STARTED), sse(DONE), b"data: oops\n\n"
BEGUN = cm.ResponseStartedEvent(conversation_id="c1")
ENDED = cm.ResponseDoneEvent(usage=cm.ConversationUsageInfo())


def delta(text: str) -> bytes:
    return sse({"type": "message.output.delta", "id": "m1", "content": text})


def said(text: str) -> cm.MessageOutputEvent:
    return cm.MessageOutputEvent(id="m1", content=text)


class Source:
    """A source of reads, as a generator of either kind. It counts the reads taken, and knows whether it was closed."""

    def __init__(self, *reads: Any) -> None:
        self.reads = reads
        self.taken = 0
        self.closed = False

    def generator(self) -> Generator[Any, None, None]:
        try:
            for read in self.reads:
                self.taken += 1
                yield read
        finally:
            self.closed = True

    async def async_generator(self) -> AsyncGenerator[Any, None]:
        try:
            for read in self.reads:
                self.taken += 1
                await asyncio.sleep(0)
                yield read
        finally:
            await asyncio.sleep(0)
            self.closed = True


Consume = Callable[[Source, bool, "int | None"], "tuple[list[Any], Exception | None]"]


def consume(source: Source, strict: bool = True, most: int | None = None) -> tuple[list[Any], Exception | None]:
    """At most ``most`` events, and the error after them."""
    events: list[Any] = []
    iterator: Any = cm.snake.iter_events(source.generator(), strict=strict)
    try:
        for event in iterator:
            events.append(seen(event))
            if len(events) == most:
                break
    except Exception as error:
        return events, error
    finally:
        iterator.close()
    return events, None


def aconsume(source: Source, strict: bool = True, most: int | None = None) -> tuple[list[Any], Exception | None]:
    async def run() -> tuple[list[Any], Exception | None]:
        events: list[Any] = []
        iterator: Any = cm.snake.aiter_events(source.async_generator(), strict=strict)
        try:
            async for event in iterator:
                events.append(seen(event))
                if len(events) == most:
                    break
        except Exception as error:
            return events, error
        finally:
            await iterator.aclose()
        return events, None

    return asyncio.run(run())


both = each("consume", [consume, aconsume])


@both
def test_events_arrive_in_order(consume: Consume) -> None:
    for sizes in [1], [5], [1000]:
        source = Source(*cut(HEAD + delta("a") + delta("b") + FOOT, sizes))
        assert consume(source, True, None) == ([BEGUN, said("a"), said("b"), ENDED], None)
        assert source.closed


@both
def test_a_source_without_events_yields_none(consume: Consume) -> None:
    for source in Source(), Source(b"", b"", b": c\n\n"):
        assert consume(source, True, None) == ([], None)


@both
def test_nothing_is_read_ahead(consume: Consume) -> None:
    for count in range(1, 6):
        # Each read holds two events. The next one is not taken until both are consumed.
        source = Source(*[delta("a") + delta("b")] * 3)
        events, error = consume(source, True, count)
        assert (len(events), error) == (count, None)
        assert source.taken == (count + 1) // 2
    source = Source(delta("a")[:20], delta("a")[20:], delta("b"))
    assert consume(source, True, 1) == ([said("a")], None)
    assert source.taken == 2


@both
def test_leaving_early_closes_a_generator(consume: Consume) -> None:
    source = Source(HEAD, delta("a"), FOOT)
    assert consume(source, True, 2) == ([BEGUN, said("a")], None)
    assert source.closed
    assert source.taken == 2


@both
def test_an_error_closes_a_generator(consume: Consume) -> None:
    source = Source(HEAD, BAD, FOOT)
    events, error = consume(source, True, None)
    assert events == [BEGUN]
    assert isinstance(error, cm.ConversationDecodeError)
    assert source.closed
    assert source.taken == 2


def test_a_loop_that_is_left_closes_the_generator() -> None:
    source = Source(HEAD, delta("a"), FOOT)
    for event in cm.snake.iter_events(source.generator()):
        assert event == BEGUN
        break
    assert source.closed


def test_a_source_that_is_not_a_generator_stays_open() -> None:
    # The caller who opened a file or a response may read on.
    source = io.BytesIO(HEAD + delta("a") + FOOT)
    for event in cm.snake.iter_events(source):
        assert event == BEGUN
        break
    assert not source.closed
    assert list(cm.snake.iter_events(source)) == [said("a"), ENDED]
    assert not source.closed


@both
def test_strict_raises_in_the_place_of_a_malformed_event(consume: Consume) -> None:
    for reads in [HEAD, delta("a") + BAD + delta("b"), FOOT], [HEAD + delta("a"), BAD, delta("b"), FOOT]:
        events, error = consume(Source(*reads), True, None)
        assert events == [BEGUN, said("a")]
        assert isinstance(error, cm.ConversationDecodeError)
        assert error.path is None


@both
def test_lenient_yields_an_invalid_event_in_its_place(consume: Consume) -> None:
    for reads in [HEAD, delta("a") + BAD + delta("b"), FOOT], [HEAD + delta("a"), BAD, delta("b"), FOOT]:
        events, error = consume(Source(*reads), False, None)
        assert events == [BEGUN, said("a"), ("invalid", b"oops"), said("b"), ENDED]
        assert error is None


@both
@pytest.mark.parametrize("strict", [True, False])
def test_unknown_events_are_not_an_error(consume: Consume, strict: bool) -> None:
    events, error = consume(Source(b'data: {"type":"video.output"}\n\n'), strict, None)
    assert (events, error) == ([cm.Unknown("video.output", b'{"type":"video.output"}')], None)


@both
@pytest.mark.parametrize("strict", [True, False])
def test_a_stream_cut_off_in_an_event_raises(consume: Consume, strict: bool) -> None:
    events, error = consume(Source(HEAD, delta("a") + delta("b")[:40]), strict, None)
    assert events == [BEGUN, said("a")]
    assert isinstance(error, cm.TruncatedStreamError)
    assert error.pending == delta("b")[:40]
    assert error.partial is None


@both
def test_a_stream_cut_off_between_two_events_ends(consume: Consume) -> None:
    # ``collect`` reports that the final event is missing.
    assert consume(Source(HEAD, delta("a")), True, None) == ([BEGUN, said("a")], None)


@both
def test_the_last_event_may_lack_its_blank_line(consume: Consume) -> None:
    for rest in FOOT[:-2], FOOT[:-1]:
        assert consume(Source(HEAD, rest), True, None) == ([BEGUN, ENDED], None)
    assert consume(Source(HEAD, b"data: 12"), True, None) == ([BEGUN, cm.Unknown(None, b"12")], None)
    events, error = consume(Source(HEAD, b'data: {"type":"conversation.response.done"}'), True, None)
    assert events == [BEGUN]
    assert isinstance(error, cm.ConversationDecodeError)


@both
@each("end", [DONE, FAILED])
@each("rest", [b"d", b"event: x\ndata: {", b"data: [DON", b"\xef"])
def test_truncation_after_the_final_event_is_ignored(consume: Consume, end: Document, rest: bytes) -> None:
    last = ENDED if end is DONE else cm.ResponseErrorEvent(message="m", code=500)
    for reads in [HEAD, sse(end) + rest], [HEAD, sse(end), rest], [HEAD + sse(end), b"data: [DONE]\n\n", rest]:
        assert consume(Source(*reads), True, None) == ([BEGUN, last], None)


@both
@pytest.mark.parametrize("ping", [b'data: {"type":"ping"}\n\n', b"data: {}\n\n", delta("late")], ids=len)
def test_truncation_after_events_that_follow_the_final_one_is_ignored(consume: Consume, ping: bytes) -> None:
    events, error = consume(Source(HEAD + FOOT, ping, b"data: {"), True, None)
    assert (events[:2], len(events), error) == ([BEGUN, ENDED], 3, None)
    # A second stream in the same body needs a final event of its own.
    events, error = consume(Source(HEAD + FOOT, HEAD, ping, b"data: {"), True, None)
    assert len(events) == 4
    assert isinstance(error, cm.TruncatedStreamError)


@both
def test_an_event_too_large_raises_before_more_is_read(consume: Consume) -> None:
    source = Source(delta("a") + b"x" * (2**24 + 1), b"x", b"x")
    events, error = consume(source, True, None)
    assert events == [said("a")]
    assert isinstance(error, cm.EventTooLargeError)
    assert source.taken == 1
    assert source.closed


@both
def test_errors_come_in_the_order_of_the_stream(consume: Consume) -> None:
    cut_off = delta("b")[:40]
    events, error = consume(Source(delta("a") + BAD + cut_off), True, None)
    assert events == [said("a")]
    assert isinstance(error, cm.ConversationDecodeError)
    events, error = consume(Source(delta("a") + BAD + cut_off), False, None)
    assert events == [said("a"), ("invalid", b"oops")]
    assert isinstance(error, cm.TruncatedStreamError)
    events, error = consume(Source(delta("a") + BAD, b"x" * 2**24, b"x"), False, None)
    assert events == [said("a"), ("invalid", b"oops")]
    assert isinstance(error, cm.EventTooLargeError)


@both
def test_errors_of_the_source_are_raised(consume: Consume) -> None:
    class Lost(Source):
        def generator(self) -> Generator[Any, None, None]:
            yield delta("a")
            raise ConnectionResetError

        async def async_generator(self) -> AsyncGenerator[Any, None]:
            yield delta("a")
            raise ConnectionResetError

    events, error = consume(Lost(), True, None)
    assert events == [said("a")]
    assert isinstance(error, ConnectionResetError)


def test_any_iterable_of_buffers_is_a_source() -> None:
    whole = HEAD + delta("\u20ac") + FOOT
    expected = [BEGUN, said("\u20ac"), ENDED]
    file = io.BytesIO(whole)
    sources: list[Iterable[Any]] = [
        [whole],
        (whole,),
        iter([whole]),
        io.BytesIO(whole),  # Iterates over lines, as files and urllib3 responses do.
        io.StringIO(whole.decode()),
        [bytearray(whole)],
        [memoryview(whole)],
        [memoryview(whole)[:50], whole[50:]],
        iter(lambda: file.read(7), b""),
    ]
    for source in sources:
        assert list(cm.snake.iter_events(source)) == expected


def test_an_asynchronous_source_need_not_be_a_generator() -> None:
    class Reads:
        def __init__(self) -> None:
            self.reads = iter([HEAD, FOOT])

        def __aiter__(self) -> AsyncIterator[bytes]:
            return self

        async def __anext__(self) -> bytes:
            for read in self.reads:
                return read
            raise StopAsyncIteration

    async def run() -> list[Any]:
        return [event async for event in cm.snake.aiter_events(Reads())]

    assert asyncio.run(run()) == [BEGUN, ENDED]


@examples(100)
@given(st.lists(st.sampled_from([HEAD, FOOT, BAD, delta("a"), b": c\n\n", b"data: {", b"\n"]), max_size=6), read_sizes)
def test_sync_and_async_agree_under_every_cut(parts: list[bytes], sizes: list[int]) -> None:
    data = b"".join(parts)
    for strict in True, False:
        results = [
            (events, type(error))
            for events, error in [
                consume(Source(data), strict),
                consume(Source(*cut(data, sizes)), strict),
                aconsume(Source(*cut(data, sizes)), strict),
            ]
        ]
        assert results == [results[0]] * 3
