"""Entries of a response or a history to inputs that the live service accepts, which is less than its schema says."""

from collections.abc import Iterable, Mapping
from itertools import chain, count
from typing import Any, TypeVar

from msgspec import UNSET

from .codec import snake
from .models.base import Model
from .models.chunks import (
    ContentChunk,
    ImageURL,
    ImageURLChunk,
    ReferenceChunk,
    TextChunk,
    ThinkChunk,
    ThinkContent,
    ToolReferenceChunk,
)
from .models.entries import Entry, FunctionCallEntry, MessageOutputEntry, ToolExecutionEntry
from .models.inputs import FunctionResultEntry, InputEntry, MessageInputEntry
from .models.unknown import Unknown

__all__ = ["as_inputs"]


def as_inputs(entries: Iterable[InputEntry]) -> list[InputEntry]:
    """The outputs of a response, or the entries of a history, as inputs of a request.

    The service rejects entries as it sent them. So the inputs are new values, made by these rules:

    - Left out are handoffs, members of unknown type, ``tool_reference`` chunks, ``reference`` chunks outside of
      reasoning, empty text chunks, unknown fields, and a message that has nothing left.
    - Entries have no ``id`` and no times, since the service gives its own. Neither do they say which model or agent
      wrote them, nor whether a call was confirmed.
    - A tool execution becomes a function call and its result. The call has the name of the execution's ``function``,
      or else its ``name``. The result is the ``result`` in its ``info``, or else the whole ``info``: JSON text if it
      is not a string, empty if there is none.
    - The ``tool_call_id`` of such a call is the execution's ``id``. If that is missing or in use, it is made of the
      position, so that equal entries become equal inputs.
    - Thinking chunks at the start of a message become one, with the last ``signature`` there is, and closed if the
      last of them is. Reasoning without text, references and signature is left out.

    Inputs of messages, function calls and their results stay in their places. Inputs that are given to ``as_inputs``
    again do not change. Raises ``TypeError`` for anything but entries. O(size).

    >>> from conversation_models import ToolExecutionEntry
    >>> execution = ToolExecutionEntry(id="t1", name="web_search", arguments="{}", info={"result": "Spain"})
    >>> for entry in as_inputs([execution]):
    ...     print(entry)
    FunctionCallEntry(tool_call_id='t1', name='web_search', arguments='{}')
    FunctionResultEntry(tool_call_id='t1', result='Spain')
    """
    # A mapping or text is iterable, and an empty one would pass for no entries.
    if not isinstance(entries, Iterable) or isinstance(entries, str | bytes | bytearray | memoryview | Mapping):
        raise TypeError(f"Expected entries, such as the outputs of a response, not {type(entries).__qualname__}")
    members = list(entries)
    taken = {entry.tool_call_id for entry in members if isinstance(entry, FunctionCallEntry | FunctionResultEntry)}
    inputs: list[InputEntry] = []
    for position, entry in enumerate(members):
        match entry:
            case MessageInputEntry():
                if content := _content(entry.content):
                    inputs.append(MessageInputEntry(role=entry.role, content=content, prefix=entry.prefix))
            case MessageOutputEntry():
                if content := _content(entry.content):
                    inputs.append(MessageOutputEntry(content=content))
            case FunctionCallEntry(tool_call_id=call_id, name=name, arguments=arguments):
                inputs.append(FunctionCallEntry(tool_call_id=call_id, name=name, arguments=arguments))
            case FunctionResultEntry(tool_call_id=call_id, result=result):
                inputs.append(FunctionResultEntry(tool_call_id=call_id, result=result))
            case ToolExecutionEntry():
                call_id = _call_id(entry, position, taken)
                taken.add(call_id)
                name, arguments = entry.function or entry.name, entry.arguments or "{}"
                inputs.append(FunctionCallEntry(tool_call_id=call_id, name=name, arguments=arguments))
                inputs.append(FunctionResultEntry(tool_call_id=call_id, result=_result(entry.info or {})))
            case Entry() | Unknown():
                pass
            case _:
                raise TypeError(f"Expected an entry, not {type(entry).__qualname__} (at position {position})")
    return inputs


def _call_id(execution: ToolExecutionEntry, position: int, taken: set[str]) -> str:
    # Nine letters and digits, like the service's own. Each position has names of its own, so that no search for a free
    # one repeats another.
    made = f"call{position:05}"
    names = chain([execution.id or made, made], (f"{made}x{number}" for number in count(1)))
    return next(name for name in names if name not in taken)


def _result(info: dict[str, Any]) -> str:
    result = info.get("result")
    if result is None:
        result = info or ""
    return result if isinstance(result, str) else snake.encode(result).decode()


def _content(content: str | list[ContentChunk]) -> str | list[ContentChunk]:
    if isinstance(content, str):
        return content
    kept = [part for chunk in content if (part := _chunk(chunk)) is not None]
    thoughts: list[ThinkChunk] = []
    for chunk in kept:
        if not isinstance(chunk, ThinkChunk):
            break
        thoughts.append(chunk)
    # The service rejects more than one there.
    return [_merged(thoughts), *kept[len(thoughts) :]] if len(thoughts) > 1 else kept


def _chunk(chunk: ContentChunk) -> ContentChunk | None:
    match chunk:
        case ThinkChunk():
            parts = [part for thought in chunk.thinking if (part := _thought(thought)) is not None]
            if parts or chunk.signature:
                return ThinkChunk(thinking=parts, closed=chunk.closed, signature=chunk.signature)
            return None
        case ImageURLChunk(image_url=ImageURL() as image):
            return ImageURLChunk(image_url=_without_unknown_fields(image))
        case ReferenceChunk():
            return None
        case _:
            return _thought(chunk)


C = TypeVar("C", ContentChunk, ThinkContent)


def _thought(chunk: C) -> C | None:
    if isinstance(chunk, Unknown | ToolReferenceChunk) or (isinstance(chunk, TextChunk) and not chunk.text):
        return None
    return _without_unknown_fields(chunk)


M = TypeVar("M", bound=Model)


def _without_unknown_fields(value: M) -> M:
    return value.with_unknown_fields(dict.fromkeys(value.unknown_fields, UNSET)) if value.unknown_fields else value


def _merged(thoughts: list[ThinkChunk]) -> ThinkChunk:
    last = thoughts[-1]
    return ThinkChunk(
        thinking=[part for thought in thoughts for part in thought.thinking],
        closed=last.closed,
        signature=next((thought.signature for thought in reversed(thoughts) if thought.signature), last.signature),
    )
