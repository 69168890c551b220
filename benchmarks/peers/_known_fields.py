"""Subclasses of this library's models that declare the fields a drifting upstream adds."""

from typing import TypeAlias

from msgspec import UNSET, UnsetType, field

import conversation_models as cm

__all__ = ["KnownEvent", "KnownResponse"]


class _Usage(cm.ConversationUsageInfo, frozen=True, kw_only=True):
    billing: dict[str, int] | UnsetType = UNSET


class _Source(cm.ToolReferenceChunk, frozen=True, kw_only=True, tag="tool_reference"):
    rank: int | UnsetType = UNSET


_Chunk: TypeAlias = (
    cm.TextChunk
    | cm.ThinkChunk
    | cm.ImageURLChunk
    | cm.DocumentURLChunk
    | cm.ToolFileChunk
    | _Source
    | cm.ReferenceChunk
)


class _ToolExecution(cm.ToolExecutionEntry, frozen=True, kw_only=True, tag="tool.execution"):
    span: str | UnsetType = UNSET


# A type checker rejects the narrower lists because they could be edited through the base class. Nothing does so here.
class _Message(cm.MessageOutputEntry, frozen=True, kw_only=True, tag="message.output"):
    content: str | list[_Chunk]  # type: ignore[assignment]
    span: str | UnsetType = UNSET


class KnownResponse(cm.ConversationResponse, frozen=True, kw_only=True):
    outputs: list[_Message | _ToolExecution | cm.FunctionCallEntry | cm.AgentHandoffEntry]  # type: ignore[assignment]
    usage: _Usage = field(default_factory=_Usage)
    tier: str | UnsetType = UNSET


class _Delta(cm.MessageOutputEvent, frozen=True, kw_only=True, tag="message.output.delta"):
    sequence: int | UnsetType = UNSET


class _Done(cm.ResponseDoneEvent, frozen=True, kw_only=True, tag="conversation.response.done"):
    usage: _Usage


KnownEvent: TypeAlias = (
    cm.ResponseStartedEvent
    | _Delta
    | cm.ToolExecutionStartedEvent
    | cm.ToolExecutionDeltaEvent
    | cm.ToolExecutionDoneEvent
    | cm.FunctionCallEvent
    | cm.AgentHandoffStartedEvent
    | cm.AgentHandoffDoneEvent
    | _Done
    | cm.ResponseErrorEvent
)
