"""Output is complete or an error, with and without a buffer: full files, non-blocking pipes, readers that leave."""

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from ..support.amounts import some
from ..support.forks import Fork
from ..support.program import ENVIRONMENT, PROGRAM, STREAM, frame, response
from ..support.terminals import PATIENCE

TEXT = "All work and no play. " * 140_000
BUFFERS: list[dict[str, str]] = [{}, {"PYTHONUNBUFFERED": "1"}]
COMMANDS = ["show large", "convert --to camel large", "collect stream"]
# All commands write by the same functions. By default, each test tries others of the six.
CELLS = [(command, environment) for command in COMMANDS for environment in BUFFERS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files whose output is 3 MB in one piece, or many lines."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "large").write_text(json.dumps(response({"type": "message.output", "content": TEXT})))
    (folder / "stream").write_text(frame("message.output.delta", id="m1", content=TEXT) + STREAM[-1])
    line, wrong = json.dumps(response()), json.dumps(response({"type": "message.output", "content": 5}))
    (folder / "lines").write_text("\n".join([line] * 4000))
    (folder / "wrong").write_text("\n".join([line, wrong] * 1000))
    return folder


@contextmanager
def running(command: str, folder: Path, environment: dict[str, str]) -> Iterator[tuple[Fork, IO[bytes], IO[bytes]]]:
    """The program, and its output and errors."""
    (out, its_out), (err, its_err) = os.pipe(), os.pipe()
    with open(its_out, "wb"), open(its_err, "wb"), open(os.devnull, "rb") as nothing:
        streams = [nothing.fileno(), its_out, its_err]
        fork = Fork(command.split(), streams, {**ENVIRONMENT, **environment}, cwd=folder, ends=True)
    try:
        with open(out, "rb") as stdout, open(err, "rb") as stderr:
            yield fork, stdout, stderr
    finally:
        _ = fork.ended


def wait_until_full(pipe: IO[bytes]) -> None:
    held = before = -1
    end = time.monotonic() + PATIENCE
    while held <= 0 or held > before:
        assert time.monotonic() < end, "nothing was written"
        time.sleep(0.1)
        before, held = held, int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def read_slowly(command: str, folder: Path, environment: dict[str, str], stream: int) -> tuple[int, str]:
    """The status, and what the program wrote to a pipe whose writes do not wait, and which is not read at once."""
    ours, its = os.pipe()
    os.set_blocking(its, False)
    with open(ours, "rb") as pipe:
        with open(its, "wb"), open(os.devnull, "r+b") as nowhere:
            streams = [nowhere.fileno()] * 3
            streams[stream] = its
            fork = Fork(command.split(), streams, {**ENVIRONMENT, **environment}, cwd=folder)
        wait_until_full(pipe)
        text = pipe.read().decode()
    return fork.ended[0], text


@some(1, ("command", "environment"), CELLS)
def test_a_slow_reader_of_a_non_blocking_pipe_gets_all(command: str, folder: Path, environment: dict[str, str]) -> None:
    status, text = read_slowly(command, folder, environment, stream=1)
    assert status == 0
    assert text.count(TEXT) == 1
    assert text.endswith("}\n" if "show" not in command else "completion)\n")


@some(1, "environment", BUFFERS)
def test_a_slow_reader_of_non_blocking_errors_gets_all(folder: Path, environment: dict[str, str]) -> None:
    status, text = read_slowly("convert --to camel wrong", folder, environment, stream=2)
    assert status == 1
    assert text.splitlines() == [
        f"conversation-models: wrong:{number}: Expected `str | array`, got `int` - at `$.outputs[0].content`"
        for number in range(2, 2001, 2)
    ]


@some(1, ("command", "environment"), CELLS[3:] + CELLS[:3])
def test_a_file_that_cannot_grow_is_an_error(
    command: str, folder: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    limited = ["sh", "-c", 'ulimit -f 1000; exec "$@"', "sh", *PROGRAM, *command.split()]
    with (tmp_path / "output").open("wb") as file:
        done = subprocess.run(
            limited,
            cwd=folder,
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**ENVIRONMENT, **environment},
            timeout=PATIENCE,
        )
    assert (done.returncode, done.stderr) == (1, "conversation-models: standard output: File too large\n")


@some(1, ("command", "environment"), CELLS[4:] + CELLS[:4])
def test_a_reader_that_leaves_in_the_middle_of_a_write_is_an_error(
    command: str, folder: Path, environment: dict[str, str]
) -> None:
    with running(command, folder, environment) as (program, stdout, stderr):
        assert len(stdout.read(100_000)) == 100_000
        stdout.close()
        assert stderr.read() == b""
        assert program.ended[0] == 1


@some(1, "environment", BUFFERS)
def test_a_reader_of_errors_that_leaves_does_not_stop_the_conversion(folder: Path, environment: dict[str, str]) -> None:
    with running("convert --to camel wrong", folder, environment) as (program, stdout, stderr):
        stderr.close()
        assert stdout.read().count(b"\n") == 1000
        assert program.ended[0] == 1


@some(1, "command", ["show lines", "convert --to camel lines"])
def test_a_reader_that_leaves_between_lines_ends_the_program_quietly(command: str, folder: Path) -> None:
    with running(command, folder, {}) as (program, stdout, stderr):
        stdout.readline()
        stdout.close()
        assert stderr.read() == b""
        # It stopped at the first failed write.
        assert program.ended[0] == 1


def test_two_interrupts_end_a_program_whose_output_is_not_read(folder: Path) -> None:
    with running("show lines", folder, {}) as (program, stdout, stderr):
        wait_until_full(stdout)
        # The first ends the work, the second ends the attempt to write what the work has left in the buffer.
        for patience in 0.5, PATIENCE:
            os.kill(program.process, signal.SIGINT)
            if select.select([stderr], [], [], patience)[0]:
                break
        else:
            os.kill(program.process, signal.SIGKILL)
        assert (program.ended[0], stderr.read()) == (130, b"")


def test_without_stderr_no_message_reaches_stdout(folder: Path) -> None:
    closed = ["sh", "-c", 'exec "$@" 2>&-', "sh", *PROGRAM, "show", str(folder / "missing")]
    done = subprocess.run(closed, stdout=subprocess.PIPE, check=False, env=ENVIRONMENT, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (1, b"")


WRITES = """\
import sys
from conversation_models.cli.terminal import open_streams, output, say, write_json
open_streams()
for _ in range(2000):
    write_json(b'{"a":1}')
    output.file.write("\\N{CHECK MARK}")
    say("line")
sys.stdout.flush()
"""


@some(1, "environment", BUFFERS)
def test_text_and_bytes_are_written_in_order(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRITES], capture_output=True, check=True, env={**ENVIRONMENT, **environment}
    )
    assert done.stdout.decode() == '{"a":1}✓line\n' * 2000
