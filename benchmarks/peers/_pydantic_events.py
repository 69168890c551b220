"""The stream events as pydantic models, tuned like the responses."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from ._pydantic_models import Chunk, Model, Usage

__all__ = ["Done", "Event"]


class _Event(Model):
    created_at: datetime | None = None


class Started(_Event):
    type: Literal["conversation.response.started"] = "conversation.response.started"
    conversation_id: str


class MessageDelta(_Event):
    type: Literal["message.output.delta"] = "message.output.delta"
    id: str
    content: Annotated[str | Chunk, Field(union_mode="left_to_right")]
    output_index: int = 0
    content_index: int = 0
    model: str | None = None
    agent_id: str | None = None
    role: Literal["assistant"] = "assistant"


class ToolExecutionStarted(_Event):
    type: Literal["tool.execution.started"] = "tool.execution.started"
    id: str
    name: str
    arguments: str | None = None
    output_index: int = 0
    model: str | None = None
    agent_id: str | None = None
    function: str | None = None


class ToolExecutionDelta(_Event):
    type: Literal["tool.execution.delta"] = "tool.execution.delta"
    id: str
    name: str
    arguments: str
    output_index: int = 0


class ToolExecutionDone(_Event):
    type: Literal["tool.execution.done"] = "tool.execution.done"
    id: str
    name: str
    output_index: int = 0
    info: dict[str, Any] | None = None


class FunctionCallDelta(_Event):
    type: Literal["function.call.delta"] = "function.call.delta"
    id: str | None = None
    name: str
    tool_call_id: str
    arguments: str
    output_index: int = 0
    model: str | None = None
    agent_id: str | None = None
    confirmation_status: str | None = None


class HandoffStarted(_Event):
    type: Literal["agent.handoff.started"] = "agent.handoff.started"
    id: str
    previous_agent_id: str
    previous_agent_name: str
    output_index: int = 0


class HandoffDone(_Event):
    type: Literal["agent.handoff.done"] = "agent.handoff.done"
    id: str
    next_agent_id: str
    next_agent_name: str
    output_index: int = 0


class Done(_Event):
    type: Literal["conversation.response.done"] = "conversation.response.done"
    usage: Usage


class Failed(_Event):
    type: Literal["conversation.response.error"] = "conversation.response.error"
    message: str
    code: int


Event = Annotated[
    Started
    | MessageDelta
    | ToolExecutionStarted
    | ToolExecutionDelta
    | ToolExecutionDone
    | FunctionCallDelta
    | HandoffStarted
    | HandoffDone
    | Done
    | Failed,
    Field(discriminator="type"),
]
