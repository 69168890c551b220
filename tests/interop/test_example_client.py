"""The example client over real connections: it prints what comes, and never takes half an answer for a whole one."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import conversation_models as cm
from examples import client

from ..support.conversations import ID, USAGE
from ..support.paths import ROOT
from ..support.streams import sse
from ..support.upstream import app
from .example_gateway import serving_application
from .servers import Connection, Script, serving

STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"})
DONE = sse({"type": "conversation.response.done", "usage": {"total_tokens": 7}})


def delta(content: Any) -> bytes:
    return sse({"type": "message.output.delta", "id": "m1", "content": content})


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("MISTRAL_API_KEY", "key")


class Run:
    """The program, with an upstream that answers with a script."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.requests: list[tuple[bytes, bytes]] = []

    def __call__(self, script: Script, *options: str) -> tuple[int, str, str]:
        """The exit status, what was printed, and what was reported."""

        async def noted(connection: Connection) -> None:
            self.requests.append((connection.request, await connection.body()))
            await script(connection)

        with serving(noted) as url:
            status = client.main(["Who won?", "--base-url", url, *options])
        printed, reported = self._capsys.readouterr()
        return status, printed, reported


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


def streaming(*parts: bytes, end: bool = True, chunked: bool = True) -> Script:
    async def script(connection: Connection) -> None:
        await connection.head(chunked=chunked)
        for part in parts:
            await connection.send(part)
        if end:
            await connection.end()

    return script


# Whole answers ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def upstream() -> Iterator[httpx.Client]:
    with (
        serving_application(app, lifespan="off") as url,
        httpx.Client(base_url=url, trust_env=False) as http,
    ):
        yield http


def test_it_prints_and_returns_the_response(upstream: httpx.Client, capsys: pytest.CaptureFixture[str]) -> None:
    response = client.ask(upstream, "plain")
    assert response.conversation_id == ID
    assert response.usage.total_tokens == USAGE["total_tokens"]
    (message,) = response.outputs
    assert isinstance(message, cm.MessageOutputEntry)
    assert capsys.readouterr().out == message.text != ""


@pytest.mark.parametrize("name", ["chunks", "handoff"])
def test_it_prints_the_text_of_answers_of_every_kind(
    upstream: httpx.Client, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = client.ask(upstream, name).text
    assert capsys.readouterr().out == text


def test_it_asks_what_it_was_given(run: Run) -> None:
    status, _, _ = run(streaming(STARTED, DONE), "--model", "small")
    ((head, body),) = run.requests
    assert status == 0
    assert head.startswith(b"POST /v1/conversations HTTP/1.1\r\n")
    assert b"\r\nauthorization: Bearer key\r\n" in head
    assert b"\r\ncontent-type: application/json\r\n" in head
    assert json.loads(body) == {"inputs": "Who won?", "model": "small", "stream": True}


def test_text_in_strings_and_in_chunks_is_printed(run: Run) -> None:
    chunks = [{"type": "text", "text": "wo"}, {"type": "tool_reference", "tool": "web_search", "title": "A"}, "n."]
    assert run(streaming(STARTED, delta("Spain "), *map(delta, chunks), DONE)) == (0, "Spain won.\n", "")


def test_tools_are_shown(run: Run) -> None:
    started = sse({"type": "tool.execution.started", "id": "t1", "name": "web_search", "arguments": "{}"})
    call = {"type": "function.call.delta", "id": "f1", "tool_call_id": "call1", "output_index": 2}
    pieces = [sse({**call, "name": "rate", "arguments": piece}) for piece in ('{"year"', ": 2024}")]
    printed = '[web_search] Found.\n[rate] {"year": 2024}\n'
    assert run(streaming(STARTED, started, delta("Found."), *pieces, DONE)) == (0, printed, "")


def test_a_break_after_the_end_of_the_answer_does_not_matter(run: Run) -> None:
    assert run(streaming(STARTED, delta("Spain"), DONE, end=False)) == (0, "Spain\n", "")


# Broken answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        (b"", "The stream ended without conversation.response.done"),
        (delta("won")[:-20], "The stream was cut off in the middle of an event"),
    ],
    ids=["between two events", "inside an event"],
)
@pytest.mark.parametrize("chunked", [True, False])
def test_an_answer_that_is_cut_off_is_reported(run: Run, rest: bytes, reason: str, chunked: bool) -> None:
    """Also if the body ends cleanly."""
    parts = [STARTED, delta("Spain "), *([rest] if rest else [])]
    status, printed, reported = run(streaming(*parts, chunked=chunked))
    assert (status, printed, reported.strip()) == (1, "Spain ", reason)


def test_a_connection_that_breaks_is_reported(run: Run) -> None:
    status, printed, reported = run(streaming(STARTED, delta("Spain "), end=False))
    assert (status, printed) == (1, "Spain ")
    assert "peer closed connection" in reported


