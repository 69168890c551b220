"""A conversation for a person to read, whether it comes as a document or event by event."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from textwrap import indent
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from rich.console import Console
from rich.text import Text

from ..jsontext import UNREADABLE
from ..models.chunks import (
    ContentChunk,
    DocumentURLChunk,
    ImageURL,
    ImageURLChunk,
    ReferenceChunk,
    TextChunk,
    ThinkChunk,
    ToolFileChunk,
    ToolReferenceChunk,
)
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
from .terminal import one_line, plain

__all__ = ["Transcript"]

_LABEL = "bold cyan"
_CITATION = "cyan"
_ASIDE = "dim"
_THOUGHT = "dim italic"


class Transcript:
    """Writes one response, or the events of one, to a console.

    What is written falls into sections, one for each output. Events of several outputs may alternate: a section that is
    taken up again gets its heading again.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._is_terminal = console.is_terminal
        self._output: object = None
        self._began: dict[object, datetime | UnsetType] = {}
        self._nothing_yet = self._at_line_start = True
        self._after_heading = self._in_thought = False
        self._sources: dict[tuple[str, str], int] = {}

    def response(self, response: ConversationResponse) -> None:
        """Write a whole response."""
        self._conversation(response.conversation_id)
        for index, entry in enumerate(response.outputs):
            self._begin(index)
            self._entry(entry)
        self._usage(response.usage)

    def event(self, event: ConversationEvent) -> None:
        """Write what an event adds."""
        match event:
            case ResponseStartedEvent():
                self._conversation(event.conversation_id)
            case MessageOutputEvent():
                if self._begin((event.output_index, event.id)):
                    self._heading("assistant", event.model, event.agent_id)
                    self._write("\n")
                for text, style in self._pieces(event.content):
                    self._write(text, style)
            case ToolExecutionStartedEvent() | ToolExecutionDeltaEvent():
                if self._begin((event.output_index, event.id)):
                    self._heading("tool", event.name)
                if isinstance(event, ToolExecutionStartedEvent):
                    self._began[self._output] = event.created_at
                self._arguments(event.arguments)
            case ToolExecutionDoneEvent():
                if self._begin((event.output_index, event.id)):
                    self._heading("tool", event.name, "done")
                self._duration(self._began.pop(self._output, UNSET), event.created_at)
                self._details(event.info)
            case FunctionCallEvent():
                if self._begin((event.output_index, event.id or event.tool_call_id)):
                    self._heading("call", event.name, event.tool_call_id, event.confirmation_status)
                self._arguments(event.arguments)
            case AgentHandoffStartedEvent():
                if self._begin((event.output_index, event.id)):
                    self._heading("handoff", event.previous_agent_name)
            case AgentHandoffDoneEvent():
                if self._begin((event.output_index, event.id)):
                    self._heading("handoff")
                self._write(f" to {one_line(event.next_agent_name)}")
            case ResponseDoneEvent():
                self._usage(event.usage)
            case Unknown():
                self._begin(event)
                self._unknown(event)

    def end(self) -> None:
        """Finish the section that is being written."""
        if not self._at_line_start:
            self._write("\n")
        for (title, url), number in self._sources.items():
            self._write(f"  [{number}]", _CITATION)
            self._write(f" {title}")
            self._write(f" {url}" if url else "", _ASIDE)
            self._write("\n")
        self._output, self._in_thought = None, False
        self._sources.clear()

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
                # Some tools report what they were asked to do once more.
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

    def _conversation(self, conversation_id: str) -> None:
        self._begin(("conversation", conversation_id))
        self._heading("conversation", conversation_id)

    def _usage(self, usage: ConversationUsageInfo) -> None:
        self._begin("usage")
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
        self._write(f" {_short(value.raw.decode())}", _ASIDE)

    # Sections and what they are made of ------------------------------------------------------------------------------

    def _begin(self, output: object) -> bool:
        """Begin a section for ``output``; whether it had to be."""
        if output == self._output:
            return False
        self.end()
        if not self._nothing_yet:
            self._write("\n")
        self._output = output
        return True

    def _write(self, text: str, style: str = "") -> None:
        if not text:
            return
        if style and self._is_terminal:
            self._console.print(text, style=style, end="")
        else:
            self._console.file.write(text)
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
            # A text that is all there can be broken between words.
            self._console.print(Text.assemble(*pieces), end="", soft_wrap=False)
        else:
            for text, style in pieces:
                self._write(text, style)

    def _pieces(self, content: str | ContentChunk) -> Iterator[tuple[str, str]]:
        """What to write for a piece of a message, and in which style."""
        if thought := isinstance(content, ThinkChunk):
            pieces = [self._piece(part) for part in content.thinking]
        else:
            pieces = [self._piece(content)]
        if thought != self._in_thought:
            self._in_thought = thought
            line_end = "" if self._at_line_start else "\n"
            pieces.insert(0, (f"{line_end}thinking: " if thought else f"{line_end}\n", ""))
        for text, style in pieces:
            if text:
                yield text, style or (_THOUGHT if thought else "")
                # For the next call: of a whole message, nothing has been written yet by then.
                self._at_line_start = text.endswith("\n")

    def _piece(self, content: str | ContentChunk) -> tuple[str, str]:
        match content:
            case str(text) | TextChunk(text=text):
                return plain(text), ""
            case ToolReferenceChunk():
                return f"[{self._source_number(content)}]", _CITATION
            case ReferenceChunk():
                return _bracketed("reference", *map(str, content.reference_ids))
            case ImageURLChunk(image_url=image):
                return _bracketed("image", image.url if isinstance(image, ImageURL) else image)
            case DocumentURLChunk():
                return _bracketed("document", content.document_name, content.document_url)
            case ToolFileChunk():
                return _bracketed("file", content.file_name, content.file_type, content.file_id)
            case Unknown():
                return _bracketed(content.type or "unknown", content.raw.decode())
            case _:
                return _bracketed(content.type)

    def _source_number(self, source: ToolReferenceChunk) -> int:
        title = source.title or source.description or source.source or source.tool or "untitled"
        return self._sources.setdefault((one_line(title), one_line(source.url or "")), len(self._sources) + 1)

    def _arguments(self, arguments: str | UnsetType) -> None:
        if arguments:
            self._write(f"{' ' * self._after_heading}{plain(arguments)}", _ASIDE)

    def _arguments_or_blocks(self, arguments: str | dict[str, Any] | UnsetType) -> dict[str, Any]:
        """Write the arguments, or return them where one is lines of text, such as code: they are ``_details`` then."""
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
        # Of two times of which only one has an offset, there is no difference.
        if began and ended and (began.tzinfo is None) == (ended.tzinfo is None):
            self._write(f" {(ended - began).total_seconds():.1f} s", _ASIDE)

    def _details(self, info: Mapping[str, Any] | None | UnsetType) -> None:
        """What a tool reports, longer texts (code, its output) as blocks."""
        for name, value in (info or {}).items():
            text = plain(value if isinstance(value, str) else _json(value)).rstrip("\n")
            self._write(f"\n  {one_line(name)}:")
            self._write(f"\n{indent(text, '    ')}" if "\n" in text else f" {text}", _ASIDE)


def _bracketed(kind: str, *words: str | None | UnsetType) -> tuple[str, str]:
    return f"[{' '.join([one_line(kind), *[_short(word) for word in words if word]])}]", _CITATION


def _short(text: str) -> str:
    # Images come in data: URIs, unknown members in any length.
    return one_line(text if len(text) <= 200 else f"{text[:200]}\N{HORIZONTAL ELLIPSIS}")


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
