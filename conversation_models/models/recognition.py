"""The types of whole bodies and events, and the fields that identify untagged members of unions."""

from typing import Any, get_args

from .base import fields_of, is_model
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
    ConversationEvent,
    FunctionCallEvent,
    MessageOutputEvent,
    ResponseDoneEvent,
    ResponseErrorEvent,
    ResponseStartedEvent,
)
from .responses import ConversationResponse, ResponseHead

__all__ = ["RECOGNISED_BY", "ROOTS", "models_in"]

ROOTS = (ConversationResponse, ResponseHead, ConversationEvent)
"""The types of whole bodies and events. Every other model is part of one of them."""

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
"""For an untagged member: the field that identifies each model.

If several are present, the first model that decodes wins. Events of tool executions are missing because their fields do
not tell them apart.
"""


def models_in(*types: Any) -> set[Any]:
    """The models that occur in ``types``, in their fields, and so on down."""
    found: set[Any] = set()
    ahead = list(types)
    while ahead:
        tp = ahead.pop()
        if is_model(tp) and tp not in found:
            found.add(tp)
            ahead += [info.type for info in fields_of(tp)]
        ahead += get_args(tp)
    return found
