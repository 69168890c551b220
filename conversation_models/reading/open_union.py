"""How untagged and unknown members of a union are read: the second path, taken only where msgspec's own has failed.

msgspec rejects a document for one member with a missing or unknown tag. Such a document is read again from the outside
in: every value that holds members is read with them as ``Raw`` views, then each member on its own - at msgspec's speed
where it is well-formed. Each byte is skipped once for each union it stands in (an entry, a chunk, a chunk in a
reasoning: at most three) and decoded once.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Union, get_args, get_origin

from msgspec import UNSET, Raw, UnsetType, ValidationError, defstruct, structs
from msgspec.json import Decoder

from ..errors import ConversationDecodeError
from ..jsontext import decode_error
from ..models.base import Model, TaggedModel, fields_of
from ..models.recognition import RECOGNISED_BY
from ..models.unknown import Unknown

__all__ = ["read_open"]


def read_open(data: Any, type: Any, rejection: ValidationError, root: str) -> Any:
    """Read ``data`` as ``type`` (a model, a union of tagged models, or a list of one) with ``Unknown`` where none fits.

    Called when msgspec has rejected ``data``, which stands at the path ``root``, with ``rejection``. Raises
    ``ConversationDecodeError``, or what msgspec raises for text that is not JSON.
    """
    try:
        if is_model(type):
            if issubclass(type, TaggedModel) and not union_of((type,)).member(data)[1]:
                raise rejection
            return _read_model(data, type, root)
        if members := tagged_members(type):
            return read_member(decoder_of(Raw).decode(data), union_of(members), root)
        if members := listed_members(type):
            return _read_members(decoder_of(list[Raw]).decode(data), union_of(members), root)
        raise rejection
    except ValidationError as error:
        raise decode_error(error, data, root) from error


def _read_members(raws: list[Raw], union: "OpenUnion", path: str) -> list[Any]:
    decode = union.decoder.decode
    members = []
    for index, raw in enumerate(raws):
        try:
            members.append(decode(raw))
        except ValidationError:
            members.append(read_member(raw, union, f"{path}[{index}]"))
    return members


def read_member(raw: Raw, union: "OpenUnion", path: str) -> Any:
    """Read a member of ``union`` that stands at ``path``, whatever it is."""
    tag, classes = union.member(raw)
    for cls in classes:
        try:
            return _read_model(raw, cls, path)
        except ValidationError as error:
            if tag is not UNSET:
                raise decode_error(error, raw, path) from error
    return unknown(None if tag is UNSET else tag, raw)


def fits(raw: Raw, cls: type[Model]) -> bool:
    """Whether an untagged member is read as ``cls``, be it that a member of its own is wrong."""
    try:
        _read_model(raw, cls, "$")
    except ValidationError:
        return False
    except ConversationDecodeError:
        pass
    return True


def _read_model(data: Any, cls: Any, path: str) -> Any:
    """Raises ``ValidationError`` for what is wrong with the model itself, ``ConversationDecodeError`` for a member."""
    shell = _shell(cls)
    fields = structs.asdict(shell.decoder.decode(data))
    for field, union in shell.open_fields:
        value = fields[field.name]
        if isinstance(value, list):
            fields[field.name] = _read_members(value, union, f"{path}.{field.encode_name}")
        elif isinstance(value, Raw):
            if bytes(memoryview(value)[:1]) == b"{":
                fields[field.name] = read_member(value, union, f"{path}.{field.encode_name}")
            else:
                try:
                    fields[field.name] = decoder_of(field.type).decode(value)
                except ValidationError as error:
                    raise ValidationError(f"{error} - at `$.{field.encode_name}`") from error
    return cls(**fields)


def unknown(tag: str | None, raw: Any) -> Unknown:
    """``raw``, JSON text, as an ``Unknown``. Raises ``UnicodeDecodeError`` where it is not UTF-8."""
    copy = bytes(raw)
    str(copy, "utf-8")  # msgspec does not look into strings it skips, but what is written back has to be JSON.
    return Unknown(tag, copy)


# What is made of types, once for each ----------------------------------------------------------------------------

_builtin_type = type


class OpenUnion:
    """A union of tagged models as one family spells it, and what it takes to tell what a member is."""

    def __init__(self, members: tuple[Any, ...]) -> None:
        self.decoder: Decoder[Any] = Decoder(Union[members])
        self._by_tag = {cls.type: cls for cls in members}
        self._recognised = [
            (name, cls) for base, name in RECOGNISED_BY.items() for cls in members if issubclass(cls, base)
        ]
        # Reads the tag, the last one of several, and which of the deciding fields are there.
        probe = defstruct(
            "Probe",
            [(name, Raw | UnsetType, UNSET) for name in ["type", *(name for name, _ in self._recognised)]],
            rename={field.name: field.encode_name for cls in members for field in fields_of(cls)},
        )
        self._probe: Decoder[Any] = Decoder(probe)

    def member(self, raw: Any) -> tuple[str | None | UnsetType, list[Any]]:
        """What ``raw`` says it is: its tag (``UNSET``: it has none, ``None``: no string), and the model it stands for.

        Without a tag, the models that its fields may stand for.
        """
        try:
            probe = self._probe.decode(raw)
        except ValidationError:  # Not an object.
            return UNSET, []
        if probe.type is not UNSET:
            try:
                tag = decoder_of(str).decode(probe.type)
            except ValidationError:
                return None, []
            return tag, [self._by_tag[tag]] if tag in self._by_tag else []
        return UNSET, [cls for name, cls in self._recognised if getattr(probe, name) is not UNSET]


class _Shell:
    """A model without its tag, whose members of unions are read as ``Raw``."""

    def __init__(self, cls: type[Model]) -> None:
        fields = fields_of(cls)
        shell = defstruct(
            cls.__name__,
            [(field.name, _with_raw_members(field.type), field.default) for field in fields],
            rename={field.name: field.encode_name for field in fields},
            kw_only=True,
        )
        self.decoder: Decoder[Any] = Decoder(shell)
        self.open_fields = [
            (field, union_of(members))
            for field in fields
            if (members := tagged_members(field.type) or listed_members(field.type))
        ]


def is_model(type: Any) -> bool:
    """Whether ``type`` is a model's class."""
    return isinstance(type, _builtin_type) and issubclass(type, Model)


def tagged_members(type: Any) -> tuple[Any, ...]:
    """The tagged models among the arms of a union."""
    return tuple([arm for arm in get_args(type) if is_model(arm) and issubclass(arm, TaggedModel)])


def listed_members(type: Any) -> tuple[Any, ...]:
    """The tagged models of the union that is listed in ``type`` itself or in an arm of it."""
    for arm in (type, *get_args(type)):
        if get_origin(arm) is list and (members := tagged_members(*get_args(arm))):
            return members
    return ()


def _with_raw_members(type: Any) -> Any:
    if tagged_members(type):
        return Raw
    if not listed_members(type):
        return type
    return list[Raw] if get_origin(type) is list else str | list[Raw]


decoder_of: Callable[[Any], Decoder[Any]] = cache(Decoder)
union_of = cache(OpenUnion)
_shell = cache(_Shell)
