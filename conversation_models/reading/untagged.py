"""Reads documents without tags in one pass.

The plan: for each union there is a *merged* struct, with the fields of all its members, all of them optional. msgspec
reads a whole document with merged structs in place of unions. Then each of them becomes the member that its tag names
or, without a tag, that its fields identify. That is as fast as json.loads, and three times as fast as looking at each
member's text. Whatever is unusual (an unknown tag or field, a field of another member, a wrong type) is left to
``plans``.

The inputs of most requests are messages without tags. So there is a *guess* before: that all entries are messages to
the model. It takes a third of the time, since msgspec makes the messages itself.
"""

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from msgspec import NODEFAULT, UNSET, Struct, UnsetType, defstruct, field, structs
from msgspec.json import Decoder

from ..building import Built, compile_function
from ..models.base import is_model
from ..models.recognition import MISREADABLE, RECOGNISED_BY, is_misread
from ..models.requests import ConversationAppendRequest, ConversationRequest, ConversationRestartRequest
from ..models.variants import fields_of
from ..spelling.families import PLAIN, Family, keys_of
from ..spelling.foreign import hides_models, is_any
from .open_union import holds_unions, keys_of_sign, members_of
from .parts import OddMemberError, arms_of, public_type, without_unset

__all__ = ["Merged", "is_flood"]

Convert: TypeAlias = Callable[[Any], Any]


_REQUESTS = (ConversationRequest, ConversationAppendRequest, ConversationRestartRequest)


