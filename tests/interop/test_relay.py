"""The README's gateway accounts for what it relays, however the call ends."""

import asyncio
from typing import Any

import httpx
import pytest

from benchmarks.gateway import upstream
from benchmarks.gateway.conversations import ID, USAGE

from ..support.documents import dumps
from ..support.streams import sse
from .readme_gateway import program
from .servers import Connection, Script, serving

Messages = list[dict[str, Any]]
TOKENS = {"prompt_tokens": 3, "total_tokens": 7}
STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"})
DONE = sse({"type": "conversation.response.done", "usage": TOKENS})
RESPONSE = dumps({"conversation_id": "c1", "outputs": [], "usage": TOKENS})


@pytest.fixture
def accounts() -> list[Any]:
    """The arguments of each call of ``account``."""
    return []


@pytest.fixture
def relay(accounts: list[Any]) -> Any:
    """The README's program."""
    relay: Any = program()
    relay.account = lambda *facts: accounts.append(facts)
    return relay


@pytest.mark.parametrize("request_body", [{"inputs": "plain"}, {"inputs": "plain", "stream": True}])
def test_what_it_accounts_for(relay: Any, accounts: list[Any], request_body: dict[str, Any]) -> None:
    async def call() -> httpx.Response:
        served = httpx.ASGITransport(upstream.app)
        async with httpx.AsyncClient(base_url="http://upstream", transport=served) as client:
            relay.upstream = client
            gateway = httpx.ASGITransport(relay.app)
            async with httpx.AsyncClient(base_url="http://gateway", transport=gateway) as caller:
                return await caller.post("/v1/conversations", json=request_body)

    assert asyncio.run(call()).status_code == 200
    ((conversation_id, usage),) = accounts
    assert conversation_id == ID
    assert usage.total_tokens == USAGE["total_tokens"]


def relayed(relay: Any, script: Script, messages: Messages) -> Messages:
    """The messages that the gateway sends in front of a real upstream. The client sends ``messages``, then waits."""
    sent: Messages = []
    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}

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
            relay.upstream = client
            await relay.app(scope, receive, send)

    with serving(script) as url:
        asyncio.run(call(url))
    return sent


REQUEST = {"type": "http.request", "body": b"{}", "more_body": False}
LEFT = {"type": "http.disconnect"}


def test_a_client_that_leaves_at_the_end_has_to_pay(relay: Any, accounts: list[Any]) -> None:
    async def stays_open(connection: Connection) -> None:
        await connection.head()
        await connection.send(STARTED + DONE)
        await asyncio.Event().wait()

    relayed(relay, stays_open, [REQUEST, LEFT])
    ((conversation_id, usage),) = accounts
    assert (conversation_id, usage.total_tokens) == ("c1", 7)


def test_a_client_that_leaves_before_the_end(relay: Any, accounts: list[Any]) -> None:
    async def stays_open(connection: Connection) -> None:
        await connection.head()
        await connection.send(STARTED)
        await asyncio.Event().wait()

    relayed(relay, stays_open, [REQUEST, LEFT])
    assert accounts == [("c1", None)]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(STARTED + DONE, "text/event-stream"), (RESPONSE, "application/json")],
    ids=["stream", "response"],
)
def test_an_upstream_that_breaks_after_the_end(relay: Any, accounts: list[Any], body: bytes, media_type: str) -> None:
    async def resets(connection: Connection) -> None:
        await connection.head(type=media_type)
        await connection.send(body)
        await asyncio.sleep(0.2)
        connection.reset()

    with pytest.raises(httpx.ReadError):
        relayed(relay, resets, [REQUEST])
    ((conversation_id, usage),) = accounts
    assert (conversation_id, usage.total_tokens) == ("c1", 7)


def test_half_a_request_is_not_passed_on(relay: Any, accounts: list[Any]) -> None:
    asked: list[str] = []

    async def note(connection: Connection) -> None:
        asked.append(connection.path)

    half = {"type": "http.request", "body": b'{"inp', "more_body": True}
    assert relayed(relay, note, [half, LEFT]) == []
    assert (asked, accounts) == ([], [])
