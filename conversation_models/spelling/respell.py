"""Moves a value into one family of models before it is written.

Callers may edit lists in place and ``structs.replace`` takes any value, so every value can mix both families. The
encoder would write the wrong keys for the odd ones out; so check first, and rebuild only what does not match.

The plan: each class gets a check and a rebuild, compiled once from the types of its fields. A check looks only at
fields that can hold a model with two spellings. Most members need no look inside, because their class alone answers the
question. These classes are collected in ``settled``: a member of such a class, or a list of them, costs no call.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args

from ..building import Built
from ..models.base import Model, fields_of, is_model
from .twins import FAMILIES, Naming, public_of, snake_type

__all__ = ["Spelling", "spelling_of"]

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


class Spelling(NamedTuple):
    """The means to write values in one family. O(members) for lists whose members need a look inside, else O(1)."""

    checks: Mapping[type, Callable[[Any], bool]]
    """For the class of a value: whether the value matches the family."""
    respell: Callable[[Any], Any]
    """Gives a model, or a list, tuple, set or dict of models, the classes of the family; returns a match as it is."""


def spelling_of(naming: Naming) -> Spelling:
    """The means to write values in a naming."""
    family = FAMILIES[naming]
    # Classes whose instances match, whatever is in them.
    settled: set[type] = set()

    def compile_check(cls: type) -> Callable[[Any], bool]:
        if issubclass(cls, ARRAYS):
            return lambda members: all(map(matches, members))
        if issubclass(cls, dict):
            return lambda members: all(map(matches, members.values()))
        if issubclass(cls, Model):
            public = public_of(cls)
            if family(public) is not cls:
                return lambda _: False
            if names := _respelled_fields(public):
                return compile_check_of_fields(cls, names)
        settled.add(cls)
        return lambda _: True

    def compile_check_of_fields(cls: type[Model], names: list[str]) -> Callable[[Any], bool]:
        source = "def function(value):"
        plain: dict[str, Any] = {}
        for info in fields_of(cls):
            if info.name in names:
                or_plain = ""
                for member in filter(is_model, _classes_in(info.type)):
                    if len(inner := _respelled_fields(public_of(member))) == 1:
                        plain[member.__name__] = member
                        or_plain += _OR_PLAIN.format(cls=member.__name__, field=inner[0])
                source += _CHECK_FIELD.format(name=info.name, or_plain=or_plain)
        return compiled(f"{source}    return True", **plain)

    def compile_rebuild(cls: type) -> Callable[[Any], Any]:
        if issubclass(cls, ARRAYS):
            return lambda members: list(map(respell, members))
        if issubclass(cls, dict):
            return lambda members: {key: respell(member) for key, member in members.items()}
        public = public_of(cls)
        respelled = _respelled_fields(public)
        fields = [
            f"{info.name}={f'respell(value.{info.name})' if info.name in respelled else f'value.{info.name}'}"
            for info in fields_of(public)
        ]
        return compiled(f"def function(value): return target({', '.join(fields)})", target=family(public))

    def compiled(source: str, **names: Any) -> Callable[[Any], Any]:
        names |= {"settled": settled, "checks": checks, "respell": respell}
        exec(source, names)
        function: Callable[[Any], Any] = names["function"]
        return function

    checks: Built[type, Callable[[Any], bool]] = Built(compile_check)
    rebuilds: Built[type, Callable[[Any], Any]] = Built(compile_rebuild)

    def matches(value: Any) -> bool:
        cls = type(value)
        return cls in settled or checks[cls](value)

    def respell(value: Any) -> Any:
        cls = type(value)
        return value if cls in settled or checks[cls](value) else rebuilds[cls](value)

    return Spelling(checks, respell)


def _respelled_fields(public: type[Model]) -> list[str]:
    """The names of the fields that can hold a model with two spellings."""
    return [info.name for info in fields_of(public) if snake_type(info.type) != info.type]


def _classes_in(tp: Any) -> list[Any]:
    """The classes that ``tp`` is made of, through lists, dicts and unions."""
    return [cls for argument in get_args(tp) for cls in _classes_in(argument)] or [tp]
