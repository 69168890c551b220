"""Cuts the text of a file into lines, with their offsets."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["Line", "lines_in"]


class Line(NamedTuple):
    offset: int
    text: bytes | None
    """Without its line end; ``None`` if it is longer than the limit."""
    size: int


def lines_in(chunks: Iterable[bytes], limit: int) -> Iterator[Line]:
    """The lines, blank ones too. Lines end with LF. O(size), however it is cut; memory: a chunk and a line."""
    offset = 0  # Of the unfinished line.
    unfinished = bytearray()
    size = 0  # Of the unfinished line, also when it is too long to hold.
    for chunk in chunks:
        end = chunk.find(b"\n")
        if end < 0:
            start = 0
        else:
            start = end + 1
            if size or unfinished:
                size += end
                unfinished += chunk[:end] if size <= limit else b""
                yield Line(offset, bytes(unfinished) if size <= limit else None, size)
                unfinished.clear()
                offset += size + 1
                size = 0
            else:
                yield Line(offset, chunk[:end] if end <= limit else None, end)
                offset += start
            while (end := chunk.find(b"\n", start)) >= 0:
                yield Line(offset, chunk[start:end], end - start)
                offset += end + 1 - start
                start = end + 1
        size += len(chunk) - start
        if size <= limit:
            unfinished += chunk[start:]
        else:
            unfinished.clear()
    if size:
        yield Line(offset, bytes(unfinished) if size <= limit else None, size)
