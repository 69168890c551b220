"""The programs on the page about migrating: functions for the SDK's client, and the same ones for ``httpx``."""

import ast
from collections.abc import Callable
from typing import Any

from .pages import Block, blocks_in, name_of, page

__all__ = ["AFTER", "BEFORE", "PROGRAMS"]

PAGE = page("migrating.md")
PROGRAMS: list[Block] = [
    block for block in blocks_in(PAGE.read_text(encoding="utf-8"), name_of(PAGE)) if block.word in ("before", "after")
]


def _functions(word: str) -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for block in PROGRAMS:
        if block.word == word:
            names: dict[str, Any] = {}
            exec(compile(block.text, block.place, "exec"), names)
            defined = [node.name for node in ast.parse(block.text).body if isinstance(node, ast.FunctionDef)]
            found |= {name: names[name] for name in defined}
    return found


BEFORE, AFTER = _functions("before"), _functions("after")
