"""The servers that the official clients call: one upstream, and gateways of several kinds in front of it."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from ..support.gateways import GATEWAYS
from ..support.upstream import app
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
        direct = stack.enter_context(serving_application(app, "auto", lifespan="off"))
        urls = {"direct": direct}
        for name, make in GATEWAYS.items():
            gateway = make(direct)
            served = serving_application(gateway, "auto", lifespan="off", finish=gateway.aclose)
            urls[name] = stack.enter_context(served)
        yield urls


@pytest.fixture(params=GATEWAYS)
def gateway(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name
