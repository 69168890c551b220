"""Cuts the bytes of a stream into blocks of whole events.

The plan: every reader first cuts its bytes into *blocks*, runs of whole events with lines ended by LF and a blank line
last, and holds back what follows the last blank line. Blocks come out as large as the reads were, so that what reads
them can work on many events at once. No byte is searched twice for a line's end, what is held back is appended to one
buffer that grows by an eighth at a time, and comments are dropped on arrival: the work and the memory grow with the
bytes, however they were cut.

Two additions to the standard, both of them what services do: ``data: [DONE]`` is no event, and a last event whose blank
line never came is one if its data is whole JSON.
"""

import re
from typing import TYPE_CHECKING

from .errors import EventTooLargeError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["BYTE_ORDER_MARK", "MAX_EVENT_BYTES", "BlockReader"]

MAX_EVENT_BYTES = 16 * 1024 * 1024

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LF, _CR, _COLON = b"\n\r:"
_COMMENTS = re.compile(rb"^:[^\n]*\n", re.MULTILINE)


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
