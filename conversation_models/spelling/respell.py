"""Moves a value into one naming before it is written.

Callers may edit lists in place and ``structs.replace`` takes any value, so every value can mix both namings. The
encoder would write the wrong keys for the odd ones out; so check first, and rebuild only what does not match. A carrier
of unknown fields is rebuilt too: it becomes its JSON text, with the unknown fields added.

The plan: each class gets a check and a rebuild, compiled once from the types of its fields. A check looks only at
fields that can hold a model. Most members need no look inside, because their class alone answers the question. These
classes are collected in ``settled``: a member of such a class, or a list of them, costs no call.
"""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from msgspec import Raw, Struct, structs

from ..building import Built, compile_function
from ..models.base import Model, is_model
from ..models.variants import fields_of, public_of
from .families import PLAIN, Naming, keys_of, spells
from .foreign import field_names_of, holds_models

__all__ = ["Spelling"]

ARRAYS = (list, tuple, set, frozenset)
"""Classes that are written as a JSON array."""


# Source text, because the same as a closure over the names of the fields takes twice the time. The members of a long
# list are mostly settled, which one call finds out; in a short one, a look at each member takes less than that call.
_CHECK_FIELD = """
    member = value.{name}
    cls = type(member)
    if cls not in settled:
        if cls is not list:
            if not checks[cls](member):
                return False
        elif len(member) < 8 or not settled.issuperset(map(type, member)):
            for item in member:
                cls = type(item)
                if cls in settled{or_plain}:
                    continue
                if not checks[cls](item):
                    return False
"""
# A member with one field to look at, such as a message, is mostly plain (its content is text): that saves a call too.
_OR_PLAIN = " or (cls is {cls} and type(item.{field}) in settled)"


class Spelling:
    """The means to write values in one naming. O(members) for lists whose members need a look inside, else O(1)."""

    def __init__(self, naming: Naming, encode: Callable[[Any], bytes]) -> None:
        """``encode`` writes what ``respell`` returns."""
        self._naming: Naming = naming
        self._encode = encode
        # Classes whose instances match, whatever is in them.
        self._settled: set[type] = set()
        self.checks: Built[type, Callable[[Any], bool]] = Built(self._compile_check)
        """For the class of a value: whether the value matches the naming."""
        self._rebuilds: Built[type, Callable[[Any], Any]] = Built(self._compile_rebuild)

    def respell(self, value: Any) -> Any:
        """Give the models in a value the classes of the naming. Returns a value that matches as it is."""
        cls = type(value)
        return value if cls in self._settled or self.checks[cls](value) else self._rebuilds[cls](value)

    def forget(self) -> None:
        """Let go of all classes, some of which may be out of use."""
        self._settled.clear()
        self.checks.clear()
        self._rebuilds.clear()

    def _matches(self, value: Any) -> bool:
        cls = type(value)
        return cls in self._settled or self.checks[cls](value)

    def _compile_check(self, cls: type) -> Callable[[Any], bool]:
        if issubclass(cls, ARRAYS):
            return lambda members: all(map(self._matches, members))
        if issubclass(cls, dict):
            return lambda members: all(map(self._matches, members.values()))
        if issubclass(cls, Model):
            if not spells(cls, self._naming):
                return lambda _: False
            names = _fields_with_models(public_of(cls))
        else:
            names = field_names_of(cls)
        if names:
            return self._compile_check_of_fields(cls, names)
        self._settled.add(cls)
        return lambda _: True

    def _compile_check_of_fields(self, cls: type, names: list[str]) -> Callable[[Any], bool]:
        source = "def function(value):"
        plain: dict[str, Any] = {}
        types = {info.name: info.type for info in structs.fields(cls)} if issubclass(cls, Model) else {}
        for name in names:
            or_plain = ""
            for member in filter(is_model, _classes_in(types.get(name))):
                inner = _fields_with_models(public_of(member))
                if len(inner) == 1 and spells(member, self._naming):
                    plain[member.__name__] = member
                    or_plain += _OR_PLAIN.format(cls=member.__name__, field=inner[0])
            source += _CHECK_FIELD.format(name=name, or_plain=or_plain)
        return self._compile(f"{source}    return True", **plain)

    def _compile_rebuild(self, cls: type) -> Callable[[Any], Any]:
        if issubclass(cls, ARRAYS):
            return lambda members: list(map(self.respell, members))
        if issubclass(cls, dict):
            return lambda members: {key: self.respell(member) for key, member in members.items()}
        if not issubclass(cls, Model):
            return self._rebuild_foreign
        public = public_of(cls)
        with_models = _fields_with_models(public)
        fields = [
            f"{info.name}={f'respell(value.{info.name})' if info.name in with_models else f'value.{info.name}'}"
            for info in fields_of(public)
        ]
        target = public if spells(public, self._naming) else PLAIN[self._naming].classes[public]
        rebuild = self._compile(f"def function(value): return target({', '.join(fields)})", target=target)
        if public is cls:
            return rebuild
        respelled = keys_of[public, self._naming].respelled

        def rebuild_with_unknown_fields(value: Any) -> Any:
            document = rebuild(value)
            if not value.unknown_fields:
                return document
            fields: dict[str, Any] = dict(value.unknown_fields)
            unknown = {respelled.get(key, key): member for key, member in fields.items()}
            if not _is_free_of_models(unknown):
                unknown = self.respell(unknown)
            # In the order that a class which has learned them writes them in.
            return self._with_members(document, dict(sorted(unknown.items())))

        return rebuild_with_unknown_fields

    def _with_members(self, document: Any, members: Mapping[str, Any]) -> Raw:
        text = self._encode(document)
        return Raw(b"%b%b%b" % (text[:-1], b"," if len(text) > 2 else b"", self._encode(members)[1:]))

    def _rebuild_foreign(self, value: Any) -> Any:
        import copy  # Importing the package would take longer with it.

        clone = copy.copy(value)
        for name in field_names_of(type(value)):
            member = getattr(value, name)
            # Neither runs what the class does on assignment: it may be frozen, or check types.
            set_field = structs.force_setattr if isinstance(value, Struct) else object.__setattr__
            set_field(clone, name, self.respell(member))
        return clone

    def _compile(self, source: str, **names: Any) -> Callable[[Any], Any]:
        return compile_function(
            source, names | {"settled": self._settled, "checks": self.checks, "respell": self.respell}
        )


def _is_free_of_models(value: Any) -> bool:
    """Whether a value consists of what JSON text is decoded to. Without recursion, since that may be nested deep."""
    ahead = [value]
    while ahead:
        part = ahead.pop()
        cls = type(part)
        if cls is dict:
            ahead += part.values()
        elif cls is list:
            ahead += part
        elif cls not in _SCALARS:
            return False
    return True


_SCALARS = (str, int, float, bool, type(None), Raw)


def _fields_with_models(model: type[Model]) -> list[str]:
    """The names of the fields that can hold a model."""
    return [info.name for info in fields_of(model) if holds_models[info.type]]


def _classes_in(tp: Any) -> list[Any]:
    """The classes that ``tp`` is made of, through lists, dicts and unions."""
    return [cls for argument in get_args(tp) for cls in _classes_in(argument)] or [tp]
