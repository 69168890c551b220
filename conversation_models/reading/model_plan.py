"""Reads one model, whose text msgspec has refused."""

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias, Union, get_args, get_origin

from msgspec import Raw, UnsetType, ValidationError, defstruct, structs
from msgspec.json import Decoder

from ..errors import ConversationDecodeError
from ..jsontext import child_path, decoder_of
from ..models.variants import copier, fields_of
from ..spelling.families import NAMES, PLAIN, Family, Naming, keys_of, other_naming
from ..spelling.foreign import hides_models, holds_models
from .open_union import holds_unions, members_of
from .parts import BEGIN_ARRAY, BEGIN_OBJECT, Met, Read, arms_of, meet, read_part, without_unset

__all__ = ["ModelPlan"]

_members = Decoder(dict[str, Raw])
_builtins = Decoder(Any)


ReadMembers: TypeAlias = Callable[[list[Any], tuple[Any, ...], str, list[Met]], None]
"""Puts the members of a union in the place of their texts."""


class _Part:
    """A field that can hold a model."""

    def __init__(self, name: str, key: str, tp: Any, readers: Mapping[Any, Read]) -> None:
        self.name = name
        self.key = key
        self.step = child_path("", key)
        self.members = _members_in(tp)
        self.decode = decoder_of[tp].decode
        """Reads a value that is neither an object nor an array."""
        self._tp = tp
        self._readers = readers

    @cached_property
    def read(self) -> Read:
        """Reads an object or array. Found when it is needed, since types may be recursive."""
        return self._readers[self._tp]


class ModelPlan:
    """The means to read one model."""

    def __init__(self, model: Any, family: Family, readers: Mapping[Any, Read], read_members: ReadMembers) -> None:
        config = model.__struct_config__
        self._model = model
        self._naming: Naming = family.naming
        self._cls = family.classes[model]
        self._carrier = PLAIN[family.naming].carriers[model]
        keys = keys_of[model, family.naming]
        self._decisive = keys.decisive
        self._respelled = keys.respelled
        self._forbids_unknown_fields = config.forbid_unknown_fields
        self._known = {config.tag_field, *keys.by_name.values()}
        self._tag_field = config.tag_field
        self._read_members = read_members
        # A shell has the fields of the model, but with texts where the model has models.
        texts = family.fields(model, _with_raw_models)
        self._lenient: Decoder[Any] = Decoder(defstruct(model.__name__, texts, kw_only=True))
        # The first attempt reads more at once: all but the members of unions.
        fields = (
            texts if self._forbids_unknown_fields else family.fields(model, lambda tp: _with_raw_members(tp, family))
        )
        fields += family.learned_fields(model)
        self._made = copier(self._cls, [name for name, *_ in fields])
        if self._tag_field:
            # To the shell it is a field like any other, so it has to be a known one. The caller has read it.
            fields.append((self._tag_field, Raw, Raw()))
        self._strict: Decoder[Any] = Decoder(
            defstruct(model.__name__, fields, kw_only=True, forbid_unknown_fields=True)
        )
        self._parts = [
            _Part(info.name, keys.by_name[info.name], without_unset(info.type), readers)
            for info in fields_of(model)
            if holds_models[info.type]
        ]

    def read(self, data: Any, path: str, met: list[Met]) -> Any:
        """Read a model."""
        unknown: dict[str, Any] = {}
        make = self._made
        try:
            shell = self._strict.decode(data)
        except ValidationError:
            if self._forbids_unknown_fields:
                raise
            shell = self._lenient_shell(data, path)
            unknown = self._unknown_fields(data, path, met)
            make = self._made_of_fields
        for part in self._parts:
            value = getattr(shell, part.name)
            if isinstance(value, Raw):
                setattr(shell, part.name, self._read_part(value, part, path, met))
            elif part.members and type(value) is list:
                self._read_members(value, part.members, path + part.step, met)
        try:
            if unknown:
                return self._carrier(**structs.asdict(shell), unknown_fields=MappingProxyType(unknown))
            return make(shell)
        except (ValueError, TypeError) as error:  # From ``__post_init__``, which msgspec reports the same way.
            raise ValidationError(str(error)) from error

    def _made_of_fields(self, shell: Any) -> Any:
        return self._cls(**structs.asdict(shell))

    def _lenient_shell(self, data: Any, path: str) -> Any:
        try:
            return self._lenient.decode(data)
        except ValidationError:
            self._unknown_fields(data, path, [])  # Raises a clearer error if a key was misspelled.
            raise

    def _read_part(self, raw: Raw, part: _Part, path: str, met: list[Met]) -> Any:
        kind = memoryview(raw)[0]
        if kind in (BEGIN_OBJECT, BEGIN_ARRAY):
            return read_part(part.read, raw, path + part.step, met)
        try:
            return part.decode(raw)
        except ValidationError as error:
            raise ValidationError(f"{error} - at `$.{part.key}`") from error

    def _unknown_fields(self, data: Any, path: str, met: list[Met]) -> dict[str, Any]:
        """The unknown fields of an object, by the names that ``unknown_fields`` has for them."""
        raws = _members.decode(data)
        unknown: dict[str, Any] = {}
        for key in [key for key in raws if key not in self._known]:
            if (own := self._decisive.get(key)) is not None and own not in raws:
                other = other_naming(self._naming)
                raise ConversationDecodeError(
                    f"`{key}` is the {NAMES[other]} spelling of `{own}`: "
                    f"read this with `cm.{other}` - at `{child_path(path, key)}`",
                    child_path(path, key),
                )
            name = self._respelled.get(key, key)
            try:
                unknown[name] = _builtins.decode(raws[key])
            except ValidationError:  # A number out of Python's range. Its text can be written back.
                unknown[name] = Raw(bytes(raws[key]))
            meet(met, (self._model, key, path))
        return unknown


def _with_raw_models(tp: Any) -> Any:
    """``tp`` with texts in place of models, for the field of a shell."""
    if not holds_models[tp]:
        return tp
    return Raw | UnsetType if UnsetType in get_args(tp) else Raw


def _with_raw_members(tp: Any, family: Family) -> Any:
    """``tp`` with texts in place of the members of unions."""
    if not (holds_unions[tp] or hides_models[tp]):
        return family.type(tp)
    arms = [list[Raw] if _members_in(arm) else arm for arm in arms_of(tp)]
    return _with_raw_models(tp) if any(holds_models[arm] for arm in arms) else Union[tuple(arms)]


def _members_in(tp: Any) -> tuple[Any, ...]:
    """The members of the union that a list in ``tp`` consists of."""
    for arm in arms_of(tp):
        if get_origin(arm) is list:
            (item,) = get_args(arm)
            if (members := members_of(item)) == arms_of(item):
                return members
    return ()
