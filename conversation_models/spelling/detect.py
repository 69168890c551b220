"""Tells which spelling the bytes of a document are in."""

import re
from typing import TYPE_CHECKING, Any, get_args

from msgspec import UNSET, Raw, UnsetType, defstruct
from msgspec.json import Decoder

from ..building import Built
from ..jsontext import UNREADABLE, view_of
from ..models.recognition import ROOTS, models_in
from ..models.variants import fields_of
from .families import Naming

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["naming_of"]


def _build_head(roots: Any) -> Decoder[Any]:
    # The other keys are skipped.
    names = {name for pair in _renamed_in(roots) for name in pair}
    return Decoder(defstruct("Head", [(name, Raw | UnsetType, UNSET) for name in sorted(names)], gc=False))


def _renamed_in(roots: Any) -> set[tuple[str, str]]:
    """The keys that whole bodies have on top, in both spellings, if these differ."""
    models = [cls for root in roots for cls in get_args(root) or [root]]
    pairs = {(info.name, info.encode_name) for cls in models for info in fields_of(cls)}
    return {pair for pair in pairs if pair[0] != pair[1]}


_heads: Built[Any, Decoder[Any]] = Built(_build_head)
_pairs: Built[Any, set[tuple[str, str]]] = Built(_renamed_in)


_ID = ("conversation_id", "conversationId")


def _build_renamed_key(types: Any) -> re.Pattern[bytes]:
    infos = [info for cls in models_in(*types) for info in fields_of(cls) if info.name != info.encode_name]
    # A key without either sign, such as "schema", may be anybody's.
    spellings = sorted(
        {name for info in infos for name in (info.name, info.encode_name) if not name.islower() or "_" in name}
    )
    return re.compile(rf'"({"|".join(spellings)})"\s*:'.encode())


_renamed_key: Built[Any, re.Pattern[bytes]] = Built(_build_renamed_key)
"""For the roots: finds a key that has two spellings."""


def naming_of(data: "Buffer | str") -> Naming | None:
    """The naming of JSON text, by its keys: "camel" or "snake", ``None`` if they are the same in both.

    The body's own ``conversation_id`` decides, or its other keys if they agree; otherwise the first key that has two
    spellings. Never raises for the content of ``data``, JSON or not. O(size), without a copy unless ``data`` is a str.

    >>> from conversation_models import naming_of
    >>> naming_of(b'{"conversation_id": "c1", "outputs": []}')
    'snake'
    """
    text = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else view_of(data)
    try:
        head = _heads[ROOTS].decode(text)
    except UNREADABLE:
        pass  # An array, lines, or no JSON at all.
    else:
        for pairs in ({_ID}, _pairs[ROOTS]):
            is_snake, is_camel = (any(getattr(head, pair[of]) is not UNSET for pair in pairs) for of in (0, 1))
            if is_snake != is_camel:
                return "snake" if is_snake else "camel"
    key = _renamed_key[ROOTS].search(text)
    return None if key is None else "snake" if b"_" in key[1] else "camel"
