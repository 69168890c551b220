"""How captured bytes are laid out: a stream of server-sent events, lines of JSON, or one JSON document."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from ..errors import ConversationDecodeError
from ..jsontext import is_json
from ..models.failures import ServiceError
from ..stream.blocks import BYTE_ORDER_MARK
from .envelopes import Path, member_at
from .kinds import kind_of

__all__ = ["Beginning", "are_lines", "beginning_of", "is_stream"]

_MOST_BLANK = 256 * 1024

# A stream begins with a field or a comment, JSON with neither.
_STREAM = re.compile(rb":|(?:event|data|id|retry)[:\r\n]")
_TOO_SHORT_TO_TELL = re.compile(rb"(?:\xef\xbb?)?|[a-z]{0,5}")

# How many broken lines to tolerate before deciding that this is not newline-delimited JSON.
_BROKEN_LINES = 100


class Beginning(NamedTuple):
    """The first bytes of an input, as many as it takes to tell."""

    text: bytes
    is_stream: bool


def beginning_of(chunks: Iterator[bytes]) -> Beginning:
    """Take chunks until they tell whether they are a stream of server-sent events. O(size)."""
    head = bytearray()
    start = b""  # The part of ``head`` that is not blank, while it is too short to tell.
    for chunk in chunks:
        head += chunk
        start = (start + chunk).removeprefix(BYTE_ORDER_MARK).lstrip()
        if len(head) > _MOST_BLANK or not _TOO_SHORT_TO_TELL.fullmatch(start):
            break
    return Beginning(bytes(head), bool(_STREAM.match(start)))


def is_stream(text: bytes) -> bool:
    """Whether ``text`` is a stream of server-sent events rather than JSON. O(1), after the blanks it begins with."""
    return beginning_of(iter([text])).is_stream


def are_lines(lines: Iterator[bytes], at: Path) -> bool:
    """Whether lines are documents, one each, whose bodies are ``at`` that path; if not, they are one document.

    Lines are not blank. O(size of the lines taken): one, or about a hundred if the first one is not whole.
    """
    first = next(lines, b"")
    return is_json(first) or (
        # The lines of an array that is laid out can be bodies too.
        not first.lstrip().startswith(b"[") and any(_is_body(line, at) for line in islice(lines, _BROKEN_LINES))
    )


def _is_body(line: bytes, at: Path) -> bool:
    """Whether a line looks like a body: one that follows a broken line shows that these are lines of JSON."""
    try:
        return kind_of(member_at(line, at).text) not in (None, ServiceError)
    except ConversationDecodeError:
        return False
