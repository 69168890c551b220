"""The upstream: answers each request with the load that its input names."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from examples.gateway import Receive, Scope, Send

from ..payloads import document
from ..streams import cut, frames

App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Load(NamedTuple):
    """An answer, in the writes in which it is sent. ``items``: its events, or 1 if it is not a stream."""

    writes: list[bytes]
    items: int
    stream: bool


_WRITTEN = frames("short deltas")
_STREAM = [*_WRITTEN[:399], _WRITTEN[-1]]
LOADS = {
    "web search, a response": Load([document("web search")], 1, stream=False),
    "400 short deltas, a write each": Load(_STREAM, len(_STREAM), stream=True),
    "400 short deltas, writes of 16 kB": Load(cut(_STREAM, 16_384), len(_STREAM), stream=True),
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request."""
    assert scope["type"] == "http"
    load = LOADS[json.loads(await read_body(receive))["inputs"]]
    if load.stream:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
    else:
        length = b"%d" % sum(map(len, load.writes))
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send_writes(send, load.writes, 0, asyncio.ensure_future(receive()))


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
