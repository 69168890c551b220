"""A reader for each HTTP library, written as a program that uses it would be."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import conversation_models as cm

OnEvent = Callable[[cm.ConversationEvent], None]
"""Called with each event as it arrives."""

Reader = Callable[[str, OnEvent, float], None]
"""Reads the stream at a URL, and gives up after so many seconds without a byte."""


def over(events: Iterator[cm.ConversationEvent], on_event: OnEvent) -> None:
    """Hand on each event. Those before an error are handed on before it is raised."""
    for event in events:
        on_event(event)


async def over_async(events: AsyncIterator[cm.ConversationEvent], on_event: OnEvent) -> None:
    async for event in events:
        on_event(event)


def _httpx_like(name: str) -> Reader:
    def read(url: str, on_event: OnEvent, timeout: float) -> None:
        httpx = pytest.importorskip(name)
        with httpx.Client(timeout=timeout, trust_env=False) as client, client.stream("GET", url) as response:
            over(cm.snake.iter_events(response.iter_bytes()), on_event)

    return read


def _httpx_like_async(name: str) -> Reader:
    def read(url: str, on_event: OnEvent, timeout: float) -> None:
        httpx = pytest.importorskip(name)

        async def main() -> None:
            async with (
                httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
                client.stream("GET", url) as response,
            ):
                await over_async(cm.snake.aiter_events(response.aiter_bytes()), on_event)

        asyncio.run(main())

    return read


def _aiohttp(url: str, on_event: OnEvent, timeout: float) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def main() -> None:
        limit = aiohttp.ClientTimeout(sock_read=timeout)
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(url) as response:
            await over_async(cm.snake.aiter_events(response.content.iter_any()), on_event)

    asyncio.run(main())


def _requests(url: str, on_event: OnEvent, timeout: float) -> None:
    requests = pytest.importorskip("requests")
    with requests.Session() as session:
        session.trust_env = False
        with session.get(url, stream=True, timeout=timeout) as response:
            over(cm.snake.iter_events(response.iter_content(chunk_size=None)), on_event)


def _urllib3(url: str, on_event: OnEvent, timeout: float) -> None:
    urllib3 = pytest.importorskip("urllib3")
    with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
        response = pool.request("GET", url, preload_content=False)
        try:
            # If the body is not chunked, ``stream`` waits for as many bytes as it was asked for. ``read1`` does not.
            chunks = iter(lambda: response.read1(decode_content=True), b"")
            over(cm.snake.iter_events(chunks), on_event)
        finally:
            response.close()


def _urllib(url: str, on_event: OnEvent, timeout: float) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=timeout) as response:
        chunks: Iterator[Any] = iter(lambda: response.read1(65536), b"")
        over(cm.snake.iter_events(chunks), on_event)


LIBRARIES: dict[str, Reader] = {
    "httpx": _httpx_like("httpx"),
    "httpx, asynchronous": _httpx_like_async("httpx"),
    "httpx2": _httpx_like("httpx2"),
    "httpx2, asynchronous": _httpx_like_async("httpx2"),
    "aiohttp": _aiohttp,
    "requests": _requests,
    "urllib3": _urllib3,
    "urllib.request": _urllib,
}
"""``urllib.request`` is in the standard library: it is always there, and does not read gzip."""
