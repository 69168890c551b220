"""Finds the fields and tags in a document that the models do not know, and required fields that it leaves out."""

from typing import Any, get_args, get_origin

import msgspec
from msgspec import UNSET, Raw

from ..jsontext import child_path, decoder_of
from ..models.base import TaggedModel, is_model
from ..models.variants import fields_of
from ..spelling.families import Naming, keys_of, unwrapped
from ..spelling.foreign import foreign_fields_of, foreign_steps_of, holds_models
from .open_union import members_of
from .parts import item_types, without_metadata
from .plans import plain_plans

__all__ = ["find_drift"]


def find_drift(data: Any, tp: Any, naming: Naming, path: str, found: list[str]) -> None:
    """Append to ``found``, in document order, what ``tp`` does not know in the JSON text ``data`` at ``path``.

    Looks only into values that can hold a model, object by object. A value of the wrong shape is skipped.
    """
    tp = without_metadata(unwrapped(tp))
    if not holds_models[tp]:
        return
    kind = bytes(memoryview(data)[:1])
    members = members_of(tp)
    if members and (kind == b"{" or len(members) == len(get_args(tp))):
        _drift_of_member(data, members, naming, path, found)
    elif kind == b"{" and is_model(tp):
        _drift_of_model(data, tp, naming, path, found)
    elif kind in (b"{", b"["):
        if foreign := foreign_fields_of(tp):
            types = {step: foreign[name] for name, step in foreign_steps_of(tp).items()}
            _drift_of_fields(data, types, naming, path, found)
        else:
            _drift_of_arguments(data, tp, naming, path, found)


def _drift_of_arguments(data: Any, tp: Any, naming: Naming, path: str, found: list[str]) -> None:
    """Look into a list, a dict, or whichever arm of a union the text is."""
    arguments = get_args(tp)
    cls: Any = get_origin(tp)
    is_array = bytes(memoryview(data)[:1]) == b"["
    if hasattr(cls, "keys"):
        if not is_array:
            for key, raw in decoder_of[dict[str, Raw]].decode(data).items():
                find_drift(raw, arguments[1], naming, child_path(path, key), found)
    elif hasattr(cls, "__iter__"):
        if is_array:
            raws = decoder_of[list[Raw]].decode(data)
            for index, (raw, part) in enumerate(zip(raws, item_types(tp, len(raws)), strict=False)):
                find_drift(raw, part, naming, f"{path}[{index}]", found)
    else:
        for arm in arguments:
            find_drift(data, arm, naming, path, found)


def _drift_of_fields(data: Any, types: dict[str | int, Any], naming: Naming, path: str, found: list[str]) -> None:
    parts = decoder_of[dict[str, Raw] | list[Raw]].decode(data)
    for step, raw in parts.items() if isinstance(parts, dict) else enumerate(parts):
        if step in types:
            find_drift(raw, types[step], naming, child_path(path, step), found)


def _drift_of_member(raw: Any, members: tuple[Any, ...], naming: Naming, path: str, found: list[str]) -> None:
    plans = plain_plans[naming]
    tag, candidates = plans.unions[members].sight(raw)
    known = [cls for cls, spelling in candidates if spelling == naming]
    if cls := next((cls for cls in known if tag is not UNSET or plans.fits(raw, cls)), None):
        _drift_of_model(raw, cls, naming, path, found)
    elif isinstance(tag, str):
        found.append(f"{path}.type = {msgspec.json.encode(tag).decode()}")
    else:
        found.append(path)


def _drift_of_model(data: Any, model: Any, naming: Naming, path: str, found: list[str]) -> None:
    keys = keys_of[model, naming].by_name
    types = {keys[info.name]: info.type for info in fields_of(model)}
    if issubclass(model, TaggedModel):
        types["type"] = str
    raws = decoder_of[dict[str, Raw]].decode(data)
    for key, raw in raws.items():
        key_path = child_path(path, key)
        if key in types:
            find_drift(raw, types[key], naming, key_path, found)
        else:
            found.append(key_path)
    # The schema requires such a field, and the service leaves it out now and then.
    expected = [keys[info.name] for info in fields_of(model) if is_model(info.default_factory)]
    found += [f"{child_path(path, key)} is missing" for key in expected if key not in raws]
