"""Markdown as styled text for a terminal. The reader sees all that is in it: URLs, HTML, the names of languages."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from rich.cells import cell_len

from .safe_text import one_line, plain
from .wrapping import Fragment, wrapped

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

__all__ = ["rendered"]

# The parser needs seconds for some hostile texts of 100 kB.
_LONGEST = 50_000

# The parser drops text that is nested as deep as this.
_DEEPEST = 19

# Each of these private characters is in the place of a fragment that is not Markdown.
_FIRST_PLACE, _LAST_PLACE = 0xE000, 0xF8FF
_PLACE = re.compile(f"([{chr(_FIRST_PLACE)}-{chr(_LAST_PLACE)}])")

_MARK = "dim"
_CODE = "green"
_STYLES = {"strong": "bold", "em": "italic", "s": "strike", "link": "underline"}


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # Only terminals need it, and its import takes time.

    # Definitions of links would vanish, and so would cells that a table's head does not announce.
    return MarkdownIt("commonmark", {"html": False}).enable("strikethrough").disable("reference")


def rendered(fragments: Sequence[Fragment], width: int) -> Iterator[Fragment]:
    """The fragments, of which those without a style are Markdown, with lines that break between words.

    Lines of code are kept as they are. Long text, and text that is nested deep, is not read as Markdown.
    """
    others = [fragment for fragment in fragments if fragment.style]
    places = iter(range(_FIRST_PLACE, _FIRST_PLACE + len(others)))
    if sum(len(text) for text, _ in fragments) > _LONGEST or len(others) > _LAST_PLACE - _FIRST_PLACE:
        return wrapped(fragments, width)
    source = "".join(
        chr(next(places)) if style else _PLACE.sub("\N{REPLACEMENT CHARACTER}", text) for text, style in fragments
    )
    tokens = _parser().parse(source)
    if any(token.level >= _DEEPEST for token in tokens):
        return wrapped(fragments, width)
    return _Page(others, width).lines(tokens)


class _Page:
    """Writes the blocks of a text one below the other."""

    def __init__(self, others: Sequence[Fragment], width: int) -> None:
        self._others = others
        self._width = width
        # The beginnings of lines inside of quotes and items: of the first line, and of the others.
        self._margins: list[list[str]] = []
        self._next_line = 0  # In the source, after the block that was written last.

    def lines(self, tokens: Iterable["Token"]) -> Iterator[Fragment]:
        """All of the text, each line ended."""
        heading = ""
        for token in tokens:
            kind = token.type
            if token.nesting == 1 and kind in ("blockquote_open", "list_item_open"):
                # Items of lists with numbers have the number.
                mark = "│ " if kind == "blockquote_open" else f"{token.info}{token.markup} " if token.info else "• "
                yield from self._blank_line_before(token)
                self._margins.append([mark, mark if kind == "blockquote_open" else " " * len(mark)])
            elif kind in ("blockquote_close", "list_item_close"):
                first, then = self._margins[-1]
                if first != then:  # The item is empty.
                    yield from self._line([])
                self._margins.pop()
            elif kind == "heading_open":
                heading = "bold underline" if token.tag == "h1" else "bold"
            elif kind == "heading_close":
                heading = ""
            elif kind == "inline":
                yield from self._blank_line_before(token)
                yield from self._line(self._inline(token.children or [], heading))
            elif kind in ("fence", "code_block"):
                yield from self._blank_line_before(token)
                yield from self._code(token)
            elif kind == "hr":
                yield from self._blank_line_before(token)
                yield from self._line([Fragment("─" * 20, _MARK)])

    def _blank_line_before(self, token: "Token") -> Iterator[Fragment]:
        """A blank line if there is one in the source."""
        begin, end = token.map or [0, 0]
        if 0 < self._next_line < begin:
            yield Fragment("".join([then for _, then in self._margins]).rstrip() + "\n", _MARK)
        self._next_line = begin if token.nesting else end

    def _line(self, fragments: Iterable[Fragment], *, wraps: bool = True) -> Iterator[Fragment]:
        first = "".join([first for first, _ in self._margins])
        then = "".join([then for _, then in self._margins])
        for margin in self._margins:
            margin[0] = margin[1]
        yield Fragment(first)
        for text, style in wrapped(fragments, self._width - cell_len(then)) if wraps else fragments:
            yield Fragment(text.replace("\n", f"\n{then}"), style)
        yield Fragment("\n")

    def _code(self, token: "Token") -> Iterator[Fragment]:
        is_fence = token.type == "fence"
        if is_fence:
            yield from self._line(self._text(token.markup + token.info, _MARK), wraps=False)
        for line in token.content.removesuffix("\n").split("\n"):
            yield from self._line(self._text(line if is_fence else f"    {line}", _CODE), wraps=False)
        if is_fence:
            yield from self._line([Fragment(token.markup, _MARK)], wraps=False)

    def _inline(self, tokens: Iterable["Token"], style: str) -> Iterator[Fragment]:
        styles = style.split()
        target = ""
        text = ""  # Of the link.
        for token in tokens:
            kind, _, end = token.type.rpartition("_")
            if token.type in ("softbreak", "hardbreak"):
                yield Fragment("\n")
            elif token.type == "image":
                yield from self._text(f"[image {token.content} {_target(token, 'src')}]".replace("  ", " "), "cyan")
            elif end == "open":
                styles.append(_STYLES[kind])
                if kind == "link":
                    target, text = _target(token, "href"), ""
            elif end == "close":
                styles.pop()
                if kind == "link" and text != target:
                    yield from self._text(f" ({target})", _MARK)
            else:
                text += token.content
                code = [_CODE] if token.type == "code_inline" else []
                # Each style once: text can be nested deep in marks.
                yield from self._text(token.content, " ".join(sorted({*styles, *code})))

    def _text(self, text: str, style: str) -> Iterator[Fragment]:
        """Text from the parser, made safe again: it decodes entities, and percent signs in URLs."""
        for part in _PLACE.split(plain(text)):
            if _PLACE.match(part):
                yield self._others[ord(part) - _FIRST_PLACE]
            else:
                yield Fragment(part, style)


def _target(token: "Token", name: str) -> str:
    title = token.attrs.get("title")
    return one_line(f"{token.attrs.get(name)} {title}" if title else f"{token.attrs.get(name)}")
