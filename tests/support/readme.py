"""The programs in the README: its Python code that is not an example of doctest."""

import re
from typing import Any

from .paths import ROOT

__all__ = ["PROGRAMS", "run_program"]

PROGRAMS: list[str] = re.findall(
    r"```python\n((?!>>>).*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
)


def run_program(part: str) -> dict[str, Any]:
    """The names that the program with this part in it defines."""
    (program,) = [program for program in PROGRAMS if part in program]
    names: dict[str, Any] = {}
    exec(compile(program, "README.md", "exec"), names)
    return names
