"""A conversation as text for a person to read, from a document or event by event."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from textwrap import indent
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from rich.console import Console
from rich.text import Text

from ..codec import snake
from ..jsontext import UNREADABLE
from ..models.chunks import ContentChunk, ThinkChunk
from ..models.entries import AgentHandoffEntry, FunctionCallEntry, MessageOutputEntry, OutputEntry, ToolExecutionEntry
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
from ..models.responses import ConversationResponse, ConversationUsageInfo
from ..models.unknown import Unknown
from .pieces import CITATION, Sources, brief, piece
from .safe_text import one_line, plain

__all__ = ["Transcript"]

_LABEL = "bold cyan"
_ASIDE = "dim"
_THOUGHT = "dim italic"


# A stream may be endless, so memory for the tools that are running is bounded.
_MOST_RUNNING = 1000
_LONGEST_KEY = 1000


class Transcript:
    """Writes one response, or the events of one, to a console.

    The text has a section for each output. Events of several outputs may alternate: a section that is continued later
    gets its heading again.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._is_terminal = console.is_terminal
        self._section: str | None = None
        self._started: OrderedDict[str, datetime | UnsetType] = OrderedDict()
        self._nothing_yet = self._at_line_start = True
        self._after_heading = self._in_thought = False
        self._sources = Sources()

    def response(self, response: ConversationResponse) -> None:
        """Write a whole response."""
        self._conversation(response.conversation_id)
        for entry in response.outputs:
            self._begin()
            self._entry(entry)
        self._usage(response.usage)

    def event(self, event: ConversationEvent) -> None:
        """Write the text that an event adds."""
        match event:
            case ResponseStartedEvent():
                self._conversation(event.conversation_id)
            case MessageOutputEvent():
                if self._begin(_key("assistant", event.output_index, event.id)):
                    self._heading("assistant", event.model, event.agent_id)
                    self._write("\n")
                for text, style in self._pieces(event.content):
                    self._write(text, style)
            case ToolExecutionStartedEvent() | ToolExecutionDeltaEvent():
                if self._begin(_key("tool", event.output_index, event.id)):
                    self._heading("tool", event.name)
                if isinstance(event, ToolExecutionStartedEvent):
                    self._start(event.created_at)
                self._arguments(event.arguments)
            case ToolExecutionDoneEvent():
                if self._begin(_key("tool", event.output_index, event.id)):
                    self._heading("tool", event.name, "done")
                self._duration(self._started.pop(self._section or "", UNSET), event.created_at)
                self._details(event.info)
            case FunctionCallEvent():
                if self._begin(_key("call", event.output_index, event.id or event.tool_call_id)):
                    self._heading("call", event.name, event.tool_call_id, event.confirmation_status)
                self._arguments(event.arguments)
            case AgentHandoffStartedEvent():
                if self._begin(_key("handoff", event.output_index, event.id)):
                    self._heading("handoff", event.previous_agent_name)
            case AgentHandoffDoneEvent():
                if self._begin(_key("handoff", event.output_index, event.id)):
                    self._heading("handoff")
                self._write(f" to {one_line(event.next_agent_name)}")
            case ResponseDoneEvent():
                self._usage(event.usage)
            case Unknown():
                self._begin()
                self._unknown(event)
            case _:
                self._begin()
                self._other(event)

    def end(self) -> None:
        """End the section that is being written."""
        if not self._at_line_start:
            self._write("\n")
        for number, (title, url) in enumerate(self._sources.listed, 1):
            self._write(f"  [{number}]", CITATION)
            self._write(f" {title}")
            self._write(f" {url}" if url else "", _ASIDE)
            self._write("\n")
        self._section, self._in_thought = None, False
        self._sources = Sources()

    def _entry(self, entry: OutputEntry) -> None:
        match entry:
            case MessageOutputEntry():
                self._heading("assistant", entry.model, entry.agent_id)
                self._write("\n")
                self._message([entry.content] if isinstance(entry.content, str) else entry.content)
            case ToolExecutionEntry():
                self._heading("tool", entry.name)
                info = entry.info or {}
                blocks = self._arguments_or_blocks(entry.arguments)
                self._duration(entry.created_at, entry.completed_at)
                # Some tools repeat their arguments in ``info``.
                self._details({name: value for name, value in blocks.items() if info.get(name) != value})
                self._details(info)
            case FunctionCallEntry():
                self._heading("call", entry.name, entry.tool_call_id, entry.confirmation_status)
                self._details(self._arguments_or_blocks(entry.arguments))
            case AgentHandoffEntry():
                self._heading("handoff", entry.previous_agent_name)
                self._write(f" to {one_line(entry.next_agent_name)}")
            case Unknown():
                self._unknown(entry)
            case _:
                self._other(entry)

    def _conversation(self, conversation_id: str) -> None:
        self._begin()
        self._heading("conversation", conversation_id)

    def _usage(self, usage: ConversationUsageInfo) -> None:
        self._begin()
        parts = f"{usage.prompt_tokens:,} prompt, {usage.completion_tokens:,} completion"
        if usage.connector_tokens:
            parts += f", {usage.connector_tokens:,} connector"
        self._heading("usage")
        self._write(f" {usage.total_tokens:,} tokens ({parts})")
        for name, count in (usage.connectors or {}).items():
            self._write(f", {one_line(name)} x {count:,}")
        self.end()

    def _unknown(self, value: Unknown) -> None:
        self._heading("unknown", value.type)
        self._write(f" {brief(value.raw.decode())}", _ASIDE)

    def _other(self, value: OutputEntry | ConversationEvent) -> None:
        """Write a value of a type that has no form of its own here."""
        self._heading(value.type or "unknown")
        self._write(f" {brief(snake.encode(value).decode())}", _ASIDE)

    # Sections and their parts ----------------------------------------------------------------------------------------

    def _begin(self, key: str | None = None) -> bool:
        """Begin a section, or return false if the section of ``key`` is the one being written."""
        if key is not None and key == self._section:
            return False
        self.end()
        if not self._nothing_yet:
            self._write("\n")
        self._section = key
        return True

    def _start(self, created_at: datetime | UnsetType) -> None:
        """Note when the tool of this section started."""
        if self._section is not None and len(self._section) <= _LONGEST_KEY:
            self._started[self._section] = created_at
            if len(self._started) > _MOST_RUNNING:
                self._started.popitem(last=False)

    def _write(self, text: str, style: str = "") -> None:
        if not text:
            return
        begin, end = _codes(self._console, style)
        self._console.file.write(f"{begin}{text}{end}")
        self._at_line_start = text.endswith("\n")
        self._nothing_yet = self._after_heading = False

    def _heading(self, label: str, name: str | None | UnsetType = UNSET, *notes: str | None | UnsetType) -> None:
        self._write(label, _LABEL)
        if name:
            self._write(f" {one_line(name)}", "bold")
        for note in notes:
            if note:
                self._write(f" {one_line(note)}", _ASIDE)
        self._after_heading = True

    def _message(self, chunks: Iterable[str | ContentChunk]) -> None:
        pieces = [piece for chunk in chunks for piece in self._pieces(chunk)]
        if self._is_terminal:
            # The text is complete, so lines can break between words.
            self._console.print(Text.assemble(*pieces), end="", soft_wrap=False)
        else:
            for text, style in pieces:
                self._write(text, style)

    def _pieces(self, content: str | ContentChunk) -> Iterator[tuple[str, str]]:
        """The text to write for a piece of a message, in parts of one style."""
        if thought := isinstance(content, ThinkChunk):
            pieces = [piece(part, self._sources) for part in content.thinking]
        else:
            pieces = [piece(content, self._sources)]
        if thought != self._in_thought:
            self._in_thought = thought
            line_end = "" if self._at_line_start else "\n"
            pieces.insert(0, (f"{line_end}thinking: " if thought else f"{line_end}\n", ""))
        for text, style in pieces:
            if text:
                yield text, style or (_THOUGHT if thought else "")
                # For the next call: a whole message is written after all its pieces have been made.
                self._at_line_start = text.endswith("\n")

    def _arguments(self, arguments: str | UnsetType) -> None:
        if arguments:
            self._write(f"{' ' * self._after_heading}{plain(arguments)}", _ASIDE)

    def _arguments_or_blocks(self, arguments: str | dict[str, Any] | UnsetType) -> dict[str, Any]:
        """Write the arguments; or return them, for ``_details``, if one has several lines, such as code."""
        text = _json(arguments) if isinstance(arguments, dict) else arguments
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
            self._write(f" {(ended - began).total_seconds():.1f} s", _ASIDE)

    def _details(self, info: Mapping[str, Any] | None | UnsetType) -> None:
        """Write what a tool was given or reports, texts of several lines as blocks."""
        for name, value in (info or {}).items():
            text = plain(value if isinstance(value, str) else _json(value)).rstrip("\n")
            self._write(f"\n  {one_line(name)}:")
            self._write(f"\n{indent(text, '    ')}" if "\n" in text else f" {text}", _ASIDE)


@cache
def _codes(console: Console, style: str) -> tuple[str, str]:
    """The codes that begin and end a style. To print each piece with rich would take 50 times as long."""
    with console.capture() as capture:
        console.print("x", style=style, end="")
    begin, _, end = capture.get().partition("x")
    return begin, end


def _key(label: str, index: int, id: str | UnsetType) -> str:
    # A string, because it becomes the key of a dict: a sender can make the hashes of integers collide.
    return f"{label} {index} {id}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
