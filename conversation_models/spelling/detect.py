"""Tells which spelling the bytes of a document are in."""

import re
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Decoder

from ..building import Built
from ..jsontext import UNREADABLE
from ..models.base import fields_of
from ..models.recognition import ROOTS, models_in
from .twins import Naming

__all__ = ["naming_of"]


class _BothSpellings(Struct):
    """The one renamed field that every response has, in any position."""

    conversation_id: Raw | UnsetType = UNSET
    conversationId: Raw | UnsetType = UNSET  # noqa: N815


_both_spellings = Decoder(_BothSpellings)


def _build_renamed_key(types: Any) -> re.Pattern[bytes]:
    infos = [info for cls in models_in(*types) for info in fields_of(cls) if info.name != info.encode_name]
    spellings = sorted({name for info in infos for name in (info.name, info.encode_name)})
    return re.compile(rf'"({"|".join(spellings)})"\s*:'.encode())


_renamed_key: Built[Any, re.Pattern[bytes]] = Built(_build_renamed_key)
"""For the roots: finds a key that has two spellings."""


def naming_of(data: Any) -> Naming | None:
    """The naming of JSON text (bytes-like), by its keys; ``None`` if they are the same in both.

    A response's own ``conversation_id`` decides, otherwise the first key that has two spellings. O(size).
    """
    try:
        head = _both_spellings.decode(data)
    except UNREADABLE:
        pass  # An array, lines, or no JSON at all.
    else:
        if head.conversation_id is not head.conversationId:
            return "snake" if head.conversationId is UNSET else "camel"
    key = _renamed_key[ROOTS].search(data)
    return None if key is None else "snake" if b"_" in key[1] else "camel"
