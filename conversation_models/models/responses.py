"""What a Conversations call answers (schema: ``ConversationResponse``, ``ConversationUsageInfo``)."""

from typing import Any, Literal

from msgspec import UNSET, Raw, UnsetType

from .base import Model
from .entries import OutputEntry

__all__ = ["ConversationResponse", "ConversationUsageInfo", "ResponseHead"]


class ConversationUsageInfo(Model, frozen=True, kw_only=True):
    """Tokens used; ``connectors`` maps a tool's name to how often it was called."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    connector_tokens: int | None | UnsetType = UNSET
    connectors: dict[str, int] | None | UnsetType = UNSET


class ConversationResponse(Model, frozen=True, kw_only=True):
    """The answer to starting, appending to or restarting a conversation."""

    object: Literal["conversation.response"] = "conversation.response"
    conversation_id: str
    outputs: list[OutputEntry]
    usage: ConversationUsageInfo
    guardrails: list[dict[str, Any]] | None | UnsetType = UNSET


class ResponseHead(Model, frozen=True, kw_only=True):
    """A ``ConversationResponse`` whose ``outputs`` were skipped: a view of the bytes read, which it keeps alive."""

    conversation_id: str
    usage: ConversationUsageInfo
    outputs: Raw
