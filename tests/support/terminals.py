"""The command line as a running process: live pipes, terminals, memory."""

import os
import pty
import re
import select
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from .forks import Fork
from .program import ENVIRONMENT

PATIENCE = 30
"""Seconds to wait for the program."""

STYLES = re.compile(r"\x1b\[[\d;]*m")
"""The codes that change colours."""


class Live:
    """The running program: its input and its output so far."""

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self._into, self._out = stdin, stdout
        self.shown = ""

    def send(self, text: str) -> None:
        os.write(self._into.fileno(), text.encode())

    def wait_for(self, text: str) -> None:
        """Read until the output ends with ``text``."""
        while not self.shown.endswith(text):
            ready, _, _ = select.select([self._out], [], [], PATIENCE)
            read = os.read(self._out.fileno(), 65536) if ready else b""
            assert read, f"expected {text!r} at the end of {self.shown!r}"
            self.shown += read.decode()

    def end(self) -> None:
        """End the input, and read the rest of the output."""
        self._into.close()
        self.shown += self._out.read().decode()


@contextmanager
def live(*arguments: str, waits: bool = True) -> Iterator[Live]:
    """Run the program while its output is read; its reads need not wait. Its status is 0, it complains of nothing."""
    (its_in, into), (out, its_out) = os.pipe(), os.pipe()
    os.set_blocking(its_in, waits)
    with TemporaryFile() as err:
        with open(its_in, "rb"), open(its_out, "wb"):
            fork = Fork([*arguments], [its_in, its_out, err.fileno()], ENVIRONMENT)
        try:
            with open(into, "wb", 0) as stdin, open(out, "rb", 0) as stdout:
                yield Live(stdin, stdout)
        finally:
            status, _ = fork.wait()
        err.seek(0)
        assert (status, err.read()) == (0, b"")


def on_terminal(*arguments: object, terminal: str = "all") -> tuple[int, str]:
    """Run the program with stdout and stderr, or only stderr, on a terminal; its status and what the terminal got."""
    ours, its = pty.openpty()
    with open(its, "wb"), open(os.devnull, "r+b") as nowhere:
        streams = [nowhere.fileno(), its if terminal == "all" else nowhere.fileno(), its]
        fork = Fork([*map(str, arguments)], streams, {**ENVIRONMENT, "COLUMNS": "80"}, on_terminal=True)
    sent = b""
    while select.select([ours], [], [], PATIENCE)[0]:
        try:
            sent += os.read(ours, 65536)
        except OSError:  # Linux: every process has closed the other end.
            break
    os.close(ours)
    return fork.wait()[0], sent.decode().replace("\r\n", "\n")


def peak(*arguments: str, stdin: Path) -> int:
    """The most memory that the program used on Linux, in bytes. It begins with that of the process that forked it."""
    with stdin.open("rb") as file, open(os.devnull, "wb") as nowhere:
        status, kilobytes = Fork([*arguments], [file.fileno(), nowhere.fileno(), nowhere.fileno()], ENVIRONMENT).wait()
    assert status == 0
    return kilobytes * 1024
