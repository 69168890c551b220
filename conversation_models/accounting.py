"""What a call cost and did: one record of a response or a stream, for bills, logs and dashboards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from msgspec import UNSET, Raw, Struct, UnsetType

from .jsontext import decoder_of
from .models.entries import FunctionCallEntry, ToolExecutionEntry
from .models.events import ResponseErrorEvent
from .models.failures import ServiceError
from .models.recognition import is_count
from .models.responses import ConversationUsageInfo
from .models.variants import fields_of

__all__ = ["Account", "Status", "UsageRecord", "absent_counts", "stated_usage"]

Status: TypeAlias = Literal["completed", "failed", "truncated", "stopped", "unreadable"]


class UsageRecord(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """What one response cost and did. Made by ``Codec.summarize`` from a body, and by a ``StreamMeter`` from a stream.

    Attributes:
        kind: ``response`` for a body, ``stream`` for the events of one.
        status: How it ended: one of the five below.
        conversation_id: Names the conversation. ``None`` if not stated.
        usage: Tokens used. ``None`` if not stated, also if the service sent no count at all (``{}``).
        models: Names of the models that wrote, each once, in order of appearance.
        agent_ids: Ids of the agents that wrote, each once, in order of appearance.
        tools: How often each tool ran, by its name.
        function_calls: Names of the functions that the client was asked to call, one for each call, in order.
        error_code: The service's number for the error. ``None`` if there was no error, or no number.
        error_message: The error in words; if ``unreadable``, why. ``None`` if there was no error.
        started_at: When the service started the stream, or the first output of a response. ``None`` if not stated.
        first_output_at: When the service sent a stream's first event of an output. ``None`` if not stated.
        completed_at: When the service ended the stream, or the last output of a response. ``None`` if not stated.
        outputs: How many outputs there are.
        events: How many events the stream has. 0 for a response.
        deltas: How many of them are pieces of messages.
        bytes: Size of the body, or of the ``data`` of the stream's events.
        unknown: How many outputs or events have a type that the models do not know.

    The status is ``completed``; ``failed`` if an error was reported; ``truncated`` if the stream has not ended;
    ``stopped`` if the gateway ended it early; ``unreadable`` for a body that is neither a response nor an error, and
    for a stream whose last event is malformed.
    """

    kind: Literal["response", "stream"]
    status: Status
    conversation_id: str | None = None
    usage: ConversationUsageInfo | None = None
    models: tuple[str, ...] = ()
    agent_ids: tuple[str, ...] = ()
    tools: Mapping[str, int] = {}
    function_calls: tuple[str, ...] = ()
    error_code: int | None = None
    error_message: str | None = None
    started_at: datetime | None = None
    first_output_at: datetime | None = None
    completed_at: datetime | None = None
    outputs: int = 0
    events: int = 0
    deltas: int = 0
    bytes: int = 0
    unknown: int = 0


class Account:
    """The account of one response so far."""

    __slots__ = (
        "agent_ids",
        "bytes",
        "completed_at",
        "conversation_id",
        "deltas",
        "events",
        "first_output_at",
        "function_calls",
        "models",
        "outputs",
        "started_at",
        "tools",
        "unknown",
        "usage",
    )

    def __init__(self) -> None:
        self.conversation_id: str | None = None
        self.usage: ConversationUsageInfo | None = None
        # Dicts, so that each name is there once, in order.
        self.models: dict[str, None] = {}
        self.agent_ids: dict[str, None] = {}
        self.tools: dict[str, int] = {}
        self.function_calls: list[str] = []
        self.started_at: datetime | None = None
        self.first_output_at: datetime | None = None
        self.completed_at: datetime | None = None
        self.outputs: int = 0
        self.events: int = 0
        self.deltas: int = 0
        self.bytes: int = 0
        self.unknown: int = 0

    def add_writer(self, model: str | None | UnsetType, agent_id: str | None | UnsetType) -> None:
        """Note the model and the agent that wrote something."""
        if model:
            self.models[model] = None
        if agent_id:
            self.agent_ids[agent_id] = None

    def add_output(self, tag: str | None, name: str) -> None:
        """Note an output: the ``type`` of its entry and, if it is a tool execution or a function call, its name."""
        self.outputs += 1
        if tag == ToolExecutionEntry.type:
            self.tools[name] = self.tools.get(name, 0) + 1
        elif tag == FunctionCallEntry.type:
            self.function_calls.append(name)

    def record(
        self,
        kind: Literal["response", "stream"],
        status: Status,
        error: ResponseErrorEvent | ServiceError | str | None = None,
    ) -> UsageRecord:
        """The record so far: a value that does not change. ``error``: a string if something is unreadable. O(size)."""
        code, message = _code_and_message(error)
        return UsageRecord(
            kind=kind,
            status=status,
            conversation_id=self.conversation_id,
            usage=self.usage,
            models=tuple(self.models),
            agent_ids=tuple(self.agent_ids),
            tools=dict(self.tools),
            function_calls=tuple(self.function_calls),
            error_code=code,
            error_message=message,
            started_at=self.started_at,
            first_output_at=self.first_output_at,
            completed_at=self.completed_at,
            outputs=self.outputs,
            events=self.events,
            deltas=self.deltas,
            bytes=self.bytes,
            unknown=self.unknown,
        )


def _code_and_message(
    error: ResponseErrorEvent | ServiceError | str | None,
) -> tuple[int | None, str | None]:
    if error is None:
        return None, None
    if isinstance(error, str):
        return None, error[:_LONGEST_REASON]  # It may quote a value, of any length.
    return None if error.code is UNSET else error.code, error.message


class _Stated(Struct, gc=False):
    # Not a dict: of a repeated key the last one counts, whatever the others are.
    usage: Raw = Raw(b"{}")


_COUNTS = {
    info.name: {info.name, info.encode_name}
    for info in fields_of(ConversationUsageInfo)
    if is_count(ConversationUsageInfo, info.name)
}
"""The names of the counts, each with its keys in the two namings."""


def absent_counts(usage: ConversationUsageInfo | None, data: Any) -> frozenset[str]:
    """The counts that ``usage`` has as 0 since ``data``, a body or the data of an event, does not state them.

    O(size) if a count is 0, otherwise O(1).
    """
    if usage is None or (usage.prompt_tokens and usage.completion_tokens and usage.total_tokens):
        return frozenset()
    stated = _stated(data)
    return frozenset([name for name, keys in _COUNTS.items() if keys.isdisjoint(stated)])


def stated_usage(usage: ConversationUsageInfo, data: Any) -> ConversationUsageInfo | None:
    """``usage``, which was read from ``data``, a body or the data of an event; ``None`` if that has ``{}`` there."""
    # Most usages have a count, and comparing values takes longer than the rest of a small record.
    if usage.total_tokens or usage.prompt_tokens or usage.completion_tokens:
        return usage
    return usage if _stated(data) else None


def _stated(data: Any) -> dict[str, Raw]:
    members: dict[str, Raw] = decoder_of[dict[str, Raw]].decode(decoder_of[_Stated].decode(data).usage)
    return members


_LONGEST_REASON = 200
