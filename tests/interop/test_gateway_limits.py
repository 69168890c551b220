"""The bounds of the example gateway: sizes, memory and time."""

import asyncio
import gc
import socket
import sys
import threading
import time
import weakref
from collections.abc import Iterator

import httpx
import pytest

import conversation_models as cm
from examples import gateway
from examples.gateway import Gateway
from examples.metering import AnswerMeter

from ..support.streams import sse
from .example_gateway import Served, connected, exchange, serving_gateway
from .servers import PATIENCE, Connection, serving

POST = b"POST / HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n"
STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"})
MANY = 64 << 20
"""Far more than the buffers of all sockets between a caller and an upstream hold."""
BUFFERED = 32 << 20


@pytest.fixture(scope="module", params=["h11", "httptools"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    pytest.importorskip(request.param)
    with serving_gateway(request.param) as served:
        yield served


# Uploads ---------------------------------------------------------------------------------------------------------


class Receiving:
    """Reads the whole body of each request, and answers that the conversation is ``c1``."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.pieces: list[bytes] = []
        self.arrived = threading.Event()

    async def __call__(self, connection: Connection) -> None:
        self.heads.append(connection.request)
        while not b"".join(self.pieces).endswith(b"0\r\n\r\n"):
            self.pieces.append(await connection.receive(1))
            self.arrived.set()
        await connection.answer(200, b'{"conversation_id": "c1", "outputs": [], "usage": {}}')


def test_an_upload_that_says_it_is_too_large_is_refused_at_once(served: Served) -> None:
    upstream = Receiving()
    with serving(upstream) as url:
        served.gateway.base_url = httpx.URL(url)
        for length in (gateway.MAX_UPLOAD + 1, 200 << 20, 10**18):
            # The answer comes although no byte of the body does.
            with connected(served.url) as caller:
                caller.sendall(POST + b"content-length: %d\r\n\r\n" % length)
                assert caller.recv(65536).startswith(b"HTTP/1.1 413 ")
    assert upstream.heads == []
    assert served.accounts.empty()


def test_an_upload_that_turns_out_too_large_is_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "MAX_UPLOAD", 1000)
    upstream = Receiving()
    with serving(upstream) as url:
        served.gateway.base_url = httpx.URL(url)
        with connected(served.url) as caller:
            caller.sendall(POST + b"transfer-encoding: chunked\r\n\r\n3e8\r\n" + b"x" * 1000 + b"\r\n")
            assert upstream.arrived.wait(PATIENCE)
            caller.sendall(b"1\r\nx\r\n0\r\n\r\n")
            assert caller.recv(65536).startswith(b"HTTP/1.1 413 ")
    assert not b"".join(upstream.pieces).endswith(b"0\r\n\r\n")
    assert served.accounts.empty()


def test_an_upload_reaches_upstream_as_it_arrives(served: Served) -> None:
    upstream = Receiving()
    with serving(upstream) as url:
        served.gateway.base_url = httpx.URL(url)
        with connected(served.url) as caller:
            caller.sendall(POST + b"transfer-encoding: chunked\r\n\r\n3\r\none\r\n")
            assert upstream.arrived.wait(PATIENCE)
            caller.sendall(b"3\r\ntwo\r\n0\r\n\r\n")
            assert caller.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert b"".join(upstream.pieces) == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
    assert served.record().conversation_id == "c1"


def test_an_upload_keeps_its_length(served: Served) -> None:
    received: list[bytes] = []

    async def script(connection: Connection) -> None:
        received.append(await connection.body())
        await connection.answer(200, b"{}")

    with serving(script) as url:
        served.gateway.base_url = httpx.URL(url)
        with connected(served.url) as caller:
            caller.sendall(POST + b"content-length: 1000000\r\n\r\n" + b"x" * 10)
            caller.sendall(b"y" * 999_990)
            assert caller.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert received == [b"x" * 10 + b"y" * 999_990]
    served.record()


def test_an_upstream_that_does_not_read_makes_the_caller_wait(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "MAX_UPLOAD", 1 << 40)
    done = threading.Event()

    async def script(_: Connection) -> None:
        await asyncio.to_thread(done.wait, PATIENCE)

    with serving(script) as url:
        served.gateway.base_url = httpx.URL(url)
        with connected(served.url) as caller:
            caller.sendall(POST + b"content-length: %d\r\n\r\n" % MANY)
            assert sent_before_waiting(caller) < BUFFERED
            done.set()
            assert served.record().usage is None


def sent_before_waiting(connection: socket.socket) -> int:
    """How many of ``MANY`` bytes can be sent until the other side accepts no more."""
    connection.settimeout(0.2)
    size = 0
    try:
        while size < MANY:
            size += connection.send(b"x" * 65536)
    except TimeoutError:
        pass
    return size


def test_an_upstream_that_answers_before_it_has_read_the_body_is_heard(served: Served) -> None:
    async def script(connection: Connection) -> None:
        await connection.receive(10)
        await connection.answer(401, b'{"detail": "Invalid API Key"}')
        await connection.receive(99_990)

    with serving(script) as url:
        served.gateway.base_url = httpx.URL(url)
        answer = exchange(served.url, POST + b"content-length: 100000\r\n\r\n" + b"x" * 100_000)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert answer.endswith(b'{"detail": "Invalid API Key"}')
    assert (record := served.record()).status == "failed"
    assert record.error_message == "Invalid API Key"


# Answers ---------------------------------------------------------------------------------------------------------


def test_a_caller_that_does_not_read_makes_upstream_wait(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "DRAIN_SECONDS", 0.1)
    sent: list[int] = []
    waiting = threading.Event()

    async def script(connection: Connection) -> None:
        await connection.body()
        await connection.head(chunked=False, length=MANY)
        try:
            for _ in range(MANY // 65536):
                await asyncio.wait_for(connection.raw(b":" * 65536), 0.2)
                sent.append(65536)
        except asyncio.TimeoutError:
            waiting.set()
            await connection.receive(1)

    with serving(script) as url:
        served.gateway.base_url = httpx.URL(url)
        with connected(served.url) as caller:
            caller.sendall(POST + b"content-length: 2\r\n\r\n{}")
            assert waiting.wait(PATIENCE)
        record = served.record()
    assert sum(sent) < BUFFERED
    assert (record.kind, record.status, record.usage) == ("stream", "truncated", None)


def test_an_answer_arrives_as_upstream_sends_it(served: Served) -> None:
    arrived = threading.Event()
    halves = b'{"conversation_id": "c1", "outputs": [], ', b'"usage": {"total_tokens": 7}}'

    async def script(connection: Connection) -> None:
        await connection.body()
        await connection.head(type="application/json")
        await connection.send(halves[0])
        assert await asyncio.to_thread(arrived.wait, PATIENCE)
        await connection.send(halves[1])
        await connection.end()

    with serving(script) as url:
        served.gateway.base_url = httpx.URL(url)
        with httpx.Client(trust_env=False) as client, client.stream("POST", served.url, content=b"{}") as answer:
            pieces = answer.iter_raw()
            assert next(pieces) == halves[0]
            arrived.set()
            assert b"".join(pieces) == halves[1]
    assert served.record().usage == cm.ConversationUsageInfo(total_tokens=7)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 frees it only with the next collection")
def test_an_answer_that_broke_off_is_not_kept_in_memory(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    meters: list[weakref.ref[AnswerMeter]] = []

    class Watched(AnswerMeter):
        def __init__(self, headers: httpx.Headers) -> None:
            super().__init__(headers)
            meters.append(weakref.ref(self))

    async def script(connection: Connection) -> None:
        await connection.body()
        await connection.head(chunked=False, length=1000, type="application/json")
        await connection.send(b"{")

    monkeypatch.setattr(gateway, "AnswerMeter", Watched)
    gc.disable()
    try:
        with serving(script) as url:
            served.gateway.base_url = httpx.URL(url)
            exchange(served.url, POST + b"content-length: 2\r\n\r\n{}")
            assert served.record().status == "truncated"
            (meter,) = meters
            deadline = time.monotonic() + PATIENCE
            while meter() is not None and time.monotonic() < deadline:
                time.sleep(0.01)
        assert meter() is None
    finally:
        gc.enable()


# Time ------------------------------------------------------------------------------------------------------------


def test_every_wait_has_a_bound() -> None:
    async def bounds() -> dict[str, float | None]:
        made = Gateway("http://upstream", print)
        try:
            return made.client().timeout.as_dict()
        finally:
            await made.aclose()

    found = asyncio.run(bounds())
    assert found.keys() == {"connect", "read", "write", "pool"}
    assert all(seconds is not None and 0 < seconds < gateway.LONGEST_CALL for seconds in found.values())


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A gateway that waits 0.3 seconds for upstream."""
    monkeypatch.setattr(gateway, "TIMEOUT", httpx.Timeout(PATIENCE, read=0.3))
    with serving_gateway() as served:
        yield served


@pytest.mark.parametrize("bound", ["silence", "whole call"])
def test_an_upstream_that_never_answers_is_a_504(
    impatient: Served, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if bound == "whole call":
        monkeypatch.setattr(gateway, "LONGEST_CALL", 0.1)

    async def script(_: Connection) -> None:
        await asyncio.sleep(PATIENCE)

    with serving(script) as url:
        impatient.gateway.base_url = httpx.URL(url)
        assert exchange(impatient.url, POST + b"content-length: 2\r\n\r\n{}").startswith(b"HTTP/1.1 504 ")
    assert impatient.record() == cm.UsageRecord(kind="response", status="truncated")
    assert impatient.accounts.empty()


@pytest.mark.parametrize("pause", [PATIENCE, 0.05], ids=["silence", "whole call"])
def test_a_stream_that_takes_too_long_is_cut(impatient: Served, pause: float, monkeypatch: pytest.MonkeyPatch) -> None:
    if pause != PATIENCE:
        monkeypatch.setattr(gateway, "LONGEST_CALL", 0.4)

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(STARTED)
        while True:
            await asyncio.sleep(pause)
            await connection.send(b": still here\n\n")

    with serving(script) as url:
        impatient.gateway.base_url = httpx.URL(url)
        answer = exchange(impatient.url, POST + b"content-length: 2\r\n\r\n{}")
        record = impatient.record()
    assert STARTED in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert (record.status, record.conversation_id, record.usage) == ("truncated", "c1", None)


def test_an_upload_that_takes_too_long_is_a_504(impatient: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "LONGEST_CALL", 0.3)
    with serving(Receiving()) as url:
        impatient.gateway.base_url = httpx.URL(url)
        answer = exchange(impatient.url, POST + b"content-length: 20\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 504 ")
    impatient.record()
