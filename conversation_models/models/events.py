"""Stream events: the ``data`` of the server-sent events of a streamed call (schema: ``ConversationEvents``)."""

from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from .base import TaggedModel
from .chunks import ContentChunk
from .responses import ConversationUsageInfo
from .unknown import Open

__all__ = [
    "AgentHandoffDoneEvent",
    "AgentHandoffStartedEvent",
    "ConversationEvent",
    "FunctionCallEvent",
    "MessageOutputEvent",
    "ResponseDoneEvent",
    "ResponseErrorEvent",
    "ResponseStartedEvent",
    "ToolExecutionDeltaEvent",
    "ToolExecutionDoneEvent",
    "ToolExecutionStartedEvent",
]


class Event(TaggedModel, frozen=True, kw_only=True):
    """The field all events share."""

    created_at: datetime | UnsetType = UNSET


class ResponseStartedEvent(Event, frozen=True, kw_only=True, tag="conversation.response.started"):
    """The first event of a stream."""

    type: ClassVar[Literal["conversation.response.started"]] = "conversation.response.started"
    conversation_id: str


class MessageOutputEvent(Event, frozen=True, kw_only=True, tag="message.output.delta"):
    """A piece of a message: some text, or one chunk."""

    type: ClassVar[Literal["message.output.delta"]] = "message.output.delta"
    id: str
    content: str | ContentChunk
    output_index: int = 0
    content_index: int = 0
    model: str | None | UnsetType = UNSET
    agent_id: str | None | UnsetType = UNSET
    role: Literal["assistant"] = "assistant"


class ToolExecutionStartedEvent(Event, frozen=True, kw_only=True, tag="tool.execution.started"):
    """A tool runs. ``arguments`` is required by the schema and absent in the documented stream."""

    type: ClassVar[Literal["tool.execution.started"]] = "tool.execution.started"
    id: str
    name: str
    arguments: str | UnsetType = UNSET
    output_index: int = 0
    model: str | None | UnsetType = UNSET
    agent_id: str | None | UnsetType = UNSET
    function: str | None | UnsetType = UNSET


class ToolExecutionDeltaEvent(Event, frozen=True, kw_only=True, tag="tool.execution.delta"):
    """A piece of a running tool's arguments."""

    type: ClassVar[Literal["tool.execution.delta"]] = "tool.execution.delta"
    id: str
    name: str
    arguments: str
    output_index: int = 0


class ToolExecutionDoneEvent(Event, frozen=True, kw_only=True, tag="tool.execution.done"):
    """A tool has run."""

    type: ClassVar[Literal["tool.execution.done"]] = "tool.execution.done"
    id: str
    name: str
    output_index: int = 0
    info: dict[str, Any] | None | UnsetType = UNSET


class FunctionCallEvent(Event, frozen=True, kw_only=True, tag="function.call.delta"):
    """A piece of a function call. The schema requires ``id``; where it is absent, ``tool_call_id`` stands for it."""

    type: ClassVar[Literal["function.call.delta"]] = "function.call.delta"
    id: str | UnsetType = UNSET
    name: str
    tool_call_id: str
    arguments: str
    output_index: int = 0
    model: str | None | UnsetType = UNSET
    agent_id: str | None | UnsetType = UNSET
    confirmation_status: str | None | UnsetType = UNSET


class AgentHandoffStartedEvent(Event, frozen=True, kw_only=True, tag="agent.handoff.started"):
    """An agent starts to hand the conversation over."""

    type: ClassVar[Literal["agent.handoff.started"]] = "agent.handoff.started"
    id: str
    previous_agent_id: str
    previous_agent_name: str
    output_index: int = 0


class AgentHandoffDoneEvent(Event, frozen=True, kw_only=True, tag="agent.handoff.done"):
    """Another agent has taken the conversation over."""

    type: ClassVar[Literal["agent.handoff.done"]] = "agent.handoff.done"
    id: str
    next_agent_id: str
    next_agent_name: str
    output_index: int = 0


class ResponseDoneEvent(Event, frozen=True, kw_only=True, tag="conversation.response.done"):
    """The stream is complete."""

    type: ClassVar[Literal["conversation.response.done"]] = "conversation.response.done"
    usage: ConversationUsageInfo


class ResponseErrorEvent(Event, frozen=True, kw_only=True, tag="conversation.response.error"):
    """The service gave up; the stream is complete."""

    type: ClassVar[Literal["conversation.response.error"]] = "conversation.response.error"
    message: str
    code: int


ConversationEvent: TypeAlias = Open[
    ResponseStartedEvent
    | MessageOutputEvent
    | ToolExecutionStartedEvent
    | ToolExecutionDeltaEvent
    | ToolExecutionDoneEvent
    | FunctionCallEvent
    | AgentHandoffStartedEvent
    | AgentHandoffDoneEvent
    | ResponseDoneEvent
    | ResponseErrorEvent
]
