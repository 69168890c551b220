"""Upstreams that answer with status 200 and a body that is not the answer asked for."""

from collections.abc import Iterator

import pytest

import conversation_models as cm

from ..support.documents import dumps
from ..support.streams import frames, sent_events
from .libraries import over
from .outcomes import failing, seen
from .servers import Connection

STREAM = b"".join(frames())
EXPECTED = [cm.snake.decode(data, cm.ConversationEvent) for data in sent_events()]
FRAMES = frames()


HTML = b"<!DOCTYPE html>\n<html>\n\n<head><title>502 Bad Gateway</title></head>\n<body>data: none</body>\n</html>"


def test_html_with_status_200_is_an_error() -> None:
    for codec in (cm.camel, cm.snake):
        with pytest.raises(cm.ConversationDecodeError) as caught:
            codec.decode(HTML)
        assert caught.value.path is None
    # As a stream it has no event. No blank line follows its last line, so an event seems to be cut off.
    events, error = seen([HTML])
    assert events == []
    assert isinstance(error, cm.TruncatedStreamError)
    assert error.pending == HTML.rpartition(b"\n\n")[2]
    # With a blank line, it is a stream of unknown fields, and only ``collect`` misses the final event.
    assert seen([HTML + b"\n\n"]) == ([], None)
    with pytest.raises(cm.TruncatedStreamError, match=r"without conversation\.response\.done"):
        cm.collect(cm.snake.iter_events([HTML + b"\n\n"]))


def test_html_from_a_server_is_a_truncated_stream() -> None:
    async def script(connection: Connection) -> None:
        await connection.head(chunked=False, length=len(HTML), type="text/html")
        await connection.send(HTML)

    events, error = failing("urllib.request", script)
    assert events == []
    assert isinstance(error, cm.TruncatedStreamError)


def test_an_error_object_instead_of_a_stream_is_a_truncated_stream() -> None:
    """The service's JSON error: no line of it is a field of an event."""
    body = dumps({"object": "error", "message": "Unauthorized", "code": 1000})
    assert seen([body])[0] == []
    assert isinstance(seen([body])[1], cm.TruncatedStreamError)
    with pytest.raises(cm.ConversationDecodeError, match="enum value 'error'"):
        cm.snake.decode(body)


RESPONSE = dumps({"conversation_id": "c1", "outputs": [], "usage": {}})
OTHER = dumps({"conversation_id": "c2", "outputs": [], "usage": {}})


def test_two_responses_in_one_body_are_an_error_unless_read_as_lines() -> None:
    with pytest.raises(cm.ConversationDecodeError, match="trailing characters") as caught:
        cm.snake.decode(RESPONSE + OTHER)
    assert caught.value.path is None
    for between in (b"", b"\n", b"\r\n\r\n"):
        values = cm.snake.decode_lines(RESPONSE + between + OTHER)
        assert [value.conversation_id for value in values] == ["c1", "c2"]


def test_all_events_of_two_streams_in_one_body_are_read() -> None:
    """The caller decides whether to read on after the final event of the first."""
    other = STREAM.replace(b'"conversation_id":"s"', b'"conversation_id":"other"')
    events, error = seen([STREAM + other])
    assert events[: len(EXPECTED)] == EXPECTED
    assert len(events) == 2 * len(EXPECTED)
    assert error is None
    meter = cm.snake.meter()
    meter.feed(STREAM + other)
    assert (meter.conversation_id, meter.done) == ("other", True)


def test_a_malformed_event_does_not_hurt_the_others() -> None:
    """It is raised in its place, or returned there as an ``InvalidEvent``."""
    wrong = [
        b"data: {\n\n",
        b"data: \xff\n\n",
        b'event: message.output.delta\ndata: {"type":"message.output.delta"}\n\n',
    ]
    for frame in wrong:
        events, error = seen([FRAMES[0] + frame + FRAMES[1]])
        assert events == EXPECTED[:1]
        assert isinstance(error, cm.ConversationDecodeError)
        first, invalid, last = cm.snake.iter_events([FRAMES[0] + frame + FRAMES[1]], strict=False)
        assert (first, last) == tuple(EXPECTED[:2])
        assert isinstance(invalid, cm.InvalidEvent)
        assert b"data: " + invalid.raw + b"\n\n" == frame[frame.index(b"data: ") :]


def test_a_body_that_is_not_gzip_raises_the_http_librarys_error() -> None:
    httpx = pytest.importorskip("httpx")

    async def script(connection: Connection) -> None:
        await connection.raw(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n" + STREAM)

    events, error = failing("httpx", script)
    assert events == []
    assert isinstance(error, httpx.DecodingError)


def test_an_empty_body_has_no_events_and_cannot_be_collected() -> None:
    assert seen([]) == ([], None)
    assert seen([b"", b"\n\n", b""]) == ([], None)
    with pytest.raises(cm.TruncatedStreamError) as caught:
        cm.collect(cm.snake.iter_events([]))
    assert caught.value.pending == b""


def test_events_before_an_error_of_the_source_arrive() -> None:
    def chunks() -> Iterator[bytes]:
        yield FRAMES[0] + FRAMES[1]
        raise OSError("the cable is cut")

    events: list[cm.ConversationEvent] = []
    with pytest.raises(OSError, match="the cable is cut"):
        over(cm.snake.iter_events(chunks()), events.append)
    assert events == EXPECTED[:2]
