"""The models as plain msgspec classes with snake_case keys, for peers that use nothing else of this library."""

from functools import cache
from typing import Any

from msgspec import Struct, defstruct, field, structs

from conversation_models.spelling.families import rebuild_type

__all__ = ["snake_type"]


def snake_type(tp: Any) -> Any:
    """``tp`` with every model in it replaced by a struct with the same fields, which skips unknown keys."""
    return rebuild_type(tp, lambda cls: _struct(cls) if isinstance(cls, type) and issubclass(cls, Struct) else cls)


@cache
def _struct(cls: Any) -> Any:
    declare: Any = field
    config = cls.__struct_config__
    return defstruct(
        cls.__name__,
        [
            (
                info.name,
                snake_type(info.type),
                declare(default=info.default, default_factory=snake_type(info.default_factory), name=info.name),
            )
            for info in structs.fields(cls)
        ],
        bases=(cls,),
        kw_only=True,
        tag_field=config.tag_field,
        tag=config.tag,
    )
