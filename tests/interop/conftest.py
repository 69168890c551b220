"""The servers that the official clients call: one upstream, and gateways of several kinds in front of it."""

from collections.abc import Iterator

import pytest

from benchmarks.gateway.serve import running

from .compare import GATEWAYS


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """The URL of each gateway, and that of the upstream as ``direct``. Each is a process of its own."""
    with running("upstream") as (upstream,), running(*GATEWAYS, upstream=upstream.url) as gateways:
        yield {"direct": upstream.url} | {gateway.name: gateway.url for gateway in gateways}


@pytest.fixture(params=GATEWAYS)
def gateway(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name
