"""How a block of the documentation is tested: a rule for each language.

``python`` that begins with ``>>>`` is a doctest. The examples of a page run in order and share their names. Other
``python`` is a program: it has to be in a file of ``examples``, word for word, or else it is run. One that only defines
names shows nothing when it is run, and is refused. With the word ``check``, for a program that needs a service, it is
type-checked only. With ``app=NAME``, it is an application that ``applications`` serves; with ``before`` or ``after``, a
function that ``test_migrating`` calls. With ``untested``, it needs what cannot be had here, and the page says that no
test runs it.

``console`` is commands, a line each. They run, one after the other, and have to succeed. If some of the lines begin
with ``$``, only these are commands, and the others are what they print. With the word ``check``, the options of
``conversation-models`` are only parsed. ``pip install`` is not run: it may name what ``pyproject.toml`` declares.

``json`` is decoded as the type that its word names, or as the kind of body that it is. With the word ``any``, it only
has to be JSON. ``sql`` is run by DuckDB; with the word ``sqlite``, on the books of the policy gateway. ``text`` has no
rule, unless its word is ``output`` (what the program or the commands before it print) or ``events`` (whole events of a
stream, which are known and decode).

Blocks have a new folder each, whose files ``folder.py`` makes. A block of another kind fails: nothing is skipped.
"""

import ast
import doctest
import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

import conversation_models as cm
from conversation_models.captured.kinds import kind_of
from conversation_models.cli.types import TYPES, type_named

from ..support.paths import ROOT
from ..support.program import ENVIRONMENT, Done, run
from .applications import SERVERS
from .folder import prepare
from .migrations import PROGRAMS
from .pages import Block

__all__ = ["BlockError", "check", "check_kind", "is_doctest", "run_doctests"]

PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
EXAMPLES = [file.read_text(encoding="utf-8") for file in (ROOT / "examples").glob("*.py")]
# What Sphinx makes of a page, not code.
DIRECTIVES = re.compile(r"\{(toctree|note|warning|tip|eval-rst|auto\w+|py:\w+|currentmodule)\}")
WORDS = {
    "python": r"(check|untested|before|after|app=\w+)?",
    "console": r"(check)?",
    "json": r"(any|[A-Z]\w+|list\[\w+\])?",
    "sql": r"(sqlite)?",
    "text": r"(output|events)?",
}


class BlockError(Exception):
    """A block does not do what the page says."""


def is_doctest(block: Block) -> bool:
    return block.language == "python" and block.text.startswith(">>> ")


def check_kind(block: Block) -> None:
    """Raise if there is no rule for the block."""
    if DIRECTIVES.match(block.language):
        return
    words = WORDS.get(block.language)
    if words is None or not re.fullmatch(words, block.word):
        raise BlockError(f"There is no rule for a block of the kind {block.language!r}, {block.word!r}")
    if is_doctest(block) and block.word:
        raise BlockError("A doctest has no word")


# Doctests ------------------------------------------------------------------------------------------------------------


def run_doctests(blocks: list[Block], name: str) -> doctest.TestResults:
    """Run the examples in order. Their line numbers are those of the page."""
    lines: list[str] = []
    for block in filter(is_doctest, blocks):
        lines += [""] * (block.line - len(lines)) + block.text.splitlines()
    test = doctest.DocTestParser().get_doctest("\n".join([*lines, ""]), {"__name__": "__main__"}, name, name, 0)
    report: list[str] = []
    results = doctest.DocTestRunner(verbose=False).run(test, out=report.append, clear_globs=False)
    if results.failed:
        raise BlockError("".join(report))
    return results


# Programs ------------------------------------------------------------------------------------------------------------


def check_program(block: Block, following: Block | None, folder: Path, page: str) -> None:
    tree = ast.parse(block.text)
    if block.word.startswith("app="):
        if block.word.removeprefix("app=") not in SERVERS:
            raise BlockError(f"applications.py has no server for {block.word}")
    elif block.word in ("before", "after"):
        if block not in PROGRAMS:
            raise BlockError("test_migrating calls only the functions of its own page")
    elif block.word == "untested":
        if "not run by a test" not in page:
            raise BlockError("The page does not say that it is not run by a test")
    elif block.word == "check":
        (folder / "program.py").write_text(block.text, encoding="utf-8")
        expect_success(call([sys.executable, *MYPY, str(folder / "program.py")], folder))
    elif not any(f"\n{block.text}" in example for example in EXAMPLES):
        if all(isinstance(node, DEFINITIONS) for node in tree.body):
            raise BlockError("It only defines names, and is not in a file of examples")
        (folder / "program.py").write_text(block.text, encoding="utf-8")
        expect_output(expect_success(call([sys.executable, "program.py"], folder)), following)


# Reading what a program imports takes almost all of the time, so the cache is kept. Its files may be shared with a run
# at the same time, a database may not.
MYPY = ["-m", "mypy", "--strict", "--config-file=", "--no-sqlite-cache", f"--cache-dir={ROOT}/.mypy_cache/pages"]
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign)