@pytest.mark.parametrize(
    "error",
    [
        sse({"type": "conversation.response.error", "message": "Too many requests", "code": 1300}),
        b'data: {"object": "error", "message": "Too many requests", "code": 1300}\n\n',
    ],
    ids=["the service's", "a gateway's"],
)
def test_a_reported_error_is_shown_in_the_services_words(run: Run, error: bytes) -> None:
    status, printed, reported = run(streaming(STARTED, delta("Spain "), error))
    assert (status, printed, reported.strip()) == (1, "Spain ", "Too many requests (code 1300)")


def test_a_body_that_is_not_a_stream_is_reported(run: Run) -> None:
    status, printed, reported = run(streaming(b"<html>\n\nSorry.</html>"))
    assert (status, printed, reported.strip()) == (1, "", "The stream was cut off in the middle of an event")


# Other statuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (401, b'{"detail": "Invalid API Key"}', "Status 401: Invalid API Key"),
        (404, b'{"object": "error", "message": "No such agent", "code": 3000}', "Status 404: No such agent"),
        (502, b"<html>Bad \xff luck</html>", "Status 502: <html>Bad \N{REPLACEMENT CHARACTER} luck</html>"),
        (502, b"x" * 100_000, "Status 502: " + "x" * 200),
        (503, b"", "Status 503: Service Unavailable"),
        (429, b"{}", "Status 429: {}"),
    ],
)
def test_a_refusal_is_shown_in_the_services_words(run: Run, status: int, body: bytes, message: str) -> None:
    async def script(connection: Connection) -> None:
        await connection.answer(status, body)

    found, printed, reported = run(script)
    assert (found, printed, reported.strip()) == (1, "", message)


def test_an_endless_error_is_not_read_to_its_end(run: Run) -> None:
    async def script(connection: Connection) -> None:
        await connection.raw(b"HTTP/1.1 500 Oops\r\nconnection: close\r\n\r\n")
        while True:
            await connection.raw(b"x" * 65536)

    status, _, reported = run(script)
    assert (status, reported.strip()) == (1, "Status 500: " + "x" * 200)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[", "no-url", "http://upstream.invalid"])
def test_an_unreachable_service_is_reported(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.main(["Who won?", "--base-url", url]) == 1
    assert capsys.readouterr().err.strip()


def test_text_that_cannot_be_sent_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert client.main(["Who \udcff won?", "--base-url", "http://127.0.0.1:1"]) == 1
    assert "can't encode" in capsys.readouterr().err


def test_spaces_around_a_key_are_not_part_of_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", " key\r\n")
    assert run(streaming(STARTED, DONE))[0] == 0
    ((head, _),) = run.requests
    assert b"\r\nauthorization: bearer key\r\n" in head.lower()


def test_without_a_key_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("MISTRAL_API_KEY")
    with pytest.raises(SystemExit) as ended:
        client.main(["Who won?"])
    assert ended.value.code == 2
    assert "MISTRAL_API_KEY is not set" in capsys.readouterr().err


# The terminal ----------------------------------------------------------------------------------------------------


def test_characters_that_a_terminal_obeys_are_shown(run: Run) -> None:
    hostile = "\x1b[31mred\x07 a\tb\r\nc \u202egnihton\u2066 \x9b2J\x7f \U000e0041 naïve 日本語 👩\u200d🚀"
    shown = "␛[31mred␇ a\tb\nc �gnihton� �2J� � naïve 日本語 👩\u200d🚀"
    started = sse({"type": "tool.execution.started", "id": "t1", "name": "a\x1bb", "arguments": "{}"})
    call = {"type": "function.call.delta", "id": "f1", "tool_call_id": "1", "name": "\x1bf", "arguments": "\x1b{}"}
    done = sse({**call, "output_index": 2}) + DONE
    status, printed, _ = run(streaming(STARTED, started, delta(hostile), done))
    assert (status, printed) == (0, f"[a␛b] {shown}\n[␛f] ␛{{}}\n")


@pytest.mark.parametrize("status", [200, 400])
def test_characters_of_errors_are_shown_too(run: Run, status: int) -> None:
    async def script(connection: Connection) -> None:
        message = {"message": "\x1b[2Jgone", "code": 1}
        if status == 200:
            await streaming(sse({"type": "conversation.response.error", **message}))(connection)
        else:
            await connection.answer(status, json.dumps({"object": "error", **message}).encode())

    assert "␛[2Jgone" in run(script)[2]


def test_an_interrupt_ends_it_quietly() -> None:
    async def script(connection: Connection) -> None:
        await connection.body()
        await connection.head()
        await connection.send(STARTED + delta("Spain"))
        await connection.receive(1)

    with serving(script) as url:
        command = [sys.executable, "-m", "examples.client", "Who won?", "--base-url", url]
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.read(5) == "Spain"
        process.send_signal(signal.SIGINT)
        printed, reported = process.communicate()
    assert (process.returncode, printed, reported) == (130, "\n", "")
