# mypy: allow-untyped-defs, allow-untyped-calls
import asyncio
import logging
import re
from contextlib import aclosing, suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import quote, unquote_to_bytes

import httpx

import conversation_models as cm

# Callers share the client, so it must not keep cookies: one caller's would go upstream with the next caller's request.
NO_COOKIES = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
UNLIMITED = httpx.Limits(max_connections=None)
upstream = httpx.AsyncClient(base_url="https://api.mistral.ai", cookies=NO_COOKIES, timeout=None, limits=UNLIMITED)
# Headers that belong to one connection. So does `accept-encoding` here: a compressed body cannot be metered.
PER_HOP = set(b"host connection keep-alive te trailer transfer-encoding upgrade accept-encoding".split())
# A path and a query, in characters that httpx sends as they are.
TARGET = re.compile(rb"/([\w/.~!$&'()*+,;=:@-]|%[\dA-Fa-f]{2})*(\?[!$-;=?-~]*)?")
# `.` or `..` as a segment, even if a `;`, `?` or `\` ends it.
DOT_SEGMENT = re.compile(rb"[/\\]\.\.?(?![\w.-])")


async def app(scope, receive, send):
    """An ASGI gateway: every byte passes as it came, and its cost is accounted for, however the call ends."""
    url = url_of(upstream.base_url, scope)
    if url is None:
        await refuse(send, 400, b"This URL cannot be forwarded.")
        return
    body, message = bytearray(), {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
    headers = [*forwarded(scope["headers"]), (b"accept-encoding", b"identity")]
    request = upstream.build_request(scope["method"], url, headers=headers, content=bytes(body))
    try:
        response = await upstream.send(request, stream=True)
    except httpx.TransportError as error:
        logging.warning("Upstream did not answer: %r", error)
        await refuse(send, 502, b"Upstream did not answer.")
        return
    # Do not catch errors below: an error that leaves the app makes the server cut the connection, so that the caller
    # cannot mistake half an answer for a whole one.
    async with aclosing(response):
        headers = forwarded(response.headers.raw)
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        client_left = asyncio.ensure_future(receive())
        meter, whole = cm.snake.meter(), bytearray()
        is_stream = response.headers.get("content-type", "").lower().startswith("text/event-stream")
        watch = meter.feed if is_stream else whole.extend
        try:
            async for chunk in response.aiter_raw():
                watch(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                if client_left.done():
                    return
            await send({"type": "http.response.body"})
        finally:
            if is_stream:
                meter.close()
                account(meter.conversation_id, meter.usage)  # `None` if the stream ended too early.
            else:
                with suppress(cm.ConversationDecodeError):  # History, messages and errors cost nothing.
                    head = cm.snake.peek(whole)
                    account(head.conversation_id, head.usage)


def url_of(base, scope):
    """The URL upstream, path and query byte for byte; `None` if upstream could read another path in it."""
    # A server may leave out the raw path. Then nobody can tell whether a `/` came as `%2F`.
    path = (scope.get("raw_path") or quote(scope["path"]).encode()).partition(b"?")[0]
    target = path + b"?" + scope["query_string"] if scope["query_string"] else path
    if len(target) > 8000 or not TARGET.fullmatch(target) or DOT_SEGMENT.search(unquote_to_bytes(path)):
        return None
    return base.copy_with(raw_path=base.raw_path.rstrip(b"/") + target)


def forwarded(headers):
    """The headers for the other side. Those of this connection stay here, as do those that `Connection` names."""
    headers = [(name.lower(), value) for name, value in headers]
    named = b",".join(value for name, value in headers if name == b"connection").lower().split(b",")
    dropped = PER_HOP.union(token.strip() for token in named)
    if b"transfer-encoding" in dict(headers):
        dropped.add(b"content-length")  # The chunks give the length, and it could contradict them.
    return [(name, value) for name, value in headers if name not in dropped and not name.startswith(b"proxy-")]


async def refuse(send, status, reason):
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": reason})


def account(conversation_id, usage): ...
