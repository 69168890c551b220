"""Tells which spelling the bytes of a document are in."""

import re
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Raw, UnsetType, defstruct, field, structs
from msgspec.json import Decoder

from ..building import Built
from ..jsontext import UNREADABLE, view_of
from ..models.recognition import ROOT_MODELS, ROOTS, models_in
from ..models.variants import fields_of
from .families import Naming

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["naming_of"]


def _build_own_keys(models: Any) -> Decoder[Any]:
    names = {info.name: info.encode_name for cls in models for info in fields_of(cls) if info.name != info.encode_name}
    # One field for each spelling, side by side. The one that responses have comes first.
    keys = [key for name in ("conversation_id", *names) for key in (name, names[name])]
    fields = [(f"f{at}", Raw | UnsetType, field(default=UNSET, name=key)) for at, key in enumerate(dict.fromkeys(keys))]
    return Decoder(defstruct("OwnKeys", fields, gc=False))


_own_keys: Built[Any, Decoder[Any]] = Built(_build_own_keys)
"""For the models of whole bodies and events: finds which of their fields a document has, in which spellings."""


def _build_renamed_key(types: Any) -> re.Pattern[bytes]:
    infos = [info for cls in models_in(*types) for info in fields_of(cls) if info.name != info.encode_name]
    # A key without either sign, such as "schema", may be anybody's.
    keys = {key for info in infos for key in (info.name, info.encode_name) if "_" in key or not key.islower()}
    return re.compile(rf'"({"|".join(sorted(keys))})"\s*:'.encode())


_renamed_key: Built[Any, re.Pattern[bytes]] = Built(_build_renamed_key)
"""For the roots: finds a key that has two spellings."""


def naming_of(data: "Buffer | str") -> Naming | None:
    """The naming of JSON text, by its keys: "camel" or "snake", ``None`` if they are the same in both.

    The keys of the document's own fields decide, first of all its ``conversation_id``. If none of them has two
    spellings, or they disagree, the first key in the text that has two decides. Never raises for the content of
    ``data``, JSON or not. O(size), without a copy unless ``data`` is a str.

    >>> from conversation_models import naming_of
    >>> naming_of(b'{"conversation_id": "c1", "outputs": []}')
    'snake'
    """
    text = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else view_of(data)
    try:
        own = structs.astuple(_own_keys[ROOT_MODELS].decode(text))
    except UNREADABLE:
        own = ()  # An array, lines, or no JSON at all.
    pairs = zip(own[::2], own[1::2], strict=True)
    found: list[Naming | None] = [_spelling_of(snake is not UNSET, camel is not UNSET) for snake, camel in pairs]
    verdicts: set[Naming] = {naming for naming in found if naming}
    if verdicts and (found[0] or len(verdicts) == 1):
        return found[0] or verdicts.pop()
    key = _renamed_key[ROOTS].search(text)
    return None if key is None else "snake" if b"_" in key[1] else "camel"


def _spelling_of(is_snake: bool, is_camel: bool) -> Naming | None:
    if is_snake == is_camel:
        return None
    return "snake" if is_snake else "camel"