class Merged:
    """Reads untagged documents with the classes of one family."""

    def __init__(self, family: Family, guess: Any = None) -> None:
        """``guess``: the model of all members of the unions that it is in."""
        self._family = family
        self._guess = guess
        self._structs: Built[Any, _Reading] = Built(self._build)
        self.readers: Built[Any, Convert | None] = Built(self._build_reader)
        """For a type, the function that reads JSON text as it; ``None`` if there is none.

        It raises ``OddMemberError``, or what msgspec raises, for text that has to be read in another way.
        """

    def _build_reader(self, tp: Any) -> Convert | None:
        # Histories have all kinds of entries.
        if hides_models[tp] or (self._guess is not None and not is_any(tp, _REQUESTS.__contains__)):
            return None
        try:
            tp = public_type(tp)
            decode, convert = Decoder(self._type(tp)).decode, self._converter(tp) or _unchanged
        except TypeError:  # msgspec does not take the union of two members' types, or it is none of the types below.
            return None

        def read(data: Any) -> Any:
            try:
                return convert(decode(data))
            except (ValueError, TypeError) as error:  # From ``__post_init__``.
                raise OddMemberError from error

        return read

    def _type(self, tp: Any) -> Any:
        """``tp`` with merged structs in place of unions."""
        if not holds_unions[tp]:
            return self._family.type(tp)
        if is_model(tp):
            return self._structs[tp].struct
        arguments, origin = get_args(tp), get_origin(tp)
        if origin is list:
            return list[self._type(arguments[0])]  # type: ignore[misc]
        if origin not in (Union, UnionType):
            raise TypeError(tp)
        members = members_of(tp)
        merged = [self._structs[members].struct] if members else []
        return Union[(*merged, *[self._type(arm) for arm in arguments if arm not in members])]

    def _converter(self, tp: Any) -> Convert | None:
        """The function that gives a value of ``_type(tp)`` its own class; ``None`` if it has it."""
        if not holds_unions[tp]:
            return None
        if is_model(tp):
            return self._structs[tp].convert
        arguments = get_args(tp)
        if get_origin(tp) is list:
            inner = self._converter(arguments[0]) or _unchanged
            return lambda value: list(map(inner, value)) if type(value) is list else value
        members = members_of(tp)
        others = [convert for arm in arguments if arm not in members and (convert := self._converter(arm))]
        if len(others) + bool(members) > 1:
            raise TypeError("Values of several arms have to be converted, each in its own way")
        if members:
            reading = self._structs[members]
            if len(members) == len(arguments):
                return reading.convert
            return lambda value: reading.convert(value) if type(value) is reading.struct else value
        (only,) = others
        cls = next((self._structs[arm].struct for arm in arguments if is_model(arm) and holds_unions[arm]), list)
        # A value of another arm, such as null, is as it should be.
        return lambda value: only(value) if type(value) is cls else value

    def _build(self, key: Any) -> "_Reading":
        if is_model(key):
            return self._build_model(key)
        return self._build_guess(key) if self._guess in key else self._build_union(key)

    def _build_guess(self, members: tuple[Any, ...]) -> "_Reading":
        keys = {key for model in members for key in keys_of[model, self._family.naming].by_name.values()}
        # A learned key that is a known field of another member can make a message something else.
        is_sure = keys.isdisjoint(self._family.learned.get(self._guess, ()))
        family = self._family if is_sure else PLAIN[self._family.naming]
        # A tagged struct that is alone is read with or without its tag.
        return _Reading(family.classes[self._guess], _as_read)

    def _build_model(self, model: Any) -> "_Reading":
        config = model.__struct_config__
        fields = self._family.fields(model, self._type) + self._family.learned_fields(model)
        struct = defstruct(
            model.__name__,
            fields,
            kw_only=True,
            gc=False,
            forbid_unknown_fields=True,
            tag_field=config.tag_field,
            tag=config.tag,
        )
        call, names = self._call(model, {name: f"m.{name}" for name, *_ in fields})
        return _Reading(struct, _compiled(f"def function(m): return {call}", names))

    def _build_union(self, members: tuple[Any, ...]) -> "_Reading":
        naming = self._family.naming
        merged: dict[str, list[Any]] = {}
        for model in members:
            keys = keys_of[model, naming].by_name
            for info in fields_of(model):
                merged.setdefault(keys[info.name], []).append(without_unset(info.type))
        # A learned key that is a known field of another member is left to others: it can have any type here.
        learned = {key for model in members for key in self._family.slots(model).values()} - merged.keys()
        merged |= {key: [Any] for key in sorted(learned)}
        if "type" in merged:
            raise TypeError("A field has the name of the tag")
        names = {key: f"f{position}" for position, key in enumerate(merged)}
        types = {key: _union_of(types) for key, types in merged.items()}
        struct = defstruct(
            "Merged",
            [
                ("type", str | UnsetType, UNSET),
                *[(names[key], _or_unset(self._type(tp)), field(default=UNSET, name=key)) for key, tp in types.items()],
            ],
            gc=False,
            forbid_unknown_fields=True,
        )
        parts = [self._member(model, position, names, types) for position, model in enumerate(members)]
        constants: dict[str, Any] = {}
        for part in parts:
            constants |= part.constants
        # One function, since a call for each member would take a quarter of the time.
        source = "def function(m):\n    tag = m.type\n    if tag is UNSET:\n"
        for sign in RECOGNISED_BY:
            for model, part in zip(members, parts, strict=True):
                if issubclass(model, sign.model):
                    by, *unless = [names[key] for key in keys_of_sign(sign, members, naming)]
                    # Without a required field it is not this member, but may be the next one.
                    signs = [f"m.{name} is not UNSET" for name in dict.fromkeys([by, *part.required])]
                    signs += [f"m.{name} is UNSET" for name in unless]
                    source += f"        if {' and '.join(signs)}:\n{part.statements(is_tagged=False)}"
        source += "        raise OddMemberError\n"
        for model, part in zip(members, parts, strict=True):
            source += f"    if tag == {model.__struct_config__.tag!r}:\n{part.statements(is_tagged=True)}"
        return _Reading(struct, _compiled(f"{source}    raise OddMemberError\n", constants))

    def _member(self, model: Any, position: int, names: dict[str, str], types: dict[str, Any]) -> "_Member":
        """How to make a member of a union from a merged struct."""
        keys = keys_of[model, self._family.naming].by_name
        own = {keys[info.name]: info for info in fields_of(model)}
        slots = {key: name for name, key in self._family.slots(model).items() if types[key] is Any}
        required = [names[key] for key, info in own.items() if info.required]
        optional = [names[key] for key in (*own, *slots) if names[key] not in required]
        foreign = [name for key, name in names.items() if key not in own and key not in slots]
        arguments = {slot: f"m.{names[key]}" for key, slot in slots.items()}
        constants: dict[str, Any] = {}
        wrong: list[str] = []
        for key, info in own.items():
            name = names[key]
            tp = without_unset(info.type)
            if types[key] != tp and get_origin(tp) is Literal:
                constants[f"values_{position}_{name}"] = (UNSET, *get_args(tp))
                wrong.append(f"m.{name} not in values_{position}_{name}")
            elif types[key] != tp:
                constants[f"classes_{position}_{name}"] = frozenset([*map(_class_of, arms_of(tp)), UnsetType])
                wrong.append(f"type(m.{name}) not in classes_{position}_{name}")
            arguments[info.name] = f"m.{name}"
            if info.default_factory is not NODEFAULT:
                factory = info.default_factory
                constants[f"make_{position}_{name}"] = self._family.classes[factory] if is_model(factory) else factory
                arguments[info.name] = f"(make_{position}_{name}() if m.{name} is UNSET else m.{name})"
            elif not info.required and info.default is not UNSET:
                constants[f"default_{position}_{name}"] = info.default
                arguments[info.name] = f"(default_{position}_{name} if m.{name} is UNSET else m.{name})"
        call, more = self._call(model, arguments, f"{position}_")
        return _Member(call, {**constants, **more}, required, optional, foreign, wrong, issubclass(model, MISREADABLE))

    def _call(self, model: Any, arguments: dict[str, str], prefix: str = "") -> tuple[str, dict[str, Any]]:
        """The expression that makes a model from an expression for each field, and the names in it."""
        types = {info.name: without_unset(info.type) for info in fields_of(model)}
        names: dict[str, Any] = {f"cls_{prefix}": self._family.classes[model]}
        for name, expression in arguments.items():
            if convert := self._converter(types.get(name, Any)):
                names[f"convert_{prefix}{name}"] = convert
                arguments[name] = f"convert_{prefix}{name}({expression})"
        return f"cls_{prefix}({', '.join([f'{name}={value}' for name, value in arguments.items()])})", names


