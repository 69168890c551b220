"""Code as users write it: every line must type-check, with these types."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, TypeVar

from msgspec import UNSET, Raw, Struct, UnsetType
from typing_extensions import assert_never, assert_type

import conversation_models as cm

T = TypeVar("T")


class Rate(Struct):
    date: str


def decoding(data: bytes, view: memoryview, text: str) -> None:
    assert_type(cm.decode(data), cm.ConversationResponse)
    assert_type(cm.snake.decode(view), cm.ConversationResponse)
    assert_type(cm.camel.decode(text), cm.ConversationResponse)
    assert_type(cm.camel.decode(bytearray(data), type=cm.TextChunk), cm.TextChunk)
    assert_type(cm.camel.decode(data, cm.ConversationUsageInfo), cm.ConversationUsageInfo)
    assert_type(cm.camel.decode_lines(data), list[cm.ConversationResponse])
    assert_type(cm.camel.decode_lines(data, cm.ResponseDoneEvent), list[cm.ResponseDoneEvent])
    assert_type(cm.snake.decode(data, dict[str, cm.ConversationResponse]), dict[str, cm.ConversationResponse])
    assert_type(cm.snake.decode(data, Rate), Rate)


def decoding_unions(data: bytes, parsed: dict[str, Any]) -> None:
    assert_type(cm.decode(data, cm.OutputEntry), cm.OutputEntry)
    assert_type(cm.camel.decode(data, type=cm.OutputEntry), cm.OutputEntry)
    assert_type(cm.snake.decode(data, cm.OutputEntry), cm.OutputEntry)
    assert_type(cm.snake.decode(data, cm.InputEntry), cm.InputEntry)
    assert_type(cm.snake.decode(data, cm.MessageEntry), cm.MessageEntry)
    assert_type(cm.snake.decode(data, cm.ContentChunk), cm.ContentChunk)
    assert_type(cm.snake.decode(data, cm.ConversationEvent), cm.ConversationEvent)
    assert_type(cm.snake.decode(data, cm.Tool), cm.Tool)
    assert_type(cm.snake.decode(data, cm.Authorization), cm.Authorization)
    assert_type(cm.snake.decode(data, cm.Conversation), cm.Conversation)
    assert_type(cm.snake.decode(data, list[cm.OutputEntry]), list[cm.OutputEntry])
    assert_type(cm.snake.decode(data, dict[str, cm.Tool]), dict[str, cm.Tool])
    assert_type(cm.snake.decode(data, cm.TextChunk | None), cm.TextChunk | None)
    assert_type(
        cm.snake.decode(data, cm.ConversationResponse | cm.ServiceError), cm.ConversationResponse | cm.ServiceError
    )
    assert_type(cm.snake.decode_lines(data, cm.OutputEntry), list[cm.OutputEntry])
    assert_type(list(cm.snake.iter_lines([data], cm.ContentChunk)), list[cm.ContentChunk])
    assert_type(cm.snake.from_builtins(parsed, cm.Tool), cm.Tool)
    # No annotation is needed to tell the members apart.
    describe(cm.snake.decode(data, cm.OutputEntry))
    for event in cm.snake.iter_lines([data], cm.ConversationEvent):
        handle(event)


def decoding_types_that_variables_hold(data: bytes, known: type[cm.TextChunk], any_type: Any) -> None:
    assert_type(cm.snake.decode(data, known), cm.TextChunk)
    assert_type(cm.snake.decode(data, any_type), Any)


def decoding_for_a_caller(data: bytes, tp: type[T]) -> T:
    return cm.snake.decode(data, tp)


def encoding(response: cm.ConversationResponse, entry: cm.OutputEntry, buffer: bytearray) -> None:
    assert_type(cm.encode(response), bytes)
    assert_type(cm.snake.encode(entry), bytes)
    cm.snake.encode_into(response, buffer)
    cm.snake.encode_into(response, buffer, offset=4)
    assert_type(cm.snake.encode_lines([response]), bytes)
    assert_type(cm.snake.encode_lines(iter((response, entry))), bytes)


def head(data: bytes) -> int:
    head = cm.snake.peek(data)
    assert_type(head, cm.ResponseHead)
    assert_type(head.conversation_id, str)
    assert_type(head.outputs, Raw)
    assert_type(cm.snake.drift(data), list[str])
    assert_type(cm.patch(data, ["outputs", 0, "content"], cm.TextChunk(text="")), bytes)
    assert_type(cm.patch(data, ("region",), UNSET), bytes)
    return head.usage.total_tokens


def describe(entry: cm.OutputEntry) -> str:
    match entry:
        case cm.MessageOutputEntry():
            assert_type(entry.content, str | list[cm.ContentChunk])
            return entry.text
        case cm.ToolExecutionEntry(name=name):
            return name
        case cm.FunctionCallEntry(name=name, tool_call_id=id):
            return name + id
        case cm.AgentHandoffEntry(next_agent_name=name):
            return name
        case cm.Unknown(tag, raw):
            return f"{tag}: {len(raw)} bytes"
        case _:
            assert_never(entry)


def narrow(entry: cm.OutputEntry) -> str:
    if entry.type == "message.output":
        assert_type(entry, cm.MessageOutputEntry)
        return entry.text
    if entry.type == "function.call":
        assert_type(entry, cm.FunctionCallEntry)
        return entry.tool_call_id
    if entry.type == "tool.execution":
        assert_type(entry, cm.ToolExecutionEntry)
        return entry.name
    if entry.type == "agent.handoff":
        assert_type(entry, cm.AgentHandoffEntry)
        return entry.next_agent_id
    assert_type(entry, cm.Unknown)
    tag: str | None = entry.type
    return "video" if tag == "video.output" else "new"


def said(message: cm.MessageEntry) -> str:
    match message:
        case cm.MessageInputEntry(role=role, content=content):
            assert_type(content, str | list[cm.ContentChunk])
            return f"{role}: {content if isinstance(content, str) else ''.join(map(render, content))}"
        case cm.MessageOutputEntry():
            return f"assistant: {message.text}"
        case cm.Unknown():
            return ""
        case _:
            assert_never(message)


def replayed(entry: cm.InputEntry) -> str:
    if entry.type == "message.input":
        assert_type(entry.prefix, bool | UnsetType)
        return said(entry)
    if entry.type == "function.result":
        assert_type(entry, cm.FunctionResultEntry)
        return entry.result
    return describe(entry)


def starting() -> cm.ConversationRequest:
    """A client's request with every tool."""
    schema: dict[str, Any] = {"type": "object", "properties": {"date": {"type": "string"}}}
    asks_first = cm.ToolConfiguration(requires_confirmation=["web_search"])
    return cm.ConversationRequest(
        inputs=[cm.MessageInputEntry(role="user", content=[cm.TextChunk(text="What is the rate?")])],
        model="mistral-medium-latest",
        tools=[
            cm.FunctionTool(function=cm.Function(name="rate", parameters=schema)),
            cm.WebSearchTool(tool_configuration=asks_first),
            cm.WebSearchPremiumTool(),
            cm.CodeInterpreterTool(),
            cm.ImageGenerationTool(),
            cm.DocumentLibraryTool(library_ids=["lib_1"]),
            cm.CustomConnector(connector_id="mail", authorization=cm.OAuth2TokenAuth(value="secret")),
            cm.CustomConnector(connector_id="wiki", authorization=cm.APIKeyAuth(value="secret")),
            cm.Unknown("new_tool", b'{"type":"new_tool"}'),
        ],
        completion_args=cm.CompletionArgs(
            temperature=0,
            stop=["END"],
            response_format=cm.ResponseFormat(
                type="json_schema", json_schema=cm.JSONSchema(name="rate", schema=schema, strict=True)
            ),
        ),
        guardrails=[cm.GuardrailConfig(moderation_llm_v2=cm.ModerationLlmv2Config(action="block"))],
    )


