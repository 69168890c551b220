"""The books of the gateway with a policy: a row for each response, and every exchange, however the call ended."""

import asyncio
import contextlib
import gzip
import json
import logging
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import conversation_models as cm
from examples import books, gateway
from examples.books import Books, Exchange

from ..support.amounts import amount, in_full_if_long
from ..support.documents import dumps
from ..support.paths import ROOT
from ..support.program import run
from ..support.streams import sse
from .example_gateway import connected
from .example_policy_gateway import Served, Upstream, rows_in, serving_policy_gateway
from .servers import PATIENCE, Connection, serving

STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"})
DELTA = sse({"type": "message.output.delta", "id": "m1", "content": "word "})
DONE = sse({"type": "conversation.response.done", "usage": {"total_tokens": 7}})
BLOCKED = sse({"type": "tool.execution.started", "id": "t1", "name": "code_interpreter", "arguments": ""})
FAILED = sse({"type": "conversation.response.error", "message": "Out of capacity", "code": 3505})
ASKED = {"inputs": "Hi", "model": "medium"}
MESSAGE = {"type": "message.output", "content": "Ask ann@example.org"}
RESPONSE = {"conversation_id": "c1", "outputs": [MESSAGE], "usage": {"total_tokens": 7}}
RAN = {"type": "tool.execution", "name": "code_interpreter", "arguments": "{}"}
REFUSED = {"object": "Error", "message": "Model not in use", "code": 3003}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_policy_gateway(tmp_path_factory.mktemp("books")) as served:
        yield served


@pytest.fixture
def team(request: pytest.FixtureRequest) -> str:
    """A team of the test's own, under whose name its calls are in the books."""
    return "".join(character for character in request.node.name if character.isalnum())


# Rows ------------------------------------------------------------------------------------------------------------


async def cut_off(connection: Connection) -> None:
    await connection.body()
    await connection.head(type="application/json", length=1000)
    await connection.send(b'{"conversation_id": "c1", "outputs": [')


async def reset(connection: Connection) -> None:
    await connection.body()
    await connection.head()
    await connection.send(STARTED + DELTA)
    await asyncio.sleep(0.1)  # A reset discards bytes that the gateway has not read.
    connection.reset()


ENDINGS: list[tuple[str, Any, list[tuple[Any, ...]]]] = [
    ("a response", Upstream(body=dumps(RESPONSE)), [("response", "completed", "c1", 7)]),
    (
        "a response without usage",
        Upstream(body=dumps({"conversation_id": "c1", "outputs": []})),
        [("response", "completed", "c1", None)],
    ),
    (
        "a response that is refused",
        Upstream(body=dumps({**RESPONSE, "outputs": [RAN]})),
        [("response", "completed", "c1", 7)],
    ),
    ("an error", Upstream(status=422, body=dumps(REFUSED)), [("response", "failed", None, None)]),
    ("a proxy's error", Upstream(status=503, body=b"<html>"), [("response", "unreadable", None, None)]),
    ("not a response", Upstream(body=b"[]"), [("response", "unreadable", None, None)]),
    ("half a response", cut_off, [("response", "truncated", None, None)]),
    ("a stream", Upstream(STARTED, DELTA, DONE), [("stream", "completed", "c1", 7)]),
    ("an end without its blank line", Upstream(STARTED, DELTA, DONE.rstrip()), [("stream", "completed", "c1", 7)]),
    ("an error in a stream", Upstream(STARTED, DELTA, FAILED), [("stream", "failed", "c1", None)]),
    ("a stream that is stopped", Upstream(STARTED, DELTA, BLOCKED), [("stream", "stopped", "c1", None)]),
    # The price was in the read with the event at which it was stopped.
    ("a stream that comes at once", Upstream(STARTED + DELTA + BLOCKED + DONE), [("stream", "stopped", "c1", 7)]),
    ("a stream that is cut off", Upstream(STARTED, DELTA[:-20]), [("stream", "truncated", "c1", None)]),
    ("a stream without an end", Upstream(STARTED, DELTA), [("stream", "truncated", "c1", None)]),
    ("an empty stream", Upstream(), [("stream", "truncated", None, None)]),
    ("a connection that breaks", reset, [("stream", "truncated", "c1", None)]),
    ("a malformed event", Upstream(STARTED + DELTA + b"data: {\n\n" + DONE), [("stream", "completed", "c1", 7)]),
    (
        "two responses in a stream",
        Upstream(STARTED, DONE, STARTED.replace(b"c1", b"c2"), DELTA),
        [("stream", "completed", "c1", 7), ("stream", "truncated", "c2", None)],
    ),
]


