"""Reads documents with unknown fields in two calls of msgspec.

The plan: one call reads the document as *carriers*, which skip unknown keys, and the other one reads it as dicts. A
walk over both moves the fields that no model has from the dicts to the carriers. That takes two thirds of the time of
reading each object on its own. Whatever is unusual (an untagged or unknown member, a key in the other naming, a wrong
type) is left to ``plans``.
"""

from itertools import filterfalse
from types import MappingProxyType, NoneType
from typing import Any

from msgspec import structs
from msgspec.json import Decoder

from ..building import Built
from ..jsontext import UNREADABLE, child_path, decoder_of
from ..models.base import is_model
from ..models.variants import copier, fields_of, public_of
from ..spelling.families import PLAIN, Family, Naming, keys_of
from ..spelling.foreign import holds_models
from .parts import Met, OddMemberError, meet, public_type

__all__ = ["unlearned"]

_SCALARS = (str, int, float, bool, NoneType)


class Unlearned:
    """Reads documents with unknown fields."""

    def __init__(self, naming: Naming) -> None:
        self._family = family = PLAIN[naming]
        self._decoders: Built[Any, Decoder[Any]] = Built(lambda tp: Decoder(family.carrier_type(public_type(tp))))
        self._carried: Built[Any, _Carried | None] = Built(self._build_carried)

    def read(self, data: Any, tp: Any, root: str, met: list[Met]) -> Any:
        """Read ``data``, whose path is ``root``, as ``tp``. Appends to ``met`` what no model has.

        Raises ``OddMemberError`` if that takes another way.
        """
        before = len(met)
        try:
            return self._filled(self._decoders[tp].decode(data), decoder_of[Any].decode(data), root, met)
        except (OddMemberError, *UNREADABLE, ValueError, TypeError) as error:  # The last two from ``__post_init__``.
            del met[before:]
            raise OddMemberError from error

    def _build_carried(self, cls: Any) -> "_Carried | None":
        public = public_of(cls)
        return _Carried(public, self._family) if is_model(public) and self._family.carriers[public] is cls else None

    def _filled(self, value: Any, source: Any, path: str, met: list[Met]) -> Any:
        """``value`` with unknown fields from ``source``, the same document as dicts."""
        cls = type(value)
        if cls is list:
            for index, (item, inner) in enumerate(zip(value, source, strict=True)):
                value[index] = self._filled(item, inner, f"{path}[{index}]", met)
            return value
        carried = self._carried[cls]
        if carried is None:
            if cls in _SCALARS:
                return value
            raise OddMemberError
        if type(source) is not dict:  # An array, whose elements have no keys.
            raise OddMemberError
        unknown: dict[str, Any] = {}
        if not carried.known.issuperset(source):
            new: list[str] = list(filterfalse(carried.known.__contains__, source))
            for key in new:
                if carried.decisive.get(key, key) not in source:  # That is an error.
                    raise OddMemberError
                unknown[carried.respelled.get(key, key)] = source[key]
                meet(met, (carried.model, key, path))
        for name, key, step in carried.parts:
            if key in source:
                structs.force_setattr(value, name, self._filled(getattr(value, name), source[key], path + step, met))
        if not unknown:
            return carried.emptied(value)
        structs.force_setattr(value, "unknown_fields", MappingProxyType(unknown))
        return value


class _Carried:
    """How to fill the carrier of one model."""

    def __init__(self, model: Any, family: Family) -> None:
        keys = keys_of[model, family.naming]
        self.model = model
        self.known = {model.__struct_config__.tag_field, *keys.by_name.values()}
        self.decisive = keys.decisive
        self.respelled = keys.respelled
        self.parts = [
            (info.name, keys.by_name[info.name], child_path("", keys.by_name[info.name]))
            for info in fields_of(model)
            if holds_models[info.type]
        ]
        self.emptied = copier(family.classes[model], model.__struct_fields__)
        """Makes a carrier that carries nothing the class that is written as it is."""


unlearned: Built[Naming, Unlearned] = Built(Unlearned)
"""For a naming, its means to read documents with unknown fields. No matter which of them a codec has learned."""
