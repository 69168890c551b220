"""The responses as plain dataclasses, for the peers that use dataclasses. Absent and null are both ``None`` here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

__all__ = [
    "AgentHandoff",
    "Chunk",
    "ConversationResponse",
    "DocumentURLChunk",
    "Entry",
    "FunctionCall",
    "ImageURL",
    "ImageURLChunk",
    "Message",
    "ReferenceChunk",
    "TextChunk",
    "ThinkChunk",
    "ThinkContent",
    "ToolExecution",
    "ToolFileChunk",
    "ToolReferenceChunk",
    "Usage",
]


@dataclass(slots=True)
class TextChunk:
    text: str
    type: Literal["text"] = "text"


@dataclass(slots=True)
class ToolReferenceChunk:
    tool: str | None = None
    title: str | None = None
    url: str | None = None
    favicon: str | None = None
    description: str | None = None
    source: str | None = None
    type: Literal["tool_reference"] = "tool_reference"


@dataclass(slots=True)
class ReferenceChunk:
    reference_ids: list[int | str]
    type: Literal["reference"] = "reference"


ThinkContent = TextChunk | ReferenceChunk | ToolReferenceChunk


@dataclass(slots=True)
class ThinkChunk:
    thinking: list[ThinkContent]
    closed: bool | None = None
    signature: str | None = None
    type: Literal["thinking"] = "thinking"


@dataclass(slots=True)
class ImageURL:
    url: str
    detail: str | None = None


@dataclass(slots=True)
class ImageURLChunk:
    image_url: str | ImageURL
    type: Literal["image_url"] = "image_url"


@dataclass(slots=True)
class DocumentURLChunk:
    document_url: str
    document_name: str | None = None
    type: Literal["document_url"] = "document_url"


@dataclass(slots=True)
class ToolFileChunk:
    tool: str
    file_id: str
    file_name: str | None = None
    file_type: str | None = None
    type: Literal["tool_file"] = "tool_file"


Chunk = TextChunk | ThinkChunk | ImageURLChunk | DocumentURLChunk | ToolFileChunk | ToolReferenceChunk | ReferenceChunk


@dataclass(slots=True)
class Message:
    content: str | list[Chunk]
    role: Literal["assistant"] = "assistant"
    agent_id: str | None = None
    model: str | None = None
    object: Literal["entry"] = "entry"
    created_at: datetime | None = None
    completed_at: datetime | None = None
    id: str | None = None
    type: Literal["message.output"] = "message.output"


@dataclass(slots=True)
class ToolExecution:
    name: str
    arguments: str | None = None
    info: dict[str, Any] | None = None
    agent_id: str | None = None
    model: str | None = None
    function: str | None = None
    object: Literal["entry"] = "entry"
    created_at: datetime | None = None
    completed_at: datetime | None = None
    id: str | None = None
    type: Literal["tool.execution"] = "tool.execution"


@dataclass(slots=True)
class FunctionCall:
    tool_call_id: str
    name: str
    arguments: str | dict[str, Any]
    agent_id: str | None = None
    model: str | None = None
    confirmation_status: str | None = None
    object: Literal["entry"] = "entry"
    created_at: datetime | None = None
    completed_at: datetime | None = None
    id: str | None = None
    type: Literal["function.call"] = "function.call"


@dataclass(slots=True)
class AgentHandoff:
    previous_agent_id: str
    previous_agent_name: str
    next_agent_id: str
    next_agent_name: str
    object: Literal["entry"] = "entry"
    created_at: datetime | None = None
    completed_at: datetime | None = None
    id: str | None = None
    type: Literal["agent.handoff"] = "agent.handoff"


Entry = Message | ToolExecution | FunctionCall | AgentHandoff


@dataclass(slots=True)
class Usage:
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    connector_tokens: int | None = None
    connectors: dict[str, int] | None = None


@dataclass(slots=True)
class ConversationResponse:
    conversation_id: str
    outputs: list[Entry]
    usage: Usage
    object: Literal["conversation.response"] = "conversation.response"
    guardrails: list[dict[str, Any]] | None = None
