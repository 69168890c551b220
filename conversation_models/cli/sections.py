"""Sections of text on a console: a heading each, and below it messages, JSON and lists of details."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby
from textwrap import indent
from typing import Any

import msgspec
from msgspec import UnsetType
from rich.console import Console

from ..jsontext import is_json
from ..models.chunks import ContentChunk, ThinkChunk
from .markdown import rendered
from .pieces import CITATION, Sources, piece
from .safe_text import one_line, plain
from .wrapping import Fragment, wrapped

__all__ = ["ASIDE", "Sections", "json_text"]

_LABEL = "bold cyan"
_THOUGHT = "dim italic"

ASIDE = "dim"
"""The style of all that is not said by anybody."""

_JSON = re.compile(
    r'(?P<string>"[^"\\]*(?:\\.[^"\\]*)*")(?P<colon>\s*:)?|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)',
    re.DOTALL,
)
# By the last group: the string before a colon is a key.
_JSON_STYLES = {"colon": "blue", "string": "green", "number": "cyan", "word": "magenta"}


class Sections:
    """Writes sections to a console. The sources that one cites are listed at its end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._is_terminal = console.is_terminal
        self._nothing_yet = self._at_line_start = True
        self._after_heading = self._in_thought = False
        self._sources = Sources()
        self.current: str | None = None
        """The key of the section that is being written."""

    def begin(self, key: str | None = None) -> bool:
        """Begin a section, or return false if the section of ``key`` is the one being written."""
        if key is not None and key == self.current:
            return False
        self.end()
        if not self._nothing_yet:
            self.write("\n")
        self.current = key
        return True

    def end(self) -> None:
        """End the section that is being written."""
        if not self._at_line_start:
            self.write("\n")
        for number, (title, url) in enumerate(self._sources.listed, 1):
            self.write(f"  [{number}]", CITATION)
            self.write(f" {title}")
            self.write(f" {url}" if url else "", ASIDE)
            self.write("\n")
        self.current, self._in_thought = None, False
        self._sources = Sources()

    def write(self, text: str, style: str = "") -> None:
        """Write text that is safe to show."""
        if not text:
            return
        begin, end = _codes(self._console, style)
        self._console.file.write(f"{begin}{text}{end}")
        self._at_line_start = text.endswith("\n")
        self._nothing_yet = self._after_heading = False

    def heading(self, label: str, name: str | None | UnsetType = None, *notes: str | None | UnsetType) -> None:
        """Write the heading: a label, a name and notes."""
        self.write(one_line(label), _LABEL)
        if name:
            self.write(f" {one_line(name)}", "bold")
        for note in notes:
            if note:
                self.write(f" {one_line(note)}", ASIDE)
        self._after_heading = True

    def message(self, content: str | Iterable[ContentChunk], *, is_markdown: bool) -> None:
        """Write a whole message below the heading."""
        self.write("\n")
        chunks = [content] if isinstance(content, str) else content
        if not self._is_terminal:
            for chunk in chunks:
                self.piece(chunk)
            return
        # The text is complete, so lines can break between words.
        width = self._console.width
        for is_thought, run in groupby(chunks, lambda chunk: isinstance(chunk, ThinkChunk)):
            fragments = [fragment for chunk in run for fragment in self._fragments(chunk)]
            separator = self._separator(is_thought)
            if is_markdown and not is_thought:
                self.write(separator)
                shown = rendered(fragments, width)
            else:
                shown = wrapped([Fragment(separator), *fragments], width)
            for text, style in shown:
                self.write(text, style)

    def piece(self, content: str | ContentChunk) -> None:
        """Write a piece of a message, after the pieces before it."""
        fragments = self._fragments(content)
        self.write(self._separator(isinstance(content, ThinkChunk)))
        for text, style in fragments:
            self.write(text, style)

    def json(self, text: str) -> None:
        """Write JSON text, or text that should be, as it is."""
        space = " " * self._after_heading
        if not self._is_terminal or not is_json(text.encode("utf-8", "surrogatepass")):
            self.write(f"{space}{plain(text)}", ASIDE)
            return
        self.write(space)
        self._highlight(plain(text))

    def details(self, values: Mapping[str, Any] | None | UnsetType) -> None:
        """Write named values, each on a line of its own, texts of several lines as blocks."""
        for name, value in (values or {}).items():
            is_text = isinstance(value, str)
            text = plain(value if is_text else json_text(value)).rstrip("\n")
            self.write(f"\n  {one_line(name)}:")
            if "\n" in text:
                self.write(f"\n{indent(text, '    ')}", ASIDE)
            elif self._is_terminal and not is_text:
                self.write(" ")
                self._highlight(text)
            else:
                self.write(f" {text}", ASIDE)

    def _highlight(self, text: str) -> None:
        position = 0
        for token in _JSON.finditer(text):
            self.write(text[position : token.start()], ASIDE)
            self.write(token[0], _JSON_STYLES[token.lastgroup or ""])
            position = token.end()
        self.write(text[position:], ASIDE)

    def _separator(self, is_thought: bool) -> str:
        """The text between an answer and a thought."""
        if is_thought == self._in_thought:
            return ""
        self._in_thought = is_thought
        line_end = "" if self._at_line_start else "\n"
        return f"{line_end}thinking: " if is_thought else f"{line_end}\n"

    def _fragments(self, content: str | ContentChunk) -> Iterator[Fragment]:
        """The text to write for a piece of a message."""
        is_thought = isinstance(content, ThinkChunk)
        for part in content.thinking if isinstance(content, ThinkChunk) else [content]:
            text, style = piece(part, self._sources)
            yield Fragment(text, style or (_THOUGHT if is_thought else ""))


@cache
def _codes(console: Console, style: str) -> tuple[str, str]:
    """The codes that begin and end a style. To print each piece with rich would take 50 times as long."""
    with console.capture() as capture:
        console.print("x", style=style, end="")
    begin, _, end = capture.get().partition("x")
    return begin, end


def json_text(value: Any) -> str:
    """A free-form value as JSON text."""
    return msgspec.json.encode(value).decode()
