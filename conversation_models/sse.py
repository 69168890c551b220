"""The event-stream grammar, both directions, without I/O (WHATWG HTML, "Interpreting an event stream")."""

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from .jsontext import is_json
from .stream.blocks import MAX_EVENT_BYTES, BlockReader
from .stream.frames import Fields, is_end_mark, read_fields

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["SSEDecoder", "ServerSentEvent", "encode_sse"]

_END_OF_LINE = re.compile(r"\r\n|\r|\n")


class ServerSentEvent(Struct, frozen=True):
    """One event. ``id`` is the stream's last event id, ``retry`` the reconnection time beside it, in milliseconds."""

    event: str = "message"
    data: str = ""
    id: str = ""
    retry: int | None = None


class SSEDecoder:
    """Reads server-sent events from bytes in any split; bytes that are no UTF-8 become U+FFFD.

    ``last_event_id`` and ``reconnection_time`` (milliseconds, ``None`` until the stream sets it) are for those who
    connect again; ``id`` and ``retry`` set them with or without data beside them. Memory: the unfinished event, at most
    ``max_event_bytes`` of it.

    >>> decoder = SSEDecoder()
    >>> decoder.feed(b"event: greeting\\ndata: Hel")
    []
    >>> decoder.feed(b"lo\\n\\n")
    [ServerSentEvent(event='greeting', data='Hello', id='', retry=None)]
    """

    __slots__ = ("_blocks", "last_event_id", "reconnection_time")

    last_event_id: str
    reconnection_time: int | None

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._blocks = BlockReader(max_event_bytes)
        self.last_event_id = ""
        self.reconnection_time = None

    def feed(self, data: "Buffer | str") -> list[ServerSentEvent]:
        """The events that ``data`` completes.

        Raises ``EventTooLargeError`` at an event of more than ``max_event_bytes``, after returning those before it.
        """
        block = self._blocks.feed(data)
        return [event for frame in block.split(b"\n\n") if (event := self._event(read_fields(frame)))] if block else []

    def close(self) -> list[ServerSentEvent]:
        """Ends the stream: the last event, if only its blank line is missing. An event cut off is dropped."""
        fields = read_fields(self._blocks.close())
        event = self._event(fields) if is_json(fields.data or b"") else None
        return [event] if event else []

    def _event(self, fields: Fields) -> ServerSentEvent | None:
        if fields.id is not None:
            self.last_event_id = _text(fields.id)
        # More digits than an int is read from are no time to wait for.
        retry = int(fields.retry) if fields.retry and len(fields.retry) < 20 else None
        if retry is not None:
            self.reconnection_time = retry
        if fields.data is None or is_end_mark(fields.data):
            return None
        return ServerSentEvent(_text(fields.event) or "message", _text(fields.data), self.last_event_id, retry)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def encode_sse(event: ServerSentEvent) -> bytes:
    """``event`` as bytes that an event-stream reader reads back; line ends in ``data`` are read back as LF.

    An empty ``id`` is not written, as it would reset the stream's. Raises ``ValueError`` for what the grammar cannot
    carry: an ``event`` or ``id`` with a line end, an ``id`` with NUL, a ``retry`` below 0 or of 20 digits.

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
