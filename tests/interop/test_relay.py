"""The example gateway accounts for what it relays, however the call ends."""

import asyncio
import threading
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any

import httpx
import pytest

import conversation_models as cm
from examples import gateway
from examples.gateway import Gateway

from ..support import upstream
from ..support.conversations import ID, USAGE
from ..support.documents import dumps
from ..support.streams import sse
from .servers import PATIENCE, Connection, Script, serving

Messages = list[MutableMapping[str, Any]]
TOKENS = {"prompt_tokens": 3, "total_tokens": 7}
STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"})
DONE = sse({"type": "conversation.response.done", "usage": TOKENS})
RESPONSE = dumps({"conversation_id": "c1", "outputs": [], "usage": TOKENS})


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """With answers that nobody waits for."""
    monkeypatch.setattr(gateway, "DRAIN_SECONDS", 0.2)


@pytest.fixture
def accounts() -> list[cm.UsageRecord]:
    """What each call of ``account`` was given."""
    return []


@pytest.mark.parametrize("request_body", [{"inputs": "plain"}, {"inputs": "plain", "stream": True}])
def test_what_it_accounts_for(
    accounts: list[cm.UsageRecord], request_body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def call() -> httpx.Response:
        application = Gateway("http://upstream", accounts.append)
        served = httpx.ASGITransport(upstream.app)
        async with httpx.AsyncClient(transport=served) as client:
            monkeypatch.setattr(application, "client", lambda: client)
            async with httpx.AsyncClient(
                base_url="http://gateway", transport=httpx.ASGITransport(application)
            ) as caller:
                return await caller.post("/v1/conversations", json=request_body)

    assert asyncio.run(call()).status_code == 200
    (record,) = accounts
    assert record.conversation_id == ID
    assert record.usage is not None
    assert record.usage.total_tokens == USAGE["total_tokens"]


def relayed(
    accounts: list[cm.UsageRecord], script: Script, messages: Messages, error: Exception | None = None
) -> Messages:
    """The messages that the gateway sends in front of a real upstream. The client sends ``messages``, then waits.

    ``error``: raised by the server for each message but the first.
    """
    sent: Messages = []
    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)
        await asyncio.sleep(0.01)
        if error is not None and len(sent) > 1:
            raise error

    async def receive() -> MutableMapping[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def call(url: str) -> None:
        application = Gateway(url, accounts.append)
        try:
            await application(scope, receive, send)
        finally:
            await application.aclose()

    ended = threading.Event()

    async def until_it_ends(connection: Connection) -> None:
        try:
            await script(connection)
        finally:
            ended.set()

    with serving(until_it_ends) as url:
        asyncio.run(call(url))
        assert ended.wait(PATIENCE)
    return sent


def costs(accounts: list[cm.UsageRecord]) -> list[tuple[Any, Any]]:
    """The conversation and the total of tokens of each record."""
    return [(record.conversation_id, record.usage and record.usage.total_tokens) for record in accounts]


REQUEST = {"type": "http.request", "body": b"{}", "more_body": False}
LEFT = {"type": "http.disconnect"}


def test_a_client_that_leaves_at_the_end_has_to_pay(accounts: list[cm.UsageRecord]) -> None:
    async def stays_open(connection: Connection) -> None:
        await connection.head()
        await connection.send(STARTED + DONE)
        with suppress(asyncio.IncompleteReadError):
            await connection.receive(1000)  # Until the connection ends.

    relayed(accounts, stays_open, [REQUEST, LEFT])
    assert costs(accounts) == [("c1", 7)]


def test_a_client_that_leaves_before_the_end(accounts: list[cm.UsageRecord]) -> None:
    async def stays_open(connection: Connection) -> None:
        await connection.head()
        await connection.send(STARTED)
        with suppress(asyncio.IncompleteReadError):
            await connection.receive(1000)  # Until the connection ends.

    relayed(accounts, stays_open, [REQUEST, LEFT])
    assert costs(accounts) == [("c1", None)]
    assert accounts[0].status == "truncated"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(STARTED + DONE, "text/event-stream"), (RESPONSE, "application/json")],
    ids=["stream", "response"],
)
def test_an_upstream_that_breaks_after_the_end(accounts: list[cm.UsageRecord], body: bytes, media_type: str) -> None:
    async def resets(connection: Connection) -> None:
        await connection.head(type=media_type)
        await connection.send(body)
        await asyncio.sleep(0.2)
        connection.reset()

    with pytest.raises(httpx.ReadError):
        relayed(accounts, resets, [REQUEST])
    assert costs(accounts) == [("c1", 7)]


def test_a_server_may_raise_when_the_client_has_left(accounts: list[cm.UsageRecord]) -> None:
    """An ``OSError``, by ASGI. The answer is read to its end all the same."""

    async def answers(connection: Connection) -> None:
        await connection.head()
        for event in (STARTED, DONE):
            await connection.send(event)
            await asyncio.sleep(0.05)
        await connection.end()

    assert len(relayed(accounts, answers, [REQUEST], OSError("The client has left"))) > 1
    assert costs(accounts) == [("c1", 7)]


@pytest.mark.parametrize("whole", [True, False])
def test_half_an_upload_does_not_look_whole_upstream(accounts: list[cm.UsageRecord], whole: bool) -> None:
    ends: list[bytes] = []

    async def note(connection: Connection) -> None:
        with suppress(asyncio.IncompleteReadError):
            ends.append(await connection.receive(len(b'5\r\n{"inp\r\n')))
            ends.append(await connection.receive(len(b"0\r\n\r\n")))
        await connection.raw(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    half = {"type": "http.request", "body": b'{"inp', "more_body": True}
    rest = {"type": "http.request", "body": b"", "more_body": False}
    sent = relayed(accounts, note, [half, rest] if whole else [half, LEFT])
    assert ends == ([b'5\r\n{"inp\r\n', b"0\r\n\r\n"] if whole else [b'5\r\n{"inp\r\n'])
    assert len(sent) == (2 if whole else 0)
    assert len(accounts) == (1 if whole else 0)
