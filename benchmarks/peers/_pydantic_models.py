"""The responses as pydantic models, tuned as its documentation advises.

Each type has one ``TypeAdapter``, which is kept. Unions have a literal tag as discriminator. ``str`` precedes the list
in left-to-right unions. Validation reads JSON directly. Aliases are only for writing, so reading looks for one name.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = [
    "AgentHandoff",
    "Chunk",
    "ConversationResponse",
    "Entry",
    "FunctionCall",
    "Message",
    "Model",
    "ToolExecution",
    "Usage",
]


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=to_camel))


class TextChunk(Model):
    type: Literal["text"] = "text"
    text: str


class ToolReferenceChunk(Model):
    type: Literal["tool_reference"] = "tool_reference"
    tool: str | None = None
    title: str | None = None
    url: str | None = None
    favicon: str | None = None
    description: str | None = None
    source: str | None = None


class ReferenceChunk(Model):
    type: Literal["reference"] = "reference"
    reference_ids: list[int | str]


class ThinkChunk(Model):
    type: Literal["thinking"] = "thinking"
    thinking: list[Annotated[TextChunk | ReferenceChunk | ToolReferenceChunk, Field(discriminator="type")]]
    closed: bool | None = None
    signature: str | None = None


class ImageURL(Model):
    url: str
    detail: str | None = None


class ImageURLChunk(Model):
    type: Literal["image_url"] = "image_url"
    image_url: Annotated[str | ImageURL, Field(union_mode="left_to_right")]


class DocumentURLChunk(Model):
    type: Literal["document_url"] = "document_url"
    document_url: str
    document_name: str | None = None


class ToolFileChunk(Model):
    type: Literal["tool_file"] = "tool_file"
    tool: str
    file_id: str
    file_name: str | None = None
    file_type: str | None = None


Chunk = Annotated[
    TextChunk | ThinkChunk | ImageURLChunk | DocumentURLChunk | ToolFileChunk | ToolReferenceChunk | ReferenceChunk,
    Field(discriminator="type"),
]


class Entry(Model):
    object: Literal["entry"] = "entry"
    created_at: datetime | None = None
    completed_at: datetime | None = None
    id: str | None = None


class Message(Entry):
    type: Literal["message.output"] = "message.output"
    content: Annotated[str | list[Chunk], Field(union_mode="left_to_right")]
    role: Literal["assistant"] = "assistant"
    agent_id: str | None = None
    model: str | None = None


class ToolExecution(Entry):
    type: Literal["tool.execution"] = "tool.execution"
    name: str
    arguments: str | None = None
    info: dict[str, Any] | None = None
    agent_id: str | None = None
    model: str | None = None
    function: str | None = None


class FunctionCall(Entry):
    type: Literal["function.call"] = "function.call"
    tool_call_id: str
    name: str
    arguments: Annotated[str | dict[str, Any], Field(union_mode="left_to_right")]
    agent_id: str | None = None
    model: str | None = None
    confirmation_status: str | None = None


class AgentHandoff(Entry):
    type: Literal["agent.handoff"] = "agent.handoff"
    previous_agent_id: str
    previous_agent_name: str
    next_agent_id: str
    next_agent_name: str


class Usage(Model):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    connector_tokens: int | None = None
    connectors: dict[str, int] | None = None


class ConversationResponse(Model):
    object: Literal["conversation.response"] = "conversation.response"
    conversation_id: str
    outputs: list[Annotated[Message | ToolExecution | FunctionCall | AgentHandoff, Field(discriminator="type")]]
    usage: Usage
    guardrails: list[dict[str, Any]] | None = None
