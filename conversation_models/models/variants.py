"""Variants of a model: subclasses with other keys or with unknown fields, equal in value to the model itself.

Codecs read variants, so that reading either naming, with or without unknown fields, is one call of msgspec. To callers
a variant is its model: an instance of it, equal to it, hashed, copied, pickled and shown like it.

Unknown fields are kept in one of two ways. In a class that a codec has derived for them, each is a field like any
other. Everywhere else they are a mapping, in the model's *carrier*. A carrier is never written as it is:
``spelling.respell`` adds the fields.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import methodcaller
from types import MappingProxyType
from typing import Any

from msgspec import UNSET, Struct, defstruct, field, structs
from msgspec.structs import FieldInfo

from ..building import Built, compile_function

__all__ = [
    "NO_FIELDS",
    "carrier_of",
    "copier",
    "derive",
    "field_like",
    "fields_of",
    "public_of",
    "unknown_attributes",
]

NO_FIELDS: Mapping[str, Any] = MappingProxyType({})


def fields_of(model: type[Struct]) -> tuple[FieldInfo, ...]:
    """The fields of a model. msgspec evaluates annotations anew at each call, so they are kept."""
    return _fields[model]


_fields: Built[type[Struct], tuple[FieldInfo, ...]] = Built(structs.fields)


def public_of(cls: Any) -> Any:
    """The model that ``cls`` is a variant of; ``cls`` itself if it is not a variant."""
    return getattr(cls, "__public__", cls)


def unknown_attributes(cls: Any) -> tuple[tuple[str, str], ...] | None:
    """The attributes of a ``cls`` that are unknown fields, with the names that ``unknown_fields`` has for them.

    ``None`` if each value of the class has others: then only ``unknown_fields`` tells.
    """
    if "unknown_fields" in cls.__struct_fields__:
        return None
    attributes: tuple[tuple[str, str], ...] = getattr(cls, "__unknown__", ())
    return attributes


def field_like(info: FieldInfo, name: str, variants: Mapping[Any, Any] = NO_FIELDS) -> Any:
    """A field with the default of ``info``, or the variant of it if it is a model, written under the key ``name``."""
    declare: Any = field  # Its overloads allow one of the two defaults, not an absent one of each.
    factory = info.default_factory
    has_variant = isinstance(factory, type) and issubclass(factory, Struct)
    return declare(default=info.default, default_factory=variants[factory] if has_variant else factory, name=name)


def derive(
    public: type[Struct],
    fields: list[Any],
    *,
    unknown: Mapping[str, str] = NO_FIELDS,
    namespace: Mapping[str, Any] = NO_FIELDS,
    strict: bool = False,
) -> type[Struct]:
    """A variant of ``public`` with its ``fields`` declared anew, as ``defstruct`` takes them.

    ``unknown``: for each field beyond those of the model, the name that ``unknown_fields`` has for it. ``strict``: an
    unknown key is an error.
    """
    config = public.__struct_config__
    # Elements of an array have no keys.
    forbids = config.forbid_unknown_fields or (strict and not config.array_like)
    variant = defstruct(
        public.__name__,
        fields,
        bases=(public,),
        kw_only=True,
        forbid_unknown_fields=forbids,
        tag_field=config.tag_field,
        tag=config.tag,
        module=public.__module__,
        namespace={**_value_semantics(public, unknown), **namespace},
    )
    variant.__qualname__ = public.__qualname__
    return variant


def copier(cls: Any, names: Iterable[str]) -> Callable[[Any], Any]:
    """A function that makes a ``cls`` of the attributes of another object. It takes a third of the time of a dict."""
    arguments = ", ".join([f"{name}=value.{name}" for name in names])
    return compile_function(f"def function(value): return cls({arguments})", {"cls": cls})


def _build_carrier(public: type[Struct]) -> type[Struct]:
    # A carrier is always made with all of its fields.
    fields = [(info.name, info.type) for info in fields_of(public)]
    return derive(public, [*fields, ("unknown_fields", Any)])


carrier_of: Built[Any, Any] = Built(_build_carrier)
"""For a model, the variant that holds any unknown fields in its field ``unknown_fields``."""


def _value_semantics(public: type[Struct], unknown: Mapping[str, str]) -> dict[str, Any]:
    names = public.__struct_fields__

    def unknown_fields(self: Struct) -> Mapping[str, Any]:
        values = [(key, getattr(self, name)) for name, key in unknown.items()]
        return MappingProxyType({key: value for key, value in values if value is not UNSET})

    def as_public(self: Struct) -> Struct:
        return public(**{name: getattr(self, name) for name in names})

    # Python asks the subclass first, on whichever side it is.
    def __eq__(self: Any, other: Any) -> bool:
        if type(other) is type(self):
            return Struct.__eq__(self, other)
        if public_of(type(other)) is not public:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in names) and bool(
            self.unknown_fields == other.unknown_fields
        )

    def __ne__(self: Any, other: Any) -> bool:
        equal = __eq__(self, other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self: Any) -> int:
        own = hash(as_public(self))
        return hash((own, frozenset(self.unknown_fields.items()))) if self.unknown_fields else own

    # A variant's own name leads to its model, which is what pickle would look up.
    def __reduce__(self: Any) -> Any:
        if self.unknown_fields:
            return methodcaller("with_unknown_fields", dict(self.unknown_fields)), (as_public(self),)
        return as_public(self).__reduce__()

    # To ``copy``, the values above are part of a function, which it would not copy.
    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        from copy import deepcopy  # Whoever gets here has imported it.

        model: Any = deepcopy(as_public(self), memo)
        return model.with_unknown_fields(deepcopy(dict(self.unknown_fields), memo))

    members: dict[str, Any] = {
        method.__name__: method for method in (__eq__, __ne__, __hash__, __reduce__, __deepcopy__)
    }
    # ``help`` on a value looks for a docstring in the value's own class only.
    members |= {"__doc__": public.__doc__, "__public__": public}
    if unknown:
        members |= {"unknown_fields": property(unknown_fields), "__unknown__": tuple(unknown.items())}
    return members
