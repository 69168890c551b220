"""What the readers of refused text have in common."""

from collections.abc import Callable, Sequence
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from msgspec import UnsetType, ValidationError

from ..jsontext import decode_error

__all__ = [
    "BEGIN_ARRAY",
    "BEGIN_OBJECT",
    "MISSING_TAG",
    "MOST_MET",
    "Met",
    "Read",
    "RefusingDecoder",
    "arms_of",
    "item_types",
    "meet",
    "read_part",
    "unknown_field_in",
    "without_metadata",
    "without_unset",
]

BEGIN_OBJECT, BEGIN_ARRAY = b"{["

Met: TypeAlias = tuple[Any, "str | None", str]
"""A field or tag that no model has.

The model, or the members of the union; the field's key, or the tag, ``None`` if the member has no tag that is a string;
and the path of the object that has it. A plain tuple, since a named one takes five times as long to make.
"""

Read: TypeAlias = Callable[[Any, str, list[Met], "str | None"], Any]
"""Reads JSON text at a path, and appends to the list what no model has.

The last argument is ``unknown_field_in`` of the error with which msgspec has refused the text. It only saves time.
"""

MOST_MET = 1000


class RefusingDecoder:
    """The decoder of a type that msgspec cannot read in one go: it leaves all documents to the second path."""

    def decode(self, _data: Any) -> Any:
        raise ValidationError(MISSING_TAG)

    decode_lines = decode


MISSING_TAG = "Object missing required field `type`"
"""The beginning of msgspec's error for an object without a tag."""


def meet(met: list[Met], found: Met) -> None:
    # Not all of a flood: they would take more memory than the document.
    if len(met) < MOST_MET:
        met.append(found)


def read_part(read: Read, raw: Any, path: str, met: list[Met], odd: str | None = None) -> Any:
    """Read a member: one that is wrong is an error here, not of the value it is in."""
    try:
        return read(raw, path, met, odd)
    except ValidationError as error:
        raise decode_error(error, raw, path) from error


def unknown_field_in(error: ValidationError) -> str | None:
    """The path, without ``$``, of the object that msgspec has refused for an unknown key; ``None`` for other errors."""
    reason = str(error)
    if not reason.startswith("Object contains unknown field"):
        return None
    _, at, path = reason.rpartition(" - at `$")
    return path[:-1] if at else ""


def arms_of(tp: Any) -> tuple[Any, ...]:
    """The arms of a union; ``tp`` itself if it is not one."""
    return get_args(tp) if get_origin(tp) in (Union, UnionType) else (tp,)


def without_unset(tp: Any) -> Any:
    """``tp`` for a value that is there."""
    return Union[tuple([arm for arm in arms_of(tp) if arm is not UnsetType])]


def without_metadata(tp: Any) -> Any:
    """The type inside of an ``Annotated``; ``tp`` itself if it is not one."""
    return get_args(tp)[0] if get_origin(tp) is Annotated else tp


def item_types(tp: Any, count: int) -> Sequence[Any]:
    """The type of each of ``count`` items of a list, a tuple or the like."""
    arguments = get_args(tp)
    is_fixed = get_origin(tp) is tuple and Ellipsis not in arguments
    return arguments if is_fixed else [arguments[0]] * count