class _Member(Struct):
    """The source text that makes a member of a union from the merged struct ``m``."""

    call: str
    constants: dict[str, Any]
    required: list[str]
    optional: list[str]
    foreign: list[str]
    """The fields that only other members have."""
    wrong: list[str]
    """Conditions under which a field has a type that only another member's has."""
    can_be_misread: bool

    def statements(self, *, is_tagged: bool) -> str:
        """Return the member, or raise if a required field is absent or one of another member is there."""
        if len(self.foreign) > 11 + 2 * len(self.optional):
            # Counting the absent fields is faster than checking many of them one by one.
            absent = len(self.foreign) + len(self.optional) + (not is_tagged)
            present = "".join([f" - (m.{name} is not UNSET)" for name in self.optional])
            odd = [f"astuple(m).count(UNSET) != {absent}{present}"]
        else:
            odd = [f"m.{name} is not UNSET" for name in self.foreign]
        # Also where all are counted: a field of another member may make up for one that is missing.
        odd += [f"m.{name} is UNSET" for name in self.required]
        check = " or ".join([*odd, *self.wrong])
        source = f"            if {check}: raise OddMemberError\n"
        if is_tagged or not self.can_be_misread:
            return f"{source}            return {self.call}\n"
        return f"{source}            value = {self.call}\n            if not is_misread(value): return value\n"


class _Reading(Struct):
    """A struct to read a model or a union with, and the function that makes the model from it."""

    struct: Any
    convert: Convert


def _compiled(source: str, names: dict[str, Any]) -> Convert:
    shared = {"UNSET": UNSET, "OddMemberError": OddMemberError, "astuple": structs.astuple, "is_misread": is_misread}
    return compile_function(source, names | shared)


def _as_read(value: Any) -> Any:
    # Most contents are text, and a call of ``is_misread`` takes as long as reading one.
    if type(value.content) is list and is_misread(value):
        raise OddMemberError
    return value


def is_flood(data: Any) -> bool:
    """Whether merged structs would take too much memory for JSON text."""
    # A merged struct takes some 200 bytes. That is too much for each ``{}`` of a large text. In a smaller one, they are
    # 20 MB at worst, and counting would take a tenth of the time.
    size = len(data) if isinstance(data, str) else memoryview(data).nbytes
    if size < 262_144:
        return False
    braces = data.count("{") if isinstance(data, str) else bytes(data).count(b"{")
    return braces * 32 > size


def _unchanged(value: Any) -> Any:
    return value


def _union_of(types: list[Any]) -> Any:
    """The type that a key has if members have these: any string, if only one of them says which."""
    if len(set(types)) > 1:
        types = [type(get_args(tp)[0]) if get_origin(tp) is Literal else tp for tp in types]
    return Union[tuple(dict.fromkeys(types))]


def _or_unset(tp: Any) -> Any:
    # Any and another type make no union to msgspec.
    return tp if tp in (Any,) else Union[tp, UnsetType]


def _class_of(tp: Any) -> Any:
    """The class of the values that msgspec reads as ``tp``."""
    cls = dict if tp == dict[str, Any] else tp
    if cls not in (str, int, float, bool, NoneType, dict):
        raise TypeError(f"Two members have the same key, and a check of {tp} takes more than its class")
    return cls
