"""JSON text: views of it, paths into it, and msgspec's exceptions turned into the library's own."""

import codecs
import re
from typing import Any

import msgspec
from msgspec.json import Decoder

from .building import Built
from .errors import ConversationDecodeError

__all__ = ["UNREADABLE", "check_utf8", "child_path", "decode_error", "decoder_of", "is_json", "view_of"]

UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""Everything that msgspec can raise for JSON text. ``ValidationError`` is a ``DecodeError``."""


decoder_of: Built[Any, Decoder[Any]] = Built(Decoder)
"""The decoder of a type, spelled as the type itself says."""


def is_json(text: bytes) -> bool:
    """Whether ``text`` is one whole JSON value."""
    try:
        decoder_of[msgspec.Raw].decode(text)
    except UNREADABLE:
        return False
    return True


def view_of(data: Any) -> memoryview:
    """The bytes of ``data``, a buffer or str. O(1) for a buffer, a copy for a str."""
    return memoryview(data.encode() if isinstance(data, str) else data).cast("B")


def check_utf8(text: memoryview) -> None:
    """Raises ``UnicodeDecodeError`` if ``text`` is not UTF-8. O(bytes), in flat memory.

    msgspec does not look into strings that it skips.
    """
    position, piece = 0, 256 * 1024
    while position < len(text):
        is_last = position + piece >= len(text)
        position += codecs.utf_8_decode(text[position : position + piece], "strict", is_last)[1]


def child_path(path: str, step: str | int) -> str:
    """The JSON path of a member of the value at ``path``."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    return (
        f"{path}.{step}" if step.isidentifier() and step.isascii() else f"{path}[{msgspec.json.encode(step).decode()}]"
    )


# A high surrogate without an escape after it. The pattern begins with text that is rare, for speed.
_HIGH_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?=[^\\]|\\[^u])", re.DOTALL)


def decode_error(error: Exception, data: Any, root: str = "$") -> ConversationDecodeError:
    """``error``, raised by reading ``data`` at the path ``root``, as a ``ConversationDecodeError``."""
    if isinstance(error, RecursionError):
        return ConversationDecodeError("JSON is nested deeper than the interpreter's recursion limit allows")
    # msgspec 0.23 raises its own exception for what was a ``UnicodeError`` before.
    if isinstance(error, UnicodeError) or str(error) == "Invalid UTF-8 encoded string":
        return ConversationDecodeError(_encoding_problem(data, error))
    reason, at, inner = str(error).rpartition(" - at `$")
    if at:
        path = root + inner.removesuffix("`")
    elif isinstance(error, msgspec.ValidationError):
        reason, path = str(error), root
    else:
        return ConversationDecodeError(_syntax_problem(data, str(error)))
    return ConversationDecodeError(f"{reason} - at `{path}`", path)


def _encoding_problem(data: Any, error: Exception) -> str:
    # msgspec counts from the start of the string that it was in. People look for a byte of the document.
    try:
        data.encode() if isinstance(data, str) else str(data, "utf-8")
    except UnicodeEncodeError as whole:
        return f"JSON text holds a lone surrogate, which UTF-8 cannot carry (character {whole.start})"
    except UnicodeDecodeError as whole:
        return f"JSON is not valid UTF-8: {whole.reason} (byte {whole.start})"
    return f"JSON is not valid UTF-8: {error}"


def _syntax_problem(data: Any, reason: str) -> str:
    if "truncated" not in reason:
        return reason
    text = view_of(data)
    # msgspec takes a high surrogate without a low one for the end of the text.
    for found in _HIGH_SURROGATE.finditer(text):
        if _is_escape(text, found.start()):
            return f"JSON is malformed: lone surrogate escape (byte {found.start()})"
    return f"{reason} (byte {len(text)})" if text else "Input data is empty"


def _is_escape(text: memoryview, place: int) -> bool:
    """Whether the backslash at ``place`` begins an escape: those before it are pairs, each an escaped backslash."""
    before, size = place, 64
    while before:
        piece = bytes(text[max(before - size, 0) : before])
        backslashes = len(piece) - len(piece.rstrip(b"\\"))
        before -= backslashes
        if backslashes < len(piece):
            break
        size *= 2
    return (place - before) % 2 == 0
