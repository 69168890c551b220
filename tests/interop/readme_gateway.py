"""The README's gateway, served by uvicorn in a thread."""

import asyncio
import contextlib
import queue
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import uvicorn

from .servers import PATIENCE

README = Path(__file__).parents[2] / "README.md"


class Gateway(NamedTuple):
    url: str
    program: ModuleType
    accounts: "queue.SimpleQueue[tuple[Any, ...]]"
    """The arguments of each call of ``account``, which may follow the end of the answer."""


def program() -> ModuleType:
    """The README's program in a module of its own, with the client that it makes itself."""
    blocks = re.findall(r"```python\n((?!>>>).*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (source,) = [block for block in blocks if "async def app(" in block]
    module = ModuleType("readme_gateway")
    exec(compile(source, "README.md", "exec"), module.__dict__)
    return module


@contextlib.contextmanager
def gateway(parser: Any) -> Iterator[Gateway]:
    """Serve the program. Uvicorn parses HTTP with ``h11`` or ``httptools``."""
    module, accounts = program(), queue.SimpleQueue[tuple[Any, ...]]()
    module.__dict__["account"] = lambda *facts: accounts.put(facts)
    server = uvicorn.Server(uvicorn.Config(module.app, http=parser, lifespan="off", log_level="critical"))
    listening = socket.create_server(("127.0.0.1", 0))

    async def serve() -> None:
        try:
            await server.serve([listening])
        finally:
            await module.upstream.aclose()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        yield Gateway("http://{}:{}".format(*listening.getsockname()), module, accounts)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listening.close()


def exchange(url: str, request: bytes) -> bytes:
    """Send ``request`` as it is, and return every byte of the answer."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))
