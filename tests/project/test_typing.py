"""The types that users see: ``typing_examples`` has to check as it says, in mypy and in pyright."""

import subprocess
import sys
from pathlib import Path

import pytest

from ..support.documents import UNIONS

EXAMPLES = Path(__file__).parent / "typing_examples"
FILES = sorted(EXAMPLES.glob("*.py"))

CHECKERS = {
    # An empty configuration: what holds for users, whatever the project's own settings are.
    "mypy": ["mypy", "--strict", "--config-file="],
    "pyright": ["pyright", "--pythonpath", sys.executable],
}


def check(checker: str, file: Path, cache: Path) -> tuple[int, str]:
    arguments = [sys.executable, "-m", *CHECKERS[checker], *(["--cache-dir", str(cache)] if checker == "mypy" else [])]
    # Without node, pyright fails: it is no reason to skip, or nobody would learn that it had not run.
    done = subprocess.run([*arguments, str(file)], capture_output=True, text=True, check=False, cwd=cache)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_examples_check_as_they_say(checker: str, file: Path, tmp_path: Path) -> None:
    status, report = check(checker, file, tmp_path)
    assert status == 0, report


WRONG = """\
# pyright: reportUnnecessaryTypeIgnoreComment=true
from typing_extensions import assert_type
import conversation_models as cm
assert_type(cm.decode(b""), cm.TextChunk)
cm.TextChunk(text="a").text = "b"
x = 1  # type: ignore[assignment]
"""


@pytest.mark.parametrize("checker", CHECKERS)
def test_checkers_do_report(checker: str, tmp_path: Path) -> None:
    file = tmp_path / "example.py"
    file.write_text(WRONG)
    status, report = check(checker, file, tmp_path)
    assert status == 1
    assert {line for line in range(1, 7) if f"example.py:{line}:" in report} == {4, 5, 6}, report


def test_examples_are_there() -> None:
    assert {file.stem for file in FILES} >= {"usage", "rejected"}
    used = (EXAMPLES / "usage.py").read_text()
    assert [cls.__name__ for union in UNIONS.values() for cls in union if f"cm.{cls.__name__}" not in used] == []
