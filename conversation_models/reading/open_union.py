"""Reads untagged and unknown members of unions: the second path, taken only when msgspec's own decoder has refused.

msgspec rejects a document for one member with a missing or unknown tag. Such a document is read again from the outside
in: every value that holds members is read with them as ``Raw`` views, then each member on its own, at msgspec's speed
if it is well-formed. Each byte is skipped once for each union it is in (an entry, a chunk, a chunk in a reasoning: at
most three) and decoded once.
"""

from typing import Any, NamedTuple, Union, get_args, get_origin

from msgspec import UNSET, Raw, UnsetType, ValidationError, defstruct, structs
from msgspec.json import Decoder

from ..building import Built
from ..errors import ConversationDecodeError
from ..jsontext import decode_error, decoder_of
from ..models.base import Model, TaggedModel, fields_of, is_model
from ..models.recognition import RECOGNISED_BY
from ..models.unknown import Unknown
from ..spelling.twins import field_like, public_of, snake_type

__all__ = ["Sighting", "fits", "listed_members", "read_open", "tagged_members", "union_of", "unknown"]

_BEGIN_OBJECT = ord("{")


def read_open(data: Any, tp: Any, rejection: ValidationError, root: str) -> Any:
    """Read ``data`` as ``tp`` (a model, a union of tagged models, or a list of one), with ``Unknown`` where none fits.

    Called after msgspec has rejected ``data``, whose path is ``root``, with ``rejection``. Raises
    ``ConversationDecodeError``, or what msgspec raises for text that is not JSON.
    """
    try:
        if is_model(tp):
            if not issubclass(tp, TaggedModel) or tp in union_of[(tp,)].sight(data).candidates:
                return _read_model(data, tp, root)
        elif members := tagged_members(tp):
            return _read_member(decoder_of[Raw].decode(data), union_of[members], root)
        elif members := listed_members(tp):
            return _read_members(decoder_of[list[Raw]].decode(data), union_of[members], root)
    except ValidationError as error:
        raise decode_error(error, data, root) from error
    # Not ``raise rejection``: its traceback would lead to this frame, and this frame to it, with all of ``data``.
    raise decode_error(rejection, data, root) from rejection


def _read_members(raws: list[Raw], union: "OpenUnion", path: str) -> list[Any]:
    # Members take the place of their texts batch by batch, so that a flood of tiny ones is not held twice.
    members: list[Any] = raws
    for start in range(0, len(raws), _BATCH):
        members[start : start + _BATCH] = _read_batch(raws[start : start + _BATCH], union, path, start)
    return members


_BATCH = 1024


def _read_batch(raws: list[Raw], union: "OpenUnion", path: str, start: int) -> list[Any]:
    members: list[Any] = []
    while (count := len(members)) < len(raws):
        if memoryview(raws[count])[0] != _BEGIN_OBJECT:
            members.append(unknown(None, raws[count]))
            continue
        try:
            # If one is refused, ``extend`` keeps the members before it.
            members.extend(map(union.decoder.decode, raws[count:]))
        except ValidationError:
            count = len(members)
            members.append(_read_member(raws[count], union, f"{path}[{start + count}]"))
    return members


def _read_member(raw: Raw, union: "OpenUnion", path: str) -> Any:
    """Read the member of ``union`` at ``path``."""
    tag, candidates = union.sight(raw)
    for cls in candidates:
        if cls not in union.members:
            if fits(raw, cls):
                raise _other_naming(cls, path)
            continue
        try:
            return _read_model(raw, cls, path)
        except ValidationError as error:
            if tag is not UNSET:
                raise decode_error(error, raw, path) from error
    return unknown(None if tag is UNSET else tag, raw)


def _other_naming(cls: type[Model], path: str) -> ConversationDecodeError:
    naming, codec = ("camelCase", "cm.camel") if public_of(cls) is cls else ("snake_case", "cm.snake")
    return ConversationDecodeError(
        f"Only in {naming} do the keys of this untagged member make it a `{cls.__name__}`: "
        f"read this with `{codec}` - at `{path}`",
        path,
    )


def fits(raw: Raw, cls: type[Model]) -> bool:
    """Whether an untagged member is a ``cls``, even if something nested in it is invalid."""
    try:
        _read_model(raw, cls, "$")
    except ValidationError:
        return False
    except ConversationDecodeError:
        pass
    return True


def _read_model(data: Any, cls: Any, path: str) -> Any:
    """Raises ``ValidationError`` if the model itself is wrong, ``ConversationDecodeError`` if a member of it is."""
    shell = _shell_of[cls]
    fields = structs.asdict(shell.decoder.decode(data))
    if shell.tag_field:
        del fields[shell.tag_field]
    for info, union in shell.open_fields:
        value = fields[info.name]
        if isinstance(value, list):
            fields[info.name] = _read_members(value, union, f"{path}.{info.encode_name}")
        elif isinstance(value, Raw):
            if memoryview(value)[0] == _BEGIN_OBJECT:
                fields[info.name] = _read_member(value, union, f"{path}.{info.encode_name}")
            else:
                try:
                    fields[info.name] = decoder_of[info.type].decode(value)
                except ValidationError as error:
                    raise ValidationError(f"{error} - at `$.{info.encode_name}`") from error
    try:
        return cls(**fields)
    except (ValueError, TypeError) as error:  # From ``__post_init__``, which msgspec reports the same way.
        raise ValidationError(str(error)) from error


