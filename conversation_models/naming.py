"""Two spellings of one set of types: derives the snake_case family from the camelCase one, and moves values across.

msgspec renames where a field is declared, so each public model that has a renamed field, itself or in a model it holds,
gets a *twin*: a subclass with the same fields under their Python names. A twin is an instance of the public class, and
equal to it where the values are equal; it exists so that reading and writing snake_case is one call of msgspec too.
Models without a renamed field have no twin: they are the same in both families.
"""

import re
from collections.abc import Callable
from functools import cache
from operator import is_not
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from msgspec import UNSET, Raw, Struct, UnsetType, defstruct, structs
from msgspec.json import Decoder

from .errors import UNREADABLE
from .models.base import Model, fields_of
from .models.entries import MessageOutputEntry
from .models.events import ConversationEvent, MessageOutputEvent
from .models.responses import ConversationResponse, ConversationUsageInfo, ResponseHead
from .models.unknown import Unknown

__all__ = ["Naming", "Spelling", "camel_type", "naming_of", "snake_type"]

Naming = Literal["camel", "snake"]


# Deriving the twins ----------------------------------------------------------------------------------------------


def rebuild_type(type: Any, replace: Callable[[Any], Any]) -> Any:
    """``type`` with every class ``C`` in it replaced by ``replace(C)``, through lists, dicts and unions."""
    arguments = get_args(type)
    if not arguments or get_origin(type) is Literal:
        return replace(type)
    rebuilt = tuple([rebuild_type(argument, replace) for argument in arguments])
    if rebuilt == arguments:
        return type
    origin = get_origin(type)
    return Union[rebuilt] if origin in (Union, UnionType) else origin[rebuilt]


builtin_type = type


def camel_type(type: Any) -> Any:
    """``type`` as the camelCase codec reads it: itself."""
    return type


_twins: dict[Any, Any] = {}
_publics: dict[Any, Any] = {}
"""For each twin, the class it is a twin of."""


def snake_type(type: Any) -> Any:
    """``type`` with every model in it replaced by its snake_case twin, where it has one."""
    return rebuild_type(type, _twin)


def _twin(cls: Any) -> Any:
    if not (isinstance(cls, builtin_type) and issubclass(cls, Model)):
        return cls
    if cls not in _twins:
        _twins[cls] = _derive(cls)
    return _twins[cls]


def _derive(cls: type[Model]) -> type[Model]:
    fields = fields_of(cls)
    types = [snake_type(field.type) for field in fields]
    if all(field.name == field.encode_name and field.type == type for field, type in zip(fields, types, strict=True)):
        return cls
    config = cls.__struct_config__
    twin = cast(
        "type[Model]",
        defstruct(
            cls.__name__,
            [(field.name, type, field.default) for field, type in zip(fields, types, strict=True)],
            bases=(cls,),
            # An identity function: ``None`` would mean "as in the base", which is camelCase.
            rename=str,
            kw_only=True,
            tag_field=config.tag_field,
            tag=config.tag,
            module=cls.__module__,
            namespace=_value_semantics(cls),
        ),
    )
    twin.__qualname__ = cls.__qualname__
    _publics[twin] = cls
    return twin


def _value_semantics(public: type[Model]) -> dict[str, Any]:
    """What makes a twin's instances the same values as those of its public class: equal, hashed and pickled alike."""
    names = public.__struct_fields__

    def as_public(self: Struct) -> Struct:
        return public(**structs.asdict(self))

    # Python asks the subclass first, whichever side it stands on.
    def __eq__(self: Struct, other: object) -> bool:
        if _publics.get(type(other), type(other)) is not public:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def __ne__(self: Struct, other: object) -> bool:
        equal = __eq__(self, other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self: Struct) -> int:
        return hash(as_public(self))

    # A twin's own name leads to its public class, which is what pickle would look up.
    def __reduce__(self: Struct) -> Any:
        return as_public(self).__reduce__()

    return {method.__name__: method for method in (__eq__, __ne__, __hash__, __reduce__)}


# Moving values between the families ------------------------------------------------------------------------------


def _public_models(type: Any, found: set[Any]) -> set[Any]:
    if isinstance(type, builtin_type) and issubclass(type, Model) and type not in found:
        found.add(type)
        for field in fields_of(type):
            _public_models(field.type, found)
    for argument in get_args(type):
        _public_models(argument, found)
    return found


