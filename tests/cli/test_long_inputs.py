"""Long inputs: flat memory, progress on a terminal."""

import json
import re
import sys
from pathlib import Path

import pytest

from ..support.amounts import each_once, some
from ..support.paths import FIXTURES
from ..support.program import HELLO, STREAM, frame
from ..support.terminals import STYLES, on_terminal, peak

LONG = 16 * 1024 * 1024
TEXT = "All work and no play. " * 1000


@pytest.fixture(scope="module")
def long_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Newline-delimited JSON of about ``LONG`` bytes."""
    document = {"conversation_id": "c1", "outputs": [{"type": "message.output", "content": TEXT}], "usage": {}}
    line = json.dumps(document) + "\n"
    file = tmp_path_factory.mktemp("long") / "lines"
    with file.open("w") as lines:
        lines.writelines(line for _ in range(LONG // len(line)))
    return file


@pytest.fixture(scope="module")
def long_stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream of about ``LONG`` bytes."""
    delta = frame("message.output.delta", id="m1", output_index=1, content=TEXT)
    file = tmp_path_factory.mktemp("long") / "stream"
    with file.open("w") as frames:
        frames.writelines([STREAM[0], *(delta for _ in range(LONG // len(delta))), STREAM[-1]])
    return file


@pytest.fixture(scope="module")
def short_peak(tmp_path_factory: pytest.TempPathFactory) -> int:
    """The memory that the program needs for a short input."""
    short = tmp_path_factory.mktemp("short") / "document"
    short.write_text(json.dumps(HELLO))
    return peak("validate", "-", stdin=short)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other units")
@each_once(kind=["lines", "stream"], command=[["show", "-"], ["validate", "-"], ["convert", "--to", "camel"]])
def test_memory_does_not_grow_with_the_input(
    long_lines: Path, long_stream: Path, short_peak: int, kind: str, command: list[str]
) -> None:
    long = peak(*command, stdin=long_lines if kind == "lines" else long_stream)
    assert long - short_peak < LONG // 2


@some(1, "command", [["validate"], ["convert", "--to", "camel"]])
def test_long_inputs_show_progress_on_stderr(long_lines: Path, command: list[str]) -> None:
    status, sent = on_terminal(*command, long_lines, terminal="stderr")
    assert status == 0
    assert re.search(r"\d+\.\d/1\d\.\d MB", STYLES.sub("", sent))
    # The cursor is visible again, on a line that was wiped.
    assert sent.endswith("\x1b[?25h\r\x1b[1A\x1b[2K")


def test_progress_is_wiped_before_a_verdict_is_printed(long_lines: Path) -> None:
    status, sent = on_terminal("validate", long_lines, FIXTURES / "thinking.json")
    assert status == 0
    assert "MB/s" in sent
    end = STYLES.sub("", sent.rpartition("\x1b[2K")[2])
    count = long_lines.read_bytes().count(b"\n")
    assert end == f"{long_lines}: ok ({count} documents, snake_case)\n{FIXTURES / 'thinking.json'}: ok (snake_case)\n"


def test_short_inputs_show_no_progress() -> None:
    assert on_terminal("convert", "--to", "camel", FIXTURES / "thinking.json", terminal="stderr") == (0, "")
