"""Classes that are not models but hold some: structs, dataclasses, attrs classes, named tuples and typed dicts."""

from typing import Any, Generic, get_args, get_origin, get_type_hints

from msgspec import Struct, inspect, structs

from ..building import Built
from ..models.base import is_model
from ..models.failures import ServiceError
from ..models.variants import fields_of
from .families import rebuild_type, unwrapped

__all__ = [
    "check_type",
    "field_names_of",
    "foreign_arguments_of",
    "foreign_fields_of",
    "foreign_keys_of",
    "foreign_steps_of",
    "hides_models",
    "holds_models",
    "is_any",
    "is_written_as_array",
]


def field_names_of(cls: Any) -> list[str]:
    """The names of the attributes that msgspec writes for an instance of ``cls``; none for other classes."""
    if issubclass(cls, Struct):
        return list(cls.__struct_fields__)
    if hasattr(cls, "__dataclass_fields__"):
        from dataclasses import fields  # Whoever gets here has imported it.

        return [field.name for field in fields(cls)]
    return [attribute.name for attribute in getattr(cls, "__attrs_attrs__", ())]


def foreign_fields_of(tp: Any) -> dict[str, Any]:
    """The fields of a class that is not a model, and their types; none for other types."""
    cls = get_origin(tp) or tp
    if not isinstance(cls, type) or is_model(cls):
        return {}
    if issubclass(cls, Struct):
        return {info.name: info.type for info in structs.fields(tp)}
    is_record = issubclass(cls, (dict, tuple)) and (hasattr(cls, "__total__") or hasattr(cls, "_fields"))
    names = list(get_type_hints(cls)) if is_record else field_names_of(cls)
    if not names:
        return {}
    hints, variables = get_type_hints(cls, include_extras=True), _bindings(tp)
    return {name: _bound(_required(hints[name]), variables) for name in names}


def foreign_keys_of(tp: Any) -> dict[str, str]:
    """The keys of the fields of a class that is not a model, by the names of the fields."""
    cls: Any = get_origin(tp) or tp
    infos = structs.fields(tp) if issubclass(cls, Struct) else ()
    return {name: name for name in foreign_fields_of(tp)} | {info.name: info.encode_name for info in infos}


def foreign_arguments_of(tp: Any) -> dict[str, str]:
    """The names of the arguments that the class is made with, by the names of the fields."""
    # attrs leaves out the underscores at the beginning of a name.
    aliases = {field.name: field.alias for field in getattr(get_origin(tp) or tp, "__attrs_attrs__", ())}
    return {name: aliases.get(name, name) for name in foreign_fields_of(tp)}


def foreign_steps_of(tp: Any) -> dict[str, str | int]:
    """By the names of the fields, the last step of the path to each: its key, or its position if values are arrays."""
    cls: Any = get_origin(tp) or tp
    keys = foreign_keys_of(tp)
    if not is_written_as_array(cls):
        return {**keys}
    # The tag of a struct is the first item.
    start = int(issubclass(cls, Struct) and cls.__struct_config__.tag is not None)
    return {name: position for position, name in enumerate(keys, start)}


def is_written_as_array(cls: Any) -> bool:
    """Whether the values of a class with fields are JSON arrays."""
    return issubclass(cls, tuple) or (issubclass(cls, Struct) and cls.__struct_config__.array_like)


def _build_holds_models(tp: Any) -> bool:
    return is_any(tp, lambda part: is_model(part) or part is ServiceError)


holds_models: Built[Any, bool] = Built(_build_holds_models)
"""Whether a value of a type can hold a model or an error body, in the fields of a foreign class too."""


def _build_hides_models(tp: Any) -> bool:
    return is_any(tp, lambda part: any(holds_models[member] for member in foreign_fields_of(part).values()))


hides_models: Built[Any, bool] = Built(_build_hides_models)
"""Whether models are in the fields of a foreign class, where no variant can take their place."""


def check_type(tp: Any) -> None:
    """Raises ``TypeError`` if msgspec does not read ``tp``."""
    seen: set[int] = set()
    # Kept, so that no other node gets the id of one that was seen.
    root = inspect.type_info(tp)
    ahead: list[Any] = [root]
    while ahead:
        node = ahead.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, inspect.CustomType):
            raise TypeError(f"Expected a model, or a type that holds models: {node.cls!r} cannot be read")
        for name in node.__struct_fields__:
            part = getattr(node, name)
            members = part if isinstance(part, tuple) else (part,)
            ahead += [member for member in members if isinstance(member, (inspect.Type, inspect.Field))]


def is_any(tp: Any, test: Any) -> bool:
    """Whether ``test`` is true for ``tp`` or a type it is made of."""
    seen: set[Any] = set()
    ahead = [tp]
    while ahead:
        part = unwrapped(ahead.pop())
        if _identity(part) in seen:
            continue
        seen.add(_identity(part))
        if test(part):
            return True
        ahead += get_args(part)
        if is_model(part):
            ahead += [info.type for info in fields_of(part)]
        else:
            ahead += foreign_fields_of(part).values()
    return False


def _identity(tp: Any) -> Any:
    try:
        hash(tp)
    except TypeError:  # The metadata of an annotation.
        return id(tp)
    return tp


def _required(hint: Any) -> Any:
    # Of two modules, and one of them may not be installed.
    is_wrapper = str(get_origin(hint)).rpartition(".")[2] in ("Required", "NotRequired", "ReadOnly")
    return get_args(hint)[0] if is_wrapper else hint


def _bindings(tp: Any) -> dict[Any, Any]:
    """The types bound to the type variables of a generic class and of its bases."""
    cls = get_origin(tp) or tp
    found = dict(zip(getattr(cls, "__parameters__", ()), get_args(tp), strict=False))
    for base in getattr(cls, "__orig_bases__", ()):
        if get_origin(base) is not Generic:
            found |= {variable: _bound(inner, found) for variable, inner in _bindings(base).items()}
    return found


def _bound(tp: Any, variables: dict[Any, Any]) -> Any:
    return rebuild_type(tp, lambda part: variables.get(_identity(part), part)) if variables else tp
