"""When a field applies: ``retry`` at the end of its line, ``id`` at the end of its event, neither when cut off.

"Interpreting an event stream": a ``retry`` line sets the reconnection time when it is processed; an ``id`` line sets a
buffer, which becomes the last event ID when the event is dispatched. The end of the stream ends no line and dispatches
no event. This wire adds one thing: a last event is dispatched without its blank line if its data is whole JSON.
"""

import conversation_models as cm
from conversation_models.sse import ServerSentEvent, SSEDecoder

from ..support.each import each
from ..support.streams import every_cut, outcome


def closed(chunks: list[bytes]) -> tuple[list[ServerSentEvent], str, int | None]:
    """The events at the end of a stream, the last event ID, and the reconnection time."""
    decoder = SSEDecoder()
    decoder.feed(b"id: 1\nretry: 10\ndata: first\n\n")
    events = [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.close()
    return events, decoder.last_event_id, decoder.reconnection_time


def event(data: str, id: str = "1", retry: int | None = None, name: str = "message") -> ServerSentEvent:
    return ServerSentEvent(name, data, id, retry)


ENDS: dict[str, tuple[bytes, tuple[list[ServerSentEvent], str, int | None]]] = {
    "a retry line": (b"retry: 5000\n", ([], "1", 5000)),
    "a retry line in CR": (b"retry: 5000\r", ([], "1", 5000)),
    "a retry line that is not finished": (b"retry: 5000", ([], "1", 10)),
    "two retry lines, the second not finished": (b"retry: 20\nretry: 5000", ([], "1", 20)),
    "a retry line, and an event that is cut off": (b"retry: 5000\ndata: {", ([], "1", 5000)),
    "an absurd retry line": (b"retry: 99999999999999999999\n", ([], "1", 10)),
    "an id line": (b"id: 2\n", ([], "1", 10)),
    "an id line, and an event that is cut off": (b"id: 2\ndata: {", ([], "1", 10)),
    "an id line of an event that is whole": (b"id: 2\ndata: {}", ([event("{}", "2")], "2", 10)),
    "an id line after the data": (b"data: {}\nid: 2\n", ([event("{}", "2")], "2", 10)),
    "an id line that is not finished": (b'data: {"a":1}\nid: 12', ([event('{"a":1}')], "1", 10)),
    "an id line that may have been longer": (b"id: 2\ndata: {}\nid", ([event("{}", "2")], "2", 10)),
    "a retry line that is not finished, after the data": (b"data: {}\nretry: 5", ([event("{}")], "1", 10)),
    "a retry line after the data": (b"data: {}\nretry: 5\n", ([event("{}", retry=5)], "1", 5)),
    "a name that is not finished": (b"event: a\ndata: {}\nevent: b", ([event("{}", name="a")], "1", 10)),
    "a data line that is not finished": (b"data: [1,\ndata: 2]", ([event("[1,\n2]")], "1", 10)),
    "a data line that adds nothing": (b"data: 1\ndata", ([event("1\n")], "1", 10)),
    "a data line that spoils the others": (b"id: 2\ndata: 1\ndata: ,", ([], "1", 10)),
    "[DONE] and an id": (b"id: 2\ndata: [DONE]", ([], "1", 10)),
}


@each("name", ENDS)
def test_the_end_of_a_stream_neither_ends_a_line_nor_an_event(name: str) -> None:
    data, expected = ENDS[name]
    for chunks in every_cut(data):
        assert closed(chunks) == expected, chunks


def test_a_retry_line_applies_when_it_ends() -> None:
    decoder = SSEDecoder()
    for byte, time in zip(b"retry: 12\rdata: a\r", [None] * 9 + [12] * 9, strict=True):
        decoder.feed(bytes([byte]))
        assert decoder.reconnection_time == time
    # Asking has not changed what is read.
    assert decoder.feed(b"retry: 3\n\n") == [ServerSentEvent(data="a", retry=3)]
    assert decoder.reconnection_time == 3
    decoder.feed(b"retry: x\nretry: 4")
    assert decoder.reconnection_time == 3
    decoder.feed(b"5\n")
    assert decoder.reconnection_time == 45


def test_an_id_applies_when_its_event_ends() -> None:
    decoder = SSEDecoder()
    decoder.feed(b"id: 1\n")
    assert decoder.last_event_id == ""
    decoder.feed(b"\n")
    assert decoder.last_event_id == "1"


UNTAGGED = b'data: {"id":"t1","name":"n"}\n'
TAGGED = b'data: {"type":"tool.execution.done","id":"t1","name":"n"}\n'
DONE = cm.ToolExecutionDoneEvent(id="t1", name="n")


def test_a_name_that_may_be_cut_off_does_not_count() -> None:
    for chunks in every_cut(UNTAGGED + b"event: tool.execution.done\n"):
        assert outcome(cm.snake.event_decoder(), chunks).events == [DONE]
    for name in b"event: tool.execution.done", b"event: tool.exec", b"event:", b"ev":
        for chunks in every_cut(UNTAGGED + name):
            [event] = outcome(cm.snake.event_decoder(), chunks).events
            assert event == cm.snake.decode(UNTAGGED[6:], cm.ConversationEvent) != DONE
        for chunks in every_cut(TAGGED + name):
            assert outcome(cm.snake.event_decoder(), chunks).events == [DONE]
