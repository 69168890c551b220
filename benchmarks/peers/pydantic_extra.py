"""pydantic, tuned, whose models have ``extra="allow"``: it keeps unknown fields."""

from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, create_model

from ..peer import Peer
from ._pydantic_events import Event
from ._pydantic_models import ConversationResponse


class _Keeping(BaseModel):
    model_config = ConfigDict(extra="allow")


@cache
def _subclass(cls: type[BaseModel]) -> type[BaseModel]:
    fields: dict[str, Any] = {name: (_keeping(info.annotation), info) for name, info in cls.model_fields.items()}
    return create_model(cls.__name__, __base__=(_Keeping, cls), **fields)


def _keeping(tp: Any) -> Any:
    """``tp`` with every model in it replaced by a subclass that keeps unknown fields."""
    if isinstance(tp, type) and issubclass(tp, BaseModel):
        return _subclass(tp)
    arguments, origin = get_args(tp), get_origin(tp)
    if not arguments or origin is Literal:
        return tp
    if origin is Annotated:
        return Annotated[(_keeping(arguments[0]), *arguments[1:])]
    rebuilt = tuple([_keeping(argument) for argument in arguments])
    generic: Any = Union if origin is UnionType else origin
    return generic[rebuilt]


_response: TypeAdapter[Any] = TypeAdapter(_keeping(ConversationResponse))
_event: TypeAdapter[Any] = TypeAdapter(_keeping(Event))


def _round_trip(data: bytes) -> bytes:
    return _response.dump_json(_response.validate_json(data), exclude_unset=True)


def _round_trip_event(data: bytes) -> bytes:
    return _event.dump_json(_event.validate_json(data), exclude_unset=True)


PEER = Peer(
    name="pydantic, extra allowed",
    packages=["pydantic", "pydantic-core"],
    typed=True,
    variant=True,
    operations={
        "decode": _response.validate_json,
        "round trip": _round_trip,
        "decode event": _event.validate_json,
        "round trip event": _round_trip_event,
    },
)
