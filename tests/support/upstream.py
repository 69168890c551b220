"""The upstream: an ASGI app with the Conversations endpoints that the official SDKs call.

The request's input text chooses the answer. It is the name of a response or a stream in ``conversations``, or
``endless`` for a stream of very many events. Options follow the name as ``key=value``, each after a ``;``. ``pause``
waits that many seconds between writes. ``status`` answers with an error of that status. ``GET /open`` returns the
number of streams that are being written.
"""

import asyncio
import json
from functools import lru_cache
from typing import Any, NamedTuple

from benchmarks.gateways.upstream import read_body, send_writes
from examples.gateway import Receive, Scope, Send

from .conversations import HISTORY, MESSAGES, REFUSED, RESPONSES, STREAMS, UNTYPED
from .streams import sse

__all__ = ["app"]

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
    await send_writes(send, answer.writes, answer.pause, client_left)
    _open.remove(client_left)


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
    return _json((RESPONSES | REFUSED)[name])


def _stream(name: str, options: dict[str, str]) -> Answer:
    started, *middle, done = (STREAMS | UNTYPED)["plain" if name == "endless" else name]
    events = [started, *middle * (400 if name == "endless" else 1), done]
    return Answer(200, EVENTS, list(map(sse, events)), float(options.get("pause", 0)))
