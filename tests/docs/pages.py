"""The pages of the documentation, and the fenced blocks of code in them.

The info string of a fence says how a block is tested: its language, then at most one word. ``rules`` has the rules.
"""

from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

from ..support.paths import ROOT

__all__ = ["PAGES", "Block", "blocks_in", "name_of", "page"]

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


class Block(NamedTuple):
    place: str
    """Where its text starts: the page and the line."""
    line: int
    """The number of its first line, from 0."""
    language: str
    word: str
    """What follows the language. Empty if nothing does."""
    text: str


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def page(name: str) -> Path:
    """The page with this name, such as ``guides/frameworks.md``."""
    return ROOT / "docs" / name


def blocks_in(text: str, name: str) -> list[Block]:
    """Every block of code, in order. One that is only indented has no language."""
    found = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type in ("fence", "code_block"):
            assert token.map is not None
            # A fence's text starts on the line after it.
            line = token.map[0] + (token.type == "fence")
            language, _, word = token.info.strip().partition(" ")
            found.append(Block(f"{name}:{line + 1}", line, language, word.strip(), token.content))
    return found