def unknown(tag: str | None, raw: Any) -> Unknown:
    """``raw``, JSON text, as an ``Unknown``. Raises ``UnicodeDecodeError`` if it is not UTF-8."""
    copy = bytes(raw)
    str(copy, "utf-8")  # msgspec does not check strings that it skips, but the text is written back as JSON.
    return Unknown(tag, copy)


# Derived from types, once for each -------------------------------------------------------------------------------


class Sighting(NamedTuple):
    """What can be seen of a member before it is read."""

    tag: str | None | UnsetType
    """``UNSET`` if missing, ``None`` if not a string."""
    candidates: list[Any]
    """The models it could be, most specific first. One that is not a member of the union is of the other family."""


class OpenUnion:
    """A union of tagged models in one family, and the means to tell which of them a value is."""

    def __init__(self, members: tuple[Any, ...]) -> None:
        self.members = frozenset(members)
        self.decoder: Decoder[Any] = Decoder(Union[members])
        self._by_tag = {cls.type: cls for cls in members}
        # The keys that identify a model if there is no tag, most specific first, in the member's own spelling and in
        # the other one.
        deciding = [
            (_key(spelled, name), spelled)
            for base, name in RECOGNISED_BY.items()
            for cls in members
            if issubclass(cls, base)
            for spelled in dict.fromkeys((cls, _other_family(cls)))
        ]
        # Reads the tag, the last one of several, and which of the deciding keys are there.
        keys = list(dict.fromkeys(["type", *(key for key, _ in deciding)]))
        self._probe: Decoder[Any] = Decoder(defstruct("Probe", [(key, Raw | UnsetType, UNSET) for key in keys]))
        self._deciding = [(keys.index(key), cls) for key, cls in deciding]

    def sight(self, raw: Any) -> Sighting:
        """Look at a member's tag, and without one at the keys that decide."""
        try:
            probe = self._probe.decode(raw)
        except ValidationError:  # Not an object.
            return Sighting(UNSET, [])
        if probe.type is not UNSET:
            try:
                tag = decoder_of[str].decode(probe.type)
            except ValidationError:
                return Sighting(None, [])
            return Sighting(tag, [self._by_tag[tag]] if tag in self._by_tag else [])
        values = structs.astuple(probe)
        return Sighting(UNSET, [cls for position, cls in self._deciding if values[position] is not UNSET])


def _other_family(cls: Any) -> Any:
    """The same model in the other family; ``cls`` itself if it has one spelling only."""
    public = public_of(cls)
    return snake_type(cls) if cls is public else public


def _key(cls: type[Model], name: str) -> str:
    return next(info.encode_name for info in fields_of(cls) if info.name == name)


class _Shell:
    """A model without its tag, whose members of unions are read as ``Raw``."""

    def __init__(self, cls: type[Model]) -> None:
        config, infos = cls.__struct_config__, fields_of(cls)
        fields = [(info.name, _with_raw_members(info.type), field_like(info, info.encode_name)) for info in infos]
        self.tag_field = config.tag_field if config.forbid_unknown_fields else None
        if self.tag_field:
            # To the shell it is a field like any other, so it has to be a known one. The caller has read it.
            fields.append((self.tag_field, Raw, Raw()))
        shell = defstruct(cls.__name__, fields, kw_only=True, forbid_unknown_fields=config.forbid_unknown_fields)
        self.decoder: Decoder[Any] = Decoder(shell)
        self.open_fields = [
            (info, union_of[members])
            for info in infos
            if (members := tagged_members(info.type) or listed_members(info.type))
        ]


def tagged_members(tp: Any) -> tuple[Any, ...]:
    """The tagged models among the arms of a union."""
    return _tagged_members[tp]


_tagged_members: Built[Any, tuple[Any, ...]] = Built(
    lambda tp: tuple([arm for arm in get_args(tp) if is_model(arm) and issubclass(arm, TaggedModel)])
)


def listed_members(tp: Any) -> tuple[Any, ...]:
    """The tagged models of the union that is listed in ``tp`` itself or in an arm of it."""
    for arm in (tp, *get_args(tp)):
        if get_origin(arm) is list and (members := tagged_members(*get_args(arm))):
            return members
    return ()


def _with_raw_members(tp: Any) -> Any:
    if tagged_members(tp):
        return Raw
    if not listed_members(tp):
        return tp
    return list[Raw] if get_origin(tp) is list else str | list[Raw]


union_of: Built[tuple[Any, ...], OpenUnion] = Built(OpenUnion)
_shell_of: Built[Any, _Shell] = Built(_Shell)
