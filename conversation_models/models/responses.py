"""Responses of a Conversations call (schema: ``ConversationResponse``, ``ConversationUsageInfo``)."""

from typing import Any, Literal

from msgspec import UNSET, Raw, UnsetType, field

from .base import Model
from .entries import OutputEntry

__all__ = ["ConversationResponse", "ConversationUsageInfo", "ResponseHead"]


class ConversationUsageInfo(Model, frozen=True, kw_only=True):
    """Tokens used. A count that is absent is 0.

    Attributes:
        prompt_tokens: Tokens that the model read.
        completion_tokens: Tokens that the model wrote.
        total_tokens: All tokens, as the service adds them up: prompt, completion and connector tokens.
        connector_tokens: Tokens that tools used. Absent or null if not stated.
        connectors: How often each tool ran, by its name. Absent or null if not stated.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    connector_tokens: int | None | UnsetType = UNSET
    connectors: dict[str, int] | None | UnsetType = UNSET


class ConversationResponse(Model, frozen=True, kw_only=True):
    """The answer to starting, appending to or restarting a conversation.

    Attributes:
        object: Always ``"conversation.response"``.
        conversation_id: Names the conversation, in later requests too.
        outputs: Messages, tool executions, function calls and handoffs, in order.
        usage: Tokens that the response used. Required by the schema, but sometimes absent; all counts are 0 then.
        guardrails: Results of the guardrails, free-form. Absent or null if the request set none.
    """

    object: Literal["conversation.response"] = "conversation.response"
    conversation_id: str
    outputs: list[OutputEntry]
    usage: ConversationUsageInfo = field(default_factory=ConversationUsageInfo)
    guardrails: list[dict[str, Any]] | None | UnsetType = UNSET


class ResponseHead(Model, frozen=True, kw_only=True):
    """A ``ConversationResponse`` whose ``outputs`` were skipped.

    Attributes:
        object: Always ``"conversation.response"``.
        conversation_id: Names the conversation, in later requests too.
        outputs: The JSON text of the outputs: a view of the bytes that were read, which it keeps alive.
        usage: Tokens that the response used. Required by the schema, but sometimes absent; all counts are 0 then.
        guardrails: Results of the guardrails, free-form. Absent or null if the request set none.
    """

    object: Literal["conversation.response"] = "conversation.response"
    conversation_id: str
    outputs: Raw
    usage: ConversationUsageInfo = field(default_factory=ConversationUsageInfo)
    guardrails: list[dict[str, Any]] | None | UnsetType = UNSET
