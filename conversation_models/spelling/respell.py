"""Moves values into one spelling before they are written."""

from collections.abc import Callable
from operator import is_not
from typing import Any, get_args

from msgspec import structs

from ..models.base import Model, fields_of
from ..models.entries import MessageOutputEntry
from ..models.events import ConversationEvent, MessageOutputEvent
from ..models.responses import ConversationResponse, ConversationUsageInfo, ResponseHead
from ..models.unknown import Unknown
from .twins import public_of, snake_type

__all__ = ["PUBLIC_MODELS", "Spelling"]


_type = type


def _public_models(type: Any, found: set[Any]) -> set[Any]:
    if isinstance(type, _type) and issubclass(type, Model) and type not in found:
        found.add(type)
        for field in fields_of(type):
            _public_models(field.type, found)
    for argument in get_args(type):
        _public_models(argument, found)
    return found


PUBLIC_MODELS = _public_models(ConversationResponse | ResponseHead | ConversationEvent, set())


class _Plans(dict[Any, tuple[Any, list[str]]]):
    """For each model of either family: its class in this one, and the names of the fields that have to be looked at.

    Not only for the models of this library: programs add the fields they know of in subclasses.
    """

    def __init__(self, family: Callable[[Any], Any]) -> None:
        self._family = family

    def __missing__(self, cls: Any) -> tuple[Any, list[str]]:
        public = public_of(cls)
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
        models = [spelled for cls in PUBLIC_MODELS for spelled in (cls, snake_type(cls))]
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
