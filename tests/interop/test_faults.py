"""Upstreams that misbehave: the events that a caller gets, and the error after them."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

import conversation_models as cm

from ..support.streams import frames, sent_events
from .libraries import LIBRARIES, over_async
from .outcomes import failing, seen
from .servers import PATIENCE, Connection, Script, serving

STREAM = b"".join(frames())
EXPECTED = [cm.snake.decode(data, cm.ConversationEvent) for data in sent_events()]
FRAMES = frames()
HALF = FRAMES[1][: len(FRAMES[1]) // 2]


# Upstream dies ---------------------------------------------------------------------------------------------------


def test_events_before_a_cut_after_any_byte_arrive() -> None:
    ends = [sum(map(len, FRAMES[: count + 1])) for count in range(len(FRAMES))]
    for died in range(len(STREAM) + 1):
        events, error = seen([STREAM[:died]])
        # Without its blank line, an event is read if its data is whole JSON.
        whole = sum(end - 2 <= died for end in ends)
        assert events == EXPECTED[:whole], died
        pending = STREAM[([0, *ends])[whole] : died]
        if not pending:
            assert error is None, died
        else:
            assert isinstance(error, cm.TruncatedStreamError), died
            assert error.pending == pending, died


def test_collect_raises_at_a_stream_that_ends_between_two_events() -> None:
    for count in range(len(FRAMES)):
        with pytest.raises(cm.TruncatedStreamError) as caught:
            cm.collect(cm.snake.iter_events(FRAMES[:count]))
        builder = cm.ResponseBuilder()
        for event in EXPECTED[:count]:
            builder.add(event)
        assert caught.value.pending == b""
        assert caught.value.partial == builder.response


def test_collect_raises_with_the_response_so_far() -> None:
    with pytest.raises(cm.TruncatedStreamError) as caught:
        cm.collect(cm.snake.iter_events([FRAMES[0], FRAMES[1], FRAMES[2][:-5]]))
    assert caught.value.pending == FRAMES[2][:-5]
    assert caught.value.partial is not None
    assert caught.value.partial.conversation_id == "s"
    assert len(caught.value.partial.outputs) == 1


def died_after(count: int, rest: bytes, *, chunked: bool = True) -> Script:
    async def script(connection: Connection) -> None:
        await connection.head(chunked=chunked)
        for frame in FRAMES[:count]:
            await connection.send(frame)
        if rest:
            await connection.send(rest)

    return script


# The error of each library if a chunked body ends without its final chunk, at a reset, and after a timeout.
CUT_OFF = {
    "httpx": "RemoteProtocolError",
    "httpx, asynchronous": "RemoteProtocolError",
    "httpx2": "RemoteProtocolError",
    "httpx2, asynchronous": "RemoteProtocolError",
    "aiohttp": "ClientPayloadError",
    "requests": "ChunkedEncodingError",
    "urllib3": "ProtocolError",
    "urllib.request": "IncompleteRead",
}
RESET = CUT_OFF | {
    "httpx": "ReadError",
    "httpx, asynchronous": "ReadError",
    "httpx2": "ReadError",
    "httpx2, asynchronous": "ReadError",
    "aiohttp": "ClientPayloadError|ClientOSError",
    "urllib.request": "ConnectionResetError",
}
STALLED = {
    "httpx": "ReadTimeout",
    "httpx, asynchronous": "ReadTimeout",
    "httpx2": "ReadTimeout",
    "httpx2, asynchronous": "ReadTimeout",
    "aiohttp": "SocketTimeoutError",
    "requests": "ConnectionError",
    "urllib3": "ReadTimeoutError",
    "urllib.request": "TimeoutError",
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_http_librarys_own_error_comes_after_the_events(library: str) -> None:
    for rest in (HALF, b""):
        events, error = failing(library, died_after(1, rest))
        assert events == EXPECTED[:1]
        assert re.fullmatch(CUT_OFF[library], type(error).__name__), repr(error)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_stream_cut_off_by_a_closed_connection_raises(library: str) -> None:
    events, error = failing(library, died_after(1, HALF, chunked=False))
    assert events == EXPECTED[:1]
    assert isinstance(error, cm.TruncatedStreamError)
    assert error.pending == HALF


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_connection_reset_raises_after_the_events(library: str) -> None:
    read = threading.Event()

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(FRAMES[0] + HALF)
        # A reset discards bytes that the client has not read.
        assert await asyncio.to_thread(read.wait, PATIENCE)
        connection.reset()

    events, error = failing(library, script, read=read)
    assert events == EXPECTED[:1]
    assert re.fullmatch(RESET[library], type(error).__name__), repr(error)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_break_after_the_final_event_is_ignored(library: str) -> None:
    ended = died_after(len(FRAMES), HALF, chunked=False)
    events: list[cm.ConversationEvent] = []
    with serving(ended) as url:
        LIBRARIES[library](url, events.append, PATIENCE)
    assert events == EXPECTED


def test_collect_ignores_anything_after_the_final_event() -> None:
    for rest in HALF, b"data: oops\n\n", b"x" * (17 << 20), b"":
        with (
            serving(died_after(len(FRAMES), rest)) as url,
            httpx.Client(trust_env=False) as client,
            client.stream("GET", url) as answer,
        ):
            response = cm.collect(cm.snake.iter_events(answer.iter_bytes()))
        assert response == cm.collect(EXPECTED)


# Upstream stalls -------------------------------------------------------------------------------------------------


async def stall(connection: Connection) -> None:
    await connection.head()
    await connection.send(FRAMES[0] + HALF)
    await asyncio.sleep(PATIENCE)


def test_a_stalled_stream_times_out_after_the_events() -> None:
    """In all libraries at the same time, as each waits."""
    with ThreadPoolExecutor(len(LIBRARIES)) as threads:
        outcomes = threads.map(lambda library: failing(library, stall, timeout=0.5), LIBRARIES)
    for library, (events, error) in zip(LIBRARIES, outcomes, strict=True):
        assert events == EXPECTED[:1], library
        assert re.fullmatch(STALLED[library], type(error).__name__), repr(error)


def test_leaving_a_stalled_stream_closes_its_source() -> None:
    """The caller's own timeout ends the wait."""
    left: list[str] = []

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield FRAMES[0] + HALF
            await asyncio.Event().wait()
        finally:
            left.append("closed")

    async def main() -> list[cm.ConversationEvent]:
        events: list[cm.ConversationEvent] = []

        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(over_async(cm.snake.aiter_events(chunks()), events.append), 0.05)
        assert left == ["closed"]
        return events

    assert asyncio.run(main()) == EXPECTED[:1]
