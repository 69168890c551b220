"""The official SDKs' wrappers around what they do not know, which each SDK prints in a form of its own.

TypeScript's: ``{"raw": …, "type": "UNKNOWN", "isUnknown": true}``. Python's: ``{"type": "UNKNOWN", "raw": …,
"is_unknown": true}``. ``raw`` is the value as the REST API sent it, in snake_case. Logs of TypeScript services hold the
former, also in place of a known event that has a new chunk in it.
"""

from typing import get_args

from msgspec import Raw, Struct

from ..jsontext import UNREADABLE, decoder_of
from ..models.inputs import FunctionResultEntry, MessageInputEntry
from ..models.tools import Tool
from ..models.unknown import Unknown
from .families import Naming

__all__ = ["WRAPPER", "in_naming", "member_in_naming"]

WRAPPER: str = "UNKNOWN"
"""The tag of every wrapper. Only an ``Unknown`` with this tag need be passed to ``in_naming``."""


class _TypeScripts(Struct, forbid_unknown_fields=True, gc=False):
    raw: Raw
    type: str
    isUnknown: bool  # noqa: N815


class _Pythons(Struct, forbid_unknown_fields=True, gc=False):
    raw: Raw
    type: str
    is_unknown: bool


class _Tagged(Struct, gc=False):
    type: str


def in_naming(value: Unknown, naming: Naming) -> Unknown:
    """``value`` as it is written in ``naming``: ``value`` itself, unless it is the wrapper of the other naming's SDK.

    In snake_case, TypeScript's wrapper becomes the value inside. In camelCase, Python's becomes TypeScript's. The value
    inside is kept byte for byte. O(size).
    """
    if value.type != WRAPPER:
        return value
    try:
        if naming == "snake":
            opened = decoder_of[_TypeScripts].decode(value.raw)
            return Unknown(_tag_of(opened.raw), bytes(opened.raw)) if opened.isUnknown else value
        pythons = decoder_of[_Pythons].decode(value.raw)
        wrapped = b'{"raw":%b,"type":"%b","isUnknown":true}' % (pythons.raw, WRAPPER.encode())
        return Unknown(WRAPPER, wrapped) if pythons.is_unknown else value
    except UNREADABLE:
        return value


def member_in_naming(value: Unknown, naming: Naming) -> Unknown:
    """``value``, a member of a document, as ``in_naming`` gives it, except that nothing for a request is taken out.

    No SDK puts wrappers into requests, but a hostile client can: a gateway that looks for tools it does not allow sees
    an ``Unknown``, and must not write the tool. So a tool, a message to the model, a result or a value without a tag
    stays in its wrapper, which the service rejects.
    """
    written = in_naming(value, naming)
    return value if naming == "snake" and (written.type is None or written.type in _TAGS_OF_REQUESTS) else written


_TAGS_OF_REQUESTS = {cls.type for cls in (*get_args(Tool), MessageInputEntry, FunctionResultEntry)}


def _tag_of(raw: Raw) -> str | None:
    try:
        tagged: _Tagged = decoder_of[_Tagged].decode(raw)
    except UNREADABLE:
        return None
    return tagged.type
