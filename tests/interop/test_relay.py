"""The README's gateway accounts for what it relays, however the call ends."""

import asyncio
from typing import Any

import httpx
import pytest

from benchmarks.gateway import relay, upstream
from benchmarks.gateway.conversations import ID, USAGE

from ..support.documents import dumps
from ..support.streams import sse
from .servers import Connection, Script, serving

Accounts = list[Any]
TOLD = {"prompt_tokens": 3, "total_tokens": 7}
STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"})
DONE = sse({"type": "conversation.response.done", "usage": TOLD})
RESPONSE = dumps({"conversation_id": "c1", "outputs": [], "usage": TOLD})


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Accounts:
    told: Accounts = []
    monkeypatch.setattr(relay, "account", lambda *facts: told.append(facts))
    return told


@pytest.mark.parametrize("request_body", [{"inputs": "plain"}, {"inputs": "plain", "stream": True}])
def test_what_it_accounts_for(
    monkeypatch: pytest.MonkeyPatch, accounts: Accounts, request_body: dict[str, Any]
) -> None:
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


def relayed(monkeypatch: pytest.MonkeyPatch, script: Script, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the gateway sends, in front of a real upstream; the client's part is ``messages``, then it waits."""
    sent: list[dict[str, Any]] = []
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        await asyncio.sleep(0.01)

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def call(url: str) -> None:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            monkeypatch.setattr(relay, "upstream", client)
            gateway: Any = relay.app
            await gateway(scope, receive, send)

    with serving(script) as url:
        asyncio.run(call(url))
    return sent


REQUEST = {"type": "http.request", "body": b"{}", "more_body": False}
LEFT = {"type": "http.disconnect"}


def test_a_client_that_leaves_at_the_end_has_to_pay(monkeypatch: pytest.MonkeyPatch, accounts: Accounts) -> None:
    async def stays_open(connection: Connection) -> None:
        await connection.head()
        await connection.send(STARTED + DONE)
        await asyncio.Event().wait()

    relayed(monkeypatch, stays_open, [REQUEST, LEFT])
    ((conversation_id, usage),) = accounts
    assert (conversation_id, usage.total_tokens) == ("c1", 7)


def test_a_client_that_leaves_before_the_end(monkeypatch: pytest.MonkeyPatch, accounts: Accounts) -> None:
    async def stays_open(connection: Connection) -> None:
        await connection.head()
        await connection.send(STARTED)
        await asyncio.Event().wait()

    relayed(monkeypatch, stays_open, [REQUEST, LEFT])
    assert accounts == [("c1", None)]


@pytest.mark.parametrize(
    ("body", "type"),
    [(STARTED + DONE, "text/event-stream"), (RESPONSE, "application/json")],
    ids=["stream", "response"],
)
def test_an_upstream_that_breaks_behind_the_end(
    monkeypatch: pytest.MonkeyPatch, accounts: Accounts, body: bytes, type: str
) -> None:
    async def resets(connection: Connection) -> None:
        await connection.head(type=type)
        await connection.send(body)
        await asyncio.sleep(0.2)
        connection.reset()

    with pytest.raises(httpx.ReadError):
        relayed(monkeypatch, resets, [REQUEST])
    ((conversation_id, usage),) = accounts
    assert (conversation_id, usage.total_tokens) == ("c1", 7)


def test_half_a_request_is_not_passed_on(monkeypatch: pytest.MonkeyPatch, accounts: Accounts) -> None:
    asked: list[str] = []

    async def note(connection: Connection) -> None:
        asked.append(connection.path)

    half = {"type": "http.request", "body": b'{"inp', "more_body": True}
    assert relayed(monkeypatch, note, [half, LEFT]) == []
    assert (asked, accounts) == ([], [])
