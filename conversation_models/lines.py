"""Cuts chunks of bytes into lines, for newline-delimited JSON."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["numbered_lines"]

# A line without the blanks at its beginning.
_LINE = re.compile(rb"\S[^\n]*")


def numbered_lines(chunks: "Iterable[Buffer | str]") -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers, each as soon as it is complete. O(size), however it is cut.

    Lines end with LF or CRLF. Memory: a chunk and the unfinished line.
    """
    number = 1
    unfinished = bytearray()
    for chunk in chunks:
        if isinstance(chunk, str):
            text = chunk.encode("utf-8", "surrogatepass")
        else:
            # A copy would live as long as the next chunk takes to arrive.
            text = chunk if isinstance(chunk, bytes) else bytes(memoryview(chunk))
        complete, line_end, rest = text.rpartition(b"\n")
        if line_end:
            complete = bytes(unfinished + complete)
            unfinished.clear()
            position = 0
            for line in _LINE.finditer(complete):
                number += complete.count(b"\n", position, line.start())
                position = line.end()
                yield number, line[0].rstrip()
            number += complete.count(b"\n", position) + 1
        unfinished += rest
    if last := unfinished.strip():
        yield number, bytes(last)
