"""Error bodies: what the service, or a gateway in between, sends instead of an answer or in the middle of a stream."""

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from msgspec import UNSET, Raw, Struct, UnsetType, ValidationError

from ..jsontext import UNREADABLE, decoder_of, view_of

__all__ = ["SIGNS", "Failing", "ServiceError", "error_body", "service_error"]


class ServiceError:
    """The body of an error, kept as bytes and written back unchanged.

    ``raw``: the JSON text. ``event``: if it was in a stream, the value of its ``event`` field, empty if there was none.
    ``message``: the error in words, empty if the text holds none. Validation errors are summed up: the first one, and
    how many others there are. ``code``: the service's number for the error, also from a string of digits, ``None``
    if there is none; a code such as ``rate_limited``, and an HTTP status, are only in ``raw``.

    The text has any of the shapes that the service and gateways use: ``{"object": "Error", "message": …, "code": …}``,
    ``{"detail": …}``, with a string or a list of validation errors, ``{"error": {"message": …, "code": …}}``, or
    ``{"error": …}`` with a string. Any bytes are accepted. O(size).

    >>> error = ServiceError(b'{"object": "Error", "message": "No such conversation", "code": 3000}')
    >>> error.message, error.code
    ('No such conversation', 3000)
    """

    __slots__ = ("code", "event", "message", "raw")
    __match_args__ = ("message", "code")

    type: ClassVar[None] = None

    raw: bytes
    event: str
    message: str
    code: int | None

    def __init__(self, raw: bytes, event: str = "") -> None:
        parts = _parts_of(raw)
        values = {"raw": raw, "event": event, "message": _message_in(parts), "code": _code_in(parts)}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def details(self) -> Any:
        """The ``detail`` as builtins, each time new: a list of validation errors. ``None`` if it is absent or a string.

        O(size).
        """
        return next((value for part in _parts_of(self.raw) if (value := _details_in(part)) is not None), None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("immutable type: 'ServiceError'")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("immutable type: 'ServiceError'")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ServiceError):
            return NotImplemented
        return (self.raw, self.event) == (other.raw, other.event)

    def __hash__(self) -> int:
        return hash((ServiceError, self.raw, self.event))

    # Neither the bytes nor the details: validation errors repeat the input that was wrong.
    def __repr__(self) -> str:
        message = self.message if len(self.message) <= _LONGEST_SHOWN else f"{self.message[:_LONGEST_SHOWN]}…"
        return f"ServiceError(message={message!r}, code={self.code}, raw=<{len(self.raw)} bytes>)"

    def __reduce__(self) -> Any:
        return ServiceError, (self.raw, self.event)


_LONGEST_SHOWN = 200

SIGNS = (b'"error"', b'"Error"', b'"detail"')
"""``service_error`` recognises by its data only an error body that has one of these in it, unescaped."""


def service_error(data: Any, event: str) -> ServiceError | None:
    """The error body in the data of an event, whose ``event`` field is given; ``None`` if it is not one.

    For data without a known tag. Data is an error body if it has a message in words, and

    - its ``object`` is ``Error`` or ``error``;
    - or its ``type`` or the ``event`` field is ``error``;
    - or it has neither ``type`` nor an ``event`` field, but ``error`` or ``detail``. With a name of its own it could
      be an event of a new type, which may have fields of these names.

    Raises ``UnicodeDecodeError`` if an error body is not UTF-8. O(size), a search for three words in other data.
    """
    raw = data if isinstance(data, bytes) else bytes(view_of(data))
    if event != "error" and not any(sign in raw for sign in SIGNS):
        return None
    body: _Body | None = _read(_Body, raw)
    if body is None:
        return None
    if _text(body.object) not in ("Error", "error") and "error" not in (event, _text(body.type)):
        # "message" is the name of an event without one.
        is_named = event not in ("", "message") or body.type not in (UNSET, _NULL)
        if is_named or not (_says_something(body.error) or _says_something(body.detail)):
            return None
    error = ServiceError(raw, event)
    if not error.message:
        return None
    str(raw, "utf-8")  # msgspec does not check strings that it skips, but the text is written back as JSON.
    return error


