"""An HTTP server on the loopback interface, controlled by a script down to the socket."""

import asyncio
import contextlib
import re
import socket
import struct
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from http import HTTPStatus

PATIENCE = 20
"""Seconds after which a test that waits for the other side has failed."""


class Connection:
    """One client's connection: sends bytes with HTTP's framing and without it."""

    def __init__(self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.request = request
        """The request's head, byte for byte."""
        self.method, self.path = (word.decode() for word in request.split(b" ")[:2])
        self._reader = reader
        self._writer = writer
        self._chunked = False
        self._zip: zlib._Compress | None = None
        transport_socket = writer.get_extra_info("socket")
        # Each write is sent at once.
        transport_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def receive(self, size: int) -> bytes:
        """That much of the request's body."""
        return await self._reader.readexactly(size)

    async def body(self) -> bytes:
        """The whole body of the request."""
        length = re.search(rb"\r\ncontent-length: *(\d+)", self.request, re.IGNORECASE)
        return await self.receive(int(length[1]) if length else 0)

    async def raw(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def head(
        self, *, chunked: bool = True, gzip: bool = False, length: int | None = None, type: str = "text/event-stream"
    ) -> None:
        """Send status 200. Without ``chunked`` and ``length``, the body ends with the connection."""
        self._chunked = chunked
        self._zip = zlib.compressobj(wbits=31) if gzip else None
        lines = ["HTTP/1.1 200 OK", f"content-type: {type}", "connection: close"]
        lines += ["transfer-encoding: chunked"] if chunked else []
        lines += ["content-encoding: gzip"] if gzip else []
        lines += [] if length is None else [f"content-length: {length}"]
        await self.raw("\r\n".join([*lines, "", ""]).encode())

    async def answer(self, status: int, body: bytes) -> None:
        """Send a whole answer of JSON, or no body if there is none."""
        length = [f"content-length: {len(body)}", "content-type: application/json"] if body else []
        head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "connection: close", *length, "", ""]
        await self.raw("\r\n".join(head).encode() + body)

    async def send(self, data: bytes) -> None:
        """Send a part of the body that the client can read at once, even in gzip."""
        if self._zip is not None:
            data = self._zip.compress(data) + self._zip.flush(zlib.Z_SYNC_FLUSH)
        await self._send(data)

    async def _send(self, data: bytes) -> None:
        await self.raw(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    async def end(self) -> None:
        if self._zip is not None:
            await self._send(self._zip.flush())
        if self._chunked:
            await self.raw(b"0\r\n\r\n")

    def reset(self) -> None:
        """End the connection with RST, as a killed process does."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


Script = Callable[[Connection], Awaitable[None]]


async def start(script: Script, *, backlog: int = 100) -> asyncio.Server:
    """Answer every request with ``script``, in the running loop. The connection ends with the script."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            await script(Connection(request, reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The client has left.
        finally:
            with contextlib.suppress(ConnectionError):
                writer.close()
                await writer.wait_closed()

    return await asyncio.start_server(answer, "127.0.0.1", 0, backlog=backlog)


@contextlib.contextmanager
def serving(script: Script) -> Iterator[str]:
    """Run a server in a thread of its own, and yield its URL."""
    ready = threading.Event()
    address: list[str] = []
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        server = await start(script)
        stop = asyncio.Event()
        address.append("http://{}:{}/".format(*server.sockets[0].getsockname()[:2]))
        loops.append((asyncio.get_running_loop(), stop))
        ready.set()
        await stop.wait()
        # A connection that was just made is accepted and its answer begins: otherwise nothing would close it.
        for _ in range(5):
            await asyncio.sleep(0)
        server.close()
        current = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not current]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(PATIENCE), "the server did not start"
        yield address[0]
    finally:
        for loop, stop in loops:
            loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)


def whole(parts: Iterable[bytes], *, chunked: bool = True, gzip: bool = False, pause: float = 0) -> Script:
    """Send a stream in parts, with a pause between them."""

    async def script(connection: Connection) -> None:
        await connection.head(chunked=chunked, gzip=gzip)
        for part in parts:
            await connection.send(part)
            await asyncio.sleep(pause)
        await connection.end()

    return script
