# mypy: allow-untyped-defs, allow-untyped-calls
import asyncio
from contextlib import suppress

import httpx

import conversation_models as cm

upstream = httpx.AsyncClient(base_url="https://api.mistral.ai", timeout=None, limits=httpx.Limits(max_connections=None))
# Headers that each connection has of its own. What is metered must not come compressed, so that is asked for here too.
PER_HOP = set(b"host connection keep-alive te trailer transfer-encoding upgrade accept-encoding".split())


async def app(scope, receive, send):
    """An ASGI gateway: every byte passes as it came, and what it cost is accounted for, however it ends."""
    body, message = bytearray(), {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
    url = httpx.URL(path=scope["path"], query=scope["query_string"])
    headers = [*forwarded(scope["headers"]), (b"accept-encoding", b"identity")]
    async with upstream.stream(scope["method"], url, headers=headers, content=bytes(body)) as response:
        told = forwarded(response.headers.raw)
        await send({"type": "http.response.start", "status": response.status_code, "headers": told})
        client_left = asyncio.ensure_future(receive())
        meter, whole = cm.snake.meter(), bytearray()
        is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
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
                account(meter.conversation_id, meter.usage)  # None, where the end that tells has not come.
            else:
                with suppress(cm.ConversationDecodeError):  # History, messages and errors cost nothing.
                    head = cm.snake.peek(whole)
                    account(head.conversation_id, head.usage)


def forwarded(headers):
    return [(name, value) for name, value in headers if name.lower() not in PER_HOP]


def account(conversation_id, usage): ...