@pytest.mark.parametrize(("upstream", "rows"), [ending[1:] for ending in ENDINGS], ids=[name for name, *_ in ENDINGS])
def test_each_response_is_a_row(served: Served, team: str, upstream: Any, rows: list[tuple[Any, ...]]) -> None:
    with served.upstream(upstream):
        answer = served.post(team, ASKED)
    assert answer.headers["content-type"] in ("application/json", "text/event-stream")
    assert served.rows(team) == rows


def test_a_row_has_the_whole_record(served: Served, team: str) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7, "cached_tokens": 3}
    done = sse({"type": "conversation.response.done", "usage": usage, "created_at": "2026-08-01T10:00:02Z"})
    with served.upstream(Upstream(STARTED, 3 * DELTA, done)):
        served.post(team, ASKED)
    record = served.record(team)
    assert (record.deltas, record.outputs, record.usage) == (
        3,
        1,
        cm.snake.from_builtins(usage, cm.ConversationUsageInfo),
    )
    assert record.completed_at is not None
    (row,) = rows_in(served.database, team, "prompt_tokens, completion_tokens, total_tokens")
    assert row == (5, 2, 7)


def test_the_words_of_an_error_are_not_in_its_row(served: Served, team: str) -> None:
    with served.upstream(Upstream(status=422, body=dumps(REFUSED))):
        assert served.post(team, ASKED).json() == REFUSED
    assert (served.record(team).error_code, served.record(team).error_message) == (3003, None)


@pytest.mark.parametrize("body", [{"inputs": "Hi", "tools": [{"type": "code_interpreter"}]}, b"{"])
def test_a_request_that_is_refused_costs_nothing(served: Served, team: str, body: Any) -> None:
    assert served.post(team, body).status_code in (400, 403)
    assert served.rows(team) == []


def test_an_upstream_that_cannot_be_reached_is_a_failure(served: Served, team: str) -> None:
    served.gateway.base_url = httpx.URL("http://127.0.0.1:1")
    answer = served.post(team, ASKED)
    assert (answer.status_code, answer.json()["message"]) == (502, "Upstream did not answer.")
    assert served.rows(team) == [("response", "failed", None, None)]
    assert served.record(team).error_code == 502


def test_an_upstream_that_is_silent_is_left_in_time(served: Served, team: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.gateway.client, "timeout", httpx.Timeout(0.2))

    async def silent(connection: Connection) -> None:
        await connection.body()
        await connection.receive(1)

    with served.upstream(silent):
        answer = served.post(team, ASKED)
    assert (answer.status_code, answer.json()["message"]) == (504, "Upstream did not answer.")
    assert served.record(team).error_code == 504


def test_a_call_that_takes_too_long_is_ended(served: Served, team: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "LONGEST_CALL", 0.4)
    asked = threading.Event()

    async def silent(connection: Connection) -> None:
        await connection.body()
        asked.set()
        await connection.receive(1)

    with served.upstream(silent):
        answer = served.post(team, ASKED)
    assert asked.is_set()
    assert (answer.status_code, answer.json()["message"]) == (504, "The call took too long.")
    assert served.rows(team) == [("response", "truncated", None, None)]
    assert served.exchange(team)["response"]["status"] == 504


# Callers that leave ----------------------------------------------------------------------------------------------


