"""The example gateway accounts for every body of the table, as a meter does, and relays it byte for byte."""

from collections.abc import Iterator

import httpx
import pytest

from ..support.bodies import RELAYED, Recorded, recorded
from ..support.each import each
from .example_gateway import Served, serving_gateway
from .servers import serving, whole


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving_gateway() as served:
        yield served


@each("name", RELAYED)
def test_the_gateway_accounts_for_what_a_meter_records(served: Served, name: str) -> None:
    body = RELAYED[name]
    pieces = [body.bytes[start : start + 50] for start in range(0, len(body.bytes), 50)]
    expected = body.records or [Recorded("truncated")]
    with serving(whole(pieces)) as url, httpx.Client(trust_env=False) as client:
        served.gateway.base_url = httpx.URL(url)
        answer = client.post(f"{served.url}/v1/conversations", json={"inputs": "Hi", "stream": True})
        assert answer.content == body.bytes
        assert [recorded(served.record()) for _ in expected] == expected
        assert served.accounts.empty()
