"""Tells which model a member of a union is, with or without a tag."""

from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

from msgspec import UNSET, Raw, Struct, UnsetType, ValidationError, defstruct, structs
from msgspec.json import Decoder

from ..building import Built
from ..models.base import TaggedModel, is_model
from ..models.recognition import RECOGNISED_BY
from ..models.unknown import Unknown
from ..models.variants import fields_of
from ..spelling.families import PLAIN, Family, Naming, keys_of, other_naming
from ..spelling.foreign import holds_models

__all__ = ["OpenUnion", "Sighting", "holds_unions", "tagged_members", "unknown"]


class Sighting(NamedTuple):
    """What can be seen of a member before it is read."""

    tag: str | None | UnsetType
    """``UNSET`` if missing, ``None`` if not a string."""
    candidates: list[tuple[Any, Naming]]
    """The models it could be, most specific first, each with the naming in which it could be one."""


class _Tag(Struct, gc=False):
    type: str | UnsetType = UNSET


_tag = Decoder(_Tag)


class OpenUnion:
    """A union of tagged models in one family, and the means to tell which of them a value is."""

    def __init__(self, members: tuple[Any, ...], family: Family) -> None:
        self.members = members
        self.type = Union[members]
        self.decoder: Decoder[Any] = Decoder(family.type(self.type))
        self._naming: Naming = family.naming
        self._tagged: dict[Any, Sighting] = {
            cls.__struct_config__.tag: Sighting(cls.__struct_config__.tag, [(cls, self._naming)]) for cls in members
        }
        # The keys that identify an untagged member, most specific first, in both spellings.
        deciding: list[tuple[str, Any, Naming]] = [
            (keys_of[cls, naming].by_name[name], cls, naming)
            for base, name in RECOGNISED_BY.items()
            for cls in members
            if issubclass(cls, base)
            for naming in self._namings_of(cls)
        ]
        # Reads which of the deciding keys are there.
        keys = list(dict.fromkeys([key for key, _, _ in deciding]))
        self._probe: Decoder[Any] = Decoder(defstruct("Probe", [(key, Raw | UnsetType, UNSET) for key in keys]))
        self._deciding: list[tuple[int, tuple[Any, Naming]]] = []
        for key, cls, spelling in deciding:
            self._deciding.append((keys.index(key), (cls, spelling)))

    def _namings_of(self, cls: Any) -> list[Naming]:
        """The namings to look for, this one first; the other one only if it makes a difference to the model."""
        is_spelled_in_two_ways = PLAIN["camel"].classes[cls] is not PLAIN["snake"].classes[cls]
        return [self._naming, *([other_naming(self._naming)] if is_spelled_in_two_ways else [])]

    def sight(self, raw: Any) -> Sighting:
        """Look at a member's tag, and without one at the keys that decide."""
        try:
            tag = _tag.decode(raw).type
        except ValidationError as error:
            # Neither an object nor a string.
            return Sighting(None if "$.type" in str(error) else UNSET, [])
        if tag is not UNSET:
            return self._tagged.get(tag) or Sighting(tag, [])
        values = structs.astuple(self._probe.decode(raw))
        found: list[tuple[Any, Naming]] = [
            candidate for position, candidate in self._deciding if values[position] is not UNSET
        ]
        return Sighting(UNSET, found)


def unknown(tag: str | None, raw: Any) -> Unknown:
    """``raw``, JSON text, as an ``Unknown``. Raises ``UnicodeDecodeError`` if it is not UTF-8."""
    copy = bytes(raw)
    str(copy, "utf-8")  # msgspec does not check strings that it skips, but the text is written back as JSON.
    return Unknown(tag, copy)


def tagged_members(tp: Any) -> tuple[Any, ...]:
    """The tagged models among the arms of a union."""
    return _tagged_members[tp]


def _build_tagged_members(tp: Any) -> tuple[Any, ...]:
    arms = get_args(tp) if get_origin(tp) in (Union, UnionType) else ()
    return tuple([arm for arm in arms if is_model(arm) and issubclass(arm, TaggedModel)])


_tagged_members: Built[Any, tuple[Any, ...]] = Built(_build_tagged_members)


def _build_holds_unions(tp: Any) -> bool:
    inner = [info.type for info in fields_of(tp)] if is_model(tp) else get_args(tp)
    return bool(tagged_members(tp)) or any(holds_unions[part] for part in inner if holds_models[part])


holds_unions: Built[Any, bool] = Built(_build_holds_unions)
"""Whether there is a union of tagged models in a type, or in a model that it holds."""