_PUBLIC_MODELS = _public_models(ConversationResponse | ResponseHead | ConversationEvent, set())


class _Plans(dict[Any, tuple[Any, list[str]]]):
    """For each model of either family: its class in this one, and the names of the fields that have to be looked at.

    Not only for the models of this library: programs add the fields they know of in subclasses.
    """

    def __init__(self, family: Callable[[Any], Any]) -> None:
        self._family = family

    def __missing__(self, cls: Any) -> tuple[Any, list[str]]:
        public = _publics.get(cls, cls)
        respelled = [field.name for field in fields_of(public) if snake_type(field.type) != field.type]
        plan = self[cls] = (self._family(public), respelled)
        return plan


class Spelling:
    """Gives values the classes of one family; a value is handed back as it is where there is nothing to change.

    Lists in a response may be edited in place, so members of the other family can turn up in any value, wherever it
    came from, and the encoder would write them under the wrong keys. Hence every value is looked through before it is
    written: quickly where it holds what a codec of this family decodes; at a cost, where something has to be rebuilt.
    """

    def __init__(self, family: Callable[[Any], Any]) -> None:
        self._plans = _Plans(family)
        models = [spelled for cls in _PUBLIC_MODELS for spelled in (cls, snake_type(cls))]
        self._leaves = frozenset([cls for cls in models if self._plans[cls] == (cls, [])] + [Unknown])
        self._response, self._usage, self._message, self._delta = map(
            family, (ConversationResponse, ConversationUsageInfo, MessageOutputEntry, MessageOutputEvent)
        )

    def respell(self, value: Any) -> Any:
        """``value``, a model or a list, tuple or dict of models, in this family."""
        cls = type(value)
        if cls is self._delta:
            return value if type(value.content) is str else self._respelled(value)
        if cls is not self._response or type(value.usage) is not self._usage:
            return self._respelled(value)
        message, leaves = self._message, self._leaves
        for entry in value.outputs:
            cls = type(entry)
            if cls is message:
                if type(entry.content) is not str and not leaves.issuperset(map(type, entry.content)):
                    return self._respelled(value)
            elif cls not in leaves:
                return self._respelled(value)
        return value

    def _respelled(self, value: Any) -> Any:
        cls = type(value)
        if issubclass(cls, Model):
            target, names = self._plans[cls]
            changed = {}
            for name in names:
                before = getattr(value, name)
                after = self._respelled(before)
                if after is not before:
                    changed[name] = after
            if cls is not target:
                return target(**{**structs.asdict(value), **changed})
            return structs.replace(value, **changed) if changed else value
        if cls is list or cls is tuple:
            if self._leaves.issuperset(map(type, value)):
                return value
            members = [self._respelled(member) for member in value]
            return members if any(map(is_not, members, value)) else value
        if cls is dict:
            return {key: self._respelled(member) for key, member in value.items()}
        return value


# Telling bytes apart ---------------------------------------------------------------------------------------------


class _BothSpellings(Struct):
    """The one renamed field that every response has, wherever it stands among the others."""

    conversation_id: Raw | UnsetType = UNSET
    conversationId: Raw | UnsetType = UNSET  # noqa: N815


_both_spellings = Decoder(_BothSpellings)


@cache
def _renamed_key() -> re.Pattern[bytes]:
    renamed = [field for cls in _PUBLIC_MODELS for field in fields_of(cls) if field.name != field.encode_name]
    spellings = sorted({name for field in renamed for name in (field.name, field.encode_name)})
    return re.compile(rf'"({"|".join(spellings)})"\s*:'.encode())


def naming_of(data: Any) -> Naming | None:
    """The naming that JSON text (bytes-like) is in, as its keys tell; ``None`` where they are the same in both.

    A response's own ``conversation_id`` decides, else the first key that has two spellings. Costs a pass over ``data``.
    """
    try:
        head = _both_spellings.decode(data)
    except UNREADABLE:
        pass  # An array, lines, or no JSON at all.
    else:
        if head.conversation_id is not head.conversationId:
            return "snake" if head.conversationId is UNSET else "camel"
    key = _renamed_key().search(data)
    return None if key is None else "snake" if b"_" in key[1] else "camel"
