"""The fields of classes as each library declares them: ours, the Python SDK's and the TypeScript SDK's."""

import importlib
import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from mistralai.client.types import UnrecognizedInt, UnrecognizedStr
from mistralai.client.types.basemodel import Unset
from msgspec import NODEFAULT, UNSET, Struct, UnsetType, structs
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from typing_extensions import TypeAliasType, is_typeddict

from conversation_models.spelling.families import PLAIN

from ..support.node import installed, run_script

__all__ = ["Declared", "Shown", "of_ours", "of_python", "of_typescript", "python_surface", "typescript_surface"]


class Shown(NamedTuple):
    """What the declaration of a field shows."""

    required: bool
    nullable: bool
    default: Any
    """``None`` if there is none."""
    known: frozenset[Any]
    """The values that it names."""
    is_open: bool
    """Whether other values can be read."""
    kinds: frozenset[str] | None
    """The types of its values, ``None`` if they do not show."""
    camel_key: str | None
    """``None`` if the library has no camelCase."""


class Declared(NamedTuple):
    tag: str | None
    fields: dict[str, Shown]
    """By their keys in snake_case."""


def _arms(tp: Any) -> Iterator[Any]:
    """The types in unions, aliases and annotations."""
    # First, since in Python 3.10 an alias with arguments says that it is one without.
    if isinstance(get_origin(tp), TypeAliasType):
        yield from _arms(get_args(tp)[0])
        yield from (NoneType, *([Unset] if get_origin(tp).__name__ == "OptionalNullable" else []))
    elif isinstance(tp, TypeAliasType):
        yield from _arms(tp.__value__)
    elif get_origin(tp) is Annotated:
        yield from _arms(get_args(tp)[0])
    elif get_origin(tp) in (Union, UnionType):
        for arm in get_args(tp):
            yield from _arms(arm)
    else:
        yield tp


_STRINGS = (str, UnrecognizedStr)
_LEAVES: dict[Any, str] = {
    **dict.fromkeys(_STRINGS, "string"),
    **dict.fromkeys((int, UnrecognizedInt), "integer"),
    float: "number",
    bool: "boolean",
    datetime: "time",
    Any: "any",
}


def _kinds(arms: list[Any]) -> frozenset[str]:
    found = {kind for arm in arms for kind in _kinds_of(arm)}
    # An integer is a number, too.
    return frozenset(found - {"integer"} if "number" in found else found)


def _kinds_of(arm: Any) -> Iterator[str]:
    origin, arguments = get_origin(arm), get_args(arm)
    if arm in (NoneType, UnsetType, Unset) or _keeps_unknown(arm):
        return
    if origin is Literal:
        yield from {_LEAVES[type(value)] for value in arguments}
    elif origin is list:
        yield from (f"list of {kind}" for kind in _kinds(list(_arms(arguments[0]))))
    elif origin is dict:
        yield from (f"map to {kind}" for kind in _kinds(list(_arms(arguments[1]))))
    else:
        yield _LEAVES.get(arm) or arm.__name__


def _keeps_unknown(arm: Any) -> bool:
    """Whether this is a class in which the Python SDK keeps an unknown member of a union."""
    return isinstance(arm, type) and issubclass(arm, BaseModel) and arm.__name__.startswith("Unknown")


def _values(arms: list[Any]) -> frozenset[Any]:
    return frozenset(value for arm in arms if get_origin(arm) is Literal for value in get_args(arm))


# Ours ----------------------------------------------------------------------------------------------------------------


def of_ours(cls: type[Struct]) -> Declared:
    """Where the docstring names values or a default, so does the declaration."""
    keys = {
        name: PLAIN["snake"].type(cls).__struct_encode_fields__[at] for at, name in enumerate(cls.__struct_fields__)
    }
    tag = cls.__struct_config__.tag
    return Declared(
        None if tag is None else str(tag),
        {keys[field.name]: _of_our_field(field, _about(cls, field.name)) for field in structs.fields(cls)},
    )


def _of_our_field(field: structs.FieldInfo, about: str) -> Shown:
    arms = list(_arms(field.type))
    default = None if field.default in (NODEFAULT, UNSET) else field.default
    stated = re.search(r"[Aa]bsent (?:or null )?means [*`]*([\w-]+)", about)
    if default is None and stated:
        default = {"true": True, "false": False, "empty": ""}.get(stated[1], stated[1])
    return Shown(
        required=field.default is NODEFAULT and field.default_factory is NODEFAULT,
        nullable=NoneType in arms,
        default=default,
        known=_values(arms) or frozenset(re.findall(r"``([^`]+)``", about)),
        is_open=str in arms,
        kinds=_kinds(arms),
        camel_key=field.encode_name,
    )


