"""Two spellings of one set of types: derives the snake_case family from the camelCase one, and moves values across.

msgspec renames where a field is declared, so each public model that has a renamed field, itself or in a model it holds,
gets a *twin*: a subclass with the same fields under their Python names. A twin is an instance of the public class, and
equal to it where the values are equal; it exists so that reading and writing snake_case is one call of msgspec too.
Models without a renamed field have no twin: they are the same in both families.
"""

from collections.abc import Callable
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from msgspec import Struct, defstruct, structs

from ..models.base import Model, fields_of

__all__ = ["Naming", "camel_type", "public_of", "rebuild_type", "snake_type"]

Naming = Literal["camel", "snake"]


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


def public_of(cls: Any) -> Any:
    """The public class that ``cls`` is the twin of; ``cls`` itself for everything else."""
    return _publics.get(cls, cls)


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
    """Members of a twin whose instances are equal to its public class's, and hashed, pickled and explained alike."""
    names = public.__struct_fields__

    def as_public(self: Struct) -> Struct:
        return public(**structs.asdict(self))

    # Python asks the subclass first, whichever side it stands on.
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
