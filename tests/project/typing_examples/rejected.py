"""What type checkers have to reject, each line with the error that mypy has for it.

Both checkers report an ignored error that is not there (mypy when strict): so a line that is accepted fails.
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

    # What may be absent is not there yet.
    tool = cm.ToolExecutionEntry(name="t")
    tool.arguments.upper()  # type: ignore[union-attr]

    # A tag rules the other classes out, ``Unknown`` too.
    print(entry.text)  # type: ignore[union-attr]
    if entry.type == "message.output":
        print(entry.raw)  # type: ignore[attr-defined]
        print(entry.name)  # type: ignore[attr-defined]

    number: int = call.decode_arguments(str)  # type: ignore[assignment]
    text: str = cm.decode(data)  # type: ignore[assignment]
    print(number, text)


def not_exhaustive(entry: cm.OutputEntry) -> str:  # type: ignore[return]
    match entry:
        case cm.MessageOutputEntry() | cm.ToolExecutionEntry() | cm.FunctionCallEntry() | cm.AgentHandoffEntry():
            return "known"
