"""Standard output and standard error: complete writes, one-line messages, and the progress of long inputs."""

import io
import os
import select
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column

from .safe_text import json_escaped, one_line, shortened

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["LINE_LENGTH", "LongRead", "complain", "end_long_read", "open_streams", "output", "say", "write_json"]

LINE_LENGTH = 1000
"""How many characters of a message are shown: an error may quote megabytes of input."""

# Documents are other people's text, so rich's markup, emoji codes and highlighting are off.
output: Console = Console(soft_wrap=True, markup=False, emoji=False, highlight=False)
_errors = Console(stderr=True, soft_wrap=True, markup=False, emoji=False, highlight=False)

_progress = Progress(
    TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, max_width=24)),
    BarColumn(bar_width=None),
    DownloadColumn(),
    TransferSpeedColumn(),
    TimeRemainingColumn(),
    console=_errors,
    expand=True,
    transient=True,
    redirect_stdout=False,
    redirect_stderr=False,
    disable=not (os.isatty(2) and _errors.is_interactive),
)


class _CompleteWriter(io.FileIO):
    """A file descriptor whose ``write`` returns after all of the data has been written."""

    def write(self, data: "Buffer") -> int:
        view = memoryview(data).cast("B")
        size = len(view)
        while view:
            # The system may write a part only. ``None``: a non-blocking pipe is full.
            written: int | None = super().write(view)
            if written is None:
                select.select([], [self], [])
            else:
                view = view[written:]
        return size


def open_streams() -> bool:
    """Make ``sys.stdout`` and ``sys.stderr`` write all that they are given, in order; whether there is a stdout.

    Python's own do not: without a buffer (``PYTHONUNBUFFERED``), they drop what the system did not write at once, and
    with one, they raise ``BlockingIOError`` when a non-blocking pipe is full.
    """
    if isinstance(sys.stderr, io.TextIOWrapper):
        # Without a buffer: a message that cannot be written must not fail again when the interpreter exits.
        sys.stderr = _text_stream(_CompleteWriter(sys.stderr.fileno(), "wb", closefd=False), sys.stderr)
    if not isinstance(sys.stdout, io.TextIOWrapper):
        return False
    raw = _CompleteWriter(sys.stdout.fileno(), "wb", closefd=False)
    sys.stdout = _text_stream(io.BufferedWriter(raw), sys.stdout)
    return True


def _text_stream(binary: Any, like: io.TextIOWrapper) -> io.TextIOWrapper:
    # Characters that the encoding lacks are escaped. ``write_through`` keeps text and bytes in the order of the writes.
    return io.TextIOWrapper(
        binary, like.encoding, "backslashreplace", line_buffering=like.line_buffering, write_through=True
    )


def write_json(data: bytes) -> None:
    """Write JSON to stdout: to a file or pipe as it is, to a terminal with escapes for what a terminal would obey."""
    if sys.stdout.isatty():
        sys.stdout.write(json_escaped(data.decode(errors="backslashreplace")))
    else:
        sys.stdout.buffer.write(data)


def complain(message: str) -> None:
    """Write one line to stderr, after everything that stdout has been given so far."""
    _stop_progress()
    print(end="", flush=True)
    line = one_line(shortened(f"conversation-models: {message}", LINE_LENGTH))
    # If stderr is closed, ``sys.stderr`` is None; ``print(file=None)`` would write to stdout.
    with suppress(OSError, AttributeError):
        sys.stderr.write(f"{line}\n")


def say(line: str, style: str = "") -> None:
    """Write one line to stdout. The progress, which may be on the same screen, makes room for it."""
    _stop_progress()
    output.print(one_line(shortened(line, LINE_LENGTH)), style=style)


class LongRead:
    """Shows how far an input has been read, once it is known to be long, until ``end_long_read``."""

    _LONG = 4 * 1024 * 1024

    def __init__(self, name: str, size: int | None) -> None:
        self._task = _progress.add_task(one_line(os.path.basename(name)), total=size)
        self._read = 0

    def advance(self, size: int) -> None:
        """Count ``size`` more bytes."""
        self._read += size
        if self._read > self._LONG:
            _progress.update(self._task, completed=self._read)
            _progress.start()


def end_long_read() -> None:
    """Remove the progress from the screen, however the read ended."""
    _stop_progress()
    for task in _progress.task_ids:
        _progress.remove_task(task)


def _stop_progress() -> None:
    # Some versions of rich end a line even if nothing has been shown.
    if _progress.live.is_started:
        _progress.stop()
