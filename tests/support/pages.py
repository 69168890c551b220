"""The programs in Markdown pages: their Python code that is not an example of doctest."""

import re
from pathlib import Path

from .paths import ROOT

__all__ = ["programs_in", "text_of"]


def text_of(page: str) -> str:
    """The text of a page, which is named from the root of the repository."""
    return Path(ROOT, page).read_text(encoding="utf-8")


def programs_in(page: str) -> list[str]:
    return re.findall(r"```python\n((?!>>>).*?)```", text_of(page), re.DOTALL)
