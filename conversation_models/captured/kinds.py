"""Which kind of body a JSON document is: by its own keys and values, in either naming."""

from typing import Any, get_args

from msgspec import UNSET, Raw, UnsetType, defstruct
from msgspec.json import Decoder

from ..jsontext import UNREADABLE, decoder_of
from ..models.conversations import Conversation, ConversationHistory, ConversationMessages
from ..models.events import ConversationEvent
from ..models.failures import ServiceError, service_error
from ..models.recognition import ROOT_MODELS
from ..models.requests import ConversationAppendRequest, ConversationRequest, ConversationRestartRequest
from ..models.responses import ConversationResponse
from ..models.variants import fields_of

__all__ = ["kind_of"]

_BY_OBJECT = {
    "conversation.response": ConversationResponse,
    "conversation.history": ConversationHistory,
    "conversation.messages": ConversationMessages,
    "conversation": Conversation,
}
_BY_TAG = {cls.type: ConversationEvent for cls in get_args(ConversationEvent)}

# All of the keys have to be there. The first that fits decides: appended inputs have no key that only they have.
_BY_KEYS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("outputs",), ConversationResponse),
    (("entries",), ConversationHistory),
    (("messages",), ConversationMessages),
    (("from_entry_id",), ConversationRestartRequest),
    (("tool_confirmations",), ConversationAppendRequest),
    *[
        (("inputs", info.name), ConversationRequest)
        for info in fields_of(ConversationRequest)
        if info.name not in {other.name for other in fields_of(ConversationAppendRequest)}
    ],
    (("inputs",), ConversationAppendRequest),
    (("id", "created_at", "updated_at"), Conversation),
)


def kind_of(text: bytes) -> Any:
    """The type of body that a JSON document is; ``None`` if nothing in it decides, or the text is not JSON. O(size).

    ``object`` decides, or the tag of an event, or else the keys. An array is a list of conversations if its first
    member is a conversation: the service answers with no other bare array.
    """
    try:
        head = _head.decode(text)
    except UNREADABLE:
        return _kind_of_list(text)
    of_object = _string(head.object)
    if kind := _BY_OBJECT.get(of_object) or _BY_TAG.get(_string(head.type)):
        return kind
    # The body of an error may repeat some of the request.
    if of_object.lower() != "error":
        for keys, kind in _BY_KEYS:
            if all(any(getattr(head, name) is not UNSET for name in _SPELLINGS[key]) for key in keys):
                return kind
    try:
        return None if service_error(text, "") is None else ServiceError
    except UnicodeError:
        return ServiceError


def _kind_of_list(text: bytes) -> Any:
    try:
        members = decoder_of[list[Raw]].decode(text)
    except UNREADABLE:
        return None
    return list[Conversation] if not members or kind_of(bytes(members[0])) is Conversation else None


def _string(text: Raw | UnsetType) -> str:
    try:
        return "" if text is UNSET else decoder_of[str].decode(text)
    except UNREADABLE:
        return ""


_ENCODED = {info.name: info.encode_name for cls in ROOT_MODELS for info in fields_of(cls)}
_SPELLINGS = {key: {key, _ENCODED[key]} for keys, _ in _BY_KEYS for key in keys}
_head: Decoder[Any] = Decoder(
    # The other keys are skipped: hostile documents have many.
    defstruct(
        "Head",
        [(name, Raw | UnsetType, UNSET) for name in sorted({"object", "type"}.union(*_SPELLINGS.values()))],
        gc=False,
    )
)
