"""The command line as a running process: live pipes, terminals, memory."""

import os
import pty
import re
import select
import signal
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

    def __init__(self, fork: Fork, stdin: IO[bytes], stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self._fork, self._into, self._out, self._err = fork, stdin, stdout, stderr
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

    def interrupt(self) -> None:
        os.kill(self._fork.process, signal.SIGINT)

    def end(self) -> tuple[int, str]:
        """End the input, and return the exit status and stderr."""
        self._into.close()
        self.shown += self._out.read().decode()
        status, _ = self._fork.ended
        self._err.seek(0)
        return status, self._err.read().decode()


@contextmanager
def live(*arguments: str, waits: bool = True) -> Iterator[Live]:
    """Run the program while its output is read. If it does not wait, reading its empty input is an error."""
    (its_in, into), (out, its_out) = os.pipe(), os.pipe()
    os.set_blocking(its_in, waits)
    with TemporaryFile() as err:
        with open(its_in, "rb"), open(its_out, "wb"):
            fork = Fork([*arguments], [its_in, its_out, err.fileno()], ENVIRONMENT, ends=True)
        try:
            with open(into, "wb", 0) as stdin, open(out, "rb", 0) as stdout:
                yield Live(fork, stdin, stdout, err)
        finally:
            _ = fork.ended


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
    return fork.ended[0], sent.decode().replace("\r\n", "\n")


def peak(*arguments: str, stdin: Path) -> int:
    """The most memory that the program used on Linux, in bytes. It begins with that of the process that forked it."""
    with stdin.open("rb") as file, open(os.devnull, "wb") as nowhere:
        status, kilobytes = Fork([*arguments], [file.fileno(), nowhere.fileno(), nowhere.fileno()], ENVIRONMENT).ended
    assert status == 0
    return kilobytes * 1024