def call(command: list[str], folder: Path) -> Done:
    # The commands find the program and its Python as in an environment that is active.
    path = os.pathsep.join([str(Path(sys.executable).parent), ENVIRONMENT["PATH"]])
    environment = ENVIRONMENT | {"PATH": path, "PYTHONPATH": str(ROOT), "NO_PROXY": "*", "TERM": "dumb"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=300
    )
    return Done(done.returncode, done.stdout, done.stderr)


def expect_success(done: Done) -> str:
    if done.status:
        raise BlockError(f"It ended with status {done.status}:\n{done.out}{done.err}")
    return done.out


def expect_output(printed: str, following: Block | None) -> None:
    if following is not None and (following.language, following.word) == ("text", "output"):
        expect_same(following.text, printed)


def expect_same(shown: str, printed: str) -> None:
    if not doctest.OutputChecker().check_output(f"{shown}\n", f"{printed}\n", doctest.ELLIPSIS):
        raise BlockError(f"Shown:\n{shown}\nPrinted:\n{printed}")


# Commands ------------------------------------------------------------------------------------------------------------


def check_commands(block: Block, following: Block | None, folder: Path) -> None:
    lines = block.text.replace("\\\n", "").splitlines()
    if any(line.startswith("$ ") for line in lines):
        for command, shown in transcript(lines):
            done = run_command(command, block.word, folder)
            if done is None:
                raise BlockError(f"It shows what {command!r} prints, which is not run")
            expect_same(shown, done.out + done.err)
        return
    printed = ""
    for line in lines:
        if line.strip() and not line.startswith("#"):
            done = run_command(line, block.word, folder)
            printed += expect_success(done) if done else ""
    expect_output(printed, following)


def transcript(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Each command and what is shown after it."""
    starts = [at for at, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in pairwise([*starts, len(lines)]):
        yield lines[start][2:], "".join(f"{line}\n" for line in lines[start + 1 : end]).rstrip("\n") + "\n"


def run_command(line: str, word: str, folder: Path) -> Done | None:
    """Run a line of the shell; ``None`` if it is one of those that are only checked."""
    command = re.sub(r"\s+#.*", "", line)
    if re.search(r"\bpip install\b", command):
        check_installation(command)
        return None
    if served := re.match(r"uvicorn ([\w.]+):(\w+)", command):
        getattr(import_module(served[1]), served[2])
        return None
    if program := re.match(r"python -m (examples\.\w+)", command):
        return call([sys.executable, "-m", program[1], "--help"], folder)
    if not re.search(r"conversation-models|python -m conversation_models", command):
        raise BlockError(f"There is no rule for the command {command!r}")
    # A live stream, of a server that is not here.
    command = re.sub(r"^curl [^|]*\|", "cat captured.sse |", command)
    command = f"{command} --help" if word == "check" else command
    if plain := re.fullmatch(r"conversation-models ([^|<>&;$]+)", command):
        # Only the shell knows which files a glob names.
        arguments = expect_success(call(["bash", "-c", f"printf '%s\\0' {plain[1]}"], folder))
        return run(*arguments.split("\0")[:-1], cwd=folder)
    return call(["bash", "-o", "pipefail", "-c", command], folder)


def check_installation(command: str) -> None:
    """Raise if it installs an extra or a package that ``pyproject.toml`` does not name."""
    named = shlex.split(command.partition("pip install")[2].partition("&&")[0].partition(";")[0])
    for name in [name for name in named if not name.startswith("-")]:
        package, *extras = re.findall(r"[\w.-]+", name)
        known = package in (".", "conversation-models") or re.search(rf'"{re.escape(package)}\b', PROJECT)
        if not known or not all(re.search(rf"^{extra} = \[", PROJECT, re.MULTILINE) for extra in extras):
            raise BlockError(f"pyproject.toml does not name {name}")


# Data ----------------------------------------------------------------------------------------------------------------


def check_data(block: Block, folder: Path) -> None:
    if block.language == "json":
        json.loads(block.text)
        if block.word != "any":
            codec = cm.camel if cm.naming_of(block.text) == "camel" else cm.snake
            kind = type_named(TYPES, block.word) if block.word else kind_of(block.text.encode())
            if kind is None:
                raise BlockError("Which type it is cannot be told: name it, or say `any`")
            codec.decode(block.text, kind)
    elif block.language == "sql":
        rows: list[Any]
        if block.word == "sqlite":
            with closing(sqlite3.connect(folder / "usage.db")) as database:
                rows = database.execute(block.text).fetchall()
        else:
            rows = duckdb.connect(config={"file_search_path": str(folder)}).execute(block.text).fetchall()
        if not rows:
            raise BlockError("It finds nothing")
    elif block.word == "events":
        events = list(cm.snake.iter_events([block.text]))
        if not events or any(isinstance(event, cm.Unknown) for event in events):
            raise BlockError(f"Not all of these are events: {events}")


def check(block: Block, following: Block | None, folder: Path, page: str) -> None:
    """Raise if the block, which is not a doctest, does not do what the page says."""
    check_kind(block)
    prepare(folder, block.text)
    if block.language == "python":
        check_program(block, following, folder, page)
    elif block.language == "console":
        check_commands(block, following, folder)
    elif not DIRECTIVES.match(block.language):
        check_data(block, folder)
