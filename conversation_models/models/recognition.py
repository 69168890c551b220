"""The types of whole bodies and events, and the fields that identify untagged members of unions."""

from typing import Any, get_args

from .base import is_model
from .chunks import (
    ContentChunk,
    DocumentURLChunk,
    ImageURLChunk,
    ReferenceChunk,
    TextChunk,
    ThinkChunk,
    ThinkContent,
    ToolFileChunk,
    ToolReferenceChunk,
)
from .entries import AgentHandoffEntry, FunctionCallEntry, MessageOutputEntry, OutputEntry, ToolExecutionEntry
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
from .responses import ConversationResponse, ConversationUsageInfo, ResponseHead
from .variants import fields_of

__all__ = ["RECOGNISED_BY", "ROOTS", "UNIONS", "is_count", "models_in", "name_of_union"]

ROOTS = (ConversationResponse, ResponseHead, ConversationEvent)
"""The types of whole bodies and events. Every other model is part of one of them."""

UNIONS = {
    "OutputEntry": OutputEntry,
    "ContentChunk": ContentChunk,
    "ThinkContent": ThinkContent,
    "ConversationEvent": ConversationEvent,
}
"""The unions of models, by name."""

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
not tell them apart. An error event without ``code`` needs its tag: a ``message`` alone could be anything.
"""


def is_count(model: type, name: str) -> bool:
    """Whether a field counts tokens: without it, a bill would be wrong."""
    return issubclass(model, ConversationUsageInfo) and name.endswith("_tokens")


def name_of_union(members: tuple[Any, ...]) -> str:
    """The name of the union of these models, or their names if it has none."""
    names = [name for name, union in UNIONS.items() if set(get_args(union)) == set(members)]
    return names[0] if names else " | ".join([cls.__name__ for cls in members])


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
