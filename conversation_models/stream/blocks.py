"""Cuts the bytes of a stream into blocks of whole events.

The plan: every reader first cuts its bytes into *blocks*. A block is a run of whole events with LF line endings and a
blank line last. The bytes after the last blank line are held until their event is complete. Blocks are as large as the
reads were, so that a reader can work on many events at once. No byte is searched twice for a line end, the held bytes
are one buffer that grows by an eighth at a time, and comments are dropped on arrival: work and memory are linear in
the bytes, however they are cut.

Two additions to the standard, both of which services rely on: ``data: [DONE]`` is not an event, and a last event whose
blank line is missing is one if its data is whole JSON.
"""

import re
from typing import TYPE_CHECKING

from .errors import EventTooLargeError
from .frames import frames_of

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["BYTE_ORDER_MARK", "MAX_EVENT_BYTES", "BlockReader"]

MAX_EVENT_BYTES = 16 * 1024 * 1024

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LF, _CR, _COLON = b"\n\r:"
_COMMENTS = re.compile(rb"\n:[^\n]*(?:\n:[^\n]*){0,63}")
"""A run of comments. One by one would take longer, and without a bound the matching takes memory for each."""


class BlockReader:
    """Cuts a stream into blocks of whole events.

    An event over ``max_event_bytes`` ends the stream with ``EventTooLargeError``, or is dropped if ``skip_oversized``.
    Neither comments nor the blank line count.
    """

    __slots__ = (
        "_after_cr",
        "_in_comment",
        "_max_event_bytes",
        "_needs_normalising",
        "_oversized",
        "_skip_oversized",
        "_start",
        "between_events",
        "unfinished",
    )

    between_events: bool
    """True only if the next byte begins an event. A read of exactly one event need not go through ``feed`` then."""
    unfinished: bytearray
    """The bytes of the incomplete event, without comments and with LF line endings. Readers must not change it."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES, *, skip_oversized: bool = False) -> None:
        self._max_event_bytes = max_event_bytes
        self._skip_oversized = skip_oversized
        self._begin()

    def _begin(self) -> None:
        self.between_events = False
        self.unfinished = bytearray()  # Of an event that is being skipped, only the last byte.
        self._oversized = False  # The unfinished event is over the limit.
        self._after_cr = False  # A `\n` at the start of the next read completes the previous `\r\n`.
        self._in_comment = False  # The next read begins inside a comment.
        self._start: bytes | None = b""  # All bytes so far if they may become a byte-order mark, `None` if not.
        self._needs_normalising = True  # One of the four flags above needs checking on the next read.

    def feed(self, data: "Buffer | str") -> bytes:
        """The block that ``data`` completes, empty if there is none. O(size).

        Raises ``EventTooLargeError`` at an event over the limit; if a block precedes it, the next call does.
        """
        if type(data) is bytes and not self._needs_normalising and _CR not in data:
            text = data
        else:
            text = self._normalised(data)
        if not text:
            return b""
        held = self.unfinished
        end = text.rfind(b"\n\n") + 2
        if end == 1 and not (text[0] == _LF and self._at_line_start()):
            # No blank line in this read. (One that began in an earlier read would end with the first byte of this one.)
            end = 0
        if not (end and held):
            block = text[:end]
        else:
            block = b"".join((held, memoryview(text)[:end]))
            held.clear()
            if self._oversized:
                # The first event is the rest of the one that is being skipped.
                self._oversized = False
                block = block[block.find(b"\n\n") + 2 :]
        if len(block) > self._max_event_bytes:
            block = self._without_oversized(block)
        if end < len(text):
            self._hold(text[end:])
        self.between_events = not (held or self._needs_normalising)
        if self._oversized and not block:
            self.check()
        return block

    def check(self) -> None:
        """Raise ``EventTooLargeError`` if the next call of ``feed`` would, whatever its data."""
        if self._oversized and not self._skip_oversized:
            raise EventTooLargeError(f"An event of the stream is larger than {self._max_event_bytes} bytes")

    def close(self) -> bytes:
        """End the stream and return the bytes of its unfinished event, without comments and with LF line endings.

        After it, the reader reads another stream. Raises ``EventTooLargeError`` as ``check`` does.
        """
        self.check()
        rest = b"" if self._oversized else (self._start or b"") + self.unfinished
        self._begin()
        return rest

    def _normalised(self, data: "Buffer | str") -> bytes:
        """``data`` as bytes with LF line endings, without a byte-order mark and the rest of a comment."""
        self.check()
        text = _bytes_of(data)
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
        self._needs_normalising = self._after_cr or self._in_comment
        return text

    def _at_line_start(self) -> bool:
        return not self.unfinished or self.unfinished[-1] == _LF

    def _hold(self, text: bytes) -> None:
        if self._oversized:
            self.unfinished[:] = text[-1:]
            return
        if text.find(b"\n:") >= 0 or (text[0] == _COLON and self._at_line_start()):
            # The byte before `text` tells whether its first line is a comment.
            lines = (b"\n" if self._at_line_start() else b" ") + text
            last_line = lines.rfind(b"\n") + 1
            if lines.startswith(b":", last_line):
                lines = lines[:last_line]
                self._in_comment = self._needs_normalising = True
            text = _COMMENTS.sub(b"", lines)[1:]
        self.unfinished += text
        if len(self.unfinished) - self.unfinished.endswith(b"\n") > self._max_event_bytes:
            self._give_up()

    def _without_oversized(self, block: bytes) -> bytes:
        """``block`` without its events over the limit or, if these end the stream, up to the first one."""
        kept: list[bytes] = []
        for frame in frames_of(block):
            if not self._is_oversized(frame):
                kept.append(frame)
            elif not self._skip_oversized:
                self._give_up()
                break
        return b"".join([frame + b"\n\n" for frame in kept])

    def _is_oversized(self, frame: bytes) -> bool:
        limit = self._max_event_bytes
        return len(frame) > limit and len(_COMMENTS.sub(b"", b"\n" + frame).strip(b"\n")) > limit

    def _give_up(self) -> None:
        """Hold no more of an event over the limit."""
        self._oversized = True
        if self._skip_oversized:
            del self.unfinished[:-1]
        else:
            self.unfinished.clear()
            self._needs_normalising = True


def _bytes_of(data: "Buffer | str") -> bytes:
    if isinstance(data, str):
        return data.encode("utf-8", "surrogatepass")
    try:
        return data if type(data) is bytes else bytes(memoryview(data))
    except TypeError:
        # `bytes` would turn an int into NULs, and a list of ints into bytes.
        raise TypeError(f"Expected bytes, another buffer or str, not {type(data).__qualname__}") from None
