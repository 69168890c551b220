"""The README's gateway accounts for what it relays."""

import asyncio
from typing import Any

import httpx
import pytest

from benchmarks.gateway import relay, upstream
from benchmarks.gateway.conversations import ID, USAGE


@pytest.mark.parametrize("request_body", [{"inputs": "plain"}, {"inputs": "plain", "stream": True}])
def test_what_it_accounts_for(monkeypatch: pytest.MonkeyPatch, request_body: dict[str, Any]) -> None:
    accounts: list[Any] = []
    monkeypatch.setattr(relay, "account", lambda *told: accounts.append(told))

    async def call() -> httpx.Response:
        served = httpx.ASGITransport(upstream.app)
        async with httpx.AsyncClient(base_url="http://upstream", transport=served) as client:
            monkeypatch.setattr(relay, "upstream", client)
            gateway = httpx.ASGITransport(relay.app)
            async with httpx.AsyncClient(base_url="http://gateway", transport=gateway) as caller:
                return await caller.post("/v1/conversations", json=request_body)

    assert asyncio.run(call()).status_code == 200
    ((conversation_id, usage),) = accounts
    assert conversation_id == ID
    assert usage.total_tokens == USAGE["total_tokens"]