def continuing(call: cm.FunctionCallEntry, result: str) -> cm.ConversationAppendRequest:
    if call.confirmation_status == "pending":
        allowed = cm.ToolCallConfirmation(tool_call_id=call.tool_call_id, confirmation="allow")
        return cm.ConversationAppendRequest(tool_confirmations=[allowed])
    return cm.ConversationAppendRequest(inputs=[cm.FunctionResultEntry(tool_call_id=call.tool_call_id, result=result)])


def allowed_tools(data: bytes) -> list[str]:
    """A gateway's look at a request."""
    request = cm.snake.decode(data, cm.ConversationRequest)
    assert_type(request.store, bool | None | UnsetType)
    assert_type(request.inputs, str | list[cm.InputEntry])
    assert_type(request.handoff_execution, Literal["client", "server"] | None | UnsetType)
    return [tool_name(tool) for tool in request.tools or []]


def tool_name(tool: cm.Tool) -> str:
    match tool:
        case cm.FunctionTool(function=function):
            return function.name
        case cm.CustomConnector(connector_id=name, authorization=authorization):
            return f"{name}, {authorized_by(authorization)}"
        case cm.DocumentLibraryTool(library_ids=ids):
            return ", ".join(ids)
        case cm.WebSearchTool() | cm.WebSearchPremiumTool() | cm.CodeInterpreterTool() | cm.ImageGenerationTool():
            assert_type(tool.tool_configuration, cm.ToolConfiguration | None | UnsetType)
            return tool.type
        case cm.Unknown():
            return tool.type or ""
        case _:
            assert_never(tool)


