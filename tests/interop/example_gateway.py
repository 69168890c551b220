"""The gateways of ``examples``, served by uvicorn in a thread."""

import asyncio
import contextlib
import queue
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import uvicorn

import conversation_models as cm
from examples.gateway import Gateway

from .servers import PATIENCE


class Served(NamedTuple):
    url: str
    gateway: Gateway
    accounts: "queue.SimpleQueue[cm.UsageRecord]"
    """What each call of ``account`` was given. It may follow the end of the answer."""

    def record(self) -> cm.UsageRecord:
        return self.accounts.get(timeout=PATIENCE)


@contextlib.contextmanager
def serving_gateway(parser: Any = "h11", *, lifespan: Any = "off", upstream: str = "http://unset") -> Iterator[Served]:
    """Serve the gateway. Uvicorn parses HTTP with ``h11`` or ``httptools``."""
    accounts = queue.SimpleQueue[cm.UsageRecord]()
    gateway = Gateway(upstream, accounts.put)
    with serving_application(gateway, parser, lifespan=lifespan, finish=gateway.aclose) as url:
        yield Served(url, gateway, accounts)


async def nothing() -> None:
    pass


@contextlib.contextmanager
def serving_application(
    application: Any, parser: Any = "h11", *, lifespan: Any, finish: Callable[[], Awaitable[None]] = nothing
) -> Iterator[str]:
    """Serve an ASGI application, and yield its URL. ``finish`` is called in its loop at the end.

    Its clients do not obey the environment's proxies.
    """
    # Connections are kept longer than clients keep them: none is closed while a request is on its way.
    config = uvicorn.Config(
        application, http=parser, lifespan=lifespan, log_level="critical", timeout_keep_alive=3 * PATIENCE
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    # Inherited by its connections: asyncio does not set it on these, and the second write of an answer waits 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def serve() -> None:
        try:
            await server.serve([listening])
        finally:
            await finish()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("NO_PROXY", "*")
        thread.start()
        try:
            yield "http://{}:{}".format(*listening.getsockname())
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            listening.close()


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE)


def exchange(url: str, request: bytes) -> bytes:
    """Send ``request`` as it is, and return every byte of the answer."""
    with connected(url) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))
