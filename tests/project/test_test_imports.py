"""The layout of the tests themselves."""

import ast
import re
from pathlib import Path

from ..support.paths import ROOT

TESTS = ROOT / "tests"
FILES = sorted(TESTS.rglob("*.py"))


# To parse all files would take long.
MAY_IMPORT_A_TEST_MODULE = re.compile(r"^\s*(from|import) [^(\n]*(\([^)]*)?\btest_", re.MULTILINE)


def imported_modules(source: str, file: Path) -> set[str]:
    """The dotted names of all modules that ``source``, the text of ``file``, may import, from anywhere in it."""
    package = file.relative_to(ROOT).parent.parts
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*origin, *([node.module] if node.module else [])])
            # `from package import name` imports a module if `name` is one.
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def is_test_module(name: str) -> bool:
    return any(part.startswith("test_") for part in name.split("."))


def test_no_file_imports_from_a_test_module() -> None:
    assert len(FILES) > 50
    texts = {file: file.read_text("utf-8") for file in FILES}
    found = {
        str(file.relative_to(ROOT)): sorted(filter(is_test_module, imported_modules(text, file)))
        for file, text in texts.items()
        if MAY_IMPORT_A_TEST_MODULE.search(text)
    }
    # Helpers that two tests share are in `tests/support`, or beside them in a module that is not a test.
    assert {file: modules for file, modules in found.items() if modules} == {}


def test_each_way_to_import_a_test_module_is_seen() -> None:
    file = TESTS / "cli" / "test_other.py"
    for statement in (
        "import tests.cli.test_cli",
        "import tests.cli.test_cli as other",
        "from tests.cli.test_cli import HELLO",
        "from tests.cli import test_cli",
        "from .test_cli import HELLO",
        "from . import test_cli",
        "from ..cli.test_cli import HELLO",
        "from ..cli import test_cli",
        "from ..cli import (\n    test_bodies,\n    test_cli,\n)",
        "def run() -> None:\n    from .test_cli import HELLO",
    ):
        assert MAY_IMPORT_A_TEST_MODULE.search(statement)
        assert "tests.cli.test_cli" in imported_modules(statement, file), statement
    assert imported_modules("from ..support.program import run", file) == {
        "tests.support.program",
        "tests.support.program.run",
    }


def test_test_modules_are_in_the_folder_of_a_subject() -> None:
    assert sorted(file.name for file in TESTS.glob("test_*.py")) == []
