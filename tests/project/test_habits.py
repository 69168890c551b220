"""The same checks everywhere: in CI, before a commit, and in the list for contributors."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_hooks_run_the_checks_of_ci() -> None:
    checks = re.search(r"^step 'ruff, mypy, pyright'\n((?:.+\n)+)", text_of(".ci/run"), re.MULTILINE)
    assert checks is not None
    hooks = re.findall(r"^ +entry: (.+)$", text_of(".pre-commit-config.yaml"), re.MULTILINE)
    assert hooks == checks[1].splitlines()


def test_contributors_are_shown_commands_that_ci_runs() -> None:
    (block,) = re.findall(r"## Commands\n\n```console\n(.*?)```", text_of("CONTRIBUTING.md"), re.DOTALL)
    commands = [command.strip() for line in block.splitlines() for command in line.partition("#")[0].split("&&")]
    # CI takes its first command from the README, and does not change files. A test of it starts the benchmarks.
    run_by_ci = f"{text_of('.ci/run')}\n{text_of('README.md')}"
    others = [one for one in commands if not re.search(rf"(?<!\S){re.escape(one)}$", run_by_ci, re.MULTILINE)]
    assert others == ["ruff format .", "python -m benchmarks --quick", ".ci/run"]


@pytest.mark.parametrize("file", ["CONTRIBUTING.md", "SECURITY.md"])
def test_files_that_are_named_exist(file: str) -> None:
    named = re.findall(r"`([\w.]+/[\w./-]*|[\w-]+\.(?:md|toml))`", text_of(file))
    assert [name for name in named if not (ROOT / name).exists()] == []
