"""Two spellings of one set of types: derives the snake_case family from the camelCase one, and moves values across.

msgspec renames where a field is declared, so each public model that has a renamed field, itself or in a model it holds,
gets a *twin*: a subclass with the same fields under their Python names. A twin is an instance of the public class, and
equal to it where the values are equal; it exists so that reading and writing snake_case is one call of msgspec too.
Models without a renamed field have no twin: they are the same in both families.
"""

from collections.abc import Callable
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from msgspec import Struct, defstruct, field, inspect, structs
from msgspec.structs import FieldInfo

from ..building import Built
from ..models.base import Model, fields_of, is_model

__all__ = ["FAMILIES", "Naming", "check_type", "field_like", "public_of", "rebuild_type", "snake_type"]

Naming = Literal["camel", "snake"]


def rebuild_type(tp: Any, replace: Callable[[Any], Any]) -> Any:
    """``tp`` with every class ``C`` in it replaced by ``replace(C)``, through lists, dicts and unions."""
    arguments = get_args(tp)
    if not arguments or get_origin(tp) is Literal:
        return replace(tp)
    rebuilt = tuple([rebuild_type(argument, replace) for argument in arguments])
    if rebuilt == arguments:
        return tp
    origin = get_origin(tp)
    return Union[rebuilt] if origin in (Union, UnionType) else origin[rebuilt]


def camel_type(tp: Any) -> Any:
    """``tp`` as the camelCase codec reads it: itself."""
    return tp


def snake_type(tp: Any) -> Any:
    """``tp`` with every model in it replaced by its snake_case twin, if it has one."""
    return rebuild_type(tp, lambda cls: _twins[cls] if is_model(cls) else cls)


FAMILIES: dict[Naming, Callable[[Any], Any]] = {"camel": camel_type, "snake": snake_type}
"""For each naming, the function that gives a type in the family spelled that way."""


def check_type(tp: Any) -> None:
    """Raises ``TypeError`` if a codec cannot read ``tp``.

    It cannot read a type that msgspec does not read, nor a class of the caller's that holds a model: a twin can take
    the place of a model in lists, dicts and unions, but not in the fields of a class that is not a model.
    """
    seen: set[Any] = set()
    # A node of msgspec's description of a type, with the class that it is a part of, if that is not a model.
    ahead: list[tuple[Any, Any]] = [(inspect.type_info(tp), None)]
    while ahead:
        node, holder = ahead.pop()
        if (id(node), holder) in seen:
            continue
        seen.add((id(node), holder))
        if isinstance(node, inspect.CustomType):
            raise TypeError(f"Expected a model, a union of models, or a list of these: {node.cls!r} cannot be read")
        cls: Any = getattr(node, "cls", None)
        if is_model(cls):
            if holder is not None:
                raise TypeError(f"{holder!r} holds the model {cls.__name__}: read the model on its own")
        elif cls is not None:
            holder = cls
        for name in node.__struct_fields__:
            part = getattr(node, name)
            ahead += [(member, holder) for member in (part if isinstance(part, tuple) else (part,)) if _is_node(member)]


def _is_node(part: Any) -> bool:
    return isinstance(part, (inspect.Type, inspect.Field))


_publics: dict[Any, Any] = {}
"""For each twin, the class it is a twin of."""


def public_of(cls: Any) -> Any:
    """The public class that ``cls`` is the twin of; ``cls`` itself if it is not a twin."""
    return _publics.get(cls, cls)


def field_like(info: FieldInfo, name: str) -> Any:
    """A field with the default of ``info``, written under the key ``name``."""
    declare: Any = field  # Its overloads allow one of the two defaults, not an absent one of each.
    return declare(default=info.default, default_factory=info.default_factory, name=name)


def _derive(cls: type[Model]) -> type[Model]:
    infos = fields_of(cls)
    names = _snake_names(infos)
    types = [snake_type(info.type) for info in infos]
    if all(name == info.encode_name and tp == info.type for info, name, tp in zip(infos, names, types, strict=True)):
        return cls
    config = cls.__struct_config__
    twin = cast(
        "type[Model]",
        defstruct(
            cls.__name__,
            [(info.name, tp, field_like(info, name)) for info, name, tp in zip(infos, names, types, strict=True)],
            bases=(cls,),
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


_twins: Built[Any, Any] = Built(_derive)


def _snake_names(infos: tuple[FieldInfo, ...]) -> list[str]:
    """The snake_case key of each field: its Python name, or the one that ``field(name=...)`` gave it in a subclass."""
    camel = defstruct("Camel", [info.name for info in infos], rename="camel").__struct_encode_fields__
    return [
        info.name if info.encode_name == mechanical else info.encode_name
        for info, mechanical in zip(infos, camel, strict=True)
    ]


def _value_semantics(public: type[Model]) -> dict[str, Any]:
    """Members of a twin whose instances are equal to its public class's, and hashed, pickled and explained alike."""
    names = public.__struct_fields__

    def as_public(self: Struct) -> Struct:
        return public(**structs.asdict(self))

    # Python asks the subclass first, on whichever side it is.
    def __eq__(self: Struct, other: object) -> bool:
        if public_of(type(other)) is not public:
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

    methods = {method.__name__: method for method in (__eq__, __ne__, __hash__, __reduce__)}
    # ``help`` on a value looks for a docstring in the value's own class only.
    return {**methods, "__doc__": public.__doc__}
