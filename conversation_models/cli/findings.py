"""The errors and warnings about one input, in a bounded number of lines."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from .inputs import Documents, Events
from .safe_text import shortened
from .terminal import LINE_LENGTH

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Findings"]

_MOST = 1000

_Write = Callable[[str], object]


class Findings:
    """Writes the first 1,000 errors and the first 1,000 warnings about ``source``, and at the end how many others.

    Use it as a context manager. Memory is bounded: some megabytes at most.
    """

    def __init__(self, source: Documents | Events, write_error: _Write, write_warning: _Write) -> None:
        self._source = source
        self._write_error = write_error
        self._write_warning = write_warning
        self._drift: set[str] = set()
        self._warnings = 0
        self.errors: int = 0

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        if self.errors > _MOST:
            self._write_error(f"{self._source.name}: errors not shown: {self.errors - _MOST:,}")
        if self._warnings > _MOST:
            self._write_warning(f"{self._source.name}: warnings not shown: {self._warnings - _MOST:,}")

    def error(self, message: str, place: str | None = None) -> None:
        """Report an error at ``place``: the latest record of the input, if not given."""
        self.errors += 1
        if self.errors <= _MOST:
            self._write_error(_line(place or self._source.place, message))

    def warning(self, message: str) -> None:
        """Report a warning about the latest record of the input."""
        self._warnings += 1
        if self._warnings <= _MOST:
            self._write_warning(_line(self._source.place, f"warning: {message}"))

    def drift(self, lines: Iterable[str]) -> None:
        """Warn of each line of ``Codec.drift``, once per input."""
        for line in lines:
            # No path of a key ends like that: such a key is quoted.
            is_missing = line.endswith(" is missing")
            message = shortened(line if is_missing else f"the models do not know {line}", LINE_LENGTH)
            if message not in self._drift:
                if len(self._drift) < _MOST:
                    self._drift.add(message)
                self.warning(message)


def _line(place: str, message: str) -> str:
    return shortened(f"{place}: {message}", LINE_LENGTH)