def authorized_by(authorization: cm.Authorization | None | UnsetType) -> str:
    match authorization:
        case cm.OAuth2TokenAuth() | cm.APIKeyAuth():
            return authorization.type
        case cm.Unknown(tag):
            return tag or "unknown"
        case _:
            return "nothing"


def answers(data: bytes) -> list[str]:
    """The list of conversations is a bare array."""
    conversations: list[cm.Conversation] = cm.snake.decode(data, list[cm.Conversation])
    return [answers_in(conversation) for conversation in conversations]


def answers_in(conversation: cm.Conversation) -> str:
    match conversation:
        case cm.AgentConversation(agent_id=agent, agent_version=version):
            assert_type(version, str | int | None | UnsetType)
            return agent
        case cm.ModelConversation(model=model):
            assert_type(conversation.updated_at, datetime)
            return model
        case cm.Unknown():
            return ""
        case _:
            assert_never(conversation)


def past(data: bytes, other: bytes) -> list[str]:
    entries = cm.snake.decode(data, cm.ConversationHistory).entries
    messages = cm.snake.decode(other, cm.ConversationMessages).messages
    assert_type(entries, list[cm.InputEntry])
    assert_type(messages, list[cm.MessageEntry])
    return [*map(replayed, entries), *map(said, messages)]


def render(chunk: cm.ContentChunk) -> str:
    match chunk:
        case cm.TextChunk(text=text):
            return text
        case cm.ThinkChunk(thinking=thoughts):
            return "".join(thought.text for thought in thoughts if thought.type == "text")
        case cm.ImageURLChunk(image_url=image):
            return image if isinstance(image, str) else image.url
        case cm.DocumentURLChunk():
            return chunk.document_url
        case cm.ToolFileChunk():
            return chunk.file_id
        case cm.ToolReferenceChunk(title=title):
            assert_type(title, str | None | UnsetType)
            return title or ""
        case cm.ReferenceChunk(reference_ids=ids):
            assert_type(ids, list[int | str])
            return ", ".join(map(str, ids))
        case cm.Unknown():
            return ""
        case _:
            assert_never(chunk)


def handle(event: cm.ConversationEvent) -> str:
    match event:
        case cm.ResponseStartedEvent():
            return event.conversation_id
        case cm.MessageOutputEvent(content=str(text)):
            return text
        case cm.MessageOutputEvent(content=chunk):
            return "" if isinstance(chunk, str) else render(chunk)
        case cm.ToolExecutionStartedEvent() | cm.ToolExecutionDeltaEvent():
            assert_type(event.arguments, str | UnsetType)
            return event.arguments or ""
        case cm.ToolExecutionDoneEvent(info=info):
            assert_type(info, dict[str, Any] | None | UnsetType)
            return event.name
        case cm.FunctionCallEvent():
            return event.tool_call_id if event.id is UNSET else event.id
        case cm.AgentHandoffStartedEvent():
            return event.previous_agent_name
        case cm.AgentHandoffDoneEvent():
            return event.next_agent_name
        case cm.ResponseDoneEvent(usage=usage):
            return str(usage.total_tokens)
        case cm.ResponseErrorEvent(code=code, message=message):
            assert_type(code, int | UnsetType)
            return f"{code}: {message}"
        case cm.ServiceError(message, number):
            assert_type(number, int | None)
            assert_type(event.details, Any)
            return f"{number}: {message}"
        case cm.Unknown():
            return ""
        case _:
            assert_never(event)


def finished(event: cm.ConversationEvent) -> bool:
    if event.type == "conversation.response.done":
        assert_type(event, cm.ResponseDoneEvent)
        return True
    return event.type == "conversation.response.error"


def reported(error: cm.ConversationResponseError, builder: cm.ResponseBuilder, meter: cm.StreamMeter) -> None:
    assert_type(error.event, cm.ResponseErrorEvent | cm.ServiceError)
    assert_type(builder.error, cm.ResponseErrorEvent | cm.ServiceError | None)
    assert_type(meter.error, cm.ResponseErrorEvent | cm.ServiceError | None)


