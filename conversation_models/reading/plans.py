"""Reads text that msgspec's own decoder has refused: with untagged or unknown members, or with unknown fields.

Such a document is read again from the outside in. Every value that can hold a model is first read as a ``Raw`` view of
its text, then on its own: at msgspec's speed if it is well-formed, otherwise part by part. Each byte is skipped once
for each object that it is in and decoded once.

A reader raises ``ValidationError`` if the value itself is wrong, ``ConversationDecodeError`` if a member of it is. So
the reader of a union can tell whether an untagged member fits a model.
"""

from types import UnionType
from typing import Any, Union, get_args, get_origin

from msgspec import UNSET, Raw, UnsetType, ValidationError
from msgspec.json import Decoder

from ..building import Built
from ..errors import ConversationDecodeError
from ..jsontext import child_path, decode_error, decoder_of
from ..models.base import is_model
from ..models.failures import ServiceError, error_body
from ..models.recognition import is_misread
from ..models.unknown import Unknown
from ..spelling.families import NAMES, PLAIN, Family, Naming, keys_of, other_naming, unwrapped
from ..spelling.foreign import foreign_fields_of, hides_models, holds_models
from .foreign_plan import ForeignPlan
from .model_plan import ModelPlan
from .open_union import OpenUnion, members_of, unknown
from .parts import (
    BEGIN_ARRAY,
    BEGIN_OBJECT,
    Met,
    OddMemberError,
    Read,
    item_types,
    meet,
    names_unknown_field,
    public_type,
    read_part,
    without_metadata,
)
from .shapes import by_tag, is_array, is_container, is_object, stand_in, with_raw_arguments
from .unlearned import unlearned

__all__ = ["Plans", "plain_plans"]

_BATCH = 1024