def left(served: Served, team: str, beginning: bytes) -> None:
    """Call the gateway, and leave once ``beginning`` has arrived. Upstream then is left too."""
    asked, gone = threading.Event(), threading.Event()

    async def silent(connection: Connection) -> None:
        await connection.body()
        if beginning:
            await connection.head()
            await connection.send(beginning)
        asked.set()
        try:
            await connection.receive(1)
        except (asyncio.IncompleteReadError, ConnectionError):
            gone.set()

    head = f"POST /v1/conversations HTTP/1.1\r\nhost: a\r\nx-team: {team}\r\ncontent-length: 16\r\n\r\n"
    with served.upstream(silent):
        with connected(served.url) as caller:
            caller.sendall(head.encode() + b'{"inputs": "Hi"}')
            assert asked.wait(PATIENCE)
            received = b""
            while received.count(b"word") < beginning.count(b"word"):
                received += caller.recv(65536)
        assert gone.wait(PATIENCE)


def test_a_caller_that_leaves_before_the_answer_is_in_the_books(
    served: Served, team: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "DRAIN_SECONDS", 0.1)
    left(served, team, b"")
    assert served.rows(team) == [("response", "truncated", None, None)]
    assert served.exchange(team)["response"] == {"status": None}


def test_a_caller_that_leaves_a_stream_is_in_the_books_with_what_was_seen(
    served: Served, team: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "DRAIN_SECONDS", 0.1)
    left(served, team, STARTED + 3 * DELTA)
    assert served.rows(team) == [("stream", "truncated", "c1", None)]
    assert served.record(team).deltas == 3
    archived = served.exchange(team)["response"]
    assert (archived["status"], archived["body"]["conversation_id"]) == (200, "c1")
    assert "usage" not in archived["body"]


# The archive -----------------------------------------------------------------------------------------------------

SECRETS = ("key-of-the-caller", "key-of-a-connector", "key-of-a-new-tool", "key-of-a-new-field", "key-in-a-tool")
SECRET_TOOLS: list[dict[str, Any]] = [
    {
        "type": "connector",
        "connector_id": "mail",
        "authorization": {"type": "api-key", "value": "key-of-a-connector"},
        "headers": {"cookie": "key-in-a-tool"},
    },
    {"type": "web_search", "account": "key-in-a-tool"},
]


@pytest.mark.parametrize("path", ["/v1/conversations", "/v1/conversations/c1"])
@pytest.mark.parametrize("new", [[], [{"type": "browser", "auth": "key-of-a-new-tool"}]], ids=["sent", "refused"])
def test_no_secret_is_in_the_archive(served: Served, team: str, path: str, new: list[Any]) -> None:
    body = {"inputs": "Hi", "model": "medium", "tools": [*SECRET_TOOLS, *new], "proxy": "key-of-a-new-field"}
    echo = {"object": "Error", "detail": [{"loc": ["tools"], "msg": "No", "type": "x", "input": SECRET_TOOLS}]}
    with served.upstream(Upstream(status=422, body=dumps(echo))):
        answer = served.post(team, body, path, authorization="Bearer key-of-the-caller")
    assert answer.status_code == (403 if new else 422)
    (line,) = served.lines(team, 1)
    assert [secret for secret in SECRETS if secret.encode() in line] == []
    archived = json.loads(line)
    assert archived["request"]["path"] == path
    assert archived["request"]["body"]["inputs"] == "Hi"
    if path == "/v1/conversations":
        assert archived["request"]["body"]["tools"] == [
            {"type": "connector", "connector_id": "mail"},
            {"type": "web_search"},
        ]
    assert archived["response"]["body"]["message"] == ("The tool 'browser' is not allowed." if new else "tools: No")


def test_the_body_of_a_request_that_cannot_be_read_is_not_in_the_archive(served: Served, team: str) -> None:
    served.post(team, b'{"tools": [{"authorization": {"value": "key-of-a-connector"}}')
    archived = served.exchange(team)
    assert archived["request"] == {"path": "/v1/conversations", "body": None}
    assert archived["response"]["status"] == 400


