"""Moves a value into one family of models before it is written.

Callers may edit lists in place and ``structs.replace`` takes any value, so every value can mix both families. The
encoder would write the wrong keys for the odd ones out; so check first, and rebuild only what does not match.

The plan: each class gets a check, made once from the types of its fields. A check looks only at fields that can hold a
model with two spellings. Most members need no look inside, because their class alone answers the question: these
classes are collected in ``_settled``, so that a list of such members is checked without a call for each.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from msgspec import structs

from ..building import Built
from ..models.base import Model, fields_of
from .twins import FAMILIES, Naming, public_of, snake_type

__all__ = ["Spelling"]

ARRAYS = (list, tuple, set, frozenset)
"""What is written as a JSON array."""

Check = Callable[[Any], bool]


def _matches(_: Any) -> bool:
    return True


def _differs(_: Any) -> bool:
    return False


class Spelling:
    """Gives values the classes of one family. A value that matches already is returned as it is."""

    def __init__(self, naming: Naming) -> None:
        self._family = FAMILIES[naming]
        self._settled: set[Any] = set()
        """Classes whose instances match whatever is in them."""
        self._checks: Built[Any, Check] = Built(self._check_for)

    def respell(self, value: Any) -> Any:
        """``value``, a model or a list, tuple or dict of models, in this family. O(members)."""
        return value if self._checks[type(value)](value) else self._rebuilt(value)

    def _check_for(self, cls: Any) -> Check:
        if issubclass(cls, ARRAYS):
            return self._check_members
        if issubclass(cls, dict):
            return lambda members: self._check_members(members.values())
        if issubclass(cls, Model):
            public = public_of(cls)
            if self._family(public) is not cls:
                return _differs
            if names := _respelled_fields(public):
                return self._check_of_fields(names)
        self._settled.add(cls)
        return _matches

    def _check_of_fields(self, names: list[str]) -> Check:
        settled, checks = self._settled, self._checks
        if len(names) == 1:
            get = attrgetter(names[0])

            def check_field(value: Any) -> bool:
                cls = type(member := get(value))
                return cls in settled or checks[cls](member)

            return check_field

        get_all = attrgetter(*names)

        def check_fields(value: Any) -> bool:
            for member in get_all(value):
                cls = type(member)
                if cls not in settled and not checks[cls](member):
                    return False
            return True

        return check_fields

    def _check_members(self, members: Any) -> bool:
        settled, checks = self._settled, self._checks
        if settled.issuperset(map(type, members)):
            return True
        for member in members:
            cls = type(member)
            if cls not in settled and not checks[cls](member):
                return False
        return True

    def _rebuilt(self, value: Any) -> Any:
        cls = type(value)
        if self._checks[cls](value):
            return value
        if issubclass(cls, ARRAYS):
            return [self._rebuilt(member) for member in value]
        if issubclass(cls, dict):
            return {key: self._rebuilt(member) for key, member in value.items()}
        public = public_of(cls)
        changed = {}
        for name in _respelled_fields(public):
            before = getattr(value, name)
            after = self._rebuilt(before)
            if after is not before:
                changed[name] = after
        target = self._family(public)
        return structs.replace(value, **changed) if cls is target else target(**structs.asdict(value) | changed)


def _respelled_fields(public: type[Model]) -> list[str]:
    """The names of the fields that can hold a model with two spellings."""
    return [info.name for info in fields_of(public) if snake_type(info.type) != info.type]
