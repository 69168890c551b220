"""Every block of code in the README and in the pages of ``docs`` does what the page says: ``rules`` checks it."""

import sqlite3
from pathlib import Path

import duckdb
import pytest

import conversation_models as cm

from .pages import PAGES, Block, blocks_in, name_of
from .rules import BlockError, check, check_kind, is_doctest, run_doctests

PATHS = pytest.mark.parametrize("path", PAGES, ids=name_of)


def blocks_of(path: Path) -> list[Block]:
    return blocks_in(path.read_text(encoding="utf-8"), name_of(path))


@PATHS
def test_the_doctests_of_a_page_run(path: Path) -> None:
    blocks = blocks_of(path)
    assert run_doctests(blocks, name_of(path)).attempted >= len(list(filter(is_doctest, blocks)))


@PATHS
def test_the_other_blocks_of_a_page_do_what_it_says(path: Path, tmp_path: Path) -> None:
    blocks, failures = blocks_of(path), []
    for at, block in enumerate(blocks):
        folder = tmp_path / str(at)
        folder.mkdir()
        try:
            check_kind(block)
            if not is_doctest(block):
                check(block, blocks[at + 1] if at + 1 < len(blocks) else None, folder, path.read_text("utf-8"))
        except (BlockError, ValueError, SyntaxError, cm.ConversationModelsError, duckdb.Error, sqlite3.Error) as error:
            failures.append(f"{block.place}: {error}")
    assert not failures, "\n".join(failures)
