"""Cuts the text of a file into lines, with their offsets. A line over a limit is not held, unlike in ``lines``."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import NamedTuple

__all__ = ["Line", "lines_in"]


class Line(NamedTuple):
    offset: int
    text: bytes | None
    """Without its line end; ``None`` if it is longer than the limit."""
    size: int


def lines_in(chunks: Iterable[bytes], limit: int) -> Iterator[Line]:
    """The lines, blank ones too. Lines end with LF. O(size), however it is cut; memory: a chunk and a line."""
    offset = size = 0  # Of the unfinished line.
    unfinished = BytesIO()
    for chunk in chunks:
        start = 0
        # Not ``split``: all lines of a chunk at once take new memory, one after the other the same.
        while (end := chunk.find(b"\n", start)) >= 0:
            if not size:
                size = end - start
                text = chunk[start:end] if size <= limit else None
            else:
                size += end - start
                unfinished.write(memoryview(chunk)[start:end])
                # Its value is the memory that was written, not a copy of it.
                text = unfinished.getvalue() if size <= limit else None
                unfinished = BytesIO()
            yield Line(offset, text, size)
            offset += size + 1
            start, size = end + 1, 0
        size += len(chunk) - start
        if size > limit:
            unfinished = BytesIO()
        else:
            unfinished.write(memoryview(chunk)[start:])
    if size:
        yield Line(offset, unfinished.getvalue() if size <= limit else None, size)
