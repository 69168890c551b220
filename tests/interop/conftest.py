"""The servers that the official clients call: one upstream, and gateways of several kinds in front of it."""

from collections.abc import Iterator

import pytest

from benchmarks.gateways.serve import running

from ..support import gateways
from ..support.gateways import GATEWAYS

SERVERS = gateways.__name__


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """The URL of each gateway, and that of the upstream as ``direct``. Each is a process of its own."""
    with running(SERVERS, "upstream") as (upstream,), running(SERVERS, *GATEWAYS, upstream=upstream.url) as others:
        yield {"direct": upstream.url} | {gateway.name: gateway.url for gateway in others}


@pytest.fixture(params=GATEWAYS)
def gateway(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name
