"""A caller that leaves the example gateway: upstream is left soon, and the call is accounted for."""

import asyncio
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

import conversation_models as cm
from examples import gateway

from ..support.amounts import amount, in_full_if_long
from ..support.streams import sse
from .example_gateway import Served, connected, serving_gateway
from .servers import PATIENCE, Connection, Script, serving

POST = b"POST /v1/conversations HTTP/1.1\r\nhost: gateway\r\ncontent-length: 2\r\n\r\n{}"
STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"})
DELTA = sse({"type": "message.output.delta", "id": "m1", "content": "word "})
DONE = sse({"type": "conversation.response.done", "usage": {"total_tokens": 7}})
USAGE = cm.ConversationUsageInfo(total_tokens=7)


@pytest.fixture(scope="module", params=["h11", "httptools"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    pytest.importorskip(request.param)
    with serving_gateway(request.param) as served:
        yield served


def read_until(connection: socket.socket, end: bytes) -> None:
    received = b""
    while end not in received:
        part = connection.recv(65536)
        assert part, received
        received += part


class Silent:
    """Sends the beginning of an answer, then nothing. Counts the connections that are open and those that ended."""

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning
        self.asked = threading.Semaphore(0)
        self.left = threading.Semaphore(0)

    async def __call__(self, connection: Connection) -> None:
        assert await connection.body() == b"{}"
        if self._beginning:
            await connection.head()
            await connection.send(self._beginning)
        self.asked.release()
        try:
            await connection.receive(1)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left.release()


@in_full_if_long
@pytest.mark.parametrize("beginning", [b"", STARTED], ids=["before the answer", "in a stream"])
def test_every_caller_that_leaves_a_silent_upstream_is_noticed(
    served: Served, beginning: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "DRAIN_SECONDS", 0.2)
    upstream, count = Silent(beginning), amount(20, 200)
    with serving(upstream) as url:
        served.gateway.base_url = httpx.URL(url)
        callers = [connected(served.url) for _ in range(count)]
        for caller in callers:
            caller.sendall(POST)
        for caller in callers:
            if beginning:
                read_until(caller, beginning)
            assert upstream.asked.acquire(timeout=PATIENCE)
        for caller in callers:
            caller.close()
        for _ in range(count):
            assert upstream.left.acquire(timeout=PATIENCE)
        records = [served.record() for _ in range(count)]
    expected = ("truncated", "c1" if beginning else None, None)
    assert {(record.status, record.conversation_id, record.usage) for record in records} == {expected}
    assert served.accounts.empty()


def left_after(served: Served, beginning: bytes, end: Script) -> cm.UsageRecord:
    """The record of a call whose caller leaves once ``beginning`` has arrived. Then upstream goes on with ``end``.

    Only returns when that has ended too: of itself, or because its connection was closed.
    """
    gone, ended = threading.Event(), threading.Event()

    async def script(connection: Connection) -> None:
        await connection.body()
        await connection.head()
        await connection.send(beginning)
        assert await asyncio.to_thread(gone.wait, PATIENCE)
        await asyncio.sleep(0.05)
        try:
            await end(connection)
        finally:
            ended.set()

    with serving(script) as url:
        served.gateway.base_url = httpx.URL(url)
        with connected(served.url) as caller:
            caller.sendall(POST)
            read_until(caller, beginning)
        gone.set()
        record = served.record()
        assert ended.wait(PATIENCE)
    return record


def test_leaving_before_the_last_delta_does_not_avoid_the_bill(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "DRAIN_SECONDS", PATIENCE)

    async def end(connection: Connection) -> None:
        await connection.send(DELTA)
        await asyncio.sleep(0.05)
        await connection.send(DONE)
        await connection.end()

    record = left_after(served, STARTED + 19 * DELTA, end)
    assert (record.status, record.conversation_id, record.usage) == (
        "completed",
        "c1",
        USAGE,
    )
    assert record.deltas == 20


def test_an_answer_that_nobody_waits_for_is_read_for_a_bounded_time(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "DRAIN_SECONDS", 0.3)

    async def goes_on(connection: Connection) -> None:
        while True:
            await connection.send(DELTA)
            await asyncio.sleep(0.01)

    record = left_after(served, STARTED + 5 * DELTA, goes_on)
    assert (record.status, record.conversation_id, record.usage) == ("truncated", "c1", None)
    assert record.deltas > 5


def test_an_answer_that_nobody_waits_for_is_read_up_to_a_size(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "DRAIN_SECONDS", PATIENCE)
    monkeypatch.setattr(gateway, "DRAIN_BYTES", 100 * len(DELTA))

    async def floods(connection: Connection) -> None:
        while True:
            await connection.send(100 * DELTA)

    record = left_after(served, STARTED, floods)
    assert (record.status, record.usage) == ("truncated", None)
    assert 100 <= record.deltas < 100 + 65536 // len(DELTA) * 3


def test_a_json_answer_is_read_to_its_end_too(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "DRAIN_SECONDS", PATIENCE)
    gone = threading.Event()

    async def script(connection: Connection) -> None:
        await connection.body()
        assert await asyncio.to_thread(gone.wait, PATIENCE)
        await asyncio.sleep(0.05)
        await connection.answer(200, b'{"conversation_id": "c1", "outputs": [], "usage": {"total_tokens": 7}}')

    with serving(script) as url:
        served.gateway.base_url = httpx.URL(url)
        with connected(served.url) as caller:
            caller.sendall(POST)
        gone.set()
        record = served.record()
    assert (record.kind, record.status, record.usage) == (
        "response",
        "completed",
        USAGE,
    )


def test_a_caller_that_leaves_during_its_upload_costs_nothing(served: Served) -> None:
    asked, ended = threading.Event(), threading.Event()

    async def script(connection: Connection) -> None:
        await connection.receive(1)
        asked.set()
        try:
            await connection.receive(1)
        except (asyncio.IncompleteReadError, ConnectionError):
            ended.set()

    with serving(script) as url:
        served.gateway.base_url = httpx.URL(url)
        with connected(served.url) as caller:
            caller.sendall(POST[:-1])
            assert asked.wait(PATIENCE)
        assert ended.wait(PATIENCE)
    assert served.accounts.empty()


def test_a_get_that_is_left_costs_nothing(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "DRAIN_SECONDS", 0.1)
    upstream = Silent(b"")
    with serving(upstream) as url:
        served.gateway.base_url = httpx.URL(url)
        with connected(served.url) as caller:
            caller.sendall(POST.replace(b"POST", b"GET"))
            assert upstream.asked.acquire(timeout=PATIENCE)
        assert upstream.left.acquire(timeout=PATIENCE)
    assert served.accounts.empty()
