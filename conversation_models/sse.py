"""The event-stream grammar, both directions, without I/O (WHATWG HTML, "Interpreting an event stream")."""

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from .jsontext import is_json
from .stream.blocks import MAX_EVENT_BYTES, BlockReader
from .stream.frames import Fields, frames_of, is_end_mark, read_fields, read_last_fields

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["SSEDecoder", "ServerSentEvent", "encode_sse"]

_END_OF_LINE = re.compile(r"\r\n|\r|\n")


class ServerSentEvent(Struct, frozen=True):
    """An event. ``id`` is the last event ID so far, ``retry`` the event's own reconnection time in milliseconds."""

    event: str = "message"
    data: str = ""
    id: str = ""
    retry: int | None = None


class SSEDecoder:
    """Reads server-sent events from bytes, however they are cut. Bytes that are not UTF-8 become U+FFFD.

    ``last_event_id`` and ``reconnection_time`` are for clients that connect again. Fields set them with or without data
    beside them. Memory: the unfinished event, of at most ``max_event_bytes``.

    >>> decoder = SSEDecoder()
    >>> decoder.feed(b"event: greeting\\ndata: Hel")
    []
    >>> decoder.feed(b"lo\\n\\n")
    [ServerSentEvent(event='greeting', data='Hello', id='', retry=None)]
    """

    __slots__ = ("_blocks", "_lines_read", "_reconnection_time", "last_event_id")

    last_event_id: str
    """The ``id`` of the last event that had one, as of the event's blank line."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._blocks = BlockReader(max_event_bytes)
        self._lines_read = 0  # So many bytes of the unfinished event have been searched for ``retry`` lines.
        self._reconnection_time: int | None = None
        self.last_event_id = ""

    @property
    def reconnection_time(self) -> int | None:
        """The last ``retry`` in milliseconds, as of the end of its line. O(bytes since it was last asked for)."""
        self._read_unfinished()
        return self._reconnection_time

    def feed(self, data: "Buffer | str") -> list[ServerSentEvent]:
        """Return the events that ``data`` completes. O(size).

        Raises ``EventTooLargeError`` at an event over ``max_event_bytes``; if events precede it, the next call does.
        """
        block = self._blocks.feed(data)
        if not block:
            return []
        self._lines_read = 0
        return [event for frame in frames_of(block) if (event := self._event(read_fields(frame)))]

    def close(self) -> list[ServerSentEvent]:
        """End the stream. Return its last event, if only the blank line is missing: if its data is whole JSON.

        An event that was cut off is dropped. The decoder then reads another stream.
        """
        self._read_unfinished()
        self._lines_read = 0
        fields = read_last_fields(self._blocks.close())
        event = self._event(fields) if is_json(fields.data or b"") else None
        return [event] if event else []

    def _event(self, fields: Fields) -> ServerSentEvent | None:
        if fields.id is not None:
            self.last_event_id = _text(fields.id)
        retry = self._note_retry(fields.retry) if fields.retry else None
        if fields.data is None or is_end_mark(fields.data):
            return None
        name = _text(fields.event) if fields.event else "message"
        return ServerSentEvent(name, _text(fields.data), self.last_event_id, retry)

    def _read_unfinished(self) -> None:
        """Note a ``retry`` of the unfinished event, whose line has ended."""
        unfinished = self._blocks.unfinished
        end = unfinished.rfind(b"\n", self._lines_read)
        if end >= 0:
            fields = read_fields(bytes(unfinished[self._lines_read : end]))
            self._lines_read = end + 1
            if fields.retry:
                self._note_retry(fields.retry)

    def _note_retry(self, digits: bytes) -> int | None:
        # Ignore absurd values; `int` also refuses very long digit strings.
        if len(digits) >= 20:
            return None
        self._reconnection_time = int(digits)
        return self._reconnection_time


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def encode_sse(event: ServerSentEvent) -> bytes:
    """Encode ``event`` as bytes that an event-stream reader reads back, with LF for any line end in ``data``.

    An empty ``id`` is not written, as it would reset the stream's. Raises ``ValueError`` for values that the grammar
    cannot carry: an ``event`` or ``id`` with a line end, an ``id`` with NUL, a ``retry`` below 0 or of 20 digits.

    >>> encode_sse(ServerSentEvent(data="one\\ntwo"))
    b'data: one\\ndata: two\\n\\n'
    """
    if _END_OF_LINE.search(event.event) or _END_OF_LINE.search(event.id) or "\0" in event.id:
        raise ValueError("An event's name and id cannot hold a line end, nor its id NUL")
    if event.retry is not None and not 0 <= event.retry < 10**19:
        raise ValueError("A reconnection time is a number of milliseconds")
    lines = [] if event.event == "message" else [f"event: {event.event}"]
    if event.id:
        lines.append(f"id: {event.id}")
    if event.retry is not None:
        lines.append(f"retry: {event.retry:d}")
    lines += [f"data: {line}" for line in _END_OF_LINE.split(event.data)]
    return "\n".join([*lines, "", ""]).encode()
