"""Conversations, their histories and messages (schema: ``ConversationHistory``, ``ModelConversation`` and others)."""

from datetime import datetime
from typing import Any, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from .arguments import CompletionArgs
from .base import Model
from .guardrails import GuardrailConfig
from .inputs import InputEntry, MessageEntry
from .lists import ABSENT, Field, ListOf
from .tools import Tool
from .unknown import Open

__all__ = ["AgentConversation", "Conversation", "ConversationHistory", "ConversationMessages", "ModelConversation"]


class ConversationHistory(Model, frozen=True, kw_only=True):
    """All entries of a conversation: ``GET /v1/conversations/{conversation_id}/history``.

    Attributes:
        object: Always ``"conversation.history"``.
        conversation_id: Names the conversation.
        entries: Inputs and outputs, in order.
    """

    object: Literal["conversation.history"] = "conversation.history"
    conversation_id: str
    entries: Field[list[InputEntry], ListOf[InputEntry]]


class ConversationMessages(Model, frozen=True, kw_only=True):
    """The messages of a conversation: ``GET /v1/conversations/{conversation_id}/messages``.

    Attributes:
        object: Always ``"conversation.messages"``.
        conversation_id: Names the conversation.
        messages: Messages to and from the model, in order.
    """

    object: Literal["conversation.messages"] = "conversation.messages"
    conversation_id: str
    messages: Field[list[MessageEntry], ListOf[MessageEntry]]


class ModelConversation(Model, frozen=True, kw_only=True):
    """A conversation with a model.

    Attributes:
        object: Always ``"conversation"``.
        id: Names the conversation.
        created_at: When it was started.
        updated_at: When it last changed.
        model: Name of the model that answers.
        instructions: The system prompt. Absent or null if none.
        tools: Tools that the model may use. Absent if none.
        completion_args: How the model answers. Absent if not stated.
        guardrails: Guardrails. Absent or null if none.
        name: Name of the conversation. Absent or null if none.
        description: What the conversation is about. Absent or null if not stated.
        metadata: The client's own data, free-form. Absent or null if none.
    """

    object: Literal["conversation"] = "conversation"
    id: str
    created_at: datetime
    updated_at: datetime
    model: str
    instructions: str | None | UnsetType = UNSET
    tools: Field[list[Tool] | UnsetType, ListOf[Tool] | UnsetType] = ABSENT
    completion_args: CompletionArgs | UnsetType = UNSET
    guardrails: list[GuardrailConfig] | None | UnsetType = UNSET
    name: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    metadata: dict[str, Any] | None | UnsetType = UNSET


class AgentConversation(Model, frozen=True, kw_only=True):
    """A conversation with an agent.

    Attributes:
        object: Always ``"conversation"``.
        id: Names the conversation.
        created_at: When it was started.
        updated_at: When it last changed.
        agent_id: Id of the agent that answers.
        agent_version: Version of the agent, a number or a name. Absent or null if not stated.
        name: Name of the conversation. Absent or null if none.
        description: What the conversation is about. Absent or null if not stated.
        metadata: The client's own data, free-form. Absent or null if none.
    """

    object: Literal["conversation"] = "conversation"
    id: str
    created_at: datetime
    updated_at: datetime
    agent_id: str
    agent_version: str | int | None | UnsetType = UNSET
    name: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    metadata: dict[str, Any] | None | UnsetType = UNSET


Conversation: TypeAlias = Open[ModelConversation | AgentConversation]
