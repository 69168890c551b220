"""How untagged members of unions are told apart."""

from typing import Any

from .chunks import (
    DocumentURLChunk,
    ImageURLChunk,
    ReferenceChunk,
    TextChunk,
    ThinkChunk,
    ToolFileChunk,
    ToolReferenceChunk,
)
from .entries import AgentHandoffEntry, FunctionCallEntry, MessageOutputEntry, ToolExecutionEntry
from .events import (
    AgentHandoffDoneEvent,
    AgentHandoffStartedEvent,
    FunctionCallEvent,
    MessageOutputEvent,
    ResponseDoneEvent,
    ResponseErrorEvent,
    ResponseStartedEvent,
)

__all__ = ["RECOGNISED_BY"]

# The field by which an untagged member is recognised; of several that are there, the first whose model can be read
# decides. Events of tool executions are not listed: they cannot be told apart by their fields.
RECOGNISED_BY: dict[Any, str] = {
    AgentHandoffEntry: "previous_agent_id",
    FunctionCallEntry: "tool_call_id",
    MessageOutputEntry: "content",
    ToolExecutionEntry: "name",
    TextChunk: "text",
    ThinkChunk: "thinking",
    ImageURLChunk: "image_url",
    DocumentURLChunk: "document_url",
    ToolFileChunk: "file_id",
    ToolReferenceChunk: "title",
    ReferenceChunk: "reference_ids",
    ResponseStartedEvent: "conversation_id",
    FunctionCallEvent: "tool_call_id",
    MessageOutputEvent: "content",
    AgentHandoffStartedEvent: "previous_agent_id",
    AgentHandoffDoneEvent: "next_agent_id",
    ResponseDoneEvent: "usage",
    ResponseErrorEvent: "code",
}
