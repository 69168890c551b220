"""Where the words go: text made safe to show, errors in one line, and the progress of long inputs."""

import os
from contextlib import suppress

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

__all__ = ["LongRead", "complain", "end_long_read", "one_line", "output", "plain", "say"]

# Documents are other people's text: rich's markup, its emoji codes and its highlighting have no business in them.
output = Console(soft_wrap=True, markup=False, emoji=False, highlight=False)
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

# What a terminal would act on is shown as a picture of itself. Carriage returns go: most are half of a line's end.
_PICTURES: dict[int, int | None] = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
_PICTURES |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD) | {0x7F: 0x2421, ord("\r"): None}
_PICTURES_IN_A_LINE = _PICTURES | {ord("\n"): 0x2424, ord("\t"): 0x2409}


def plain(text: str) -> str:
    """``text``, lines and tabs kept, with nothing in it that a terminal would obey."""
    return text.translate(_PICTURES)


def one_line(text: str) -> str:
    """``text`` on a line of its own."""
    return text.translate(_PICTURES_IN_A_LINE)


def complain(message: str) -> None:
    """Write one line to stderr, after what stdout has been given so far."""
    print(end="", flush=True)
    with suppress(OSError):  # There is nobody left to tell.
        _errors.print(one_line(f"conversation-models: {message}"))


def say(line: str, style: str = "") -> None:
    """Write one line to stdout, out of the way of the progress that may be on the same screen."""
    _stop_progress()
    output.print(one_line(line), style=style)


class LongRead:
    """Shows how far an input has been read, once it has proved to be a long one, until ``end_long_read``."""

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
    """Clear the screen of progress, whatever reading came to."""
    _stop_progress()
    for task in _progress.task_ids:
        _progress.remove_task(task)


def _stop_progress() -> None:
    # Some versions of rich end a line even where nothing has been shown.
    if _progress.live.is_started:
        _progress.stop()