def error_body(raw: Any) -> ServiceError:
    """The JSON text of an error body as a ``ServiceError``. O(size).

    Raises ``ValidationError`` if there is no message in it, ``UnicodeDecodeError`` if it is not UTF-8.
    """
    error = ServiceError(bytes(raw))
    if not error.message:
        raise ValidationError("Expected the body of an error, but there is no message in it")
    str(error.raw, "utf-8")  # As above.
    return error


# Reading ---------------------------------------------------------------------------------------------------------


class _Body(Struct, gc=False):
    """The fields of an error body, or of the object inside it, that may hold something about the error."""

    object: Raw | UnsetType = UNSET
    type: Raw | UnsetType = UNSET
    message: Raw | UnsetType = UNSET
    code: Raw | UnsetType = UNSET
    detail: Raw | UnsetType = UNSET
    error: Raw | UnsetType = UNSET


class _Problem(Struct, gc=False):
    """A validation error."""

    msg: str
    loc: Any = None


_NULL = Raw(b"null")
_MOST_DIGITS = 9


def _read(tp: Any, text: Any) -> Any:
    """``text``, JSON, as ``tp``; ``None`` if it is something else."""
    try:
        return decoder_of[tp].decode(text)
    except UNREADABLE:
        return None


def _begins(text: Raw | UnsetType, with_one_of: bytes) -> bool:
    # To look takes a tenth of the time of an exception, and most fields are absent or null.
    return text is not UNSET and memoryview(text)[0] in with_one_of


def _parts_of(data: Any) -> list[_Body]:
    """The objects in which an error body says something: itself, its ``error``, its ``message``."""
    body: _Body | None = _read(_Body, data)
    if body is None:
        return []
    return [body, *[_read(_Body, text) for text in (body.error, body.message) if _begins(text, b"{")]]


def _text(text: Raw | UnsetType) -> str:
    return (_read(str, text) if _begins(text, b'"') else None) or ""


def _says_something(text: Raw | UnsetType) -> bool:
    """Whether ``text`` is an object, a list or a string, and not empty: successes can have ``"error": null``."""
    return text is not UNSET and _begins(text, b'{["') and memoryview(text).nbytes > len('""')


def _message_in(parts: list[_Body]) -> str:
    for part in parts:
        if message := _text(part.message) or _text(part.error) or _text(part.detail):
            return message
    return next(filter(None, map(_summary, parts)), "")


def _summary(part: _Body) -> str:
    """The first validation error in ``detail``, with its place, and how many others there are."""
    problems: list[Raw] = _read(list[Raw], part.detail) if _begins(part.detail, b"[") else []
    first: _Problem | None = _read(_Problem, problems[0]) if problems else None
    if first is None:
        return ""
    place = ".".join(map(str, first.loc)) if isinstance(first.loc, list) else ""
    others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{place}: {first.msg}{others}" if place else f"{first.msg}{others}"


def _code_in(parts: list[_Body]) -> int | None:
    return next((code for part in parts if (code := _number(part.code)) is not None), None)


def _number(text: Raw | UnsetType) -> int | None:
    digits = _text(text)
    if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS:
        return int(digits)  # The chat API next door writes the same numbers as strings.
    number: int | None = _read(int, text) if _begins(text, b"-0123456789") else None
    return number


def _details_in(part: _Body) -> Any:
    return _read(list[Any] | dict[str, Any], part.detail) if _begins(part.detail, b"{[") else None


T = TypeVar("T")

if TYPE_CHECKING:
    Failing: TypeAlias = T | ServiceError
else:

    class Failing:
        """``Failing[A | B]`` is a union of events, in whose place a stream can have a ``ServiceError``.

        As with ``Open``, msgspec sees ``A | B`` and type checkers see all three.
        """

        def __class_getitem__(cls, members: Any) -> Any:
            return members
