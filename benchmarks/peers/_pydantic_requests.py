"""Requests and histories as pydantic models, tuned as those of responses are."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ._pydantic_models import AgentHandoff, Chunk, Entry, FunctionCall, Message, Model, ToolExecution

__all__ = ["ConversationHistory", "ConversationRequest"]


class MessageInput(Entry):
    type: Literal["message.input"] = "message.input"
    role: str
    content: Annotated[str | list[Chunk], Field(union_mode="left_to_right")]
    prefix: bool | None = None


class FunctionResult(Entry):
    type: Literal["function.result"] = "function.result"
    tool_call_id: str
    result: str


InputEntry = Annotated[
    MessageInput | Message | FunctionResult | FunctionCall | ToolExecution | AgentHandoff, Field(discriminator="type")
]


class Function(Model):
    name: str
    parameters: dict[str, Any]
    description: str | None = None
    strict: bool | None = None


class FunctionTool(Model):
    type: Literal["function"] = "function"
    function: Function


class ToolConfiguration(Model):
    exclude: list[str] | None = None
    include: list[str] | None = None
    requires_confirmation: list[str] | None = None


class BuiltInTool(Model):
    type: Literal["web_search", "web_search_premium", "code_interpreter", "image_generation"]
    tool_configuration: ToolConfiguration | None = None


class DocumentLibraryTool(Model):
    type: Literal["document_library"] = "document_library"
    library_ids: list[str]
    tool_configuration: ToolConfiguration | None = None


class Credentials(Model):
    type: Literal["oauth2-token", "api-key"]
    value: str


class CustomConnector(Model):
    type: Literal["connector"] = "connector"
    connector_id: str
    authorization: Credentials | None = None
    tool_configuration: ToolConfiguration | None = None


Tool = Annotated[FunctionTool | BuiltInTool | DocumentLibraryTool | CustomConnector, Field(discriminator="type")]
Number = Annotated[int | float, Field(union_mode="left_to_right")]


class JSONSchema(Model):
    name: str
    schema_definition: dict[str, Any] = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


class ResponseFormat(Model):
    type: str | None = None
    json_schema: JSONSchema | None = None


class Prediction(Model):
    type: Literal["content"] = "content"
    content: str | None = None


class CompletionArgs(Model):
    stop: str | list[str] | None = None
    presence_penalty: Number | None = None
    frequency_penalty: Number | None = None
    temperature: Number | None = None
    top_p: Number | None = None
    max_tokens: int | None = None
    random_seed: int | None = None
    prediction: Prediction | None = None
    response_format: ResponseFormat | None = None
    tool_choice: str | None = None
    reasoning_effort: str | None = None


class ConversationRequest(Model):
    inputs: Annotated[str | list[InputEntry], Field(union_mode="left_to_right")]
    stream: bool | None = None
    store: bool | None = None
    handoff_execution: Literal["client", "server"] | None = None
    instructions: str | None = None
    tools: list[Tool] | None = None
    completion_args: CompletionArgs | None = None
    guardrails: list[dict[str, Any]] | None = None
    name: str | None = None
    description: str | None = None
    metadata: dict[str, Any] | None = None
    agent_id: str | None = None
    agent_version: str | int | None = None
    model: str | None = None


class ConversationHistory(Model):
    object: Literal["conversation.history"] = "conversation.history"
    conversation_id: str
    entries: list[InputEntry]
