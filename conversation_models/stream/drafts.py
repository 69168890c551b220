"""Outputs in the making: what the events of a stream have said about each entry so far.

Which output an event belongs to is decided here, at its index (``output_index``):

- An output is known by its id. Messages, tool executions, function calls and handoffs are apart, even with equal ids.
- A function call is known by its ``tool_call_id`` too, since ids are missing from some deltas. A delta without an id
  belongs to the call that the first delta with its ``tool_call_id`` belongs to.
- A delta with an id belongs to the call with that id. If there is none, and the call with its ``tool_call_id`` has no
  id yet, then it belongs to that call, and the call takes the id.

So no two outputs of a kind have one id at one index.

Unknown fields of an output's events become unknown fields of its entry, and those of merged chunks of the merged chunk.
Of several with one key, the last one counts.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias, TypeVar, get_args

from msgspec import UNSET, UnsetType

from ..models.base import Model
from ..models.chunks import ContentChunk, TextChunk, ThinkChunk, ThinkContent, text_of
from ..models.entries import AgentHandoffEntry, FunctionCallEntry, MessageOutputEntry, OutputEntry, ToolExecutionEntry
from ..models.events import (
    AgentHandoffDoneEvent,
    AgentHandoffStartedEvent,
    Event,
    FunctionCallEvent,
    MessageOutputEvent,
    ToolExecutionDeltaEvent,
    ToolExecutionDoneEvent,
    ToolExecutionStartedEvent,
)
from ..models.failures import ServiceError
from ..models.unknown import Unknown
from ..models.variants import fields_of
from .invalid import InvalidEvent, not_an_event

__all__ = ["Draft", "Drafts", "MessageDraft", "draft_classes", "with_unknown"]

# Indexes are in it as text, since anybody can send many ints that share a hash.
Name: TypeAlias = tuple[Any, ...]


class Draft:
    """An output in the making.

    To have events built, a subclass is enough: it takes those that the annotation of its ``add`` names.
    """

    __slots__ = ("id", "index", "unknown")

    tag: ClassVar[str]
    """The ``type`` of the entry that comes of it."""
    id: str | UnsetType
    index: int
    unknown: dict[str, Any]
    """The unknown fields of the events."""

    def __init__(self, index: int, id: str | UnsetType) -> None:
        self.index = index
        self.id = id
        self.unknown = {}

    def __init_subclass__(cls) -> None:
        taken = cls.add.__annotations__["event"]
        for event_class in get_args(taken) or (taken,):
            _draft_class_by_tag[event_class.__struct_config__.tag] = cls

    @classmethod
    def names(cls, event: Any) -> tuple[Name, ...]:
        """The names that ``event`` has for its output: one, or two with the more reliable one first."""
        return ((cls, hex(event.output_index), event.id),)

    def add(self, event: Any) -> None:
        """Add an event of this output. O(1)."""
        raise NotImplementedError

    def entry(self) -> OutputEntry | None:
        """Build the entry from the events so far; ``None`` until its required fields are known. O(size)."""
        raise NotImplementedError

    def whole_entry(self) -> OutputEntry | None:
        """Build the entry with unknown fields."""
        entry = self.entry()
        return None if entry is None or isinstance(entry, Unknown) else with_unknown(entry, self.unknown)


D = TypeVar("D", bound=Draft)

_draft_class_by_tag: dict[str | int | None, type[Draft]] = {}


class _DraftClasses(dict[type, type[Draft] | None]):
    """The class of draft that takes each class of event, ``None`` if no draft does.

    Looked up once for each class, since programs derive more. Raises ``TypeError`` for a class that is not an event's.
    """

    def __missing__(self, cls: type) -> type[Draft] | None:
        if issubclass(cls, Event):
            found = _draft_class_by_tag.get(cls.__struct_config__.tag)
        elif issubclass(cls, Unknown | InvalidEvent | ServiceError):
            found = None
        else:
            raise not_an_event(cls)
        self[cls] = found
        return found


draft_classes: _DraftClasses = _DraftClasses()


class Drafts:
    """The outputs of one response."""

    __slots__ = ("_by_name", "_in_order_of_arrival")

    def __init__(self) -> None:
        self._in_order_of_arrival: list[Draft] = []
        self._by_name: dict[Name, Any] = {}

    def of(self, event: Any, cls: type[D]) -> D:
        """The draft of the output that ``event`` belongs to; a new ``cls`` if it is the first event of that output.

        O(size of the names).
        """
        names = cls.names(event)
        draft: D | None = self._by_name.get(names[0])
        if draft is None:
            draft = self._by_name.get(names[-1])
            if draft is None or draft.id is not UNSET:
                draft = cls(event.output_index, event.id)
                self._in_order_of_arrival.append(draft)
            else:
                draft.id = event.id
            self._by_name[names[0]] = draft
        if len(names) > 1:
            self._by_name.setdefault(names[1], draft)
        return draft

    def __len__(self) -> int:
        return len(self._in_order_of_arrival)

    def in_order(self) -> list[Draft]:
        """The drafts in the order of their index; those with the same index in order of arrival."""
        return sorted(self._in_order_of_arrival, key=lambda draft: draft.index)


class MessageDraft(Draft):
    """A message: its content is a string, or a list of chunks as soon as one delta is a chunk."""

    __slots__ = ("_first", "_has_chunks", "_parts", "text", "text_index")

    tag: ClassVar[str] = MessageOutputEntry.type

    text: "_Text"
    """Pieces of the last part, if that part is text."""
    text_index: int | None
    """The ``content_index`` of that part; ``None`` if it is not text."""

    def __init__(self, index: int, id: str | UnsetType) -> None:
        super().__init__(index, id)
        self._first: MessageOutputEvent | None = None
        self._parts: list[_Text | _Thinking | ContentChunk] = []
        self._has_chunks = False
        self.text = _Text()
        self.text_index = None

    def add(self, event: MessageOutputEvent) -> None:
        """Add a delta. For a string with the index ``text_index``, it is enough to append it to ``text``."""
        if self._first is None:
            self._first = event
        content, index = event.content, event.content_index
        if isinstance(content, str):
            # An empty string between two thinking deltas would split the thinking, and the service rejects that.
            if content:
                self._add_text(content, index)
            return
        self._has_chunks = True
        if isinstance(content, TextChunk):
            self._add_text(content.text, index)
            self.text.unknown |= content.unknown_fields
            return
        self.text_index = None
        last = self._parts[-1] if self._parts else None
        if not isinstance(content, ThinkChunk):
            self._parts.append(content)
        elif isinstance(last, _Thinking) and last.index == index:
            last.add(content)
        else:
            self._parts.append(_Thinking(content, index))

    def _add_text(self, piece: str, index: int) -> None:
        if index != self.text_index:
            self.text, self.text_index = _Text(), index
            self._parts.append(self.text)
        self.text.append(piece)

    def entry(self) -> OutputEntry | None:
        first = self._first
        if first is None:
            return None
        chunks = list(map(_chunk, self._parts))
        return MessageOutputEntry(
            id=self.id,
            created_at=first.created_at,
            model=first.model,
            agent_id=first.agent_id,
            content=chunks if self._has_chunks else text_of(chunks),
        )


class _Text(list[str]):
    """A text chunk in the making: its pieces."""

    __slots__ = ("unknown",)

    def __init__(self) -> None:
        self.unknown: dict[str, Any] = {}

    def chunk(self) -> TextChunk:
        """Build the chunk from the pieces so far. O(size)."""
        return with_unknown(TextChunk(text="".join(self)), self.unknown)


class _Thinking:
    """A thinking chunk in the making."""

    __slots__ = ("_parts", "_unknown", "closed", "index", "signature")

    def __init__(self, chunk: ThinkChunk, index: int) -> None:
        self.index = index
        self.closed = chunk.closed
        self.signature = chunk.signature
        self._parts: list[_Text | ThinkContent] = []
        self._unknown: dict[str, Any] = {}
        self._add(chunk)

    def add(self, chunk: ThinkChunk) -> None:
        """Add the next piece."""
        self.closed = _newer(chunk.closed, self.closed)
        self.signature = _newer(chunk.signature, self.signature)
        self._add(chunk)

    def _add(self, chunk: ThinkChunk) -> None:
        self._unknown |= chunk.unknown_fields
        for part in chunk.thinking:
            if not isinstance(part, TextChunk):
                self._parts.append(part)
                continue
            last = self._parts[-1] if self._parts else None
            if not isinstance(last, _Text):
                last = _Text()
                self._parts.append(last)
            last.append(part.text)
            last.unknown |= part.unknown_fields

    def chunk(self) -> ThinkChunk:
        """Build the chunk from the pieces so far. O(size)."""
        chunk = ThinkChunk(
            thinking=[part.chunk() if isinstance(part, _Text) else part for part in self._parts],
            closed=self.closed,
            signature=self.signature,
        )
        return with_unknown(chunk, self._unknown)


def _chunk(part: _Text | _Thinking | ContentChunk) -> ContentChunk:
    return part.chunk() if isinstance(part, _Text | _Thinking) else part


class ToolDraft(Draft):
    """A tool execution. Its ``completed_at`` is null until ``tool.execution.done``, so that it can be seen to run."""

    __slots__ = ("_arguments", "_done", "_function", "_name", "_started")

    tag: ClassVar[str] = ToolExecutionEntry.type

    def __init__(self, index: int, id: str | UnsetType) -> None:
        super().__init__(index, id)
        self._name = ""
        self._arguments: list[str] = []
        self._started: ToolExecutionStartedEvent | None = None
        self._done: ToolExecutionDoneEvent | None = None
        self._function: str | None | UnsetType = UNSET

    def add(self, event: ToolExecutionStartedEvent | ToolExecutionDeltaEvent | ToolExecutionDoneEvent) -> None:
        """Add one of its events."""
        self._name = self._name or event.name
        self._function = _newer(event.function, self._function)
        if event.type == "tool.execution.done":
            self._done = event
            return
        if event.type == "tool.execution.started":
            self._started = event
        if event.arguments is not UNSET:
            self._arguments.append(event.arguments)

    def entry(self) -> OutputEntry | None:
        started, done = self._started, self._done
        return ToolExecutionEntry(
            id=self.id,
            name=self._name,
            arguments="".join(self._arguments) if self._arguments else UNSET,
            created_at=started.created_at if started else UNSET,
            completed_at=done.created_at if done else None,
            info=done.info if done else UNSET,
            agent_id=started.agent_id if started else UNSET,
            model=started.model if started else UNSET,
            function=self._function,
        )


class CallDraft(Draft):
    """A function call."""

    __slots__ = ("_arguments", "_confirmation_status", "_first")

    tag: ClassVar[str] = FunctionCallEntry.type
    id: str | UnsetType

    def __init__(self, index: int, id: str | UnsetType) -> None:
        super().__init__(index, id)
        self._first: FunctionCallEvent | None = None
        self._arguments: list[str] = []
        self._confirmation_status: str | None | UnsetType = UNSET

    @classmethod
    def names(cls, event: FunctionCallEvent) -> tuple[Name, ...]:
        """The id, if there is one, and the ``tool_call_id``."""
        index = hex(event.output_index)
        by_call = (cls, index, "", event.tool_call_id)
        return (by_call,) if event.id is UNSET else ((cls, index, event.id), by_call)

    def add(self, event: FunctionCallEvent) -> None:
        """Add a delta."""
        if self._first is None:
            self._first = event
        self._arguments.append(event.arguments)
        self._confirmation_status = _newer(event.confirmation_status, self._confirmation_status)

    def entry(self) -> OutputEntry | None:
        first = self._first
        if first is None:
            return None
        return FunctionCallEntry(
            id=self.id,
            created_at=first.created_at,
            tool_call_id=first.tool_call_id,
            name=first.name,
            arguments="".join(self._arguments),
            agent_id=first.agent_id,
            model=first.model,
            confirmation_status=self._confirmation_status,
        )


class HandoffDraft(Draft):
    """A handoff."""

    __slots__ = ("_done", "_started")

    tag: ClassVar[str] = AgentHandoffEntry.type

    def __init__(self, index: int, id: str | UnsetType) -> None:
        super().__init__(index, id)
        self._started: AgentHandoffStartedEvent | None = None
        self._done: AgentHandoffDoneEvent | None = None

    def add(self, event: AgentHandoffStartedEvent | AgentHandoffDoneEvent) -> None:
        """Add one of its two events."""
        if event.type == "agent.handoff.started":
            self._started = event
        else:
            self._done = event

    def entry(self) -> OutputEntry | None:
        started, done = self._started, self._done
        if started is None or done is None:
            return None
        return AgentHandoffEntry(
            id=self.id,
            created_at=started.created_at,
            completed_at=done.created_at,
            previous_agent_id=started.previous_agent_id,
            previous_agent_name=started.previous_agent_name,
            next_agent_id=done.next_agent_id,
            next_agent_name=done.next_agent_name,
        )


M = TypeVar("M", bound=Model)


def with_unknown(value: M, unknown: Mapping[str, Any]) -> M:
    """A copy of ``value`` with those of these unknown fields that its model has no field for, in either spelling."""
    # An event may have a field that only the entry's model knows. It cannot be told whether it means the same there.
    known = {name for info in fields_of(type(value)) for name in (info.name, info.encode_name)}
    return value.with_unknown_fields({key: value for key, value in unknown.items() if key not in known})


def _newer(new: Any, old: Any) -> Any:
    return old if new is UNSET else new
