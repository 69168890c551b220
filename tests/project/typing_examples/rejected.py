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

    number: int = call.decode_arguments(str)  # type: ignore[assignment]
    text: str = cm.decode(data)  # type: ignore[assignment]
    print(number, text)


def not_exhaustive(entry: cm.OutputEntry) -> str:  # type: ignore[return]
    match entry:
        case cm.MessageOutputEntry() | cm.ToolExecutionEntry() | cm.FunctionCallEntry() | cm.AgentHandoffEntry():
            return "known"
