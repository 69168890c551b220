"""The types that users see: mypy and pyright report in ``typing_examples`` the errors it names, and no others."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ..support.documents import UNIONS

EXAMPLES = Path(__file__).parent / "typing_examples"
FILES = sorted(EXAMPLES.glob("*.py"))

WRONG = """\
# pyright: reportUnnecessaryTypeIgnoreComment=true
from typing_extensions import assert_type
import conversation_models as cm
assert_type(cm.decode(b""), cm.TextChunk)
cm.TextChunk(text="a").text = "b"
x = 1  # type: ignore[assignment]
"""

Errors = list[tuple[str, int, str]]
"""The file, the line and the message of each."""


def mypy(files: list[Path], folder: Path, cache: Path) -> Errors:
    # An empty configuration: users have their own settings, not the project's.
    command = ["mypy", "--strict", "--config-file=", f"--cache-dir={cache}", "--no-pretty", "--hide-error-context"]
    output = run([*command, *map(str, files)], folder)
    assert f"checked {len(files)} source files" in output, output
    found = re.findall(r"^(\S+):(\d+): error: (.*)", output, re.MULTILINE)
    return [(Path(name).name, int(line), message) for name, line, message in found]


def pyright(files: list[Path], folder: Path, _: Path) -> Errors:
    output = run(["pyright", "--pythonpath", sys.executable, "--outputjson", *map(str, files)], folder)
    report = json.loads(output[output.index("{") :])
    assert report["summary"]["filesAnalyzed"] == len(files), report
    return [
        (Path(one["file"]).name, one["range"]["start"]["line"] + 1, one["message"])
        for one in report["generalDiagnostics"]
        if one["severity"] == "error"
    ]


def run(command: list[str], folder: Path) -> str:
    # Without node, pyright fails. The test fails then, too: if it were skipped, nobody would notice.
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False, cwd=folder)
    return done.stdout + done.stderr


@pytest.fixture(
    scope="module",
    params=[mypy, pytest.param(pyright, marks=pytest.mark.long)],
    ids=lambda checker: checker.__name__,
)
def errors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Errors:
    """The errors that a checker has for all examples and for ``WRONG``: one run, since most of it is starting."""
    # In the cache, mypy keeps what it has read for the next run.
    folder, cache = tmp_path_factory.mktemp("typing"), request.config.cache.mkdir("mypy")
    (folder / "wrong.py").write_text(WRONG)
    found: Errors = request.param([*FILES, folder / "wrong.py"], folder, cache)
    return found


def test_examples_have_no_errors_but_those_they_name(errors: Errors) -> None:
    assert [error for error in errors if error[0] != "wrong.py"] == []


def test_wrong_types_are_reported(errors: Errors) -> None:
    assert {line for name, line, _ in errors if name == "wrong.py"} == {4, 5, 6}, errors


@pytest.mark.long
def test_every_public_name_has_a_type_that_all_checkers_see_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It ignores ``--pythonpath``, and looks for the package where the first Python of the path does.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    output = run(["pyright", "--ignoreexternal", "--outputjson", "--verifytypes", "conversation_models"], tmp_path)
    names = json.loads(output[output.index("{") :])["typeCompleteness"]["symbols"]
    assert {name["name"] for name in names} >= {f"conversation_models.{name}" for name in ("decode", "encode", "snake")}
    assert [
        (name["name"], [diagnostic["message"] for diagnostic in name["diagnostics"]])
        for name in names
        if name["isTypeAmbiguous"] or not name["isTypeKnown"]
    ] == []


def test_the_examples_use_every_class_of_the_unions() -> None:
    assert {file.stem for file in FILES} >= {"usage", "rejected"}
    used = (EXAMPLES / "usage.py").read_text()
    assert [cls.__name__ for union in UNIONS.values() for cls in union if f"cm.{cls.__name__}" not in used] == []
