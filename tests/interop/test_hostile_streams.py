"""Hostile streams: endless events, endless comments, and broken streams among many good ones."""

import asyncio
import itertools
import tracemalloc
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import conversation_models as cm
from conversation_models.sse import SSEDecoder

from ..support.amounts import amount, in_full_if_long
from ..support.documents import dumps
from ..support.streams import frames
from .libraries import over
from .servers import PATIENCE, Connection, start

MB = 1024 * 1024
KB = 1024
FRAMES = frames()
DONE = b'data: {"type":"conversation.response.done","usage":{"total_tokens":3}}\n\n'


def peak_of(work: Callable[[], object]) -> int:
    """The most memory that ``work`` held at a time, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# An event of 100 MB -----------------------------------------------------------------------------------------------


def huge_event(read: Counter[str], line_end: bytes = b"") -> Iterator[bytes]:
    """``FRAMES[0]``, an event of 100 MB, and the end of the stream; counts the bytes that were asked for."""
    yield FRAMES[0]
    yield b'event: message.output.delta\ndata: {"type":"message.output.delta","id":"m","content":"'
    for _ in range(100 * MB // (64 * KB)):
        read["bytes"] += 64 * KB
        yield line_end + b"data:" + b"x" * (64 * KB - 5 - len(line_end))
    yield b'"}\n\n'
    yield DONE


# The limit, and the eighth that a growing buffer reserves beyond it.
AT_MOST = 18 * MB


@pytest.mark.parametrize("line_end", [b"", b"\n"], ids=["one line", "many lines"])
def test_a_100_mb_event_is_refused_before_it_is_read_whole(line_end: bytes) -> None:
    read: Counter[str] = Counter()
    events: list[cm.ConversationEvent] = []

    def work() -> None:
        with pytest.raises(cm.EventTooLargeError, match=f"larger than {16 * MB} bytes"):
            over(cm.snake.iter_events(huge_event(read, line_end)), events.append)

    assert peak_of(work) < AT_MOST
    assert read["bytes"] <= 16 * MB + 64 * KB
    assert events == [cm.ResponseStartedEvent(conversation_id="s")]


def test_a_smaller_limit_refuses_a_100_mb_event_sooner() -> None:
    decoder = cm.snake.event_decoder(max_event_bytes=MB)
    read: Counter[str] = Counter()

    def work() -> None:
        with pytest.raises(cm.EventTooLargeError):
            deque(map(decoder.feed, huge_event(read)), maxlen=0)

    assert peak_of(work) < 2 * MB
    assert read["bytes"] <= MB + 64 * KB
    # The rest of the event must not be read as a new one.
    with pytest.raises(cm.EventTooLargeError):
        decoder.feed(DONE)
    with pytest.raises(cm.EventTooLargeError):
        decoder.close()


def test_a_meter_skips_a_100_mb_event() -> None:
    meter = cm.snake.meter()
    read: Counter[str] = Counter()

    def work() -> None:
        for chunk in huge_event(read):
            meter.feed(chunk)
        meter.close()

    assert peak_of(work) < AT_MOST
    assert read["bytes"] == 100 * MB
    assert (meter.conversation_id, meter.done) == ("s", True)
    assert meter.usage == cm.ConversationUsageInfo(total_tokens=3)


# A million comments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "reads", "each"),
    [
        pytest.param(b":\n", 1000, 1000, id="a million lines", marks=pytest.mark.long),
        pytest.param(b":\n", 80, 1000, id="lines"),
        pytest.param(b":\n", 5_000, 1, id="one line in a read"),
        pytest.param(b": ping\n\n", 20, 1000, id="heartbeats"),
        pytest.param(b": ping\r\n\r\n", 15, 1000, id="heartbeats in other line ends"),
        pytest.param(b": ping\n\n", 1_200, 1, id="one heartbeat in a read"),
    ],
)
@pytest.mark.parametrize("make", [cm.snake.event_decoder, cm.snake.meter, SSEDecoder])
def test_comments_are_not_kept(make: Callable[[], Any], comment: bytes, reads: int, each: int) -> None:
    """Neither between events nor inside one."""
    reader = make()
    start, end = FRAMES[0].split(b"\n", 1) if comment == b":\n" else (b"", FRAMES[0])
    reader.feed(start + b"\n" if start else b"")
    comments = comment * each
    seen: list[Any] = []

    def work() -> None:
        for _ in range(reads):
            reader.feed(comments)
        seen.extend(reader.feed(end) or [])

    # Reading 1,000 comments at a time takes up to 90 kB, a single one about 1 kB. All of them together are larger.
    assert peak_of(work) < (128 * KB if each > 1 else 8 * KB) < len(comments) * reads
    if isinstance(reader, cm.StreamMeter):
        assert reader.conversation_id == "s"
    else:
        assert len(seen) == 1


# Many streams, a tenth of them broken ---------------------------------------------------------------------

COUNT = amount(100, 1000)
GOOD = [*FRAMES[:-1], DONE]


def good(number: int) -> list[bytes]:
    """A stream whose ids and texts hold its number."""
    return [
        frame.replace(b'"s"', b'"%d"' % number).replace(b'"content":"', b'"content":"%d ' % number) for frame in GOOD
    ]


def died(number: int) -> list[bytes]:
    return [*good(number)[:3], good(number)[3][:-9]]


def garbled(number: int) -> list[bytes]:
    return [*good(number)[:2], b"data: {]\n\n", *good(number)[2:]]


def endless(number: int) -> list[bytes]:
    return [good(number)[0], b"data: ", *[b"x" * (64 * KB)] * 20]


def refused(number: int) -> list[bytes]:
    event = {"type": "conversation.response.error", "message": f"no {number}", "code": 3000}
    return [good(number)[0], b"data: %b\n\n" % dumps(event)]


def refused_by_a_gateway(number: int) -> list[bytes]:
    body = {"error": {"message": f"no {number}", "code": 502}}
    return [good(number)[0], b"data: %b\n\n" % dumps(body)]


def not_utf8(number: int) -> list[bytes]:
    return [good(number)[0], b'data: {"type":"message.output.delta","id":"m","content":"\xff"}\n\n']


BROKEN: list[tuple[Callable[[int], list[bytes]], type[Exception]]] = [
    (died, cm.TruncatedStreamError),
    (garbled, cm.ConversationDecodeError),
    (endless, cm.EventTooLargeError),
    (refused, cm.ConversationResponseError),
    (refused_by_a_gateway, cm.ConversationResponseError),
    (not_utf8, cm.ConversationDecodeError),
]


def parts_of(number: int) -> tuple[list[bytes], type[Exception] | None]:
    """The parts of stream ``number``, and the error that it must end with: every tenth is broken."""
    if number % 10:
        return good(number), None
    make, error = BROKEN[number // 10 % len(BROKEN)]
    return make(number), error


async def outcome(chunks: AsyncIterator[bytes]) -> Any:
    decoder = cm.snake.event_decoder(max_event_bytes=MB)
    builder = cm.ResponseBuilder()
    try:
        async for chunk in chunks:
            for event in decoder.feed(chunk):
                if isinstance(event, cm.InvalidEvent):
                    raise event.error
                builder.add(event)
        decoder.close()
    except cm.ConversationModelsError as error:
        return type(error)
    return cm.ConversationResponseError if builder.error else builder.response


def check(outcomes: list[Any]) -> None:
    for number, found in enumerate(outcomes):
        parts, error = parts_of(number)
        assert found == (error or cm.collect(cm.snake.iter_events(parts))), number
    assert sum(isinstance(found, cm.ConversationResponse) for found in outcomes) == COUNT - COUNT // 10


@in_full_if_long
def test_broken_streams_do_not_hurt_the_others_in_one_loop() -> None:
    """All at the same time, a small piece of each in turn."""

    async def chunks(number: int) -> AsyncIterator[bytes]:
        for part in parts_of(number)[0]:
            size = len(part) // 3 + 1
            for at in range(0, len(part), size):
                yield part[at : at + size]
                await asyncio.sleep(0)

    async def main() -> list[Any]:
        return await asyncio.gather(*(outcome(chunks(number)) for number in range(COUNT)))

    check(asyncio.run(main()))


@in_full_if_long
def test_broken_streams_do_not_hurt_the_others_over_connections() -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * COUNT + 200
    if hard < needed:
        pytest.skip(f"{COUNT} connections need {needed} open files, and {hard} are allowed")

    async def main() -> list[Any]:
        connected = itertools.count(1)
        all_connected = asyncio.Event()

        async def script(connection: Connection) -> None:
            if next(connected) == COUNT:
                all_connected.set()
            await asyncio.wait_for(all_connected.wait(), PATIENCE)
            for part in parts_of(int(connection.path[1:]))[0]:
                await connection.raw(part)
                await asyncio.sleep(0)

        async def chunks(number: int, port: int) -> AsyncGenerator[bytes, None]:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"GET /%d HTTP/1.1\r\n\r\n" % number)
                while chunk := await reader.read(700):
                    yield chunk
            finally:
                writer.close()
                await writer.wait_closed()

        async def read(number: int) -> Any:
            source = chunks(number, port)
            try:
                return await outcome(source)
            finally:
                await source.aclose()

        server = await start(script, backlog=COUNT)
        port = server.sockets[0].getsockname()[1]
        try:
            return await asyncio.gather(*(read(number) for number in range(COUNT)))
        finally:
            server.close()

    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    try:
        check(asyncio.run(main()))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
