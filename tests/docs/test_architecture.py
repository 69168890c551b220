"""The page about the architecture names what there is: every part of the package, and tests that exist."""

import re

from ..support.paths import ROOT
from .pages import page

TEXT = page("architecture.md").read_text(encoding="utf-8")
PARTS = TEXT.partition("## What each part owns")[2].partition("\n## ")[0]


def test_the_table_has_every_part_of_the_package() -> None:
    named = {name.removesuffix(".py").partition("/")[0] for name in re.findall(r"`([\w/.]+)`", PARTS)}
    files = (ROOT / "conversation_models").glob("*")
    parts = {file.stem for file in files if file.suffix == ".py" or (file / "__init__.py").exists()}
    assert parts - named == {"__init__", "__main__"}


def test_the_files_that_it_names_exist() -> None:
    for row in re.findall(r"^\| (`.+?) \| (.+) \|$", PARTS, re.MULTILINE):
        first, *others = re.findall(r"`([\w/]+/|[\w/]+\.py)`", "".join(row))
        folder = ROOT / "conversation_models"
        assert (folder / first).exists(), first
        inside = folder / first if first.endswith("/") else (folder / first).parent
        assert [name for name in others if not (inside / name).exists()] == []


def test_the_tests_that_it_names_exist() -> None:
    tests = re.findall(r"`(tests/[\w/]+\.py)`", TEXT)
    assert len(tests) > 15
    assert [name for name in tests if not (ROOT / name).exists()] == []
