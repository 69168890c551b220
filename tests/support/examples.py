"""One value of any model, made from the types of its fields, so that a new model needs no new example."""

from collections.abc import Mapping
from datetime import datetime, timezone
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import NODEFAULT, Raw, Struct, UnsetType, structs

import conversation_models as cm

__all__ = ["MODELS", "full", "least"]

MODELS: list[type[Struct]] = [
    public for name in cm.__all__ if isinstance(public := getattr(cm, name), type) and issubclass(public, Struct)
]
"""Every public model."""

_EXAMPLES: dict[Any, Any] = {
    str: "text é",
    int: 7,
    bool: True,
    float: 0.5,
    datetime: datetime(2025, 5, 27, 11, 34, 39, 610632, timezone.utc),
    Any: [1, {"a": None}],
    Raw: Raw(b'[{"a":1}]'),
    cm.Unknown: cm.Unknown("new", b'{"type":"new"}'),
}


def full(cls: type[Struct]) -> Any:
    """A value with every field set."""
    return cls(**{field.name: _example(field.type) for field in structs.fields(cls)})


def least(cls: type[Struct]) -> Any:
    """A value with the required fields only."""
    return cls(**{field.name: _example(field.type) for field in structs.fields(cls) if _is_required(field)})


def _is_required(field: structs.FieldInfo) -> bool:
    return field.default is NODEFAULT and field.default_factory is NODEFAULT


def _example(tp: Any) -> Any:
    """A value of ``tp``. Of a union the last arm, which holds the most; of a list one member of each arm."""
    *_, tp = _arms(tp)
    if tp in _EXAMPLES:
        return _EXAMPLES[tp]
    if isinstance(tp, type) and issubclass(tp, Struct):
        return full(tp)
    origin, arguments = get_origin(tp), get_args(tp)
    if origin is Annotated:
        return _example(arguments[0])
    if origin is Literal:
        return arguments[0]
    if origin is list:
        return [_example(arm) for arm in _arms(arguments[0])]
    if origin is tuple:
        return (_example(arguments[0]),)
    if origin in (dict, Mapping):
        return {_example(arguments[0]): _example(arguments[1])}
    raise TypeError(f"There is no example of {tp}")


def _arms(tp: Any) -> list[Any]:
    arms = get_args(tp) if get_origin(tp) in (Union, UnionType) else (tp,)
    return [arm for arm in arms if arm not in (NoneType, UnsetType)]
