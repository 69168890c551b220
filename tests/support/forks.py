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
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NoReturn

from conversation_models.__main__ import main

from .paths import FIXTURES, ROOT

__all__ = ["Fork", "run_fork"]

_PATIENCE = 60
_REQUEST_BYTES = 64 * 1024
_PROCESS_BYTES = 16


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
        ends: bool = False,
    ) -> None:
        """Start it with copies of ``streams``: its stdin, stdout and stderr.

        ``ends``: the interpreter also ends as usual, which takes longer than most runs. A test needs it whose streams
        cannot be written to: the end of an interpreter writes what they hold.
        """
        reads_archives = arguments[:1] == ["usage"]
        self._server = _server(tuple(environment.items()), on_terminal, reads_archives)
        request = json.dumps([arguments, str(cwd or Path.cwd()), ends]).encode()
        assert len(request) < _REQUEST_BYTES
        socket.send_fds(self._server, [request], streams)
        # Only then are the other copies of the streams closed.
        self.process = int(self._server.recv(_PROCESS_BYTES))

    @cached_property
    def ended(self) -> tuple[int, int]:
        """Its exit status when it has ended, and the most memory that it used, in the units of the system."""
        status, peak = json.loads(self._server.recv(64))
        return status, peak


def run_fork(
    arguments: list[str],
    stdin: bytes,
    cwd: Path | None,
    environment: dict[str, str],
    stdout: IO[bytes] | None,
    stderr: IO[bytes] | None,
) -> tuple[int, bytes, bytes]:
    """Run the command line to its end. Return its exit status, stdout and stderr: empty for a stream that is given."""
    its, ours = os.pipe()
    # Output goes to files, because a pipe that nobody reads yet would fill up.
    with TemporaryFile() as out, TemporaryFile() as err:
        with open(its, "rb"):
            streams = [its, (stdout or out).fileno(), (stderr or err).fileno()]
            fork = Fork(arguments, streams, environment, cwd=cwd, ends=bool(stdout or stderr))
        # The program need not read its input.
        with suppress(BrokenPipeError), open(ours, "wb") as pipe:
            pipe.write(stdin)
        return fork.ended[0], _content(out), _content(err)


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
        # pandas for the first array that it makes.
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
            arguments, cwd, ends = json.loads(request)
            _become_program(arguments, cwd, streams)
            if ends:
                sys.exit(main())
            _run_without_end()
        for stream in streams:
            os.close(stream)
        # Of a fixed size, since the process may have ended before this is read, and both arrive as one.
        client.send(str(fork).rjust(_PROCESS_BYTES).encode())
        _, status, used = os.wait4(fork, 0)
        client.send(json.dumps([os.waitstatus_to_exitcode(status), used.ru_maxrss]).encode())


def _become_program(arguments: list[str], cwd: str, streams: list[int]) -> None:
    os.chdir(cwd)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.argv[1:] = arguments


def _run_without_end() -> NoReturn:
    status = 1
    try:
        status = main()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])), "archives" in sys.argv)
