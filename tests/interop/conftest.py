"""The servers that the official clients call: one upstream, and gateways of several kinds in front of it."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest

from ..support.gateways import GATEWAYS, SERVERS
from .example_gateway import serving_application


@pytest.fixture(scope="session", autouse=True)
def _one_ssl_context() -> Iterator[None]:
    """Each client of httpx would read all certificates anew, which takes longer than most of these tests."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """The URL of each gateway, and that of the upstream as ``direct``. Each is a thread of its own."""
    with ExitStack() as stack:

        def serve(name: str, upstream: str = "") -> str:
            application: Any = SERVERS[name](upstream)

            async def close() -> None:
                if client := getattr(application, "_client", None):
                    await client.aclose()

            return stack.enter_context(serving_application(application, "auto", lifespan="off", finish=close))

        direct = serve("upstream")
        yield {"direct": direct} | {name: serve(name, direct) for name in GATEWAYS}


@pytest.fixture(params=GATEWAYS)
def gateway(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name
