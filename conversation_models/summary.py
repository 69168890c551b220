"""The record of a body that is not a stream.

The plan: msgspec reads the head of each output in one pass, and skips the rest. If it refuses, the body is read as
``peek`` reads it, and each output as ``decode`` does.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, Raw, UnsetType, defstruct
from msgspec.json import Decoder

from .accounting import Account, UsageRecord, stated_usage
from .building import Built
from .errors import ConversationDecodeError
from .jsontext import UNREADABLE, decoder_of, view_of
from .models.entries import FunctionCallEntry, OutputEntry, ToolExecutionEntry
from .models.failures import ServiceError
from .models.responses import ConversationUsageInfo, ResponseHead
from .reading.open_union import members_of
from .spelling.families import Naming

__all__ = ["summary_of"]

_HEAD: list[Any] = [
    ("type", str),
    ("name", str | UnsetType, UNSET),
    ("model", str | None | UnsetType, UNSET),
    ("agent_id", str | None | UnsetType, UNSET),
    ("created_at", datetime | UnsetType, UNSET),
    ("completed_at", datetime | None | UnsetType, UNSET),
]
"""What a record needs of an output."""


def _build_decoder(naming: Naming) -> Decoder[Any]:
    rename: Any = "camel" if naming == "camel" else None
    head: Any = defstruct("EntryHead", _HEAD, rename=rename, gc=False)
    body: list[Any] = [
        ("object", Literal["conversation.response"], "conversation.response"),
        ("conversation_id", str),
        ("outputs", list[head]),
        ("usage", Raw | UnsetType, UNSET),
    ]
    return Decoder(defstruct("Body", body, rename=rename, kw_only=True, gc=False))


_decoders: Built[Naming, Decoder[Any]] = Built(_build_decoder)

_TAGS = {cls.type for cls in members_of(OutputEntry)}
_NAMED_TAGS = (ToolExecutionEntry.type, FunctionCallEntry.type)
_UNREADABLE = (ConversationDecodeError, *UNREADABLE)


def summary_of(data: Any, naming: Naming, read: Callable[[Any, Any], Any]) -> UsageRecord:
    """The record of ``data``, a buffer or str. ``read`` is ``Codec.decode`` of that naming."""
    account = Account()
    size = account.bytes = view_of(data).nbytes
    try:
        try:
            body = _decoders[naming].decode(data)
            usage = UNSET if body.usage is UNSET else read(body.usage, ConversationUsageInfo)
            outputs: Iterable[Any] = body.outputs
        except _UNREADABLE:
            body = read(data, ResponseHead)
            usage = body.usage
            outputs = [_entry(raw, read) for raw in decoder_of[list[Raw]].decode(body.outputs)]
    except _UNREADABLE:
        return _of_no_response(data, size, read)
    account.conversation_id = body.conversation_id
    account.usage = None if usage is UNSET else stated_usage(usage, data)
    for output in outputs:
        _add(account, output)
    return account.record("response", "completed")


def _of_no_response(data: Any, size: int, read: Callable[[Any, Any], Any]) -> UsageRecord:
    account = Account()
    account.bytes = size
    try:
        return account.record("response", "failed", read(data, ServiceError))
    except ConversationDecodeError:
        return account.record("response", "unreadable")


def _entry(raw: Raw, read: Callable[[Any, Any], Any]) -> Any:
    """An output; ``None`` if it is malformed."""
    try:
        return read(raw, OutputEntry)
    except ConversationDecodeError:
        return None


def _add(account: Account, output: Any) -> None:
    """Note an output: its entry, or the head of it."""
    tag = getattr(output, "type", None)
    name: Any = getattr(output, "name", UNSET)
    if output is None or (tag in _NAMED_TAGS and name is UNSET):
        account.outputs += 1  # Malformed. Nothing more is known of it.
        return
    account.add_output(tag, name)
    if tag not in _TAGS:
        account.unknown += 1
        return
    account.add_writer(output)
    if output.created_at is not UNSET and account.started_at is None:
        account.started_at = output.created_at
    if output.completed_at:
        account.completed_at = output.completed_at
