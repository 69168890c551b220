"""Every exception of the library, and how the failures of the JSON reader become one of them."""

import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from .models.events import ResponseErrorEvent
    from .models.responses import ConversationResponse

__all__ = [
    "ConversationDecodeError",
    "ConversationModelsError",
    "ConversationResponseError",
    "EventTooLargeError",
    "TruncatedStreamError",
]


class ConversationModelsError(Exception):
    """Base of every exception this library raises about data."""


class ConversationDecodeError(ConversationModelsError, ValueError):
    """Bytes that are not JSON, or JSON that is not the type asked for.

    ``path`` is the JSON path of the offending value from the document's root (``$.outputs[1].content``; ``[...]`` is
    some key of a free-form map), or ``None`` where the text is not JSON at all. The message names it too.
    """

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class TruncatedStreamError(ConversationModelsError):
    """A stream that ended before its end.

    ``pending`` holds the bytes of the event it was cut off in (lines ended by LF, comments left out), empty where it
    ended between two; ``partial`` the response as far as it came, where the error comes from ``collect``.
    """

    def __init__(self, message: str, pending: bytes = b"", partial: "ConversationResponse | None" = None) -> None:
        super().__init__(message)
        self.pending = pending
        self.partial = partial


class EventTooLargeError(ConversationModelsError):
    """A stream holds an event larger than the reader was told to accept; there is no reading on behind it."""


class ConversationResponseError(ConversationModelsError):
    """The service reported an error in the stream: ``event``. ``partial`` is the response as far as it came."""

    def __init__(self, event: "ResponseErrorEvent", partial: "ConversationResponse") -> None:
        super().__init__(event, partial)
        self.event = event
        self.partial = partial

    def __str__(self) -> str:
        return f"{self.event.message} (code {self.event.code})"


UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""All that reading JSON text can raise, whatever the text: ``ValidationError`` is a ``DecodeError``."""


def view_of(data: Any) -> memoryview:
    """The bytes of ``data``, a buffer or str; only of a str are they a copy."""
    return memoryview(data.encode() if isinstance(data, str) else data).cast("B")


def child_path(path: str, step: str | int) -> str:
    """The JSON path of a member of what stands at ``path``."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    return (
        f"{path}.{step}" if step.isidentifier() and step.isascii() else f"{path}[{msgspec.json.encode(step).decode()}]"
    )


# A high surrogate with no escape behind it; the backslashes before it are pairs, which stand for themselves.
_LONE_SURROGATE = re.compile(rb"(?<!\\)(?:\\\\)*(\\u[dD][89abAB][0-9a-fA-F]{2})(?:[^\\]|\\[^u])", re.DOTALL)


def decode_error(error: Exception, data: Any, root: str = "$") -> ConversationDecodeError:
    """What reading ``data``, which stands at the path ``root``, failed with, as the library's own exception."""
    if isinstance(error, RecursionError):
        return ConversationDecodeError("JSON is nested deeper than the interpreter's recursion limit allows")
    if isinstance(error, UnicodeError):
        return ConversationDecodeError(_encoding_problem(data, error))
    reason, at, inner = str(error).rpartition(" - at `$")
    if at:
        path = root + inner.removesuffix("`")
    elif isinstance(error, msgspec.ValidationError):
        reason, path = str(error), root
    else:
        return ConversationDecodeError(_syntax_problem(data, str(error)))
    return ConversationDecodeError(f"{reason} - at `{path}`", path)


def _encoding_problem(data: Any, error: UnicodeError) -> str:
    # The reader counts from the start of the string it was in; people look for a byte of the document.
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
    # The reader takes a high surrogate without a low one for the end of the text.
    if lone := _LONE_SURROGATE.search(text):
        return f"JSON is malformed: lone surrogate escape (byte {lone.start(1)})"
    return f"{reason} (byte {len(text)})" if text else "Input data is empty"
