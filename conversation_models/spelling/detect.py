"""Tells which spelling the bytes of a document are in."""

import re
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Decoder

from ..building import Built
from ..jsontext import UNREADABLE, view_of
from ..models.recognition import ROOTS, models_in
from ..models.variants import fields_of
from .families import Naming

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["naming_of"]


class _BothSpellings(Struct):
    """The one renamed field that every response has, in any position."""

    conversation_id: Raw | UnsetType = UNSET
    conversationId: Raw | UnsetType = UNSET  # noqa: N815


_both_spellings = Decoder(_BothSpellings)


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

    A response's own ``conversation_id`` decides, otherwise the first key that has two spellings. Never raises for the
    content of ``data``, JSON or not. O(size), without a copy unless ``data`` is a str.

    >>> from conversation_models import naming_of
    >>> naming_of(b'{"conversation_id": "c1", "outputs": []}')
    'snake'
    """
    text = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else view_of(data)
    try:
        head = _both_spellings.decode(text)
    except UNREADABLE:
        pass  # An array, lines, or no JSON at all.
    else:
        is_snake, is_camel = head.conversation_id is not UNSET, head.conversationId is not UNSET
        if is_snake != is_camel:
            return "snake" if is_snake else "camel"
    key = _renamed_key[ROOTS].search(text)
    return None if key is None else "snake" if b"_" in key[1] else "camel"
