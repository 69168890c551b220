"""Tells which spelling the bytes of a document are in."""

import re
from functools import cache
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Decoder

from ..jsontext import UNREADABLE
from ..models.base import fields_of
from .respell import PUBLIC_MODELS
from .twins import Naming

__all__ = ["naming_of"]


class _BothSpellings(Struct):
    """The one renamed field that every response has, wherever it stands among the others."""

    conversation_id: Raw | UnsetType = UNSET
    conversationId: Raw | UnsetType = UNSET  # noqa: N815


_both_spellings = Decoder(_BothSpellings)


@cache
def _renamed_key() -> re.Pattern[bytes]:
    renamed = [field for cls in PUBLIC_MODELS for field in fields_of(cls) if field.name != field.encode_name]
    spellings = sorted({name for field in renamed for name in (field.name, field.encode_name)})
    return re.compile(rf'"({"|".join(spellings)})"\s*:'.encode())


def naming_of(data: Any) -> Naming | None:
    """The naming that JSON text (bytes-like) is in, as its keys tell; ``None`` where they are the same in both.

    A response's own ``conversation_id`` decides, else the first key that has two spellings. Costs a pass over ``data``.
    """
    try:
        head = _both_spellings.decode(data)
    except UNREADABLE:
        pass  # An array, lines, or no JSON at all.
    else:
        if head.conversation_id is not head.conversationId:
            return "snake" if head.conversationId is UNSET else "camel"
    key = _renamed_key().search(data)
    return None if key is None else "snake" if b"_" in key[1] else "camel"
