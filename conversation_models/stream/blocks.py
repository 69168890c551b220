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

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["BYTE_ORDER_MARK", "MAX_EVENT_BYTES", "BlockReader"]

MAX_EVENT_BYTES = 16 * 1024 * 1024

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LF, _CR, _COLON = b"\n\r:"
_COMMENTS = re.compile(rb"^:[^\n]*\n", re.MULTILINE)


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
    """True only if the next byte begins an event. A read of one whole event can then go without ``feed``."""
    unfinished: bytearray
    """The bytes of the event that is not complete yet, without comments and with LF line endings. Not to be changed."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES, *, skip_oversized: bool = False) -> None:
        self._max_event_bytes = max_event_bytes
        self._skip_oversized = skip_oversized
        self._begin()

    def _begin(self) -> None:
        self.between_events = False
        self.unfinished = bytearray()  # Only the last byte of an event that is being skipped.
        self._oversized = False  # The unfinished event is over the limit.
        # At the next read, ...
        self._after_cr = False  # ... a `\n` at its start completes a `\r\n`.
        self._in_comment = False  # ... the bytes up to a line end belong to a comment.
        self._start: bytes | None = b""  # ... these bytes and its first may be a byte-order mark. None: settled.
        self._needs_normalising = True  # ... one of these three is to be seen to, or `_oversized` to be raised.

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
            # No blank line here, nor one whose LF is the first byte, after a line that ended in an earlier read.
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
        """Raise ``EventTooLargeError`` if the next call of ``feed`` would, whatever it is given."""
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
        self._needs_normalising = self._after_cr or self._in_comment
        return text

    def _at_line_start(self) -> bool:
        return not self.unfinished or self.unfinished[-1] == _LF

    def _hold(self, text: bytes) -> None:
        if self._oversized:
            self.unfinished[:] = text[-1:]
            return
        if b"\n:" in text or (text[0] == _COLON and self._at_line_start()):
            # If we are mid-line, a placeholder stops `^:` from matching here.
            placeholder = b"" if self._at_line_start() else b" "
            kept = _COMMENTS.sub(b"", placeholder + text)
            last_line = kept.rfind(b"\n") + 1
            if kept[last_line : last_line + 1] == b":":
                kept = kept[:last_line]
                self._in_comment = self._needs_normalising = True
            text = kept[len(placeholder) :]
        self.unfinished += text
        if len(self.unfinished) - self.unfinished.endswith(b"\n") > self._max_event_bytes:
            self._give_up()

    def _without_oversized(self, block: bytes) -> bytes:
        """``block`` without its events over the limit or, if these end the stream, up to the first one."""
        frames = block.split(b"\n\n")
        if self._skip_oversized:
            return b"\n\n".join([frame for frame in frames if not self._is_oversized(frame)])
        for index, frame in enumerate(frames):
            if self._is_oversized(frame):
                self._give_up()
                return b"".join([frame + b"\n\n" for frame in frames[:index]])
        return block

    def _is_oversized(self, frame: bytes) -> bool:
        return len(_COMMENTS.sub(b"", frame + b"\n").strip(b"\n")) > self._max_event_bytes

    def _give_up(self) -> None:
        """Hold no more of an event over the limit."""
        self._oversized = True
        if self._skip_oversized:
            del self.unfinished[:-1]
        else:
            self.unfinished.clear()
            self._needs_normalising = True
