"""Errors of usage, inputs and outputs: one clear line, and an exit status that is not 0."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from ..support.amounts import some
from ..support.paths import FIXTURES
from ..support.program import ENVIRONMENT, HELLO, NAME, PROGRAM, Done, run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["convert"], "Missing option '--to'"),
        (["convert", "--to", "kebab"], "'kebab' is not one of 'camel', 'snake'"),
        (["show"], "Missing argument 'FILE'"),
        (["convert", "--to", "snake", "--indent", "0"], "Invalid value for '--indent'"),
        (["shout"], "No such command 'shout'"),
        (["schema"], "Missing argument 'TYPE'"),
    ],
)
def test_a_usage_error_is_one_line(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done[:2] == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_an_unreadable_input_is_one_line(tmp_path: Path) -> None:
    done = run("show", tmp_path, tmp_path / "a\nb\x1b[31m")
    assert done == Done(
        1,
        "",
        f"conversation-models: {tmp_path}: Is a directory\n"
        f"conversation-models: {tmp_path}/a␤b␛[31m: No such file or directory\n",
    )


@some(1, "command", [["show", "-"], ["validate", "-"], ["convert", "--to", "camel"], ["collect"]])
def test_a_closed_stdin_is_one_line(command: list[str]) -> None:
    closed = ["sh", "-c", 'exec "$@" <&-', "sh", *PROGRAM, *command]
    done = subprocess.run(closed, capture_output=True, text=True, check=False, env=ENVIRONMENT, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "conversation-models: -: standard input is closed\n"


BINARY = {
    "every-byte": bytes(range(256)) * 40,
    "utf-16": b"\xff\xfe{\0}\0",
    "zeros": b"\0" * 1000,
    "lines": b"\x7fELF\n" * 1000,
    "stream": b"data: \xff\n\n",
    "nested": b"[" * 100_000,
}


def test_binary_input_is_an_error_in_words(tmp_path: Path) -> None:
    for name, content in BINARY.items():
        (tmp_path / name).write_bytes(content)
        done = run("convert", "--to", "camel", tmp_path / name)
        assert done[:2] == (1, "")
        assert done.err.startswith(f"conversation-models: {tmp_path / name}: ")
    shown = run("show", *BINARY, cwd=tmp_path)
    assert (shown.status, shown.err.count("\n")) == (1, len(BINARY) + 1)
    validated = run("validate", *BINARY, cwd=tmp_path)
    assert (validated.status, validated.err, validated.out.count("invalid: ")) == (1, "", len(BINARY) + 1)
    assert run("collect", tmp_path / "stream").status == 1


def test_a_closed_stdout_is_an_error() -> None:
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", *PROGRAM, "show", str(FIXTURES / "thinking.json")]
    done = subprocess.run(closed, stderr=subprocess.PIPE, text=True, check=False, env=ENVIRONMENT, timeout=60)
    assert (done.returncode, done.stderr) == (1, "conversation-models: standard output is closed\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@some(1, "command", [["convert", "--to", "camel"], ["show"], ["validate"]])
def test_a_full_disk_is_an_error(command: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = run(*command, FIXTURES / "thinking.json", stdout=full)
    assert done == Done(1, "", "conversation-models: standard output: No space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_stderr_does_not_stop_the_conversion() -> None:
    lines = "\n".join(json.dumps({**HELLO, f"new{index}": 1}) for index in range(3))
    with open("/dev/full", "wb") as full:
        done = run("convert", "--to", "camel", stdin=lines, stderr=full)
    assert (done.status, done.out.count("\n")) == (0, 3)


@pytest.mark.parametrize("module", ["typer", "rich"])
def test_a_missing_dependency_names_the_extra(module: str) -> None:
    without = f"import sys, runpy; sys.modules[{module!r}] = None; runpy.run_module({NAME!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", without],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("conversation-models: ")
    assert 'pip install "conversation-models[cli]"' in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version") == Done(0, f"conversation-models {version('conversation-models')}\n", "")


def test_help_lists_the_commands() -> None:
    program = run()
    assert program[::2] == (0, "")
    assert all(command in program.out for command in ("show", "validate", "convert", "collect", "schema"))
