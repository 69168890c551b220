"""Runs the command line in forks of a process that has imported it: the imports take longer than most runs."""

import atexit
import gc
import json
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NoReturn

from conversation_models.__main__ import main

from .paths import FIXTURES, ROOT

__all__ = ["Fork", "run_fork"]

_PATIENCE = 60
_REQUEST_BYTES = 64 * 1024


class Fork:
    """A run of the command line. A process is forked for one at a time."""

    def __init__(
        self,
        arguments: list[str],
        streams: Sequence[int],
        environment: dict[str, str],
        *,
        cwd: Path | None = None,
        on_terminal: bool = False,
    ) -> None:
        """Start it with copies of ``streams``: its stdin, stdout and stderr."""
        reads_archives = arguments[:1] == ["usage"]
        self._server = _server(tuple(environment.items()), on_terminal, reads_archives)
        request = json.dumps([arguments, str(cwd or Path.cwd())]).encode()
        assert len(request) < _REQUEST_BYTES
        socket.send_fds(self._server, [request], streams)
        # Only then are the other copies of the streams closed.
        assert self._server.recv(1)

    def wait(self) -> tuple[int, int]:
        """Its exit status, and the most memory that it used, in the units of the system."""
        status, peak = json.loads(self._server.recv(64))
        return status, peak


def run_fork(
    arguments: list[str], stdin: bytes, cwd: Path | None, environment: dict[str, str]
) -> tuple[int, bytes, bytes]:
    """Run the command line to its end; its exit status, stdout and stderr. Its input is a pipe."""
    its, ours = os.pipe()
    # Output goes to files, because a pipe that nobody reads yet would fill up.
    with TemporaryFile() as out, TemporaryFile() as err:
        with open(its, "rb"):
            fork = Fork(arguments, [its, out.fileno(), err.fileno()], environment, cwd=cwd)
        # The program need not read its input.
        with suppress(BrokenPipeError), open(ours, "wb") as pipe:
            pipe.write(stdin)
        return fork.wait()[0], _content(out), _content(err)


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


@cache
def _server(environment: tuple[tuple[str, str], ...], on_terminal: bool, reads_archives: bool) -> socket.socket:
    """A connection to the process that is forked. The process ends with the connection."""
    ours, its = socket.socketpair()
    import pty  # Not on Windows.

    # The package asks when it is imported whether its output is a terminal. The far end of this one stays open.
    _, output = pty.openpty() if on_terminal else (None, os.open(os.devnull, os.O_WRONLY))
    command = [sys.executable, "-m", __name__, str(its.fileno()), *(["archives"] if reads_archives else [])]
    with its, open(output, "wb"):
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[its.fileno()],
        )
    ours.settimeout(_PATIENCE)

    def end() -> None:
        ours.close()
        process.wait(_PATIENCE)

    atexit.register(end)
    return ours


def _serve(client: socket.socket, reads_archives: bool) -> None:
    from typer.main import get_command

    if reads_archives:
        # They take longer than all other imports, and a process forks four times as fast without them. pyarrow imports
        # pandas for the first array that it makes, if it is there.
        for name in "conversation_models.cli.usage", "fsspec.implementations.local", "pandas", "pyarrow.dataset":
            import_module(name)
    # typer makes the commands anew in each run, and imports much more in the first.
    commands = import_module("conversation_models.cli.commands")
    vars(commands)["app"] = get_command(commands.app)
    own = sys.stdout, sys.stderr
    for command in ["validate"], ["show"], ["convert", "--to", "camel"]:
        sys.argv[1:] = [*command, str(FIXTURES / "thinking.json")]
        assert main() == 0
        sys.stdout, sys.stderr = own
    gc.freeze()
    while True:
        request, streams, _, _ = socket.recv_fds(client, _REQUEST_BYTES, 3)
        if not request:
            return
        fork = os.fork()
        if not fork:
            client.close()
            arguments, cwd = json.loads(request)
            _become_program(arguments, cwd, streams)
        for stream in streams:
            os.close(stream)
        client.send(b"s")
        _, status, used = os.wait4(fork, 0)
        client.send(json.dumps([os.waitstatus_to_exitcode(status), used.ru_maxrss]).encode())


def _become_program(arguments: list[str], cwd: str, streams: list[int]) -> NoReturn:
    status = 1
    try:
        os.chdir(cwd)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.argv[1:] = arguments
        status = main()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        # The end of an interpreter takes longer than a run.
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])), "archives" in sys.argv)
