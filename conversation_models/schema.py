"""JSON Schema, draft 2020-12, of the types that the codecs read.

The plan: a schema accepts exactly the documents that ``decode`` accepts, so far as JSON Schema can say it. It does not
say that a number or a date is in Python's range, nor that a key in the other naming is an error. msgspec writes the
schemas of the types that hold no models, and of lists, dicts and the like.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from inspect import cleandoc, signature
from itertools import count
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import NODEFAULT, UNSET, UnsetType
from msgspec.json import schema_components
from msgspec.structs import FieldInfo

from .building import BUILDING
from .models.base import TaggedModel, is_model
from .models.failures import ServiceError
from .models.recognition import RECOGNISED_BY, UNIONS, name_of_union
from .models.variants import fields_of
from .reading.open_union import members_of
from .reading.parts import public_type
from .spelling.families import Naming, keys_of, unwrapped
from .spelling.foreign import (
    foreign_arguments_of,
    foreign_fields_of,
    foreign_keys_of,
    holds_models,
    is_written_as_array,
)

__all__ = ["schema_of"]

Schema = dict[str, Any]

_SIMPLE: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    # msgspec writes no format for a time that may lack its zone.
    datetime: {"type": "string", "format": "date-time"},
}


def schema_of(tp: Any, naming: Naming, to_builtins: Callable[[Any], Any]) -> Schema:
    """The schema of ``tp`` for the codec of ``naming`` whose ``to_builtins`` is given. O(classes in ``tp``)."""
    schemas = _Schemas(naming, to_builtins)
    with BUILDING:
        root = schemas.of(public_type(tp))
    definitions = {"$defs": schemas.definitions} if schemas.definitions else {}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **root, **definitions}


class _Schemas:
    """The schemas of types, and the definitions that these refer to."""

    def __init__(self, naming: Naming, to_builtins: Callable[[Any], Any]) -> None:
        self.definitions: Schema = {}
        self._naming: Naming = naming
        self._to_builtins = to_builtins
        self._names: dict[Any, str] = {}

    def of(self, tp: Any) -> Schema:
        """The schema of a type."""
        tp = unwrapped(tp)
        if tp in _SIMPLE:
            return dict(_SIMPLE[tp])
        if get_origin(tp) is Literal:
            values = get_args(tp)
            return {"const": values[0]} if len(values) == 1 else {"enum": list(values)}
        if get_origin(tp) in (Union, UnionType):
            return self._union(tp)
        if is_model(tp):
            return self._defined(tp, tp.__name__, self._model)
        if tp is ServiceError:
            return self._defined(tp, tp.__name__, _service_error)
        if holds_models[tp] and foreign_fields_of(tp):
            return self._defined(tp, (get_origin(tp) or tp).__name__, self._foreign)
        return self._by_msgspec(tp)

    def _defined(self, key: Any, name: str, build: Callable[[Any], Schema]) -> Schema:
        """A reference to the definition of ``key``. Of several with one name, all but the first get a number."""
        if key not in self._names:
            names = (f"{name}{suffix}" for suffix in _suffixes())
            self._names[key] = own = next(name for name in names if name not in self.definitions)
            self.definitions[own] = {}  # Takes the name: the class may refer to itself.
            self.definitions[own] = build(key)
        return {"$ref": f"#/$defs/{self._names[key]}"}

    # Classes ---------------------------------------------------------------------------------------------------------

    def _model(self, model: Any) -> Schema:
        keys = keys_of[model, self._naming].by_name
        descriptions = _docs_of(model)[1]
        properties = {}
        for info in fields_of(model):
            about = {"description": descriptions[info.name]} if info.name in descriptions else {}
            properties[keys[info.name]] = {**self.of(info.type), **about, **self._default(info)}
        return _object(model, properties, [keys[info.name] for info in fields_of(model) if info.required])

    def _default(self, info: FieldInfo) -> Schema:
        factory: Any = info.default_factory
        # Another factory may return a new value each time.
        value = factory() if is_model(factory) or factory in (list, dict, set) else info.default
        return {} if value is UNSET or value is NODEFAULT else {"default": self._to_builtins(value)}

    def _foreign(self, tp: Any) -> Schema:
        cls: Any = get_origin(tp) or tp
        required = getattr(cls, "__required_keys__", None)
        if required is None:
            parameters = signature(cls).parameters.values()
            required = {parameter.name for parameter in parameters if parameter.default is parameter.empty}
        keys, arguments = foreign_keys_of(tp), foreign_arguments_of(tp)
        properties = {keys[name]: self.of(part) for name, part in foreign_fields_of(tp).items()}
        return _object(cls, properties, [key for name, key in keys.items() if arguments[name] in required])

    # Unions ----------------------------------------------------------------------------------------------------------

    def _union(self, tp: Any) -> Schema:
        arms = [unwrapped(arm) for arm in get_args(tp) if arm is not UnsetType]
        members = members_of(tp)
        others = [arm for arm in arms if arm not in members]
        tags = [tag for arm in others for tag in _tag_of(arm).values()]
        found = [self.of(arm) for arm in others]
        if len(tags) + bool(members) > 1:
            found = [{**schema, **_required(_tag_of(arm))} for schema, arm in zip(found, others, strict=True)]
        if members:
            found += self._members(members, tags, is_alone=not others)
        return _any_of(found)

    def _members(self, members: tuple[Any, ...], tags: list[Any], is_alone: bool) -> list[Schema]:
        """The models among the arms of a union, and what fits none of them. ``tags``: those of the other arms."""
        name = name_of_union(members)
        if name in UNIONS and not tags:
            reference = self._defined(name, name, self._named_union)
            # Beside other arms, only an object is a member.
            return [reference if is_alone else {**reference, "type": "object"}]
        return [*self._objects(members, tags), *([_not_an_object()] if is_alone else [])]

    def _named_union(self, name: str) -> Schema:
        return {"title": name, **_any_of([*self._objects(members_of(UNIONS[name]), []), _not_an_object()])}

    def _objects(self, members: tuple[Any, ...], tags: list[Any]) -> list[Schema]:
        """The members that are objects: of each model, and of none."""
        known = [*tags, *[cls.__struct_config__.tag for cls in members]]
        unknown: Schema = {
            "title": "Unknown",
            "description": "An object that is none of these models, such as one of a newer type. It is kept as it is.",
            "type": "object",
        }
        if issubclass(members[0], TaggedModel):
            unknown["properties"] = {"type": {"not": {"enum": known}}}
        return [*[{**self.of(cls), **self._signs(cls)} for cls in members], unknown]

    def _signs(self, model: Any) -> Schema:
        """The keys of which a member needs one to be a ``model``, if it can do without all of them."""
        keys = keys_of[model, self._naming].by_name
        by = list(dict.fromkeys([sign.by for sign in RECOGNISED_BY if issubclass(model, sign.model)]))
        if any(info.required and info.name in by for info in fields_of(model)):
            return {}
        return _any_of([_required([key]) for key in ("type", *[keys[name] for name in by])])

    # By msgspec ------------------------------------------------------------------------------------------------------

    def _by_msgspec(self, tp: Any) -> Schema:
        tp = self._without_models(tp)
        suffixes = _suffixes()
        while True:
            suffix = next(suffixes)
            (schema,), parts = schema_components(
                [tp], schema_hook=_schema_of_part, ref_template=f"#/$defs/{{name}}{suffix}"
            )
            definitions = {f"{name}{suffix}": part for name, part in parts.items()}
            if all(self.definitions.get(name, part) == part for name, part in definitions.items()):
                self.definitions |= definitions
                return schema

    def _without_models(self, tp: Any) -> Any:
        """A list, dict or the like, with classes in place of models that only have a ``schema``."""
        if not holds_models[tp]:
            return tp
        arguments, origin = get_args(tp), get_origin(tp)
        if origin is Annotated:
            return Annotated[(self._without_models(arguments[0]), *arguments[1:])]
        if not arguments or origin in (Union, UnionType) or foreign_fields_of(tp):
            return type("Part", (), {"schema": self.of(tp)})
        return origin[tuple([part if part is Ellipsis else self._without_models(part) for part in arguments])]


def _not_an_object() -> Schema:
    return {
        "title": "Unknown",
        "description": "A value that is not an object. It is kept as it is.",
        "not": {"type": "object"},
    }


def _schema_of_part(part: Any) -> Schema:
    schema: Schema = part.schema
    return schema


def _object(cls: Any, properties: Schema, required: list[str]) -> Schema:
    """The schema of a class, from its properties in order, without its tag."""
    summary, _ = _docs_of(cls)
    about = {"title": cls.__name__, **({"description": summary} if summary else {})}
    config = getattr(cls, "__struct_config__", None)
    tag = {key: {"const": value} for key, value in _tag_of(cls).items()}
    is_closed = config.forbid_unknown_fields if config else issubclass(cls, tuple)
    if is_written_as_array(cls):
        items = [*tag.values(), *properties.values()]
        end = {"items": False} if is_closed else {}
        return {**about, "type": "array", "prefixItems": items, "minItems": len(tag) + len(required), **end}
    return {
        **about,
        "type": "object",
        "properties": {**tag, **properties},
        **_required(required),
        "additionalProperties": not is_closed,
    }


def _service_error(cls: Any) -> Schema:
    words = {"type": "string", "minLength": 1}
    problem = {"type": "object", "properties": {"msg": {"type": "string"}}, "required": ["msg"]}
    problems = {"type": "array", "prefixItems": [problem], "minItems": 1}

    def saying(*nested: Schema) -> Schema:
        ways = {"message": [words, *nested], "error": [words, *nested], "detail": [words, problems]}
        return {
            "type": "object",
            "anyOf": [{"properties": {key: _any_of(way)}, "required": [key]} for key, way in ways.items()],
        }

    return {"title": cls.__name__, "description": _docs_of(cls)[0], **saying(saying())}


def _any_of(schemas: list[Schema]) -> Schema:
    names = [schema["type"] for schema in schemas if schema.keys() == {"type"}]
    if "number" in names:
        names = [name for name in names if name != "integer"]
    simple = [{"type": names if len(names) > 1 else names[0]}] if names else []
    arms = [*simple, *[schema for schema in schemas if schema.keys() != {"type"}]]
    return arms[0] if len(arms) == 1 else {"anyOf": arms}


def _required(keys: Any) -> Schema:
    return {"required": list(keys)} if keys else {}


def _tag_of(tp: Any) -> dict[str, Any]:
    """The key and the value of a struct's tag; empty for other types."""
    config = getattr(get_origin(tp) or tp, "__struct_config__", None)
    return {} if config is None or config.tag is None else {config.tag_field: config.tag}


def _docs_of(cls: Any) -> tuple[str, dict[str, str]]:
    """The first paragraph of a class's docstring, and the text about each field."""
    summary, descriptions = "", dict[str, str]()
    for base in [base for base in cls.__mro__ if base is cls or is_model(base)]:
        doc = cleandoc(vars(base).get("__doc__") or "").replace("``", "`")
        if doc.startswith(f"{base.__name__}("):  # Written by Python, for a dataclass or a named tuple.
            continue
        head, _, attributes = doc.partition("\n\nAttributes:\n")
        summary = summary or " ".join(head.partition("\n\n")[0].split())
        entries = re.findall(r"^ {4}(\w+): (.+(?:\n {5,}.+)*)", attributes, re.MULTILINE)
        descriptions = {**{name: " ".join(text.split()) for name, text in entries}, **descriptions}
    return summary, descriptions


def _suffixes() -> Iterator[str]:
    """For names that are taken."""
    yield ""
    yield from (f"_{number}" for number in count(2))
