"""Tells which model a member of a union is, with or without a tag."""

from types import NoneType
from typing import Any, NamedTuple, Union, get_args, get_origin

from msgspec import UNSET, Raw, Struct, UnsetType, ValidationError, defstruct, structs
from msgspec.json import Decoder

from ..building import Built
from ..models.base import TaggedModel, is_model
from ..models.failures import ServiceError
from ..models.recognition import RECOGNISED_BY, Sign
from ..models.unknown import Unknown
from ..models.variants import fields_of
from ..spelling.families import PLAIN, Family, Naming, keys_of, other_naming
from ..spelling.foreign import check_type, holds_models, is_any
from .parts import RefusingDecoder, arms_of

__all__ = [
    "OpenUnion",
    "Sighting",
    "checked_types",
    "holds_unions",
    "is_beyond_msgspec",
    "keys_of_sign",
    "members_of",
    "unknown",
]


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
    """A union of models in one family, and the means to tell which of them a value is.

    Its members are all tagged, or none is.
    """

    def __init__(self, members: tuple[Any, ...], family: Family) -> None:
        self.members = members
        self.type: Any = Union[members]
        self._is_tagged = _is_tagged(members)
        self.decoder: Any = Decoder(family.type(self.type)) if self._is_tagged else RefusingDecoder()
        self._naming: Naming = family.naming
        self._tagged: dict[Any, Sighting] = {
            cls.__struct_config__.tag: Sighting(cls.__struct_config__.tag, [(cls, self._naming)]) for cls in members
        }
        # The keys that identify an untagged member, most specific first, in both spellings.
        deciding: list[tuple[list[str], tuple[Any, Naming]]] = [
            (keys, (cls, naming))
            for sign in RECOGNISED_BY
            for cls in members
            if issubclass(cls, sign.model)
            for naming in self._namings_of(cls)
            # A field that rules a model out does so in either spelling: it is not a sign of the other naming.
            for keys in [keys_of_sign(sign, members, naming) + keys_of_sign(sign, members, self._naming)[1:]]
        ]
        # Reads which of the deciding keys are there.
        probed = list(dict.fromkeys([key for keys, _ in deciding for key in keys]))
        self._probe: Decoder[Any] = Decoder(defstruct("Probe", [(key, Raw | UnsetType, UNSET) for key in probed]))
        self._deciding: list[tuple[list[int], tuple[Any, Naming]]] = [
            ([probed.index(key) for key in keys], candidate) for keys, candidate in deciding
        ]

    def _namings_of(self, cls: Any) -> list[Naming]:
        """The namings to look for, this one first; the other one only if it makes a difference to the model."""
        is_spelled_in_two_ways = PLAIN["camel"].classes[cls] is not PLAIN["snake"].classes[cls]
        return [self._naming, *([other_naming(self._naming)] if is_spelled_in_two_ways else [])]

    def sight(self, raw: Any) -> Sighting:
        """Look at a member's tag, and without one at the keys that decide."""
        tag: str | None | UnsetType
        try:
            tag = _tag.decode(raw).type
        except ValidationError as error:
            # Neither an object nor a string.
            tag = None if "$.type" in str(error) else UNSET
            if tag is UNSET or self._is_tagged:
                return Sighting(tag, [])
        if tag is not UNSET and self._is_tagged:
            return self._tagged.get(tag) or Sighting(tag, [])
        candidates = self._identified(raw)
        # In a union of untagged models, a tag matters only if the member is none of them.
        return Sighting(UNSET if candidates else tag, candidates)

    def _identified(self, raw: Any) -> list[tuple[Any, Naming]]:
        values = structs.astuple(self._probe.decode(raw))
        return [
            candidate
            for (position, *unless), candidate in self._deciding
            if values[position] is not UNSET and all(values[other] is UNSET for other in unless)
        ]


def keys_of_sign(sign: Sign, members: tuple[Any, ...], naming: Naming) -> list[str]:
    """The key that has to be there, then those that may not. A field that no member has is left out."""
    keys = [keys_of[cls, naming].by_name for cls in (sign.model, *members)]
    return [
        next(by_name[name] for by_name in keys if name in by_name)
        for name in (sign.by, *sign.unless)
        if any(name in by_name for by_name in keys)
    ]


def unknown(tag: str | None, raw: Any) -> Unknown:
    """``raw``, JSON text, as an ``Unknown``. Raises ``UnicodeDecodeError`` if it is not UTF-8."""
    copy = bytes(raw)
    str(copy, "utf-8")  # msgspec does not check strings that it skips, but the text is written back as JSON.
    return Unknown(tag, copy)


def members_of(tp: Any) -> tuple[Any, ...]:
    """The models among the arms of a union that their tags or, in a union of untagged ones, their fields tell apart."""
    return _members_of[tp]


def _build_members_of(tp: Any) -> tuple[Any, ...]:
    arms = [arm for arm in arms_of(tp) if arm not in (NoneType, UnsetType)]
    if len(arms) == 1:
        return ()
    models = [arm for arm in arms if is_model(arm)]
    tagged = tuple([model for model in models if issubclass(model, TaggedModel)])
    untagged = tuple([model for model in models if model not in tagged and issubclass(model, _RECOGNISED)])
    return tagged or (untagged if len(untagged) > 1 else ())


_RECOGNISED = tuple([sign.model for sign in RECOGNISED_BY])

_members_of: Built[Any, tuple[Any, ...]] = Built(_build_members_of)


def _is_tagged(members: tuple[Any, ...]) -> bool:
    return issubclass(members[0], TaggedModel)


def _build_is_beyond_msgspec(tp: Any) -> bool:
    def test(part: Any) -> bool:
        members = members_of(part)
        return part is ServiceError or (bool(members) and not _is_tagged(members))

    return is_any(tp, test)


is_beyond_msgspec: Built[Any, bool] = Built(_build_is_beyond_msgspec)
"""Whether there is something in a type that only ``plans`` can read: a union of untagged models, or an error body."""


def _check(tp: Any) -> None:
    def check(part: Any) -> bool:
        # And not the metadata of an annotation.
        is_type = isinstance(part, type) or get_origin(part) is not None
        if is_type and part is not UnsetType and not is_beyond_msgspec[part]:
            check_type(part)
        return False

    if is_beyond_msgspec[tp]:
        is_any(tp, check)
    else:
        check_type(tp)


checked_types: Built[Any, None] = Built(_check)
"""Asking for a type raises ``TypeError`` if msgspec does not read it, apart from what ``is_beyond_msgspec`` names.

Once for all codecs: it takes milliseconds.
"""


def _build_holds_unions(tp: Any) -> bool:
    inner = [info.type for info in fields_of(tp)] if is_model(tp) else get_args(tp)
    return bool(members_of(tp)) or any(holds_unions[part] for part in inner if holds_models[part])


holds_unions: Built[Any, bool] = Built(_build_holds_unions)
"""Whether there is a union of models in a type, or in a model that it holds."""