class Plans:
    """The means to read any type that holds models, with the classes of one family."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self._unlearned = unlearned[family.naming]
        self.unions: Built[tuple[Any, ...], OpenUnion] = Built(lambda members: OpenUnion(members, family))
        self._models: Built[Any, ModelPlan] = Built(
            lambda model: ModelPlan(model, family, self._readers, self._read_members)
        )
        self._readers: Built[Any, Read] = Built(self._build_reader)
        self._root_readers: Built[Any, Read] = Built(self._build_root_reader)

    def read(self, data: Any, tp: Any, met: list[Met], root: str = "$") -> Any:
        """Read ``data``, whose path is ``root``, as ``tp``. Appends to ``met`` what no model has.

        Raises ``ConversationDecodeError``, or what msgspec raises for text that is not JSON.
        """
        try:
            return self._root_readers[tp](data, root, met)
        except ValidationError as error:
            raise decode_error(error, data, root) from error

    def _build_root_reader(self, tp: Any) -> Read:
        tp = public_type(tp)
        if is_model(tp):
            return self._model_reader(tp)
        read = self._readers[tp]
        # A view has no white space around it, and making it has checked that the text is JSON to its end.
        view = decoder_of[Raw].decode
        return lambda data, path, met: read(view(data), path, met)

    def fits(self, raw: Any, model: Any) -> bool:
        """Whether an untagged member is a ``model``, even if something nested in it is invalid."""
        try:
            value = self._models[model].read(raw, "$", [])
        except ValidationError:
            return False
        except ConversationDecodeError as error:
            return not self._is_misspelled(error, model, "$")
        return not is_misread(value)

    def _is_misspelled(self, error: ConversationDecodeError, model: Any, path: str) -> bool:
        """Whether a key of the ``model`` at ``path`` itself is in the other spelling: the error names that key."""
        return error.path in {child_path(path, key) for key in keys_of[model, self.family.naming].decisive}

    def _build_reader(self, tp: Any) -> Read:
        tp = unwrapped(tp)
        if not holds_models[tp]:
            decode = decoder_of[tp].decode
            return lambda raw, _path, _met: decode(raw)
        if is_model(tp):
            return self._well_formed_model_reader(tp)
        if tp is ServiceError:
            return lambda raw, _path, _met: error_body(raw)
        if (inner := without_metadata(tp)) is not tp and not is_container(inner):
            return self._readers[inner]
        if foreign_fields_of(tp):
            return ForeignPlan(tp, self._readers).read
        if get_origin(tp) in (Union, UnionType):
            return self._union_reader(tp)
        return self._container_reader(tp)

    # Models and unions -----------------------------------------------------------------------------------------------

    def _well_formed_model_reader(self, model: Any) -> Read:
        """A reader for a model in another value that was refused, which is mostly well-formed itself."""
        read = self._model_reader(model)
        if hides_models[model]:
            return read
        decode = Decoder(self.family.classes[model]).decode

        def read_well_formed(raw: Any, path: str, met: list[Met]) -> Any:
            try:
                return decode(raw)
            except ValidationError as error:
                if names_unknown_field(error):
                    try:
                        return self._unlearned.read(raw, model, path, met)
                    except OddMemberError:
                        pass
            return read(raw, path, met)

        return read_well_formed

    def _model_reader(self, model: Any) -> Read:
        plan = self._models[model]
        tag_of_model = model.__struct_config__.tag
        if tag_of_model is None:
            return plan.read
        union = self.unions[(model,)]
        decode = decoder_of[model].decode

        def read(raw: Any, path: str, met: list[Met]) -> Any:
            tag = union.sight(raw).tag
            if tag is not UNSET and tag != tag_of_model:
                return decode(raw)  # Raises the error for a tag that is wrong.
            return plan.read(raw, path, met)

        return read

    def _union_reader(self, tp: Any) -> Read:
        arms = [unwrapped(arm) for arm in get_args(tp) if arm is not UnsetType]
        members = members_of(tp)
        # Includes structs without models: only tags tell structs apart.
        objects = [arm for arm in arms if arm not in members and arm is not ServiceError and is_object(arm)]
        arrays = [arm for arm in arms if holds_models[arm] and is_array(arm)]
        # msgspec takes only one untagged struct, so one member stands for all. Its errors call each of them an object.
        others = [stand_in(arm) for arm in arms if arm not in members[1:] and arm is not ServiceError]
        if not others:
            return self._readers[ServiceError]
        decode_other = decoder_of[Union[tuple(others)]].decode
        is_open_to_all = len(members) == len(arms)
        union = self.unions[members] if members else None

        def read_arm(raw: Any, path: str, met: list[Met]) -> Any:
            first = memoryview(raw)[0]
            if first == BEGIN_OBJECT and objects:
                is_one = len(objects) == 1 and not union
                arm = objects[0] if is_one else by_tag(raw, objects)
                if arm is not None or not union:
                    return self._readers[arm or objects[0]](raw, path, met)
            if union and (is_open_to_all or first == BEGIN_OBJECT):
                return self._read_member(raw, union, path, met)
            if first == BEGIN_ARRAY and arrays:
                return self._readers[arrays[0]](raw, path, met)
            return decode_other(raw)

        def read_arm_or_error(raw: Any, path: str, met: list[Met]) -> Any:
            before = len(met)
            try:
                value = read_arm(raw, path, met)
            except (ValidationError, ConversationDecodeError):
                try:
                    return error_body(raw)
                except ValidationError:
                    pass
                raise
            if type(value) is Unknown:
                try:
                    error = error_body(raw)
                except ValidationError:
                    return value
                del met[before:]
                return error
            return value

        return read_arm_or_error if ServiceError in arms else read_arm

    def _read_member(
        self, raw: Raw, union: OpenUnion, path: str, met: list[Met], refusal: ValidationError | None = None
    ) -> Any:
        """Read the member of ``union`` at ``path``. ``refusal``: the error with which msgspec refused it."""
        tag, candidates = union.sight(raw)
        if candidates and refusal is not None and names_unknown_field(refusal):
            try:
                return self._unlearned.read(raw, union.type, path, met)
            except OddMemberError:
                pass
        before = len(met)
        misread: Any = None
        for model, naming in candidates:
            if naming != self.family.naming:
                # This naming has read a citation in it, which the other naming may not be able to read.
                if model is not misread and plain_plans[naming].fits(raw, model):
                    raise _in_other_naming(model, naming, path)
                continue
            try:
                value = self._models[model].read(raw, path, met)
            except ValidationError as error:
                del met[before:]
                if tag is not UNSET:
                    raise decode_error(error, raw, path) from error
                continue
            except ConversationDecodeError as error:
                other = plain_plans[other_naming(self.family.naming)]
                if tag is UNSET and self._is_misspelled(error, model, path) and not other.fits(raw, model):
                    del met[before:]
                    continue
                raise
            if tag is not UNSET or not is_misread(value):
                return value
            misread = model
            del met[before:]
        name = None if tag is UNSET else tag
        meet(met, (union.members, name, path))
        return unknown(name, raw)

    def _read_members(self, raws: list[Any], members: tuple[Any, ...], path: str, met: list[Met]) -> None:
        """Read the texts of members of the union of ``members``, and put each in the place of its text."""
        union = self.unions[members]
        start = 0
        while start < len(raws):
            if memoryview(raws[start])[0] != BEGIN_OBJECT:
                meet(met, (members, None, f"{path}[{start}]"))
                raws[start] = unknown(None, raws[start])
                start += 1
                continue
            done: list[Any] = []
            try:
                # If one is refused, ``extend`` keeps the members before it. Not all at once, so that a flood of tiny
                # ones is not held twice.
                done.extend(map(union.decoder.decode, raws[start : start + _BATCH]))
            except ValidationError as error:
                index = start + len(done)
                done.append(self._read_member(raws[index], union, f"{path}[{index}]", met, error))
            raws[start : start + len(done)] = done
            start += len(done)

    # Lists, dicts and the like ---------------------------------------------------------------------------------------

    def _container_reader(self, tp: Any) -> Read:
        inner = without_metadata(tp)
        arguments: tuple[Any, ...] = get_args(inner)
        cls = get_origin(inner)
        make = cls if cls in (set, frozenset) else None
        decode = decoder_of[list[Raw] if make else with_raw_arguments(tp)].decode
        # Only if the items can be nothing else.
        members = members_of(arguments[0]) if len(arguments) == 1 else ()
        members = members if len(members) == len(get_args(arguments[0])) else ()

        def read(raw: Any, path: str, met: list[Met]) -> Any:
            value = decode(raw)
            if isinstance(value, dict):
                read = self._readers[arguments[-1]]
                return {key: read_part(read, part, child_path(path, str(key)), met) for key, part in value.items()}
            if isinstance(value, list) and members:
                self._read_members(value, members, path, met)
                return make(value) if make else value
            types = item_types(inner, len(value))
            parts = [
                read_part(self._readers[part_type], part, f"{path}[{index}]", met) if isinstance(part, Raw) else part
                for index, (part, part_type) in enumerate(zip(value, types, strict=True))
            ]
            return make(parts) if make else tuple(parts) if isinstance(value, tuple) else parts

        return read


def _build_plain_plans(naming: Naming) -> Plans:
    return Plans(PLAIN[naming])


plain_plans: Built[Naming, Plans] = Built(_build_plain_plans)
"""For a naming, the plans that know no fields but those of the models."""


def _in_other_naming(model: Any, naming: Naming, path: str) -> ConversationDecodeError:
    return ConversationDecodeError(
        f"Only in {NAMES[naming]} do the keys of this untagged member make it a `{model.__name__}`: "
        f"read this with `cm.{naming}` - at `{path}`",
        path,
    )
