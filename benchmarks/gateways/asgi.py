"""ASGI's types, and answers in pieces."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

__all__ = ["App", "Receive", "Scope", "Send", "read_body", "send_writes"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


async def read_body(receive: Receive) -> bytes:
    """A request's body."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def send_writes(send: Send, writes: Sequence[bytes], pause: float, client_left: "asyncio.Future[Any]") -> None:
    """Send the writes one by one, and end the body. Stops early once the client has left."""
    for write in writes:
        await send({"type": "http.response.body", "body": write, "more_body": True})
        # A turn of the event loop for each write, so that writes leave one by one, as with a real model.
        await asyncio.sleep(pause)
        if client_left.done():
            break
    await send({"type": "http.response.body"})
