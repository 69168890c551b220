"""The command line as a running process: live pipes, terminals, memory."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .program import ENVIRONMENT, PROGRAM

PATIENCE = 30
"""Seconds to wait for the program."""

STYLES = re.compile(r"\x1b\[[\d;]*m")
"""The codes that change colours."""


class Live:
    """The running program: its input and its output so far."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin
        assert process.stdout
        self.process = process
        self._into = process.stdin.fileno()
        self._out = process.stdout.fileno()
        self.shown = ""

    def send(self, text: str) -> None:
        os.write(self._into, text.encode())

    def wait_for(self, text: str) -> None:
        """Read until the output ends with ``text``."""
        while not self.shown.endswith(text):
            ready, _, _ = select.select([self._out], [], [], PATIENCE)
            read = os.read(self._out, 65536) if ready else b""
            assert read, f"expected {text!r} at the end of {self.shown!r}"
            self.shown += read.decode()

    def end(self) -> tuple[int, str]:
        """End the input, and return the exit status and stderr."""
        out, err = self.process.communicate(timeout=PATIENCE)
        self.shown += out.decode()
        return self.process.returncode, err.decode()


@contextmanager
def live(*arguments: str) -> Iterator[Live]:
    """Start the program, and stop it at the end."""
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        try:
            yield Live(process)
        finally:
            process.kill()


def on_terminal(*arguments: object, terminal: str = "all") -> tuple[int, str]:
    """Run the program with stdout and stderr, or only stderr, on a terminal; its status and what the terminal got."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=its if terminal == "all" else subprocess.DEVNULL,
        stderr=its,
        env={**ENVIRONMENT, "COLUMNS": "80"},
    ) as process:
        os.close(its)
        sent = b""
        while select.select([ours], [], [], PATIENCE)[0]:
            try:
                sent += os.read(ours, 65536)
            except OSError:  # Linux: every process has closed the other end.
                break
        os.close(ours)
        return process.wait(PATIENCE), sent.decode().replace("\r\n", "\n")


_PEAK = """\
import re, sys
from conversation_models.__main__ import main
status = main()
# Not ru_maxrss, which includes the memory of the process that forked this one.
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1], file=sys.stderr)
sys.exit(status)
"""


def peak(*arguments: str, stdin: Path) -> int:
    """The most memory that the program used, in bytes."""
    with stdin.open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, *arguments],
            stdin=file,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=ENVIRONMENT,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    return int(done.stderr) * 1024
