"""Styled text whose lines break between words, at the width of a terminal."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.cells import cell_len

__all__ = ["Fragment", "wrapped"]


class Fragment(NamedTuple):
    """Some text of one style."""

    text: str
    style: str = ""


# Chinese and Japanese have no spaces: a line may break at each character.
_WIDE = r"\u2e80-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60"
_WORD = re.compile(rf"[{_WIDE}]|[^\s{_WIDE}]+")


def wrapped(fragments: Iterable[Fragment], width: int) -> Iterator[Fragment]:
    """Break lines that are wider than ``width`` between words. O(size).

    A word that is wider than the line has a line of its own, which the terminal breaks. The spaces at a break are left
    out.
    """
    fragments = list(fragments)
    breaks = deque(_breaks("".join([fragment.text for fragment in fragments]), width))
    offset = 0
    for text, style in fragments:
        kept: list[str] = []
        position = 0
        while breaks and breaks[0][0] < offset + len(text):
            start, end = breaks[0]
            kept.append(text[position : max(start - offset, 0)])
            if start >= offset:
                kept.append("\n")
            position = end - offset
            if position > len(text):
                break  # The next fragment has the other spaces of this break.
            breaks.popleft()
        kept.append(text[position:])
        offset += len(text)
        yield Fragment("".join(kept), style)


def _breaks(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Where lines break: the beginnings and ends of the spaces there."""
    column = end = 0
    for word in _WORD.finditer(text):
        gap = text[end : word.start()]
        if "\n" in gap:
            column, gap = 0, gap.rpartition("\n")[2]
        size, space = cell_len(word[0]), cell_len(gap)
        if column and column + space + size > width:
            yield end, word.start()
            column = space = 0
        column += space + size
        end = word.end()
