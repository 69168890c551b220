"""Servers, each in its own process: ``python -m benchmarks.gateways.serve MODULE NAME [UPSTREAM_URL]``.

``MODULE`` has ``SERVERS``: for each name, a function that makes an ASGI app of the URL of the upstream.

A server prints its port once it listens. It stops when its standard input ends, so it never outlives its parent.
"""

import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, NamedTuple

import uvicorn

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]


class Server(NamedTuple):
    name: str
    url: str
    pid: int


@contextmanager
def running(module: str, *names: str, upstream: str = "") -> Iterator[list[Server]]:
    """The servers of those names, each in its own process. ``upstream``: the URL that the gateways among them call."""
    processes = []
    try:
        for name in names:
            command = [sys.executable, "-m", __name__, module, name, upstream]
            process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            processes.append(process)
        yield [_listening(name, process) for name, process in zip(names, processes, strict=True)]
    finally:
        for process in processes:
            # Closes the server's standard input and waits for the server to end.
            process.communicate()


def _listening(name: str, process: "subprocess.Popen[str]") -> Server:
    port = process.stdout.readline().strip() if process.stdout else ""
    if not port:
        raise RuntimeError(f"The server {name} did not start")
    return Server(name, f"http://{HOST}:{port}", process.pid)


def main(module: str, name: str, upstream: str) -> None:
    """Serve until standard input ends."""
    config = uvicorn.Config(
        import_module(module).SERVERS[name](upstream),
        log_level="error",
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        # Longer than a client keeps a connection, so that no connection is closed while a request is on its way.
        timeout_keep_alive=75,
    )
    server = uvicorn.Server(config)
    listening = socket.create_server((HOST, 0), backlog=2048)
    threading.Thread(target=_stop_with, args=(sys.stdin, server), daemon=True).start()
    print(listening.getsockname()[1], flush=True)
    server.run([listening])


def _stop_with(given: IO[str], server: uvicorn.Server) -> None:
    given.read()
    logging.disable()  # Connections that are still open are cut off here, which is not an error.
    server.should_exit = True
    server.force_exit = True


if __name__ == "__main__":
    main(*sys.argv[1:])