def unset(entry: cm.ToolExecutionEntry) -> str:
    assert_type(entry.completed_at, datetime | None | UnsetType)
    if entry.completed_at is UNSET or entry.completed_at is None:
        return "running"
    assert_type(entry.completed_at, datetime)
    return entry.completed_at.isoformat()


def arguments(call: cm.FunctionCallEntry) -> None:
    assert_type(call.arguments, str | dict[str, Any])
    assert_type(call.decode_arguments(), dict[str, Any])
    assert_type(call.decode_arguments(Rate), Rate)
    assert_type(call.decode_arguments(type=list[int]), list[int])
    assert_type(call.decode_arguments(int | str), int | str)


def editing(response: cm.ConversationResponse) -> None:
    response.outputs.append(cm.ToolExecutionEntry(name="web_search"))
    response.outputs.append(cm.Unknown("new", b"{}"))
    response.outputs[0] = cm.MessageOutputEntry(content=[cm.TextChunk(text=""), cm.Unknown(None, b"5")])


def building_from_lists_of_one_model(
    said: list[cm.MessageOutputEntry],
    asked: list[cm.MessageInputEntry],
    results: list[cm.FunctionResultEntry],
    texts: list[cm.TextChunk],
    functions: list[cm.FunctionTool],
    usage: cm.ConversationUsageInfo,
) -> None:
    cm.ConversationResponse(conversation_id="conv_1", outputs=said, usage=usage)
    cm.ConversationHistory(conversation_id="conv_1", entries=asked)
    cm.ConversationMessages(conversation_id="conv_1", messages=asked)
    cm.ConversationRequest(inputs=asked, tools=functions, model="mistral-medium-latest")
    cm.ConversationAppendRequest(inputs=results)
    cm.ConversationRestartRequest(from_entry_id="msg_1", inputs=asked)
    cm.MessageInputEntry(role="user", content=texts)
    cm.MessageOutputEntry(content=texts)
    cm.ThinkChunk(thinking=texts)
    cm.ReferenceChunk(reference_ids=["ref_1"] * 2)


def building_from_lists_of_any_member(response: cm.ConversationResponse, request: cm.ConversationRequest) -> None:
    cm.ConversationResponse(conversation_id="conv_1", outputs=response.outputs, usage=response.usage)
    cm.ConversationRequest(inputs=request.inputs, tools=request.tools)
    cm.ConversationRequest(inputs="Who won?", tools=None)
    cm.ConversationRequest(inputs=[*cm.as_inputs(response.outputs)], tools=UNSET)
    cm.MessageOutputEntry(content=[chunk for chunk in content_of(response) if chunk.type == "text"])
    cm.MessageOutputEntry(content=[cm.TextChunk(text=""), cm.ToolFileChunk(tool="t", file_id="f")])


def content_of(response: cm.ConversationResponse) -> list[cm.ContentChunk]:
    """The attributes are lists, whatever they were made from."""
    outputs: list[cm.OutputEntry] = response.outputs
    for output in outputs:
        if output.type == "message.output" and not isinstance(output.content, str):
            assert_type(output.content, list[cm.ContentChunk])
            return output.content
    return []


def viewing(response: cm.ConversationResponse, message: cm.MessageOutputEntry, event: cm.MessageOutputEvent) -> None:
    assert_type(response.text, str)
    assert_type(response.function_calls, list[cm.FunctionCallEntry])
    assert_type(message.text, str)
    assert_type(message.reasoning, str)
    assert_type(message.references, list[cm.ToolReferenceChunk | cm.ReferenceChunk])
    assert_type(event.text, str)
    assert_type(response.usage + response.usage, cm.ConversationUsageInfo)
    assert_type(sum([response.usage], cm.ConversationUsageInfo()), cm.ConversationUsageInfo)


def replaying(response: cm.ConversationResponse, history: cm.ConversationHistory) -> cm.ConversationRequest:
    question = cm.MessageInputEntry(role="user", content="And before?")
    assert_type(question.text, str)
    assert_type(cm.as_inputs(response.outputs), list[cm.InputEntry])
    return cm.ConversationRequest(inputs=[*cm.as_inputs(history.entries), question], model="m")


def streaming_again(response: cm.ConversationResponse) -> list[bytes]:
    assert_type(cm.events_of(response), Iterator[cm.ConversationEvent])
    assert_type(cm.collect(cm.events_of(response)), cm.ConversationResponse)
    return [cm.camel.encode_event(event) for event in cm.events_of(response, piece=20)]


def errors(data: bytes) -> str | None:
    try:
        cm.decode(data)
    except cm.ConversationDecodeError as error:
        assert_type(error.path, str | None)
        return error.path
    except cm.ConversationModelsError:
        raise
    return None
