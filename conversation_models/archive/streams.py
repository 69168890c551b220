"""The responses of a captured stream, one after the other, with their offsets.

The plan: a stream is cut before each ``conversation.response.started``, which is where ``stream/progress.py`` says that
another response opens. So a meter for each piece has the record that one meter for all would have, and the memory is
that of one response. The meter gets events that are not deltas one by one, and deltas in blocks that have nothing else,
which it counts without a look at each.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..accounting import absent_counts
from ..codec import camel, snake
from ..models.events import ConversationEvent, MessageOutputEvent, ResponseDoneEvent, ResponseStartedEvent
from ..spelling.detect import naming_of
from ..stream.blocks import BYTE_ORDER_MARK
from ..stream.frames import read_fields
from ..stream.meter import StreamMeter
from ..stream.progress import kind_of_data
from .columns import Row

if TYPE_CHECKING:
    from ..spelling.families import Naming

__all__ = ["rows_of_stream"]

_STARTED = ResponseStartedEvent.type.encode()
_DELTA = re.escape(MessageOutputEvent.type.encode())
# The start of an event that does not look like a delta.
_OTHER = re.compile(rb'(?:\A|\n\n)(?!event: %b\n|data: \{"type": ?"%b")' % (_DELTA, _DELTA))
_LINE_END = re.compile(rb"\r\n?")

# So much of an unfinished event is looked at again with the next bytes, in case it opens a response.
_LONGEST_START = 64 * 1024


def rows_of_stream(chunks: Iterable[bytes], max_event_bytes: int) -> Iterator[Row]:
    """The responses in a stream. O(size). Memory: a chunk, an event, and the outputs of one response.

    An event over ``max_event_bytes`` is skipped. A response whose start is longer than 64 kB has the offset of the
    response before it.
    """
    piece = _Piece(0, max_event_bytes)
    ahead, offset = b"", 0  # The bytes that no meter has yet, and where they are in the stream.
    for chunk in chunks:
        ahead += chunk
        start = len(BYTE_ORDER_MARK) if not offset and ahead.startswith(BYTE_ORDER_MARK) else 0
        for opening in _openings(ahead, start):
            piece.feed(ahead[start:opening])
            yield from piece.rows()
            piece, start = _Piece(offset + opening, max_event_bytes), opening
        held = max(_event_start(ahead, start, len(ahead)), len(ahead) - _LONGEST_START)
        piece.feed(ahead[start:held])
        ahead, offset = ahead[held:], offset + held
    piece.feed(ahead)
    yield from piece.rows()


class _Piece:
    """A stretch of a stream with one response in it, or none."""

    def __init__(self, offset: int, max_event_bytes: int) -> None:
        self._offset = offset
        self._naming: Naming | None = None
        self._absent = frozenset[str]()
        self._meter = StreamMeter(self._read, max_event_bytes)

    def feed(self, text: bytes) -> None:
        start = 0
        for other in _OTHER.finditer(text):
            begin = other.end()
            self._meter.feed(text[start:begin])
            start = max(start, begin)
            # The first delta after it is read, so it must not be in a block with those that are counted.
            for _ in range(2 if start == begin else 1):
                end = text.find(b"\n\n", start) + 2
                end = end if end > 1 else len(text)
                self._meter.feed(text[start:end])
                start = end
        self._meter.feed(text[start:])

    def rows(self) -> Iterator[Row]:
        """End the piece."""
        self._meter.close()
        for record in self._meter.records:
            yield Row(self._offset, record, self._absent)

    def _read(self, data: bytes, name: str) -> ConversationEvent:
        self._naming = self._naming or naming_of(data)
        codec = snake if self._naming == "snake" else camel
        event = codec.decode_event(data, name)
        if isinstance(event, ResponseDoneEvent):
            self._absent = absent_counts(event.usage, data)
        return event


def _openings(text: bytes, start: int) -> Iterator[int]:
    """Where in ``text`` whole events begin that open responses. O(size)."""
    while (at := text.find(_STARTED, start)) >= 0:
        begin = _event_start(text, start, at)
        end = _event_end(text, at)
        if end < 0:
            return
        fields = read_fields(_LINE_END.sub(b"\n", text[begin:end]))
        name = fields.event.decode("utf-8", "replace")
        if fields.data and kind_of_data(fields.data, name) == ResponseStartedEvent.type:
            yield begin
        start = end


def _event_start(text: bytes, start: int, at: int) -> int:
    """Where the event that has the byte at ``at`` begins, if not before ``start``."""
    blank = text.rfind(b"\n\n", start, at)
    if b"\r" in text:
        blank = max(blank, text.rfind(b"\n\r", start, at), text.rfind(b"\r\r", start, at))
    if blank < 0:
        return start
    return blank + 2 + text.startswith((b"\n\r\n", b"\r\r\n"), blank)


def _event_end(text: bytes, start: int) -> int:
    """Where the event ends that has the byte at ``start``; -1 if it is not finished."""
    found = [text.find(blank, start) for blank in (b"\n\n", b"\n\r", b"\r\r")]
    return min([at + 2 for at in found if at >= 0], default=-1)
