"""The examples in docstrings run, each of them once."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "conversation_models"


def examples_in(file: Path) -> Iterator[str]:
    """The qualified names of what has an example in its docstring."""
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    yield from _examples_of(ast.parse(file.read_text(encoding="utf-8")), module, "")


def _examples_of(node: ast.AST, module: str, name: str) -> Iterator[str]:
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and ">>> " in (
        ast.get_docstring(node) or ""
    ):
        yield name or module
    for child in ast.iter_child_nodes(node):
        child_name = getattr(child, "name", "")
        yield from _examples_of(child, module, f"{name}.{child_name}".strip(".") if child_name else name)


def collected() -> Iterator[str]:
    """The qualified names of the docstrings that a run of the suite takes examples from."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", str(PACKAGE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        path, separator, name = line.partition("::")
        if separator:
            module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            yield name if name == module else name.removeprefix(f"{module}.")


@pytest.mark.long
def test_every_example_in_a_docstring_runs_once() -> None:
    written = sorted(name for file in PACKAGE.rglob("*.py") for name in examples_in(file))
    assert "Codec.decode" in written
    assert sorted(collected()) == written
