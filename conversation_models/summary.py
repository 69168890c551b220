"""The record of a body that is not a stream.

The plan: msgspec reads the head of each output in one pass, and skips the rest. If it refuses, the body is read as
``peek`` reads it, and its outputs as ``decode`` does.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal, TypeAlias

from msgspec import UNSET, Raw, UnsetType, ValidationError, convert, defstruct
from msgspec.json import Decoder

from .accounting import Account, UsageRecord, stated_usage
from .building import Built
from .errors import ConversationDecodeError
from .jsontext import UNREADABLE, decode_error, decoder_of, view_of
from .models.entries import AgentHandoffEntry, FunctionCallEntry, OutputEntry, ToolExecutionEntry
from .models.failures import ServiceError
from .models.responses import ConversationUsageInfo, ResponseHead
from .reading.open_union import members_of
from .spelling.families import Naming

__all__ = ["Facts", "body_decoders", "facts_of", "summary_of", "time_of"]

_NAMES = ("name", "model", "agent_id", "created_at", "completed_at")
_HEAD: list[Any] = [("type", str | None), *[(name, str | None | UnsetType, UNSET) for name in _NAMES]]
"""What a record needs of an output. Times are only read if they are the first or the last."""
_Head: Any = defstruct("Head", _HEAD, gc=False)


def _build_decoder(naming: Naming) -> Decoder[Any]:
    rename: Any = "camel" if naming == "camel" else None
    head: Any = defstruct("Head", _HEAD, rename=rename, gc=False)
    body: list[Any] = [
        ("object", Literal["conversation.response"], "conversation.response"),
        ("conversation_id", str),
        ("outputs", list[head]),
        ("usage", Raw | UnsetType, UNSET),
    ]
    return Decoder(defstruct("Body", body, rename=rename, kw_only=True, gc=False))


body_decoders: Built[Naming, Decoder[Any]] = Built(_build_decoder)
"""The decoders of responses whose outputs are heads, for ``facts_of``."""

_TAGS = {cls.type for cls in members_of(OutputEntry)}
_TOOL, _FUNCTION, _HANDOFF = ToolExecutionEntry.type, FunctionCallEntry.type, AgentHandoffEntry.type
_NAMED = {_TOOL, _FUNCTION}
_UNREADABLE = (ConversationDecodeError, *UNREADABLE)


def summary_of(data: Any, naming: Naming, read: Callable[[Any, Any], Any]) -> UsageRecord:
    """The record of ``data``, a buffer or str. ``read`` is ``Codec.decode`` of that naming."""
    account = Account()
    # `view_of` takes no lone surrogates, which a str can hold.
    account.bytes = len(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else view_of(data).nbytes
    try:
        try:
            body = body_decoders[naming].decode(data)
            usage = UNSET if body.usage is UNSET else read(body.usage, ConversationUsageInfo)
            heads = body.outputs
        except _UNREADABLE:
            body = read(data, ResponseHead)
            usage = body.usage
            heads = _heads(body.outputs, read)
    except _UNREADABLE as error:
        # Only the words: an exception in a variable keeps its frame alive, and that the body.
        why = str(error if isinstance(error, ConversationDecodeError) else decode_error(error, data))
        return _of_no_response(account, data, read, why)
    account.conversation_id = body.conversation_id
    account.usage = None if usage is UNSET else stated_usage(usage, data)
    account.models, account.agent_ids, account.tools, account.function_calls, account.unknown, *times = facts_of(heads)
    account.started_at, account.completed_at = map(time_of, times)
    account.outputs = len(heads)
    return account.record("response", "completed")


def _of_no_response(account: Account, data: Any, read: Callable[[Any, Any], Any], why: str) -> UsageRecord:
    try:
        return account.record("response", "failed", read(data, ServiceError))
    except ConversationDecodeError:
        return account.record("response", "unreadable", why)


def _heads(outputs: Raw, read: Callable[[Any, Any], Any]) -> list[Any]:
    """The head of each output, whatever it is; ``None`` if it is malformed."""
    try:
        entries: Iterable[Any] = read(outputs, list[OutputEntry])
    except ConversationDecodeError:
        # One by one, which takes several times as long.
        try:
            raws: list[Raw] = decoder_of[list[Raw]].decode(outputs)
        except UNREADABLE as error:
            raise decode_error(error, outputs, "$.outputs") from error
        entries = (_entry(raw, read) for raw in raws)
    return [entry and _Head(entry.type, *[getattr(entry, name, UNSET) for name in _NAMES]) for entry in entries]


def _entry(raw: Raw, read: Callable[[Any, Any], Any]) -> Any:
    try:
        return read(raw, OutputEntry)
    except ConversationDecodeError:
        return None


Facts: TypeAlias = tuple[dict[str, None], dict[str, None], dict[str, int], list[str], int, Any, Any]
"""What the outputs of a response say, all in all.

The names of the models and of the agents, each once, in order; how often each tool ran; the functions that were called;
how many outputs are unknown; the first time at which one was created and the last at which one was completed, as sent.
"""


def facts_of(heads: list[Any]) -> Facts:
    """Add up the outputs of a response. O(outputs)."""
    # Archives have very many of them: no call is made for one.
    models: dict[str, None] = {}
    agent_ids: dict[str, None] = {}
    tools: dict[str, int] = {}
    function_calls: list[str] = []
    unknown = 0
    first: Any = UNSET
    last: Any = UNSET
    for head in heads:
        if head is None:
            continue
        tag = head.type
        if tag not in _TAGS:
            unknown += 1
            continue
        if tag in _NAMED:
            name = head.name
            if not isinstance(name, str):
                continue  # Malformed. Nothing more is known of it.
            if tag == _TOOL:
                tools[name] = tools.get(name, 0) + 1
            else:
                function_calls.append(name)
        if tag != _HANDOFF:  # Nobody writes it, and the fields are not its own.
            if head.model:
                models[head.model] = None
            if head.agent_id:
                agent_ids[head.agent_id] = None
        first = first or head.created_at
        last = head.completed_at or last
    return models, agent_ids, tools, function_calls, unknown, first, last


def time_of(value: Any) -> datetime | None:
    """A time as it was sent; ``None`` if it is absent or malformed."""
    try:
        return convert(value, datetime) if value else None
    except ValidationError:
        return None
