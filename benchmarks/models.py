"""The models of this library as classes of bare msgspec and of pydantic, so that all peers read the same fields.

``snake`` makes msgspec structs, which need nothing else of this library. ``pydantic`` makes pydantic models as its
documentation advises for speed: discriminated unions, ``str`` first in left-to-right unions, one ``TypeAdapter`` each.
"""

from functools import cache, partial
from types import NoneType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import UNSET, Struct, UnsetType, defstruct, field, structs
from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, TypeAdapter, create_model
from pydantic.alias_generators import to_camel

from conversation_models.spelling.families import rebuild_type


def snake(tp: Any, *, strict: bool = False) -> Any:
    """``tp`` with msgspec structs with snake_case keys. They skip unknown keys, or reject them if ``strict``."""
    return rebuild_type(tp, lambda cls: _struct(cls, strict) if _is_model(cls) else cls)


def _is_model(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, Struct)


@cache
def _struct(cls: Any, strict: bool) -> Any:
    declare: Any = field
    made = partial(snake, strict=strict)
    defaults = [
        declare(default=one.default, default_factory=made(one.default_factory), name=one.name)
        for one in structs.fields(cls)
    ]
    fields = [(one.name, made(one.type), value) for one, value in zip(structs.fields(cls), defaults, strict=True)]
    tags = {"tag_field": cls.__struct_config__.tag_field, "tag": cls.__struct_config__.tag}
    return defstruct(cls.__name__, fields, bases=(cls,), kw_only=True, forbid_unknown_fields=strict, **tags)


class _Model(BaseModel):
    # Aliases are only for writing, so that reading looks for one name.
    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=to_camel), protected_namespaces=())


class _Keeping(_Model):
    model_config = ConfigDict(extra="allow")


def pydantic(tp: Any, *, extra: bool = False) -> "TypeAdapter[Any]":
    """The adapter of ``tp`` with pydantic models. They skip unknown keys, or keep them if ``extra``."""
    return TypeAdapter(_pydantic(tp, extra))


def _pydantic(tp: Any, extra: bool) -> Any:
    if _is_model(tp):
        return _model(tp, extra)
    arguments = [_pydantic(argument, extra) for argument in get_args(tp) if argument is not UnsetType]
    if not arguments or get_origin(tp) is Literal:
        return tp
    if get_origin(tp) in (list, dict):
        return tp.__origin__[tuple(arguments)]
    if get_origin(tp) is Annotated:
        return arguments[0]
    return _union([one for one in arguments if one is not NoneType], optional=NoneType in arguments)


def _union(members: list[Any], *, optional: bool) -> Any:
    models = [one for one in members if isinstance(one, type) and "type" in getattr(one, "model_fields", ())]
    if len(models) > 1:
        tagged: Any = Annotated[Union[tuple(models)], Field(discriminator="type")]
        members = [*[one for one in members if one not in models], tagged]
    one: Any = members[0] if len(members) == 1 else Annotated[Union[tuple(members)], Field(union_mode="left_to_right")]
    return one | None if optional else one


@cache
def _model(cls: Any, extra: bool) -> Any:
    tag = cls.__struct_config__.tag
    fields: dict[str, Any] = {"type": (Literal[tag], tag)} if tag else {}
    for one in structs.fields(cls):
        tp = _pydantic(one.type, extra)
        if one.name == "schema":  # A method of pydantic's models has that name.
            fields["schema_"] = (tp, Field(alias="schema"))
        elif one.required:
            fields[one.name] = (tp, ...)
        elif one.default is UNSET:
            fields[one.name] = (tp | None, None)
        elif _is_model(one.default_factory):
            fields[one.name] = (tp, Field(default_factory=tp))
        else:
            fields[one.name] = (tp, one.default)
    return create_model(cls.__name__, __base__=_Keeping if extra else _Model, **fields)
