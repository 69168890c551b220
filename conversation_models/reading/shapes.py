"""Tells from a type which JSON values it is read from: objects or arrays."""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec import Raw, Struct, defstruct

from ..jsontext import decoder_of
from ..spelling.foreign import foreign_fields_of, holds_models
from .open_union import is_beyond_msgspec
from .parts import without_metadata

__all__ = ["by_tag", "is_array", "is_container", "is_object", "stand_in", "with_raw_arguments"]


def by_tag(raw: Raw, arms: list[Any]) -> Any:
    """The one of several tagged structs of the caller's that a text is, ``None`` if it is none of them."""
    members = decoder_of[dict[str, Raw]].decode(raw)
    for cls in arms:
        config = getattr(get_origin(cls) or cls, "__struct_config__", None)
        if config is None or config.tag is None:
            continue
        tag = members.get(config.tag_field)
        if tag is not None and decoder_of[Any].decode(tag) == config.tag:
            return cls
    return None


def stand_in(tp: Any) -> Any:
    """A type for the same kind of JSON value, with the same tag, that msgspec reads if it does not read ``tp``."""
    if holds_models[tp] and is_container(without_metadata(tp)):
        return with_raw_arguments(tp)
    if not is_beyond_msgspec[tp]:
        return tp
    if not _is_struct(tp):
        return list[Raw] if is_array(tp) else dict[str, Raw]
    config = _class_of(tp).__struct_config__
    return defstruct(
        _class_of(tp).__name__, [], tag_field=config.tag_field, tag=config.tag, array_like=config.array_like
    )


def is_object(tp: Any) -> bool:
    """Whether ``tp`` is a struct, or another type that holds models, and its values are JSON objects."""
    return (_is_struct(tp) or holds_models[tp]) and not is_array(tp)


def is_container(tp: Any) -> bool:
    """Whether ``tp`` is a list, a dict or the like."""
    return bool(get_args(tp)) and get_origin(tp) not in (Union, UnionType) and not foreign_fields_of(tp)


def is_array(tp: Any) -> bool:
    """Whether the values of ``tp``, which is not a union, are JSON arrays."""
    cls = _class_of(tp)
    return cls.__struct_config__.array_like if _is_struct(tp) else hasattr(cls, "__iter__") and not hasattr(cls, "keys")


def _is_struct(tp: Any) -> bool:
    cls = _class_of(tp)
    return isinstance(cls, type) and issubclass(cls, Struct)


def _class_of(tp: Any) -> Any:
    tp = without_metadata(tp)
    return get_origin(tp) or tp


def with_raw_arguments(tp: Any) -> Any:
    """A list, dict or the like, with texts in place of models."""
    if get_origin(tp) is Annotated:
        inner, *metadata = get_args(tp)
        return Annotated[(with_raw_arguments(inner), *metadata)]
    cls: Any = get_origin(tp)
    return cls[tuple([Raw if part is not Ellipsis and holds_models[part] else part for part in get_args(tp)])]
