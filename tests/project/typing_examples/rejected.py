"""Lines that type checkers must reject, each with mypy's error code.

Both checkers report a ``type: ignore`` that is not needed (mypy when strict), so a line that they accept fails.
"""
# pyright: reportUnnecessaryTypeIgnoreComment=true

import conversation_models as cm


def wrong(entry: cm.OutputEntry, response: cm.ConversationResponse, call: cm.FunctionCallEntry, data: bytes) -> None:
    response.usage = cm.ConversationUsageInfo()  # type: ignore[misc]
    cm.TextChunk()  # type: ignore[call-arg]
    cm.TextChunk("positional")  # type: ignore[call-arg]
    cm.TextChunk(text=5)  # type: ignore[arg-type]
    cm.TextChunk(text=None)  # type: ignore[arg-type]
    cm.TextChunk(text="", type="text")  # type: ignore[call-arg]
    cm.MessageOutputEntry(content=[5])  # type: ignore[list-item]
    cm.decode(5)  # type: ignore[call-overload]
    cm.Codec("kebab")  # type: ignore[arg-type]
    response.outputs.append("text")  # type: ignore[arg-type]

    # A field that may be absent has to be checked first.
    tool = cm.ToolExecutionEntry(name="t")
    tool.arguments.upper()  # type: ignore[union-attr]

    # A tag excludes the other classes, ``Unknown`` too.
    print(entry.text)  # type: ignore[union-attr]
    if entry.type == "message.output":
        print(entry.raw)  # type: ignore[attr-defined]
        print(entry.name)  # type: ignore[attr-defined]

    # What ``decode`` returns is what it was asked for.
    name: str = cm.snake.decode(data, cm.OutputEntry)  # type: ignore[assignment]
    tool_names: list[str] = cm.snake.decode(data, list[cm.Tool])  # type: ignore[arg-type]
    only: cm.ConversationResponse = cm.decode(data, cm.ConversationResponse | cm.ServiceError)  # type: ignore[assignment]
    chunks: list[cm.ContentChunk] = cm.snake.decode_lines(data, cm.OutputEntry)  # type: ignore[call-overload]
    chunk: cm.ContentChunk = cm.snake.from_builtins({}, cm.OutputEntry)  # type: ignore[assignment]
    for event in cm.snake.iter_lines([data], cm.ConversationEvent):
        print(event.outputs)  # type: ignore[union-attr]
    print(cm.snake.decode(data, cm.OutputEntry).text)  # type: ignore[union-attr]
    print(name, tool_names, only, chunks, chunk)

    # It reads types, not values.
    cm.decode(data, 7)  # type: ignore[call-overload]
    cm.decode(data, response)  # type: ignore[call-overload]
    cm.snake.decode_lines(data, [cm.TextChunk])  # type: ignore[call-overload]
    cm.snake.iter_lines([data], 7)  # type: ignore[call-overload]
    cm.snake.from_builtins({}, 7)  # type: ignore[call-overload]
    call.decode_arguments(7)  # type: ignore[call-overload]

    number: int = call.decode_arguments(str)  # type: ignore[assignment]
    text: str = cm.decode(data)  # type: ignore[assignment]
    print(number, text)


def wrong_lists(texts: list[cm.TextChunk], entries: list[cm.OutputEntry], entry: cm.MessageOutputEntry) -> None:
    usage = cm.ConversationUsageInfo()
    cm.ConversationResponse(conversation_id="c", outputs=texts, usage=usage)  # type: ignore[arg-type]
    cm.ConversationResponse(conversation_id="c", outputs=[usage])  # type: ignore[list-item]
    cm.ConversationResponse(conversation_id="c", outputs=entry)  # type: ignore[arg-type]
    cm.ConversationResponse(conversation_id="c", outputs=None)  # type: ignore[arg-type]
    cm.ConversationResponse(conversation_id="c")  # type: ignore[call-arg]
    cm.ConversationMessages(conversation_id="c", messages=entries)  # type: ignore[arg-type]
    cm.MessageOutputEntry(content=entries)  # type: ignore[arg-type]
    cm.ConversationRequest(inputs=texts)  # type: ignore[arg-type]
    cm.ConversationRequest(inputs="", tools=texts)  # type: ignore[arg-type]
    cm.ReferenceChunk(reference_ids="ref_1")  # type: ignore[arg-type]

    # A tuple would stay one, and would lack what the attribute promises.
    cm.MessageOutputEntry(content=(cm.TextChunk(text=""),))  # type: ignore[arg-type]

    # The attributes are what they were: lists of any member, which cannot be replaced.
    entry.content = texts  # type: ignore[misc]
    only: str = entry.content  # type: ignore[assignment]
    print(only)


def not_exhaustive(entry: cm.OutputEntry) -> str:  # type: ignore[return]
    match entry:
        case cm.MessageOutputEntry() | cm.ToolExecutionEntry() | cm.FunctionCallEntry() | cm.AgentHandoffEntry():
            return "known"
