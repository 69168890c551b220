"""Outputs in the making: what the events of a stream have told of each entry so far."""

from typing import Any

from msgspec import UNSET, UnsetType

from ..models.chunks import ContentChunk, TextChunk, ThinkChunk, ThinkContent
from ..models.entries import AgentHandoffEntry, FunctionCallEntry, MessageOutputEntry, OutputEntry, ToolExecutionEntry
from ..models.events import (
    AgentHandoffDoneEvent,
    AgentHandoffStartedEvent,
    FunctionCallEvent,
    MessageOutputEvent,
    ToolExecutionDeltaEvent,
    ToolExecutionDoneEvent,
    ToolExecutionStartedEvent,
)

__all__ = ["CallDraft", "Draft", "HandoffDraft", "MessageDraft", "ToolDraft"]


class Draft:
    """An output, identified by its index and id."""

    __slots__ = ("id", "index")

    def __init__(self, index: int, id: str | UnsetType) -> None:
        self.index = index
        self.id = id

    def entry(self) -> OutputEntry | None:
        """The entry as it stands, ``None`` while it lacks what it cannot be without. Costs its size."""
        raise NotImplementedError


class MessageDraft(Draft):
    """A message: plain text until a chunk comes, a list of chunks from then on."""

    __slots__ = ("_first", "_has_chunks", "_parts", "text", "text_index")

    text: list[str]
    """The pieces of the text part that is last, if a text part is."""
    text_index: int | None
    """The ``content_index`` of that part."""

    def __init__(self, index: int, id: str | UnsetType) -> None:
        super().__init__(index, id)
        self._first: MessageOutputEvent | None = None
        self._parts: list[list[str] | _Thinking | ContentChunk] = []
        self._has_chunks = False
        self.text = []
        self.text_index = None

    def add(self, event: MessageOutputEvent) -> None:
        """Take in a delta that does not just go on with ``text``."""
        if self._first is None:
            self._first = event
        content, index = event.content, event.content_index
        if isinstance(content, str):
            self._add_text(content, index)
            return
        self._has_chunks = True
        if isinstance(content, TextChunk):
            self._add_text(content.text, index)
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
            self.text, self.text_index = [], index
            self._parts.append(self.text)
        self.text.append(piece)

    def answer(self) -> str:
        """The text alone."""
        return "".join(["".join(part) for part in self._parts if isinstance(part, list)])

    def entry(self) -> OutputEntry | None:
        first = self._first
        if first is None:
            return None
        return MessageOutputEntry(
            id=self.id,
            created_at=first.created_at,
            model=first.model,
            agent_id=first.agent_id,
            content=list(map(_chunk, self._parts)) if self._has_chunks else self.answer(),
        )


class _Thinking:
    """Reasoning in the making."""

    __slots__ = ("_parts", "closed", "index", "signature")

    def __init__(self, chunk: ThinkChunk, index: int) -> None:
        self.index = index
        self.closed = chunk.closed
        self.signature = chunk.signature
        self._parts: list[list[str] | ThinkContent] = []
        self._add(chunk)

    def add(self, chunk: ThinkChunk) -> None:
        """Take in the next piece."""
        self.closed = _newer(chunk.closed, self.closed)
        self.signature = _newer(chunk.signature, self.signature)
        self._add(chunk)

    def _add(self, chunk: ThinkChunk) -> None:
        for part in chunk.thinking:
            if not isinstance(part, TextChunk):
                self._parts.append(part)
            elif self._parts and isinstance(last := self._parts[-1], list):
                last.append(part.text)
            else:
                self._parts.append([part.text])

    def chunk(self) -> ThinkChunk:
        """The chunk as it stands."""
        return ThinkChunk(
            thinking=[TextChunk(text="".join(part)) if isinstance(part, list) else part for part in self._parts],
            closed=self.closed,
            signature=self.signature,
        )


def _chunk(part: "list[str] | _Thinking | ContentChunk") -> ContentChunk:
    if isinstance(part, list):
        return TextChunk(text="".join(part))
    return part.chunk() if isinstance(part, _Thinking) else part


class ToolDraft(Draft):
    """A tool execution."""

    __slots__ = ("_arguments", "_done", "_name", "_started")

    def __init__(self, index: int, id: str | UnsetType) -> None:
        super().__init__(index, id)
        self._name = ""
        self._arguments: list[str] = []
        self._started: ToolExecutionStartedEvent | None = None
        self._done: ToolExecutionDoneEvent | None = None

    def add(self, event: ToolExecutionStartedEvent | ToolExecutionDeltaEvent | ToolExecutionDoneEvent) -> None:
        """Take in one of its events."""
        self._name = self._name or event.name
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
            completed_at=done.created_at if done else UNSET,
            info=done.info if done else UNSET,
            agent_id=started.agent_id if started else UNSET,
            model=started.model if started else UNSET,
            function=started.function if started else UNSET,
        )


class CallDraft(Draft):
    """A function call."""

    __slots__ = ("_arguments", "_confirmation_status", "_first")

    def __init__(self, index: int, id: str | UnsetType) -> None:
        super().__init__(index, id)
        self._first: FunctionCallEvent | None = None
        self._arguments: list[str] = []
        self._confirmation_status: str | None | UnsetType = UNSET

    def add(self, event: FunctionCallEvent) -> None:
        """Take in one of its deltas."""
        if self._first is None:
            self._first = event
        if self.id is UNSET:
            self.id = event.id
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

    def __init__(self, index: int, id: str | UnsetType) -> None:
        super().__init__(index, id)
        self._started: AgentHandoffStartedEvent | None = None
        self._done: AgentHandoffDoneEvent | None = None

    def add(self, event: AgentHandoffStartedEvent | AgentHandoffDoneEvent) -> None:
        """Take in one of its two events."""
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


def _newer(new: Any, old: Any) -> Any:
    return old if new is UNSET else new
