"""A response to the events of a stream: the way back from ``builder``.

The plan: ``output_index`` and ``content_index`` are positions, so that building the events again merges no output and
no chunk with its neighbour. The first event of an output has its unknown fields, and a chunk's are in one event, too:
short pieces must not multiply them. Only ids and names are repeated, as the service does.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from msgspec import UNSET, json, structs

from ..models.chunks import ContentChunk, TextChunk, ThinkChunk, ThinkContent
from ..models.entries import AgentHandoffEntry, FunctionCallEntry, MessageOutputEntry, ToolExecutionEntry
from ..models.events import (
    AgentHandoffDoneEvent,
    AgentHandoffStartedEvent,
    ConversationEvent,
    FunctionCallEvent,
    MessageOutputEvent,
    ResponseDoneEvent,
    ResponseStartedEvent,
    ToolExecutionDeltaEvent,
    ToolExecutionDoneEvent,
    ToolExecutionStartedEvent,
)
from ..models.responses import ConversationResponse
from ..models.unknown import Unknown
from .drafts import with_unknown

__all__ = ["events_of"]

Cut = Callable[[str], Iterator[str]]
"""Cuts text into pieces, at least one."""


def events_of(response: ConversationResponse, piece: int | None = None) -> Iterator[ConversationEvent]:
    """The events of a stream of ``response``, for clients that asked for a stream of an answer that is there already.

    ``piece``: the most characters of text, reasoning or arguments in one event. ``None`` leaves them whole. The text of
    a message is sent as strings, as the service does. An empty text chunk precedes a string that has to be a chunk.

    ``collect`` of the events is equal to ``response``, except for what no event can carry:

    - Left out: ``guardrails`` and unknown fields of the response; ``completed_at`` of messages and function calls;
      ``completed_at`` of ``None`` of a handoff, and of a tool execution that has an ``info``, since both have ended;
      and unknown fields of an entry whose key names a field of the entry or of its events, in either spelling.
    - Changed: an ``id`` that is absent is empty; ``arguments`` that are an object are its JSON text; a ``content`` that
      is an empty list is an empty string; neighbouring texts in one thinking chunk are one.
    - Refused with ``ValueError``, before the first event, because a part of the answer would be missing: an ``Unknown``
      in ``outputs``, and one in ``content`` that is not a JSON object. A cache can take that for a miss. To stream the
      rest of the answer, take them out first.

    The official SDKs read the events of every response that they read.

    Raises ``TypeError`` if ``response`` is not a ``ConversationResponse`` or ``piece`` is not an int, ``ValueError`` if
    ``piece`` is less than 1. O(size); the events are made one at a time.

    >>> from conversation_models import MessageOutputEntry, collect
    >>> answer = ConversationResponse(conversation_id="c1", outputs=[MessageOutputEntry(id="m1", content="Hello")])
    >>> [event.content for event in events_of(answer, piece=3) if isinstance(event, MessageOutputEvent)]
    ['Hel', 'lo']
    >>> collect(events_of(answer, piece=3)) == answer
    True
    """
    if not isinstance(response, ConversationResponse):
        raise TypeError(f"Expected a ConversationResponse, not {type(response).__qualname__}")
    if piece is not None and not isinstance(piece, int):
        raise TypeError(f"`piece` is a number of characters or None, not {type(piece).__qualname__}")
    if piece is not None and piece < 1:
        raise ValueError(f"`piece` is at least 1, not {piece}")
    cut = _whole if piece is None else partial(_pieces, piece)
    # What cannot be streamed is refused here, not after half of the stream was sent.
    outputs = [(entry, _output(entry, index, cut)) for index, entry in enumerate(response.outputs)]
    return _events(response, outputs)


def _events(
    response: ConversationResponse, outputs: list[tuple[Any, Iterator[ConversationEvent]]]
) -> Iterator[ConversationEvent]:
    yield ResponseStartedEvent(conversation_id=response.conversation_id)
    for entry, events in outputs:
        event: Any = next(events)
        first = structs.replace(event, created_at=entry.created_at)
        yield with_unknown(first, entry.unknown_fields) if entry.unknown_fields else first
        yield from events
    yield ResponseDoneEvent(usage=response.usage)


def _output(entry: Any, index: int, cut: Cut) -> Iterator[ConversationEvent]:
    """The events of an output, at least one. Raises for what no event can carry when it is called."""
    path = f"$.outputs[{index}]"
    match entry:
        case MessageOutputEntry():
            _check_content(entry.content, path)
            return _message(entry, index, cut)
        case ToolExecutionEntry():
            return _execution(entry, index, cut)
        case FunctionCallEntry():
            return _call(entry, index, cut)
        case AgentHandoffEntry():
            return _handoff(entry, index)
        case Unknown():
            raise ValueError(f"No event can carry an output of unknown type - at `{path}`")
    raise TypeError(f"Expected an output, not {type(entry).__qualname__} - at `{path}`")


def _check_content(content: str | list[ContentChunk], path: str) -> None:
    for position, chunk in enumerate([] if isinstance(content, str) else content):
        # In an event, a string would be text, and any other value an error.
        if isinstance(chunk, Unknown) and not chunk.raw.lstrip().startswith(b"{"):
            raise ValueError(f"No event can carry a chunk that is not an object - at `{path}.content[{position}]`")


def _message(entry: MessageOutputEntry, index: int, cut: Cut) -> Iterator[MessageOutputEvent]:
    id, model, agent_id = entry.id or "", entry.model, entry.agent_id
    for position, content in _contents(entry.content or "", cut):
        # Not with ``functools.partial``, which takes longer than all the rest.
        yield MessageOutputEvent(
            id=id, content=content, output_index=index, content_index=position, model=model, agent_id=agent_id
        )


def _contents(content: str | list[ContentChunk], cut: Cut) -> Iterator[tuple[int, str | ContentChunk]]:
    """The content of each delta, with its ``content_index``."""
    if isinstance(content, str):
        for text in cut(content):
            yield 0, text
        return
    # Strings alone would be built into a string.
    needs_chunk = all(isinstance(chunk, TextChunk) for chunk in content)
    for position, chunk in enumerate(content):
        for part in _parts(chunk, cut, needs_chunk=needs_chunk):
            yield position, part
        needs_chunk = False


def _parts(chunk: ContentChunk, cut: Cut, *, needs_chunk: bool) -> Iterator[str | ContentChunk]:
    if isinstance(chunk, ThinkChunk):
        yield from _thoughts(chunk, cut)
    elif isinstance(chunk, TextChunk):
        if needs_chunk or not chunk.text or chunk.unknown_fields:
            yield structs.replace(chunk, text="")
        if chunk.text:
            yield from cut(chunk.text)
    else:
        yield chunk


def _thoughts(chunk: ThinkChunk, cut: Cut) -> Iterator[ThinkChunk]:
    if cut is _whole:
        yield chunk
        return
    for thought in chunk.thinking:
        for part in _cut_thought(thought, cut):
            yield ThinkChunk(thinking=[part], closed=chunk.closed)
    # Last, because a signature is about the whole reasoning.
    if not chunk.thinking or chunk.signature is not UNSET or chunk.unknown_fields:
        yield structs.replace(chunk, thinking=[])


def _cut_thought(thought: ThinkContent, cut: Cut) -> Iterator[ThinkContent]:
    if not isinstance(thought, TextChunk):
        yield thought
        return
    texts = cut(thought.text)
    yield structs.replace(thought, text=next(texts))
    for text in texts:
        yield TextChunk(text=text)


def _execution(entry: ToolExecutionEntry, index: int, cut: Cut) -> Iterator[ConversationEvent]:
    names: dict[str, Any] = {
        "id": entry.id or "",
        "name": entry.name,
        "function": entry.function,
        "output_index": index,
    }
    pieces = iter(()) if entry.arguments is UNSET else cut(entry.arguments)
    first = next(pieces, UNSET)
    yield ToolExecutionStartedEvent(**names, arguments=first, model=entry.model, agent_id=entry.agent_id)
    for piece in pieces:
        yield ToolExecutionDeltaEvent(**names, arguments=piece)
    # Without this event, the tool is one that runs.
    if entry.completed_at is not None or entry.info is not UNSET:
        yield ToolExecutionDoneEvent(**names, info=entry.info, created_at=entry.completed_at or UNSET)


def _call(entry: FunctionCallEntry, index: int, cut: Cut) -> Iterator[FunctionCallEvent]:
    id, arguments = entry.id or "", entry.arguments
    for piece in cut(arguments if isinstance(arguments, str) else json.encode(arguments).decode()):
        yield FunctionCallEvent(
            id=id,
            tool_call_id=entry.tool_call_id,
            name=entry.name,
            arguments=piece,
            output_index=index,
            model=entry.model,
            agent_id=entry.agent_id,
            confirmation_status=entry.confirmation_status,
        )


def _handoff(entry: AgentHandoffEntry, index: int) -> Iterator[ConversationEvent]:
    names: dict[str, Any] = {"id": entry.id or "", "output_index": index}
    yield AgentHandoffStartedEvent(
        **names, previous_agent_id=entry.previous_agent_id, previous_agent_name=entry.previous_agent_name
    )
    yield AgentHandoffDoneEvent(
        **names,
        next_agent_id=entry.next_agent_id,
        next_agent_name=entry.next_agent_name,
        created_at=entry.completed_at or UNSET,
    )


def _whole(text: str) -> Iterator[str]:
    yield text


def _pieces(size: int, text: str) -> Iterator[str]:
    yield text[:size]
    for start in range(size, len(text), size):
        yield text[start : start + size]
