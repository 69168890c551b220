"""The applications on the page about frameworks, each served on the loopback interface."""

import asyncio
import contextlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ..interop.example_gateway import serving_application
from ..interop.servers import PATIENCE
from .pages import blocks_in, page

__all__ = ["KEY", "SERVERS", "serving"]

KEY = "key-of-the-application"

PAGE = "guides/frameworks.md"
APPLICATIONS = {
    block.word.removeprefix("app="): block.text
    for block in blocks_in(page(PAGE).read_text(encoding="utf-8"), PAGE)
    if block.word.startswith("app=")
}


def _by_uvicorn(lifespan: str) -> Callable[[Any], AbstractContextManager[str]]:
    return lambda application: serving_application(application, lifespan=lifespan)


@contextlib.contextmanager
def _by_aiohttp(application: web.Application) -> Iterator[str]:
    loop, addresses, started = asyncio.new_event_loop(), list[str](), threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        # A handler is told that its caller has left.
        runner = web.AppRunner(application, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        addresses.append("http://{}:{}".format(*runner.addresses[0]))
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert started.wait(PATIENCE)
        yield addresses[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)
        loop.close()


SERVERS: dict[str, Callable[[Any], AbstractContextManager[str]]] = {
    "fastapi": _by_uvicorn("on"),
    "starlette": _by_uvicorn("on"),
    "litestar": _by_uvicorn("on"),
    "aiohttp": _by_aiohttp,
    "django": _by_uvicorn("off"),  # It has no lifespan.
}
"""By the word of its block: what serves it, as the page says."""


@contextlib.contextmanager
def serving(name: str, folder: Path, upstream: str) -> Iterator[str]:
    """Serve an application of the page, whose service is ``upstream``, and yield its URL."""
    pytest.importorskip(name)
    # Django looks for a module by its name.
    module_name, file = f"{name}_of_the_page", folder / "app.py"
    file.write_text(APPLICATIONS[name], encoding="utf-8")
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UPSTREAM_URL", upstream.rstrip("/"))
        patch.setenv("MISTRAL_API_KEY", KEY)
        patch.setenv("NO_PROXY", "*")
        patch.setitem(sys.modules, module_name, module)
        spec.loader.exec_module(module)
        with SERVERS[name](module.app) as url:
            yield url
