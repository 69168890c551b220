"""Streams over real connections, read with common HTTP libraries: the events read are those that were sent."""

import asyncio
import threading

import pytest

import conversation_models as cm

from ..support.amounts import each_once
from ..support.documents import SHAPES, UNIONS
from ..support.streams import frames, sent_events
from .libraries import LIBRARIES
from .servers import PATIENCE, Connection, Script, serving, whole

HEARTBEAT = b": ping\n\n"
STREAM = b"".join(frames())
IN_THE_MIDDLE_OF_EVENTS = [STREAM[at : at + 700] for at in range(0, len(STREAM), 700)]

WAYS: dict[str, Script] = {
    "an event at a time": whole(frames()),
    "an event at a time, until the connection closes": whole(frames(), chunked=False),
    "all at once": whole([STREAM]),
    "byte by byte": whole([STREAM[at : at + 1] for at in range(len(STREAM))]),
    "cut anywhere, with pauses": whole(IN_THE_MIDDLE_OF_EVENTS, pause=0.005),
    "with heartbeats": whole([HEARTBEAT, *(part for frame in frames() for part in (frame, HEARTBEAT, HEARTBEAT))]),
    "with heartbeats inside events": whole([frame.replace(b"\n", b"\n: ping\n") for frame in frames()]),
    "in other line ends": whole([frame.replace(b"\n", b"\r\n") for frame in frames()]),
}
ZIPPED: dict[str, Script] = {
    "an event at a time": whole(frames(), gzip=True),
    "byte by byte": whole([STREAM[at : at + 1] for at in range(len(STREAM))], gzip=True),
    "cut anywhere, until the connection closes": whole(IN_THE_MIDDLE_OF_EVENTS, gzip=True, chunked=False),
}


def read(library: str, url: str) -> list[cm.ConversationEvent]:
    events: list[cm.ConversationEvent] = []
    LIBRARIES[library](url, events.append, PATIENCE)
    return events


EXPECTED = [cm.snake.decode(data, cm.ConversationEvent) for data in sent_events()]


def test_the_stream_holds_every_type_of_event() -> None:
    tags = {shape.tag for cls, shape in SHAPES.items() if cls in UNIONS["event"]}
    assert {event.type for event in EXPECTED} == tags - {"conversation.response.error"} | {"new.event"}


@each_once(library=LIBRARIES, way=WAYS)
def test_the_events_read_are_those_sent(library: str, way: str) -> None:
    with serving(WAYS[way]) as url:
        assert read(library, url) == EXPECTED


@each_once(library=[name for name in LIBRARIES if name != "urllib.request"], way=ZIPPED)
def test_the_events_read_are_those_sent_with_gzip(library: str, way: str) -> None:
    with serving(ZIPPED[way]) as url:
        assert read(library, url) == EXPECTED


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_an_event_arrives_before_the_next_is_sent(library: str, gzip: bool) -> None:
    """The server waits until each event has been read, so nothing in between may wait for more bytes."""
    if gzip and library == "urllib.request":
        pytest.skip("urllib.request does not read gzip")
    read = threading.Semaphore(1)
    in_time: list[bool] = []

    async def script(connection: Connection) -> None:
        await connection.head(gzip=gzip)
        for frame in frames():
            in_time.append(await asyncio.to_thread(read.acquire, timeout=PATIENCE / 2))
            if not in_time[-1]:
                break
            await connection.send(frame)
        await connection.end()

    events: list[cm.ConversationEvent] = []

    def on_event(event: cm.ConversationEvent) -> None:
        events.append(event)
        read.release()

    with serving(script) as url:
        LIBRARIES[library](url, on_event, PATIENCE)
    assert all(in_time), f"event {len(in_time) - 1} was not read before the next was sent"
    assert events == EXPECTED
