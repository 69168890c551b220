"""Finds the fields and tags in a document that the models do not know."""

from typing import Any, get_args

import msgspec
from msgspec import UNSET, Raw

from ..jsontext import child_path, decoder_of
from ..models.base import TaggedModel, fields_of, is_model
from .open_union import fits, listed_members, tagged_members, union_of

__all__ = ["find_drift"]


def find_drift(data: Any, tp: Any, path: str, found: list[str]) -> None:
    """Append to ``found``, in document order, the paths in the JSON text ``data`` that ``tp`` does not know.

    Looks only into values that can hold a model, object by object. A value of the wrong shape is skipped.
    """
    kind = bytes(memoryview(data)[:1])
    if kind == b"{":
        if members := tagged_members(tp):
            _drift_of_member(data, members, path, found)
        else:
            for cls in (tp, *get_args(tp)):
                if is_model(cls):
                    _drift_of_model(data, cls, path, found)
    elif kind == b"[" and (members := listed_members(tp)):
        for index, raw in enumerate(decoder_of[list[Raw]].decode(data)):
            _drift_of_member(raw, members, f"{path}[{index}]", found)


def _drift_of_member(raw: Raw, members: tuple[Any, ...], path: str, found: list[str]) -> None:
    union = union_of[members]
    tag, candidates = union.sight(raw)
    known = [cls for cls in candidates if cls in union.members]
    if cls := next((cls for cls in known if tag is not UNSET or fits(raw, cls)), None):
        _drift_of_model(raw, cls, path, found)
    elif isinstance(tag, str):
        found.append(f"{path}.type = {msgspec.json.encode(tag).decode()}")
    else:
        found.append(path)


def _drift_of_model(data: Any, cls: Any, path: str, found: list[str]) -> None:
    types = {info.encode_name: info.type for info in fields_of(cls)}
    if issubclass(cls, TaggedModel):
        types["type"] = str
    for key, raw in decoder_of[dict[str, Raw]].decode(data).items():
        key_path = child_path(path, key)
        if key in types:
            find_drift(raw, types[key], key_path, found)
        else:
            found.append(key_path)
