"""The upstream: an ASGI app with the Conversations endpoints that the official SDKs call.

The request's input text chooses the answer. It is the name of a response or a stream in ``conversations``, or
``benchmark:`` and the name of a payload or stream of the benchmark suite. Options follow the name as ``key=value``,
each after a ``;``. ``events`` cuts a stream to that many events. ``write`` makes writes of that many bytes instead of
one for each event. ``pause`` waits that many seconds between writes. ``status`` answers with an error of that status.
``GET /open`` returns the number of streams that are being written.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from functools import lru_cache
from typing import Any, NamedTuple

from .. import payloads, streams
from .conversations import HISTORY, MESSAGES, REFUSED, RESPONSES, STREAMS, UNTYPED

__all__ = ["App", "Receive", "Scope", "Send", "app", "read_body"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON, EVENTS = b"application/json", b"text/event-stream; charset=utf-8"


_open: set[object] = set()


class Answer(NamedTuple):
    status: int
    content_type: bytes
    writes: list[bytes]
    pause: float = 0.0


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request."""
    assert scope["type"] == "http"
    body = await read_body(receive)
    answer = _json(len(_open)) if scope["path"] == "/open" else _answer(scope["method"], scope["path"], body)
    headers = [(b"content-type", answer.content_type)]
    if answer.content_type is JSON:
        headers.append((b"content-length", b"%d" % len(answer.writes[0])))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    client_left = asyncio.ensure_future(receive())
    _open.add(client_left)
    for write in answer.writes:
        await send({"type": "http.response.body", "body": write, "more_body": True})
        # A turn of the event loop for each write, so that writes leave one by one, as with a real model.
        await asyncio.sleep(answer.pause)
        if client_left.done():
            break
    _open.remove(client_left)
    await send({"type": "http.response.body"})


async def read_body(receive: Receive) -> bytes:
    """A request's body."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


@lru_cache(maxsize=256)
def _answer(method: str, path: str, body: bytes) -> Answer:
    match method, path.removeprefix("/v1/conversations").split("/")[1:]:
        case "GET", [_, "history"]:
            return _json(HISTORY)
        case "GET", [_, "messages"]:
            return _json(MESSAGES)
        case "POST", [] | [_] | [_, "restart"]:
            request = json.loads(body)
            name, *options = _text(request["inputs"]).split(";")
            chosen = dict(option.split("=", 1) for option in options)
            if "status" in chosen:
                detail = [{"loc": ["body", "inputs"], "msg": "Not today", "type": "value_error"}]
                return _json({"detail": detail}, int(chosen["status"]))
            if request.get("stream"):
                return _stream(name, chosen)
            return _document(name)
    return _json({"detail": "Not found"}, 404)


def _text(inputs: Any) -> str:
    """The input text: the inputs themselves, or the content of the first entry."""
    return inputs if isinstance(inputs, str) else str(inputs[0]["content"])


def _json(value: Any, status: int = 200) -> Answer:
    return Answer(status, JSON, [json.dumps(value, ensure_ascii=False).encode()])


def _document(name: str) -> Answer:
    if name.startswith("benchmark:"):
        return Answer(200, JSON, [payloads.document(name.removeprefix("benchmark:"))])
    return _json((RESPONSES | REFUSED)[name])


def _stream(name: str, options: dict[str, str]) -> Answer:
    if name.startswith("benchmark:"):
        frames = streams.frames(name.removeprefix("benchmark:"))
    else:
        frames = [_frame(event) for event in (STREAMS | UNTYPED)[name]]
    if "events" in options:
        frames = [*frames[: int(options["events"]) - 1], frames[-1]]
    writes = list(_cut(b"".join(frames), int(options["write"]))) if "write" in options else frames
    return Answer(200, EVENTS, writes, float(options.get("pause", 0)))


def _frame(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _cut(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
