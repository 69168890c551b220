"""Bodies as text for a person to read, and responses event by event."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from textwrap import indent
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from rich.console import Console

from ..codec import snake
from ..jsontext import UNREADABLE
from ..models.conversations import AgentConversation, ConversationHistory, ConversationMessages, ModelConversation
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
from ..models.inputs import FunctionResultEntry, InputEntry, MessageInputEntry
from ..models.requests import ConversationAppendRequest, ConversationRequest, ConversationRestartRequest
from ..models.responses import ConversationResponse, ConversationUsageInfo
from ..models.unknown import Unknown
from .pieces import brief
from .safe_text import one_line, plain
from .sections import ASIDE, Sections, json_text
from .settings import settings_of

__all__ = ["Transcript"]

# A stream may be endless, so memory for the tools that are running is bounded.
_MOST_RUNNING = 1000
_LONGEST_KEY = 1000


class Transcript:
    """Writes one body, or the events of a response, to a console.

    The text has a section for each entry. Events of several outputs may alternate: a section that is continued later
    gets its heading again.
    """

    def __init__(self, console: Console) -> None:
        self._out = Sections(console)
        self._started: OrderedDict[str, datetime | UnsetType] = OrderedDict()

    def body(self, body: Any) -> None:
        """Write a whole body, a list of bodies or an event."""
        match body:
            case ConversationResponse():
                self._conversation(body.conversation_id)
                self._entries(body.outputs)
                self._usage(body.usage)
            case ConversationHistory():
                self._conversation(body.conversation_id)
                self._entries(body.entries)
            case ConversationMessages():
                self._conversation(body.conversation_id)
                self._entries(body.messages)
            case ConversationRequest() | ConversationAppendRequest() | ConversationRestartRequest():
                self._request(body)
            case ModelConversation():
                self._conversation(body.id, body.model)
                self._out.details(settings_of(body, "object", "id", "model"))
            case AgentConversation():
                self._conversation(body.id, body.agent_id)
                self._out.details(settings_of(body, "object", "id", "agent_id"))
            case list():
                for item in body:
                    self.body(item)
            case Unknown():
                # A conversation of a new kind, whose tools may hold secrets.
                self._out.begin()
                self._out.heading("unknown", body.type, f"{len(body.raw):,} bytes")
            case _:
                self.event(body)
        self._out.end()

    def event(self, event: ConversationEvent) -> None:
        """Write the text that an event adds."""
        match event:
            case ResponseStartedEvent():
                self._conversation(event.conversation_id)
            case MessageOutputEvent():
                if self._out.begin(_key("assistant", event.output_index, event.id)):
                    self._out.heading("assistant", event.model, event.agent_id)
                    self._out.write("\n")
                self._out.piece(event.content)
            case ToolExecutionStartedEvent() | ToolExecutionDeltaEvent():
                if self._out.begin(_key("tool", event.output_index, event.id)):
                    self._out.heading("tool", event.name)
                if isinstance(event, ToolExecutionStartedEvent):
                    self._start(event.created_at)
                self._arguments(event.arguments)
            case ToolExecutionDoneEvent():
                if self._out.begin(_key("tool", event.output_index, event.id)):
                    self._out.heading("tool", event.name, "done")
                self._duration(self._started.pop(self._out.current or "", UNSET), event.created_at)
                self._out.details(event.info)
            case FunctionCallEvent():
                if self._out.begin(_key("call", event.output_index, event.id or event.tool_call_id)):
                    self._out.heading("call", event.name, event.tool_call_id, event.confirmation_status)
                self._arguments(event.arguments)
            case AgentHandoffStartedEvent():
                if self._out.begin(_key("handoff", event.output_index, event.id)):
                    self._out.heading("handoff", event.previous_agent_name)
            case AgentHandoffDoneEvent():
                if self._out.begin(_key("handoff", event.output_index, event.id)):
                    self._out.heading("handoff")
                self._out.write(f" to {one_line(event.next_agent_name)}")
            case ResponseDoneEvent():
                self._usage(event.usage)
            case Unknown():
                self._out.begin()
                self._unknown(event)
            case _:
                self._out.begin()
                self._other(event)

    def end(self) -> None:
        """End the section that is being written."""
        self._out.end()

    def _entries(self, entries: Iterable[InputEntry]) -> None:
        for entry in entries:
            self._out.begin()
            self._entry(entry)

    def _entry(self, entry: InputEntry) -> None:
        match entry:
            case MessageOutputEntry():
                self._out.heading("assistant", entry.model, entry.agent_id)
                self._out.message(entry.content, is_markdown=True)
            case MessageInputEntry():
                self._out.heading(entry.role)
                self._out.message(entry.content, is_markdown=entry.role == "assistant")
            case FunctionResultEntry():
                self._out.heading("result", entry.tool_call_id)
                self._result(entry.result)
            case ToolExecutionEntry():
                self._out.heading("tool", entry.name)
                info = entry.info or {}
                blocks = self._arguments_or_blocks(entry.arguments)
                self._duration(entry.created_at, entry.completed_at)
                # Some tools repeat their arguments in ``info``.
                self._out.details({name: value for name, value in blocks.items() if info.get(name) != value})
                self._out.details(info)
            case FunctionCallEntry():
                self._out.heading("call", entry.name, entry.tool_call_id, entry.confirmation_status)
                self._out.details(self._arguments_or_blocks(entry.arguments))
            case AgentHandoffEntry():
                self._out.heading("handoff", entry.previous_agent_name)
                self._out.write(f" to {one_line(entry.next_agent_name)}")
            case Unknown():
                self._unknown(entry)
            case _:
                self._other(entry)

    def _conversation(self, conversation_id: str, answered_by: str | None = None) -> None:
        self._out.begin()
        self._out.heading("conversation", conversation_id, answered_by)

    def _request(self, request: Any) -> None:
        self._out.begin()
        match request:
            case ConversationRequest():
                self._out.heading("request", request.model, request.agent_id)
            case ConversationAppendRequest():
                self._out.heading("request", "append")
            case ConversationRestartRequest():
                self._out.heading("request", "restart", request.from_entry_id)
        self._out.details(settings_of(request, "inputs", "model", "agent_id", "from_entry_id"))
        inputs = request.inputs or []
        self._entries([MessageInputEntry(role="user", content=inputs)] if isinstance(inputs, str) else inputs)

    def _usage(self, usage: ConversationUsageInfo) -> None:
        self._out.begin()
        parts = f"{usage.prompt_tokens:,} prompt, {usage.completion_tokens:,} completion"
        if usage.connector_tokens:
            parts += f", {usage.connector_tokens:,} connector"
        self._out.heading("usage")
        self._out.write(f" {usage.total_tokens:,} tokens ({parts})")
        for name, count in (usage.connectors or {}).items():
            self._out.write(f", {one_line(name)} x {count:,}")
        self._out.end()

    def _unknown(self, value: Unknown) -> None:
        self._out.heading("unknown", value.type)
        self._out.write(f" {brief(value.raw.decode())}", ASIDE)

    def _other(self, value: InputEntry | ConversationEvent) -> None:
        """Write a value of a type that has no form of its own here."""
        self._out.heading(value.type or "unknown")
        self._out.write(f" {brief(snake.encode(value).decode())}", ASIDE)

    def _result(self, result: str) -> None:
        """Write the result of a function: on the line of the heading if it is one line."""
        text = result.rstrip("\n")
        if "\n" in text:
            self._out.write(f"\n{indent(plain(text), '    ')}", ASIDE)
        else:
            self._arguments(text)

    def _arguments(self, arguments: str | UnsetType) -> None:
        if arguments:
            self._out.json(arguments)

    def _start(self, created_at: datetime | UnsetType) -> None:
        """Note when the tool of this section started."""
        if self._out.current is not None and len(self._out.current) <= _LONGEST_KEY:
            self._started[self._out.current] = created_at
            if len(self._started) > _MOST_RUNNING:
                self._started.popitem(last=False)

    def _arguments_or_blocks(self, arguments: str | dict[str, Any] | UnsetType) -> dict[str, Any]:
        """Write the arguments; or return them, for ``Sections.details``, if one has several lines, such as code."""
        text = json_text(arguments) if isinstance(arguments, dict) else arguments
        try:
            values = msgspec.json.decode(text or "", type=dict[str, Any])
        except UNREADABLE:
            values = {}
        if any(isinstance(value, str) and "\n" in value for value in values.values()):
            return values
        self._arguments(text)
        return {}

    def _duration(self, began: datetime | UnsetType, ended: datetime | None | UnsetType) -> None:
        # A time with an offset and one without cannot be subtracted.
        if began and ended and (began.tzinfo is None) == (ended.tzinfo is None):
            self._out.write(f" {(ended - began).total_seconds():.1f} s", ASIDE)


def _key(label: str, index: int, id: str | UnsetType) -> str:
    # A string, because it becomes the key of a dict: a sender can make the hashes of integers collide.
    return f"{label} {index} {id}"
