"""The types of whole bodies and events, and the fields that identify untagged members of unions."""

from typing import Any, NamedTuple, get_args

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
from .conversations import (
    AgentConversation,
    Conversation,
    ConversationHistory,
    ConversationMessages,
    ModelConversation,
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
from .inputs import FunctionResultEntry, InputEntry, MessageEntry, MessageInputEntry
from .requests import ConversationAppendRequest, ConversationRequest, ConversationRestartRequest
from .responses import ConversationResponse, ConversationUsageInfo, ResponseHead
from .tools import Authorization, Tool
from .variants import fields_of

__all__ = [
    "MISREADABLE",
    "RECOGNISED_BY",
    "ROOTS",
    "ROOT_MODELS",
    "UNIONS",
    "Sign",
    "is_count",
    "is_misread",
    "models_in",
    "name_of_union",
]

ROOTS = (
    ConversationResponse,
    ResponseHead,
    ConversationEvent,
    ConversationRequest,
    ConversationAppendRequest,
    ConversationRestartRequest,
    ConversationHistory,
    ConversationMessages,
    Conversation,
)
"""The types of whole bodies and events. Every other model is part of one of them."""

ROOT_MODELS: tuple[Any, ...] = tuple([cls for root in ROOTS for cls in get_args(root) or (root,)])
"""The models of whole bodies and events."""

UNIONS: dict[str, Any] = {
    "OutputEntry": OutputEntry,
    "InputEntry": InputEntry,
    "MessageEntry": MessageEntry,
    "ContentChunk": ContentChunk,
    "ThinkContent": ThinkContent,
    "ConversationEvent": ConversationEvent,
    "Tool": Tool,
    "Authorization": Authorization,
    "Conversation": Conversation,
}
"""The unions of models, by name."""


class Sign(NamedTuple):
    """What identifies an untagged member of a union."""

    model: Any
    by: str
    """The field that has to be there."""
    unless: tuple[str, ...] = ()
    """Fields none of which may be there."""


RECOGNISED_BY: tuple[Sign, ...] = (
    Sign(AgentHandoffEntry, "previous_agent_id"),
    Sign(FunctionCallEntry, "tool_call_id"),
    Sign(FunctionResultEntry, "result"),
    Sign(MessageInputEntry, "role", unless=("agent_id", "model")),
    Sign(MessageOutputEntry, "content"),
    Sign(MessageInputEntry, "role"),
    Sign(ToolExecutionEntry, "name"),
    Sign(TextChunk, "text"),
    Sign(ThinkChunk, "thinking"),
    Sign(ImageURLChunk, "image_url"),
    Sign(DocumentURLChunk, "document_url"),
    Sign(ToolFileChunk, "file_id"),
    Sign(ToolReferenceChunk, "title"),
    Sign(ReferenceChunk, "reference_ids"),
    Sign(ResponseStartedEvent, "conversation_id"),
    Sign(FunctionCallEvent, "tool_call_id"),
    Sign(MessageOutputEvent, "content"),
    Sign(AgentHandoffStartedEvent, "previous_agent_id"),
    Sign(AgentHandoffDoneEvent, "next_agent_id"),
    Sign(ResponseDoneEvent, "usage"),
    Sign(ResponseErrorEvent, "code"),
    Sign(AgentConversation, "agent_id"),
    Sign(ModelConversation, "model"),
)
"""How untagged members are told apart.

If several signs are there, the first model that decodes wins. Events of tool executions are missing: their fields do
not tell them apart. An error event without ``code`` needs its tag: a ``message`` alone could be anything. Tools and
authorizations need theirs too: the service rejects them without it.
"""


MISREADABLE = MessageInputEntry
"""The only model for which ``is_misread`` can be true."""


def is_misread(value: Any) -> bool:
    """Whether an untagged member that was read as this value is something else.

    An assistant's message that cites sources is an output: inputs do not have such chunks.
    """
    return (
        isinstance(value, MISREADABLE)
        and value.role == "assistant"
        and isinstance(value.content, list)
        and any(isinstance(chunk, ToolReferenceChunk) for chunk in value.content)
    )


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