def _about(cls: type[Struct], name: str) -> str:
    """What the docstring says about an attribute."""
    found = re.search(rf"^    {name}: (.*(?:\n     .*)*)", inspect.getdoc(cls) or "", re.MULTILINE)
    return found[1] if found else ""


# The Python SDK's ----------------------------------------------------------------------------------------------------


def of_python(cls: type[BaseModel]) -> Declared:
    tag, fields = None, {}
    for name, field in cls.model_fields.items():
        arms = list(_arms(field.annotation))
        known = _values(arms)
        key = field.alias or name
        if key == "type" and len(known) == 1:
            (tag,) = known
            continue
        required = field.is_required()
        fields[key] = Shown(
            required=required,
            nullable=Unset in arms or (required and NoneType in arms),
            default=None if field.default is PydanticUndefined or isinstance(field.default, Unset) else field.default,
            # Where any string is declared, names are but examples.
            known=frozenset() if str in arms else known,
            is_open=not known or any(arm in _STRINGS for arm in arms),
            kinds=_kinds(arms),
            camel_key=None,
        )
    return Declared(tag, fields)


def python_surface(api: type) -> dict[str, type[BaseModel]]:
    """The classes in the types and the code of an API's methods, in the fields of these classes, and so on down."""
    modules = {name: importlib.import_module(f"mistralai.client.{name}") for name in ("models", "errors")}
    found: dict[str, type[BaseModel]] = {}
    ahead: list[Any] = []
    for name, method in inspect.getmembers(api, inspect.isfunction):
        # ``run_async`` is a loop around the others, for types that are known to type checkers only.
        if not name.startswith(("_", "do_request", "run_")):
            signature = inspect.signature(method, eval_str=True)
            ahead += [signature.return_annotation, *[one.annotation for one in signature.parameters.values()]]
            named = re.findall(r"\b(models|errors)\.(\w+)", inspect.getsource(method))
            ahead += [getattr(modules[module], name) for module, name in named]
    while ahead:
        for arm in _arms(ahead.pop()):
            if isinstance(arm, type) and issubclass(arm, BaseModel):
                if arm.__name__ not in found and arm is not Unset and not _keeps_unknown(arm):
                    found[arm.__name__] = arm
                    ahead += [field.annotation for field in arm.model_fields.values()]
            elif not is_typeddict(arm):
                ahead += [one for one in get_args(arm) if get_origin(arm) is not Literal]
    return found


# The TypeScript SDK's ------------------------------------------------------------------------------------------------


def of_typescript(name: str) -> Declared:
    """The fields that the SDK reads; those that it writes if it never reads the class."""
    schemas = _typescript()[name]
    tag, fields = None, {}
    for key, field in schemas.get("in", schemas.get("out")).items():
        if key == "type" and not field["open"] and len(field["known"]) == 1:
            (tag,) = field["known"]
            continue
        fields[key] = Shown(
            required=field["required"],
            nullable=field["nullable"],
            default=field["default"],
            known=frozenset(field["known"]),
            is_open=field["open"],
            kinds=None,
            camel_key=field["key"],
        )
    return Declared(tag, fields)


@cache
def _typescript() -> dict[str, Any]:
    (schemas,) = run_script(Path(__file__).parent / "schemas.mjs")
    return dict(schemas)


_DEFINED = re.compile(r"^export const (\w+)\$(?:in|out)boundSchema\b([^;]*(?:;(?!\n)[^;]*)*);\n", re.MULTILINE)
_NAMED = re.compile(r"(\w+)\$(?:in|out)boundSchema\b")


def typescript_surface() -> set[str]:
    """The names of the classes in the code of the conversations' calls, in their schemas, and so on down."""
    package = installed() / "node_modules" / "@mistralai" / "mistralai" / "esm"
    named: dict[str, set[str]] = {}
    for folder in ("components", "operations", "errors"):
        for file in (package / "models" / folder).glob("*.js"):
            for name, text in _DEFINED.findall(file.read_text("utf-8")):
                named.setdefault(name, set()).update(_NAMED.findall(text))
    calls = [file.read_text("utf-8") for file in (package / "funcs").glob("betaConversations*.js")]
    ahead = {name for text in calls for name in _NAMED.findall(text)}
    assert len(calls) > 10
    found: set[str] = set()
    while ahead:
        name = ahead.pop()
        found.add(name)
        ahead |= named.get(name, set()) - found
    return found & _typescript().keys()
