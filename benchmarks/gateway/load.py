"""Load: many clients request the same answer for a number of seconds, each one request after the other.

``wrk`` makes the load if it is installed. Otherwise a client in this module does. That client is slower and takes more
time on the cores that the gateway runs on. ``GENERATOR`` names the one in use, and the results store it.
"""

import asyncio
import json
import shutil
import socket
import subprocess
from pathlib import Path
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

__all__ = ["GENERATOR", "Outcome", "Request", "answer_bytes", "drive"]

_WRK = shutil.which("wrk")
GENERATOR = "wrk" if _WRK else "the suite's own client, since wrk is not installed"

_SCRIPT = Path(__file__).with_name("post.lua")
_PATH = "/v1/conversations"
_HEADERS = {"content-type": "application/json"}
_PATIENCE = 60


class Request(NamedTuple):
    """A request to the upstream: its options, and whether the answer is a stream."""

    inputs: str
    stream: bool

    @property
    def body(self) -> str:
        return json.dumps({"inputs": self.inputs, "stream": self.stream})


class Outcome(NamedTuple):
    """``requests`` counts whole answers. ``bytes`` also counts the parts of answers that were cut off at the end."""

    requests: int
    seconds: float
    bytes: int
    p50: float
    p99: float
    """In seconds, like ``p50``."""
    failed: int


def drive(url: str, request: Request, clients: int, seconds: int) -> Outcome:
    """Send requests for that many seconds."""
    if _WRK is None:
        return asyncio.run(_drive(url, request, clients, seconds))
    options = ["-t1", f"-c{clients}", f"-d{seconds}s", f"--timeout={_PATIENCE}s", "-s", str(_SCRIPT)]
    command = [_WRK, *options, url + _PATH, "--", request.body]
    limit = seconds + 2 * _PATIENCE
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=limit)
    result = json.loads(done.stdout[done.stdout.index("RESULT ") :].removeprefix("RESULT "))
    return Outcome(**result | {"p50": result["p50"] / 1e6, "p99": result["p99"] / 1e6})


def answer_bytes(url: str, request: Request) -> int:
    """The size of one answer in bytes on the wire, with its head and the framing of its chunks."""
    body = request.body.encode()
    parts = urlsplit(url)
    head = f"POST {_PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection((parts.hostname or "", parts.port or 0), _PATIENCE) as connection:
        connection.sendall(head + body)
        size = 0
        while got := connection.recv(65536):
            size += len(got)
    return size


async def _drive(url: str, request: Request, clients: int, seconds: int) -> Outcome:
    latencies: list[float] = []
    size = failed = 0
    start = perf_counter()

    async def client() -> None:
        nonlocal size, failed
        while True:
            begun = perf_counter()
            async with session.stream("POST", url + _PATH, content=request.body, headers=_HEADERS) as response:
                failed += not response.is_success
                async for chunk in response.aiter_raw():
                    size += len(chunk)
            latencies.append(perf_counter() - begun)

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=_PATIENCE, limits=limits, trust_env=False) as session:
        tasks = [asyncio.create_task(client()) for _ in range(clients)]
        _, running = await asyncio.wait(tasks, timeout=seconds)
        for task in running:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    failed += sum(not isinstance(one, asyncio.CancelledError) for one in ended)
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] if latencies else 0.0 for share in (0.5, 0.99))
    return Outcome(len(latencies), perf_counter() - start, size, p50, p99, failed)
