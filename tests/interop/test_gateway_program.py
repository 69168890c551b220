"""The example gateway as a program: how a server starts and stops it, what it refuses, and what it writes."""

import asyncio
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator, MutableMapping
from typing import Any

import httpx
import pytest

import conversation_models as cm
from examples.gateway import Gateway, log_record

from ..support.paths import ROOT
from .example_gateway import exchange, serving_gateway
from .servers import Connection, serving

RESPONSE = b'{"conversation_id": "c1", "outputs": [], "usage": {"total_tokens": 7}}'


async def answer(connection: Connection) -> None:
    await connection.body()
    await connection.answer(200, RESPONSE)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def upstream() -> Iterator[str]:
    with serving(answer) as url:
        yield url


# Scopes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lifespan", ["on", "off", "auto"])
def test_it_runs_with_a_lifespan_and_without(upstream: str, lifespan: str) -> None:
    with serving_gateway(lifespan=lifespan, upstream=upstream) as served:
        assert httpx.post(served.url, json={}, trust_env=False).content == RESPONSE
        client = served.gateway.client()
        assert not client.is_closed
    assert client.is_closed


def told(gateway: Gateway, scope_type: str, *messages: str) -> list[tuple[str, bool]]:
    """The types of what the gateway sends for such a scope, and whether its client was closed by then."""
    given = list(messages)
    sent: list[tuple[str, bool]] = []

    async def call() -> None:
        client = gateway.client()

        async def receive() -> MutableMapping[str, Any]:
            return {"type": given.pop(0)}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append((message["type"], client.is_closed))

        await gateway({"type": scope_type, "path": "/"}, receive, send)
        await gateway.aclose()

    asyncio.run(call())
    return sent


def test_a_lifespan_closes_the_client_at_its_end() -> None:
    gateway = Gateway("http://upstream", print)
    for _ in range(2):  # A server may start it again.
        sent = told(gateway, "lifespan", "lifespan.startup", "lifespan.shutdown")
        assert sent == [("lifespan.startup.complete", False), ("lifespan.shutdown.complete", True)]


def test_a_websocket_is_closed_before_it_is_accepted() -> None:
    assert told(Gateway("http://upstream", print), "websocket", "websocket.connect") == [("websocket.close", False)]


def test_a_websocket_is_refused_by_the_server(upstream: str) -> None:
    pytest.importorskip("websockets")
    lines = [b"connection: Upgrade", b"upgrade: websocket", b"sec-websocket-version: 13"]
    request = b"\r\n".join(
        [b"GET /v1 HTTP/1.1", b"host: gateway", *lines, b"sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==", b"", b""]
    )
    with serving_gateway(upstream=upstream) as served:
        assert exchange(served.url, request).startswith(b"HTTP/1.1 403 ")


# Compressed answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parser", ["h11", "httptools"])
@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_compressed_answer_passes_unchanged_and_is_metered_if_it_is_gzip(parser: str, encoding: str) -> None:
    pytest.importorskip(parser)
    sent = gzip.compress(RESPONSE)
    heads: list[bytes] = []

    async def script(connection: Connection) -> None:
        heads.append(connection.request)
        await connection.body()
        lines = [b"HTTP/1.1 200 OK", b"content-encoding: " + encoding.encode(), b"content-length: %d" % len(sent)]
        await connection.raw(b"\r\n".join([*lines, b"connection: close", b"", sent]))

    with serving(script) as url, serving_gateway(parser, upstream=url) as served:
        request = (
            b"POST / HTTP/1.1\r\nhost: a\r\naccept-encoding: br\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
        )
        head, _, body = exchange(served.url, request).partition(b"\r\n\r\n")
        record = served.record()
    assert b"\r\naccept-encoding: identity\r\n" in heads[0]
    assert b"\r\ncontent-encoding: " + encoding.encode() in head
    assert body == sent
    assert record.status == ("completed" if encoding == "gzip" else "unreadable")
    assert record.usage == (cm.ConversationUsageInfo(total_tokens=7) if encoding == "gzip" else None)


# What it writes --------------------------------------------------------------------------------------------------


def test_a_record_is_written_without_the_words_of_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    log_record(
        cm.UsageRecord(kind="response", status="failed", error_code=3000, error_message="Not a fruit: a\nsecret")
    )
    written = capsys.readouterr().out
    assert written.count("\n") == 1
    found = json.loads(written)
    assert (found["status"], found["error_code"], found["error_message"]) == ("failed", 3000, None)
    assert "secret" not in written


def test_a_record_is_written_with_the_reason_why_it_could_not_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    log_record(cm.UsageRecord(kind="response", status="unreadable", error_message="the answer has more than 10 bytes"))
    assert json.loads(capsys.readouterr().out)["error_message"] == "the answer has more than 10 bytes"


def test_uvicorn_runs_it_and_it_writes_a_line_for_each_call(upstream: str) -> None:
    command = [sys.executable, "-m", "uvicorn", "examples.gateway:app", "--lifespan", "on", "--port", "0"]
    environment = os.environ | {"UPSTREAM_URL": upstream}
    with subprocess.Popen(
        [*command, "--no-access-log"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            url = next(word for line in process.stderr for word in line.split() if word.startswith("http://"))
            headers = {"authorization": "Bearer secret"}
            assert httpx.post(url, json={"inputs": "words"}, headers=headers, trust_env=False).content == RESPONSE
            line = process.stdout.readline()
        finally:
            process.terminate()
            process.communicate()
    found = json.loads(line)
    assert (found["conversation_id"], found["status"], found["usage"]["total_tokens"]) == ("c1", "completed", 7)
    assert "secret" not in line
    assert "words" not in line
