"""What the readers of refused text have in common."""

from collections.abc import Callable, Sequence
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from msgspec import UnsetType, ValidationError

from ..jsontext import decode_error
from ..models.events import ConversationEvent, Event
from ..models.variants import public_of
from ..spelling.families import rebuild_type

__all__ = [
    "BEGIN_ARRAY",
    "BEGIN_OBJECT",
    "MISSING_TAG",
    "MOST_MET",
    "Met",
    "OddMemberError",
    "Read",
    "RefusingDecoder",
    "arms_of",
    "item_types",
    "meet",
    "names_unknown_field",
    "public_type",
    "read_part",
    "without_metadata",
    "without_unset",
]

BEGIN_OBJECT, BEGIN_ARRAY = b"{["

Met: TypeAlias = tuple[Any, "str | None", str]
"""A field or tag that no model has.

The model, or the members of the union; the field's key, or the tag, ``None`` if the member has no tag that is a string;
and the path of the object that has it. A plain tuple, since a named one takes five times as long to make.
"""

Read: TypeAlias = Callable[[Any, str, list[Met]], Any]
"""Reads JSON text at a path, and appends to the list what no model has."""

MOST_MET = 1000


class OddMemberError(Exception):
    """A document that a fast way of reading leaves to ``plans``."""


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


def read_part(read: Read, raw: Any, path: str, met: list[Met]) -> Any:
    """Read a member: one that is wrong is an error here, not of the value it is in."""
    try:
        return read(raw, path, met)
    except ValidationError as error:
        raise decode_error(error, raw, path) from error


def names_unknown_field(error: ValidationError) -> bool:
    """Whether msgspec has refused a document for an unknown key."""
    return str(error).startswith("Object contains unknown field")


def public_type(tp: Any) -> Any:
    """``tp`` with public models in place of variants. ``Event`` means any event."""
    return ConversationEvent if tp is Event else rebuild_type(tp, public_of)


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