def test_a_stream_is_in_the_archive_as_the_caller_got_it(served: Served, team: str) -> None:
    halves = [sse({"type": "message.output.delta", "id": "m1", "content": half}) for half in ("ann@exam", "ple.org")]
    with served.upstream(Upstream(STARTED, *halves, DONE)):
        answer = served.post(team, ASKED | {"agentId": "a"})
    archived = served.exchange(team)
    assert archived["response"]["stream"] == answer.text
    assert archived["response"]["body"] == {
        "object": "conversation.response",
        "conversationId": "c1",
        "outputs": [
            {"type": "message.output", "object": "entry", "id": "m1", "content": "[address]", "role": "assistant"}
        ],
        "usage": {"promptTokens": 0, "completionTokens": 0, "totalTokens": 7},
    }
    assert archived["request"]["body"] == ASKED | {"agentId": "a"}
    assert archived["time"].startswith("20")


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_command_line_shows_archived_exchanges(tmp_path: Path, suffix: str) -> None:
    refusing = {"inputs": "Hi", "tools": [{"type": "code_interpreter"}]}
    with serving_policy_gateway(tmp_path, f"archive.ndjson{suffix}") as served:
        with served.upstream(Upstream(body=dumps(RESPONSE))):
            served.post("a", ASKED)
        with served.upstream(Upstream(STARTED, DELTA, BLOCKED, DONE)):
            served.post("a", ASKED | {"agentId": "a"})
        served.post("a", refusing)
    lines = served.archive.read_bytes()
    text = (gzip.decompress(lines) if suffix else lines).decode()
    shown = run("show", "--at", "response.body", "-", stdin=text)
    # An error's body is reported as one.
    assert shown.status == 1
    assert "The tool 'code_interpreter' is not allowed. (code 403)" in shown.err
    assert "Ask [address]" in shown.out
    assert "word" in shown.out
    asked = run("validate", "--at", "request.body", "-", stdin=text)
    assert (asked.status, asked.out) == (0, "-: ok (3 documents, camelCase)\n")
    assert rows_in(served.database, "a") == [("response", "completed", "c1", 7), ("stream", "stopped", "c1", None)]


# Writing ---------------------------------------------------------------------------------------------------------


def recorded(record: str) -> Exchange:
    return Exchange("a", "/", records=[cm.snake.decode(record, cm.UsageRecord)])


def test_a_record_with_any_numbers_and_text_is_a_row(tmp_path: Path) -> None:
    book = Books(str(tmp_path / "usage"), str(tmp_path / "archive"))
    usage = '{"total_tokens": 1000000000000000000000000, "prompt_tokens": -1, "new": {"deep": [1e300]}}'
    head = '"kind": "response", "status": "completed", "conversation_id": "\U0001f600\''
    book.add(recorded(f'{{{head}", "usage": {usage}}}'))
    book.close()
    ((total, prompt, name, text),) = rows_in(
        tmp_path / "usage", "a", "total_tokens, prompt_tokens, conversation_id, record"
    )
    assert (total, prompt, name) == (1e24, -1, "\U0001f600'")
    assert json.loads(text)["usage"]["total_tokens"] == 10**24


def test_an_exchange_that_cannot_be_written_keeps_no_other_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    book = Books(str(tmp_path / "usage"), str(tmp_path / "archive"))
    deep = '{"new": ' + "[" * 900 + "]" * 900 + "}"
    nested = f'{{"kind": "response", "status": "completed", "conversation_id": "deep", "usage": {deep}}}'
    wrong: Any = object()
    with caplog.at_level(logging.ERROR):
        book.add(recorded('{"kind": "response", "status": "completed"}'))
        book.add(Exchange("a", "/", request=wrong))
        book.add(recorded(nested))
        book.add(recorded('{"kind": "stream", "status": "truncated"}'))
        book.close()
    statuses = rows_in(tmp_path / "usage", "a", "status")
    assert [statuses[0], statuses[-1]] == [("completed",), ("truncated",)]
    assert "An exchange is not in the books." in caplog.text


