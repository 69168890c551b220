"""What a document holds that the models do not know."""

from typing import Any, get_args

import msgspec
from msgspec import UNSET, Raw

from ..jsontext import child_path
from ..models.base import TaggedModel, fields_of
from .open_union import decoder_of, fits, is_model, listed_members, tagged_members, union_of

__all__ = ["find_drift"]


def find_drift(data: Any, type: Any, path: str, found: list[str]) -> None:
    """Append to ``found``, in document order, the paths of what ``type`` does not know in the JSON text ``data``.

    Only text that models may stand in is looked into, object by object; a value of the wrong shape is passed over.
    """
    kind = bytes(memoryview(data)[:1])
    if kind == b"{":
        if members := tagged_members(type):
            _drift_of_member(data, members, path, found)
        else:
            for cls in (type, *get_args(type)):
                if is_model(cls):
                    _drift_of_model(data, cls, path, found)
    elif kind == b"[":
        for arm in (type, *get_args(type)):
            if members := listed_members(arm):
                for index, raw in enumerate(decoder_of(list[Raw]).decode(data)):
                    _drift_of_member(raw, members, f"{path}[{index}]", found)
                break


def _drift_of_member(raw: Raw, members: tuple[Any, ...], path: str, found: list[str]) -> None:
    union = union_of(members)
    tag, classes = union.member(raw)
    if cls := next((cls for cls in classes if tag is not UNSET or fits(raw, cls)), None):
        _drift_of_model(raw, cls, path, found)
    elif isinstance(tag, str):
        found.append(f"{path}.type = {msgspec.json.encode(tag).decode()}")
    else:
        found.append(path)


def _drift_of_model(data: Any, cls: Any, path: str, found: list[str]) -> None:
    fields = {field.encode_name: field.type for field in fields_of(cls)}
    if issubclass(cls, TaggedModel):
        fields["type"] = str
    for key, raw in decoder_of(dict[str, Raw]).decode(data).items():
        key_path = child_path(path, key)
        if key in fields:
            find_drift(raw, fields[key], key_path, found)
        else:
            found.append(key_path)
