"""Which counts a usage states: a record has 0 for those that it does not."""

from typing import Any

from msgspec import UNSET, Raw, UnsetType, defstruct
from msgspec.json import Decoder

from ..building import Built
from ..jsontext import UNREADABLE
from ..models.recognition import is_count
from ..models.responses import ConversationUsageInfo
from ..models.variants import fields_of
from ..spelling.families import Naming

__all__ = ["NO_COUNTS", "absent_counts"]

NO_COUNTS = frozenset[str]()

_COUNTS = [info.name for info in fields_of(ConversationUsageInfo) if is_count(ConversationUsageInfo, info.name)]


def _build_decoder(naming: Naming) -> Decoder[Any]:
    rename: Any = "camel" if naming == "camel" else None
    usage = defstruct("Usage", [(name, Raw | UnsetType, UNSET) for name in _COUNTS], rename=rename, gc=False)
    return Decoder(defstruct("Stated", [("usage", usage | UnsetType, UNSET)], gc=False))


_decoders: Built[Naming, Decoder[Any]] = Built(_build_decoder)


def absent_counts(usage: ConversationUsageInfo | None, data: bytes, naming: Naming) -> frozenset[str]:
    """The counts that ``usage`` has and ``data``, a body or the data of an event that it was read from, does not.

    O(size) if a count is 0, otherwise O(1).
    """
    if usage is None or (usage.prompt_tokens and usage.completion_tokens and usage.total_tokens):
        return NO_COUNTS
    try:
        stated = _decoders[naming].decode(data).usage
    except UNREADABLE:
        return NO_COUNTS
    return frozenset([name for name in _COUNTS if getattr(stated, name, UNSET) is UNSET])
