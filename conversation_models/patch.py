"""Patch JSON bytes: replace, add or remove one value and keep every other byte as it was.

The reader gives no offsets, but it does give ``Raw`` views of an object's members, in order, and their lengths. What
stands between two values is a comma, a key, a colon and white space; stepping over that, and over each value by its
length, leads from the opening bracket to the value that is wanted. A level of nesting costs one skip over its text.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import UNSET, Raw, ValidationError
from msgspec.json import Decoder

from .codec import camel, snake
from .errors import ConversationDecodeError
from .jsontext import UNREADABLE, child_path, decode_error, view_of
from .spelling.detect import naming_of

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["patch"]

_WHITE_SPACE = re.compile(rb"[ \t\n\r]*")
_COMMA = re.compile(rb"[ \t\n\r]*,?[ \t\n\r]*")
_KEY = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"[ \t\n\r]*:[ \t\n\r]*', re.DOTALL)


def patch(data: "Buffer | str", path: Sequence[str | int], value: Any) -> bytes:
    """``data``, a JSON document (buffer or str), with the value at ``path`` replaced by ``value``.

    ``path`` is made of keys, spelled as they stand in ``data``, and of indexes. A last key that is not there is added;
    ``msgspec.UNSET`` removes what is there. ``value`` is anything the codecs write; models take the naming that
    ``data`` is in (camelCase where it shows none). Of a repeated key the last is meant, as everywhere.

    Raises ``ConversationDecodeError`` where ``data`` is not JSON or ``path`` leads nowhere in it, ``TypeError`` where
    ``path`` is none, and for ``value`` what ``encode`` raises. Every byte outside the value is kept; costs a skip over
    the text of each level of ``path`` and one copy of ``data``.

    >>> patch(b'{"usage": {"total_tokens": 1}, "new": [1.0]}', ["usage", "total_tokens"], 2)
    b'{"usage": {"total_tokens": 2}, "new": [1.0]}'
    """
    if isinstance(path, str) or not all(isinstance(step, (str, int)) for step in path):
        raise TypeError("A path is a sequence of keys and indexes")
    try:
        text = view_of(data)
    except UnicodeError as error:
        raise decode_error(error, data) from error
    new = None if value is UNSET else _json(value, text)
    try:
        return b"".join(_pieces(text, path, new))
    except UNREADABLE as error:
        raise decode_error(error, data) from error


def _pieces(text: memoryview, path: Sequence[str | int], new: bytes | None) -> Iterator[bytes | memoryview]:
    """What is left of ``text`` with ``new`` at ``path``, or, where that is ``None``, with nothing there."""
    start, end, parent = _skip(_WHITE_SPACE, text, 0), len(text), "$"
    if not path:
        end = start + _length(_document.decode(text))
    for depth, step in enumerate(path, 1):
        place = child_path(parent, step)
        try:
            members = list(_members(text, start, end, step))
        except ValidationError as error:
            raise decode_error(error, text, parent) from error
        found = [member for member in members if member.name == step]
        if depth == len(path) and new is None and found:
            yield from _without(text, members, step)
            return
        if depth == len(path) and new is not None and not found and isinstance(step, str):
            end_of_members = members[-1].end if members else start + 1
            yield from (text[:end_of_members], b"," if members else b"", camel.encode(step), b":", new)
            yield text[end_of_members:]
            return
        if not found:
            raise ConversationDecodeError(f"There is nothing - at `{place}`", place)
        start, end, parent = found[-1].start, found[-1].end, place
    if new is None:
        raise ConversationDecodeError("The document itself cannot be removed - at `$`", "$")
    yield from (text[:start], new, text[end:])


class _Key:
    """A key as an object of its own, so that a dict keeps both of two equal ones."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


_document = Decoder(Raw)
_array = Decoder(list[Raw])
_object = Decoder(dict[_Key, Raw], dec_hook=lambda _, name: _Key(name))


class _Member(NamedTuple):
    """A member of an object or array: its name, and the offsets of what is written of it."""

    name: str | int
    gap: int
    """Where the one before it, or the opening bracket, ends."""
    key: int
    """Where its key begins, in an array its value."""
    start: int
    end: int


def _members(text: memoryview, start: int, end: int, step: str | int) -> Iterator[_Member]:
    """The members of the object or array, as ``step`` wants it, at ``text[start:end]``."""
    is_key = isinstance(step, str)
    named: Any
    if is_key:
        named = [(key.name, raw) for key, raw in _object.decode(text[start:end]).items()]
    else:
        named = enumerate(_array.decode(text[start:end]))
    gap = start + 1
    for name, raw in named:
        key = _skip(_COMMA, text, gap)
        value = _skip(_KEY, text, key) if is_key else key
        end = value + _length(raw)
        yield _Member(name, gap, key, value, end)
        gap = end


def _without(text: memoryview, members: list[_Member], name: str | int) -> Iterator[memoryview]:
    yield text[: members[0].key]
    first = True
    for member in members:
        if member.name != name:
            # The comma goes with the member after it, so the first one that stays leaves its own behind.
            yield text[member.key if first else member.gap : member.end]
            first = False
    yield text[members[-1].end :]


def _skip(pattern: re.Pattern[bytes], text: memoryview, position: int) -> int:
    match = pattern.match(text, position)
    assert match is not None, "the reader has seen this text"
    return match.end()


def _length(raw: Raw) -> int:
    return memoryview(raw).nbytes


def _json(value: Any, text: memoryview) -> bytes:
    if value is None or isinstance(value, (str, int, float)):
        return camel.encode(value)  # Spelled alike in both.
    codec = snake if naming_of(text) == "snake" else camel
    return codec.encode(value)
