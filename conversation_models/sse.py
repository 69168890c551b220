"""The event-stream grammar, both directions, without I/O (WHATWG HTML, "Interpreting an event stream").

The plan: every reader first cuts its bytes into *blocks*, runs of whole events with lines ended by LF and a blank line
last, and holds back what follows the last blank line. Blocks come out as large as the reads were, so that what reads
them can work on many events at once. No byte is searched twice for a line's end, what is held back is appended to one
buffer that grows by an eighth at a time, and comments are dropped on arrival: the work and the memory grow with the
bytes, however they were cut.

Two additions to the standard, both of them what services do: ``data: [DONE]`` is no event, and a last event whose blank
line never came is one if its data is whole JSON.
"""

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Struct

from .errors import UNREADABLE, EventTooLargeError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["SSEDecoder", "ServerSentEvent", "encode_sse"]

MAX_EVENT_BYTES = 16 * 1024 * 1024

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LF, _CR, _COLON = b"\n\r:"
_COMMENTS = re.compile(rb"^:[^\n]*\n", re.MULTILINE)
_END_OF_LINE = re.compile(r"\r\n|\r|\n")
_END_OF_LINE_BYTES = re.compile(rb"\r\n|\r|\n")


class ServerSentEvent(Struct, frozen=True):
    """One event. ``id`` is the stream's last event id, ``retry`` the reconnection time beside it, in milliseconds."""

    event: str = "message"
    data: str = ""
    id: str = ""
    retry: int | None = None


class BlockReader:
    """Cuts a stream into blocks. The readers inherit it, since they ask all the time what is held back."""

    __slots__ = ("_after_cr", "_careful", "_held", "_in_comment", "_max_event_bytes", "_start", "_too_large")

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._held = bytearray()  # The unfinished event, without its comments.
        self._in_comment = False
        self._after_cr = False
        self._start: bytes | None = b""  # What may become a byte-order mark; None once that is settled.
        self._too_large = False
        self._careful = True  # One of the last four is set.

    def _cut(self, data: "Buffer | str") -> bytes:
        """The block that ``data`` completes, empty if there is none.

        Raises ``EventTooLargeError`` at an event over the limit, at the next call where a block comes before it.
        """
        text = self._plain(data) if self._careful or type(data) is not bytes or _CR in data else data
        if not text:
            return b""
        end = text.rfind(b"\n\n") + 2
        if end == 1 and not (text[0] == _LF and self._at_line_start()):
            # No blank line here, nor one whose LF is the first byte, after a line that ended in an earlier read.
            end = 0
        block = b""
        if end:
            block = b"".join((self._held, memoryview(text)[:end])) if self._held else text[:end]
            self._held.clear()
            if len(block) > self._max_event_bytes:
                block = self._up_to_too_large(block)
            text = text[end:]
        if text and not self._too_large:
            self._hold(text)
        if self._too_large and not block:
            self._check()
        return block

    def _plain(self, data: "Buffer | str") -> bytes:
        """``data`` as bytes, without what only the ends of reads and lines have to be watched for."""
        self._check()
        text = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)
        if self._start is not None:
            text = self._start + text
            if len(text) < 3 and BYTE_ORDER_MARK.startswith(text):
                self._start = text
                return b""
            self._start = None
            text = text.removeprefix(BYTE_ORDER_MARK)
        if text and self._after_cr:
            self._after_cr = False
            text = text.removeprefix(b"\n")
        if _CR in text:
            self._after_cr = text[-1] == _CR
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if self._in_comment:
            _, line_end, text = text.partition(b"\n")
            self._in_comment = not line_end
        self._careful = self._after_cr or self._in_comment
        return text

    def _at_line_start(self) -> bool:
        return not self._held or self._held[-1] == _LF

    def _hold(self, text: bytes) -> None:
        if b"\n:" in text or (text[0] == _COLON and self._at_line_start()):
            lines = b"" if self._at_line_start() else b" "  # Keeps what is no line's start from being taken for one.
            kept = _COMMENTS.sub(b"", lines + text)
            last_line = kept.rfind(b"\n") + 1
            if kept[last_line : last_line + 1] == b":":
                kept = kept[:last_line]
                self._in_comment = self._careful = True
            text = kept[len(lines) :]
        self._held += text
        if len(self._held) - self._held.endswith(b"\n") > self._max_event_bytes:
            self._give_up()

    def _up_to_too_large(self, block: bytes) -> bytes:
        passed = 0
        for frame in block.split(b"\n\n"):
            if self._is_too_large(frame):
                self._give_up()
                return block[:passed]
            passed += len(frame) + 2
        return block

    def _is_too_large(self, frame: bytes) -> bool:
        return len(_COMMENTS.sub(b"", frame + b"\n").strip(b"\n")) > self._max_event_bytes

    def _give_up(self) -> None:
        self._held.clear()
        self._careful = self._too_large = True

    def _check(self) -> None:
        """Raises ``EventTooLargeError`` where there is no reading on."""
        if self._too_large:
            raise EventTooLargeError(f"An event of the stream is larger than {self._max_event_bytes} bytes")

    def _rest(self) -> bytes:
        """The bytes of the unfinished event, its lines ended by LF, its comments left out; then all begins anew."""
        self._check()
        rest = (self._start or b"") + self._held
        BlockReader.__init__(self, self._max_event_bytes)
        return rest


class Fields(NamedTuple):
    """The fields of one event, as they came: ``data`` is None without a ``data`` line."""

    event: bytes
    data: bytes | None
    id: bytes | None
    retry: bytes | None


def read_fields(frame: bytes) -> Fields:
    """The fields in the lines of an event."""
    data: list[bytes] = []
    event, id, retry = b"", None, None
    for line in frame.split(b"\n"):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value
        elif name == b"id":
            id = id if b"\0" in value else value
        elif name == b"retry" and value.isdigit():
            retry = value.lstrip(b"0") or b"0"
    return Fields(event, b"\n".join(data) if data else None, id, retry)


def is_end_mark(data: bytes) -> bool:
    """Whether ``data`` is no event, but what services close a stream with."""
    return data.strip(b" ") == b"[DONE]"


def is_json(text: bytes) -> bool:
    """Whether ``text`` is one whole JSON value."""
    try:
        _json.decode(text)
    except UNREADABLE:
        return False
    return True


_json = msgspec.json.Decoder(msgspec.Raw)


class SSEDecoder(BlockReader):
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

    __slots__ = ("last_event_id", "reconnection_time")

    last_event_id: str
    reconnection_time: int | None

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        super().__init__(max_event_bytes)
        self.last_event_id = ""
        self.reconnection_time = None

    def feed(self, data: "Buffer | str") -> list[ServerSentEvent]:
        """The events that ``data`` completes.

        Raises ``EventTooLargeError`` at an event of more than ``max_event_bytes``, after returning those before it.
        """
        block = self._cut(data)
        return [event for frame in block.split(b"\n\n") if (event := self._event(read_fields(frame)))] if block else []

    def close(self) -> list[ServerSentEvent]:
        """Ends the stream: the last event, if only its blank line is missing. An event cut off is dropped."""
        fields = read_fields(self._rest())
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


def encode_frame(event: bytes, data: bytes) -> bytes:
    """An event named ``event``, where that is a name the grammar can carry, with ``data``, in bytes."""
    head = b"event: %b\n" % event if event and _LF not in event and _CR not in event else b""
    if _LF in data or _CR in data:
        data = b"\ndata: ".join(_END_OF_LINE_BYTES.split(data))
    return b"%bdata: %b\n\n" % (head, data)