def test_what_cannot_be_written_at_all_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    archive = tmp_path / "archive"
    book = Books(str(tmp_path / "usage"), str(archive))
    archive.unlink()
    archive.mkdir()
    with caplog.at_level(logging.ERROR):
        book.add(recorded('{"kind": "response", "status": "completed", "conversation_id": "c1"}'))
        book.close()
    assert "conversation_id='c1'" in caplog.text
    assert rows_in(tmp_path / "usage", "a") == [("response", "completed", "c1", None)]


def test_books_that_cannot_be_opened_are_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        Books(str(tmp_path / "none" / "usage"), str(tmp_path / "archive"))
    with pytest.raises(OSError, match="none"):
        Books(str(tmp_path / "usage"), str(tmp_path / "none" / "archive"))


def test_a_database_that_is_locked_holds_up_no_call(served: Served, team: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MOST_WAITING", 2)
    with served.upstream(Upstream(body=dumps(RESPONSE))):
        with contextlib.closing(sqlite3.connect(served.database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            statuses: list[int] = []
            while 503 not in statuses and len(statuses) < 20:
                statuses.append(served.post(team, ASKED).status_code)
            other.execute("ROLLBACK")
        # Some are being written, and three wait, before the first is refused.
        *answered, last = statuses
        assert (set(answered), last) == ({200}, 503)
        assert len(answered) >= 4
        assert served.rows(team, len(statuses)) == [("response", "completed", "c1", 7)] * len(answered)


@in_full_if_long
def test_nothing_is_lost_when_the_server_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some callers leave, and some are answered, at the moment when the server is told to stop."""
    monkeypatch.setattr(gateway, "DRAIN_SECONDS", 0.1)
    count = amount(30, 300)
    head = b"POST /v1/conversations HTTP/1.1\r\nhost: a\r\nx-team: a\r\ncontent-length: 16\r\n\r\n"

    async def slow(connection: Connection) -> None:
        await connection.body()
        await connection.head()
        await connection.send(STARTED)
        for _ in range(5):
            await connection.send(DELTA)
            await asyncio.sleep(0.01)
        await connection.send(DONE)
        await connection.end()

    with serving(slow) as url, serving_policy_gateway(tmp_path) as served:
        served.gateway.base_url = httpx.URL(url)
        callers = [connected(served.url) for _ in range(count)]
        for caller in callers:
            caller.sendall(head + b'{"inputs": "Hi"}')
        for caller in callers:
            assert caller.recv(1)
        for caller in callers[::2]:
            caller.close()
    for caller in callers[1::2]:
        caller.close()
    assert len(rows_in(served.database, "a")) == count
    assert served.archive.read_bytes().count(b"\n") == count


def test_uvicorn_runs_it_as_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with serving(Upstream(STARTED, 5 * DELTA, DONE)) as url:
        settings = {"UPSTREAM_URL": url, "MAX_DELTAS": "4", "ALLOWED_TOOLS": "browser,web_search"}
        files = {"DATABASE": str(tmp_path / "usage"), "ARCHIVE": str(tmp_path / "archive")}
        command = [sys.executable, "-m", "uvicorn", "examples.policy_gateway:app", "--port", "0", "--no-access-log"]
        with subprocess.Popen(
            command, cwd=ROOT, env=os.environ | settings | files, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            try:
                address = next(word for line in process.stderr for word in line.split() if word.startswith("http://"))
                with httpx.Client(base_url=address, headers={"x-team": "a"}, trust_env=False) as client:
                    answer = client.post("/v1/conversations", json=ASKED | {"tools": [{"type": "web_search"}]})
                    refused = client.post("/v1/conversations", json=ASKED | {"tools": [{"type": "code_interpreter"}]})
            finally:
                process.terminate()
                process.communicate()
    assert cm.collect(cm.snake.iter_events([answer.content])).text == "word " * 4
    assert refused.status_code == 403
    assert rows_in(tmp_path / "usage", "a", "status") == [("stopped",)]
    assert (tmp_path / "archive").read_bytes().count(b"\n") == 2
