"""Envelopes: documents of another kind, a member of which is a body, such as the lines of a gateway's log."""

import re
from typing import NamedTuple

import msgspec
from msgspec import Raw

from ..errors import ConversationDecodeError
from ..jsontext import UNREADABLE, child_path, decode_error, decoder_of
from ..patch import patch

__all__ = ["Member", "Path", "laid_out", "member_at", "path_of"]

Path = tuple[str | int, ...]
"""The keys and indexes that lead to a member."""

# As in the paths of error messages, where the first key has a dot too.
_STEP = r'\.([^.\[\]"\s]+)|\[(\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\]'


def path_of(text: str) -> Path:
    """The path that ``text`` writes: ``response.body``, ``records[0].body``, ``["a key"].body``.

    Raises ``ValueError`` if it is not a path.
    """
    rest = text.removeprefix("$")
    if not rest.startswith((".", "[")):
        rest = f".{rest}"
    try:
        if re.fullmatch(f"(?:{_STEP})+", rest):
            steps = re.findall(_STEP, rest)
            return tuple([key or (int(index) if index else decoder_of[str].decode(name)) for key, index, name in steps])
    except UNREADABLE:
        pass
    raise ValueError(f"{text!r} is not a path, such as response.body or records[0].body")


class Member(NamedTuple):
    """A member of a document."""

    text: bytes
    """Its JSON text."""
    path: str
    """Where it is in the document, as error messages write it."""
    document: bytes
    steps: Path
    is_quoted: bool
    """Whether the document has it as a string that holds JSON text."""

    def replaced_by(self, text: bytes) -> bytes:
        """The document with ``text`` in the place of the member, and every other byte as it was. O(size)."""
        if not self.steps:
            return text
        return patch(self.document, self.steps, text.decode() if self.is_quoted else Raw(text))


def member_at(document: bytes, steps: Path) -> Member:
    """The member of a document that a path leads to; the document itself if the path is empty. O(size) for each step.

    Raises ``ConversationDecodeError`` if there is none.
    """
    text, place = document, "$"
    for step in steps:
        inner = child_path(place, step)
        try:
            if isinstance(step, str):
                found = decoder_of[dict[str, Raw]].decode(text).get(step)
            else:
                found = next(iter(decoder_of[list[Raw]].decode(text)[step : step + 1]), None)
        except UNREADABLE as error:
            raise decode_error(error, text, place) from error
        if found is None:
            raise ConversationDecodeError(f"Path not found - at `{inner}`", inner)
        text, place = bytes(found), inner
    if steps and text.startswith(b'"'):
        try:
            return Member(decoder_of[str].decode(text).encode(), place, document, steps, is_quoted=True)
        except UNREADABLE as error:
            raise decode_error(error, text, place) from error
    return Member(text, place, document, steps, is_quoted=False)


def laid_out(text: bytes, indent: int) -> bytes:
    """JSON text on several lines, each value as it was written. O(size), more if it is nested deep.

    Raises ``ConversationDecodeError``.
    """
    try:
        return msgspec.json.format(text, indent=indent)
    except UNREADABLE as error:
        raise decode_error(error, text) from error
