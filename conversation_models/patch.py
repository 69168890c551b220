"""Patch JSON bytes: replace, add or remove one value and keep every other byte as it was.

msgspec gives no offsets, but it gives ``Raw`` views of an object's members, in order, and their lengths. Between two
values there is a comma, a key, a colon and white space. Stepping over these, and over each value by its length, leads
from the opening bracket to the value that is wanted. A level of nesting costs one skip over its text.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import UNSET, Raw, ValidationError
from msgspec.json import Decoder

from .codec import camel, snake
from .errors import ConversationDecodeError
from .jsontext import UNREADABLE, check_utf8, child_path, decode_error, decoder_of, view_of
from .spelling.detect import naming_of

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["patch"]

_WHITE_SPACE = re.compile(rb"[ \t\n\r]*")
_COMMA = re.compile(rb"[ \t\n\r]*,?[ \t\n\r]*")
_KEY = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")[ \t\n\r]*:[ \t\n\r]*', re.DOTALL)


def patch(data: "Buffer | str", path: Sequence[str | int], value: Any) -> bytes:
    """``data``, a JSON document (buffer or str), with the value at ``path`` replaced by ``value``.

    ``path`` is made of keys, spelled as they are in ``data``, and of indexes. A last key that is missing is added;
    ``msgspec.UNSET`` removes a value. ``value`` is anything that the codecs write; models take the naming of ``data``
    (camelCase if it shows none). Of a repeated key the last one counts, as everywhere.

    Raises ``ConversationDecodeError`` if ``data`` is not JSON or has no value at ``path``, ``TypeError`` if ``path`` is
    not a sequence of keys and indexes, and for ``value`` what ``encode`` raises. Keeps every byte outside the value.
    O(bytes) for each level of ``path`` and one copy of ``data``; memory for a small object for each member of a level.

    >>> patch(b'{"usage": {"total_tokens": 1}, "new": [1.0]}', ["usage", "total_tokens"], 2)
    b'{"usage": {"total_tokens": 2}, "new": [1.0]}'
    """
    if isinstance(path, str) or not all(isinstance(step, (str, int)) for step in path):
        raise TypeError("A path is a sequence of keys and indexes")
    try:
        text = view_of(data)
        check_utf8(text)
    except UnicodeError as error:
        raise decode_error(error, data) from error
    new = None if value is UNSET else _json(value, text)
    try:
        return b"".join(_pieces(text, path, new))
    except UNREADABLE as error:
        raise decode_error(error, data) from error


def _pieces(text: memoryview, path: Sequence[str | int], new: bytes | None) -> list[bytes | memoryview]:
    """``text`` in pieces with ``new`` at ``path``, or with nothing there if ``new`` is ``None``."""
    start, end, parent = _skip(_WHITE_SPACE, text, 0), len(text), "$"
    if not path:
        end = start + _length(decoder_of[Raw].decode(text))
    for depth, step in enumerate(path, 1):
        place = child_path(parent, step)
        try:
            level = _search(text, start, end, step)
        except ValidationError as error:
            raise decode_error(error, text, parent) from error
        is_last = depth == len(path)
        if is_last and new is not None and level.value is None and isinstance(step, str):
            comma = b"" if level.end == start + 1 else b","
            return [text[: level.end], comma, camel.encode(step), b":", new, text[level.end :]]
        if level.value is None:
            raise ConversationDecodeError(f"Path not found - at `{place}`", place)
        if is_last and new is None:
            return [text[: level.begin], *level.others, text[level.end :]]
        start, end, parent = level.value.start, level.value.stop, place
    if new is None:
        raise ConversationDecodeError("The document itself cannot be removed - at `$`", "$")
    return [text[:start], new, text[end:]]


class _Level(NamedTuple):
    """An object or array, after a search for one of its members."""

    value: slice | None
    """Where the member's value is. Of a repeated key, the last one."""
    others: list[memoryview]
    """The text of all other members, commas included."""
    begin: int
    """Where the first member begins."""
    end: int
    """Where the last member ends."""


def _search(text: memoryview, start: int, end: int, step: str | int) -> _Level:
    """Search the object or array at ``text[start:end]``, whichever ``step`` asks for."""
    raws, have_keys = _members(text[start:end], step)
    wanted = step if isinstance(step, int) else camel.encode(step)
    value: slice | None = None
    others: list[memoryview] = []
    # The text between ``kept`` and ``gap`` belongs to other members and is not in ``others`` yet.
    begin = gap = start + 1
    kept: int | None = begin
    for index, raw in enumerate(raws):
        key = value_start = _skip(_COMMA, text, gap)
        if index == 0:
            begin = kept = key
        if have_keys:
            match = _match(_KEY, text, key)
            name, value_start = match[1], match.end()
            is_wanted = name == wanted or (b"\\" in name and decoder_of[str].decode(name) == step)
        else:
            is_wanted = index == wanted
        value_end = value_start + _length(raw)
        if is_wanted:
            value = slice(value_start, value_end)
            if kept is not None and kept < gap:
                others.append(text[kept:gap])
            # The comma goes with the member after it, so the first one that stays leaves its own out.
            kept = value_end if others else None
        elif kept is None:
            kept = key
        gap = value_end
    if kept is not None and kept < gap:
        others.append(text[kept:gap])
    return _Level(value, others, begin, gap)


class _Key:
    """Takes the place of a key, so that a dict keeps the members of equal ones."""

    __slots__ = ()


_array = Decoder(list[Raw])
_object = Decoder(dict[_Key, Raw], dec_hook=lambda *_: _Key())


def _members(text: memoryview, step: str | int) -> tuple[Iterable[Raw], bool]:
    """The values in an object or array, in order, and whether they have keys."""
    if isinstance(step, str):
        return _object.decode(text).values(), True
    return _array.decode(text), False


def _match(pattern: re.Pattern[bytes], text: memoryview, position: int) -> re.Match[bytes]:
    match = pattern.match(text, position)
    assert match is not None, "msgspec has read this text"
    return match


def _skip(pattern: re.Pattern[bytes], text: memoryview, position: int) -> int:
    return _match(pattern, text, position).end()


def _length(raw: Raw) -> int:
    return memoryview(raw).nbytes


def _json(value: Any, text: memoryview) -> bytes:
    if value is None or isinstance(value, (str, int, float)):
        return camel.encode(value)  # Spelled alike in both.
    codec = snake if naming_of(text) == "snake" else camel
    return codec.encode(value)
