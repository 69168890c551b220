"""The example chat over real connections: functions, retries, broken answers, interrupts and the terminal."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import conversation_models as cm
from examples import chat
from examples.functions import FUNCTIONS, Functions

from ..support.documents import dumps
from ..support.paths import ROOT
from ..support.streams import sse
from .example_policy_gateway import Upstream, serving_policy_gateway
from .servers import Connection, Script, serving

STARTED = sse({"type": "conversation.response.started", "conversation_id": "c/1"})
DONE = sse({"type": "conversation.response.done", "usage": {"total_tokens": 7}})
LEAP_DAY = '{"start": "2024-02-28", "end": "2024-03-01"}'


def delta(content: Any) -> bytes:
    return sse({"type": "message.output.delta", "id": "m1", "content": content})


def call(name: str, arguments: str, id: str = "call1") -> bytes:
    """A call whose arguments come in two pieces."""
    event = {"type": "function.call.delta", "id": f"f{id}", "output_index": 1, "tool_call_id": id, "name": name}
    return b"".join([sse(event | {"arguments": part}) for part in (arguments[:5], arguments[5:])])


def streaming(*parts: bytes) -> Script:
    async def script(connection: Connection) -> None:
        await connection.head()
        for part in parts:
            await connection.send(part)
        await connection.end()

    return script


def answer(*parts: bytes) -> Script:
    return streaming(STARTED, *parts, DONE)


def refusing(status: int, *lines: bytes, body: bytes = b'{"object": "Error", "message": "Busy", "code": 1}') -> Script:
    async def script(connection: Connection) -> None:
        head = [b"HTTP/1.1 %d No" % status, b"connection: close", b"content-length: %d" % len(body), *lines]
        await connection.raw(b"\r\n".join([*head, b"", body]))

    return script


class Talk:
    """Runs the program: what a person types, and a script for each request in turn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.paths: list[str] = []
        self.requests: list[dict[str, Any]] = []
        self.pauses: list[float] = []
        monkeypatch.setattr(chat, "time", SimpleNamespace(sleep=self.pauses.append))

    def __call__(self, typed: str, *scripts: Script) -> tuple[int, str, str]:
        """The exit status, what was printed without prompts, and what was reported."""
        waiting = list(scripts)

        async def serve(connection: Connection) -> None:
            self.paths.append(connection.path)
            self.requests.append(json.loads(await connection.body()))
            await waiting.pop(0)(connection)

        self._monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with serving(serve) as url:
            status = chat.main(["--base-url", url, "--model", "small"])
        printed, reported = self._capsys.readouterr()
        assert waiting == []
        return status, printed.replace("> ", ""), reported.strip()


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Talk:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("MISTRAL_API_KEY", "key")
    return Talk(monkeypatch, capsys)


# Conversations ---------------------------------------------------------------------------------------------------


def said(text: str) -> list[dict[str, Any]]:
    return [{"type": "message.input", "object": "entry", "role": "user", "content": text}]


def test_answers_are_printed_and_the_conversation_goes_on(talk: Talk) -> None:
    chunk = {"type": "text", "text": "won."}
    done = talk("Who won?\n\nAnd before?\n", answer(delta("Spain "), delta(chunk)), answer(delta("Italy")))
    assert done == (0, "Spain won.\nItaly\n\n", "")
    assert talk.paths == ["/v1/conversations", "/v1/conversations/c%2F1"]
    first, second = talk.requests
    assert (first["inputs"], first["model"], first["stream"]) == (said("Who won?"), "small", True)
    assert [tool["function"]["name"] for tool in first["tools"]] == ["days_between", "current_time"]
    assert second == {"inputs": said("And before?"), "stream": True}


def test_tools_of_the_service_are_shown_while_they_run(talk: Talk) -> None:
    tool = {"id": "t1", "output_index": 1, "name": "web_search"}
    started = sse({"type": "tool.execution.started", "arguments": "{}", **tool})
    parts = [delta("Let me see"), started, sse({"type": "tool.execution.done", **tool}), delta("Spain")]
    printed = "Let me see\n[web_search is running]\n[web_search is done]\nSpain\n\n"
    assert talk("Who won?\n", answer(*parts)) == (0, printed, "")


def test_functions_are_run_and_their_results_sent_back(talk: Talk) -> None:
    calls = [
        call("days_between", LEAP_DAY),
        call("days_between", '{"start": "2024"}', "call2"),
        call("rm", "{}", "call3"),
    ]
    status, printed, reported = talk("How long?\n", answer(delta("Hm."), *calls), answer(delta("Two days.")))
    assert (status, reported) == (0, "")
    assert printed == (f'Hm.\n[days_between {LEAP_DAY}]\n[days_between {{"start": "2024"}}]\n[rm {{}}]\nTwo days.\n\n')
    assert talk.paths[1] == "/v1/conversations/c%2F1"
    results = talk.requests[1]["inputs"]
    assert [(result["type"], result["tool_call_id"]) for result in results] == [
        ("function.result", "call1"),
        ("function.result", "call2"),
        ("function.result", "call3"),
    ]
    assert results[0]["result"] == "2"
    assert "error" in json.loads(results[1]["result"])
    assert json.loads(results[2]["result"]) == {"error": "ValueError: There is no function 'rm'"}


def test_a_model_that_only_calls_functions_is_stopped(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "MOST_ROUNDS", 3)
    status, _, reported = talk("Hi\n", *[answer(call("current_time", "{}"))] * 4)
    assert (status, reported) == (1, "The model has called functions 3 times without an answer.")


def test_results_are_sent_once(talk: Talk) -> None:
    scripts = [answer(call("days_between", LEAP_DAY)), answer(delta("Two.")), answer(delta("Yes."))]
    assert talk("How long?\nSure?\n", *scripts)[0] == 0
    assert talk.requests[2]["inputs"] == said("Sure?")


def test_results_that_were_refused_are_sent_with_the_next_message(talk: Talk) -> None:
    scripts = [answer(call("days_between", LEAP_DAY)), refusing(400), answer(delta("Two."))]
    status, printed, reported = talk("How long?\nWell?\n", *scripts)
    assert (status, printed.endswith("Two.\n\n"), reported) == (0, True, "Status 400: Busy")
    result, question = talk.requests[2]["inputs"]
    assert (result["tool_call_id"], result["result"]) == ("call1", "2")
    assert [question] == said("Well?")


# Retries ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_service_that_is_busy_is_asked_again(talk: Talk, status: int) -> None:
    done = talk("Hi\n", refusing(status), refusing(status), answer(delta("Hello.")))
    assert done[:2] == (0, "Hello.\n\n")
    assert done[2].count(f"[Status {status}: Busy. Trying again in ") == 2
    assert len(talk.requests) == 3
    first, second = talk.pauses
    assert 1 <= first <= 2 <= second <= 4


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_other_refusals_are_final(talk: Talk, status: int) -> None:
    assert talk("Hi\n", refusing(status)) == (1, "\n", f"Status {status}: Busy")
    assert talk.pauses == []


def test_a_service_that_stays_busy_is_given_up(talk: Talk) -> None:
    status, printed, reported = talk("Hi\n", *[refusing(429)] * 5)
    assert (status, printed, reported.splitlines()[-1]) == (1, "\n", "Status 429: Busy")
    assert len(talk.pauses) == 4


@pytest.mark.parametrize(("asked", "least", "most"), [(b"20", 20, 21), (b"0", 1, 2), (b"soon", 1, 2), (b"-5", 1, 2)])
def test_the_pause_is_at_least_what_the_service_asks_for(talk: Talk, asked: bytes, least: int, most: int) -> None:
    assert talk("Hi\n", refusing(429, b"retry-after: " + asked), answer())[0] == 0
    (pause,) = talk.pauses
    assert least <= pause <= most


def test_the_service_may_ask_for_a_date(talk: Talk) -> None:
    past, wrong = b"retry-after: Fri, 01 Jan 2021 00:00:00 GMT", b"retry-after: Fri, 99 Jan 20210000000 00:00:00 GMT"
    future = b"retry-after: Fri, 01 Jan 2121 00:00:00 GMT"
    assert talk("Hi\n", refusing(429, past), refusing(429, wrong), refusing(429, future))[0] == 1
    first, second = talk.pauses
    assert 1 <= first <= 2 <= second <= 4


def test_a_service_that_asks_for_a_long_pause_is_not_asked_again(talk: Talk) -> None:
    assert talk("Hi\n", refusing(429, b"retry-after: 3600")) == (1, "\n", "Status 429: Busy")


def test_a_service_that_cannot_be_reached_is_tried_again(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Hi\n"))
    assert chat.main(["--base-url", "http://127.0.0.1:1"]) == 1
    reported = capsys.readouterr().err
    assert reported.count("[The service cannot be reached. Trying again in ") == 4
    assert "The connection failed: " in reported.splitlines()[-1]
    assert len(talk.pauses) == 4


# Broken answers --------------------------------------------------------------------------------------------------


async def breaks_off(connection: Connection) -> None:
    await connection.head()
    await connection.send(STARTED + delta("Spain "))


async def closes(connection: Connection) -> None:
    """The connection ends without an answer."""


FAILED = sse({"type": "conversation.response.error", "message": "Out of capacity", "code": 3505})


@pytest.mark.parametrize(
    ("script", "printed", "reason"),
    [
        (streaming(STARTED, delta("Spain ")), "Spain ", "The answer was cut off."),
        (streaming(STARTED, delta("Spain ")[:-20]), "", "The answer was cut off."),
        (streaming(STARTED, delta("Spain "), FAILED), "Spain \n", "The service reported an error: Out of capacity"),
        (streaming(STARTED, delta("Spain "), b"data: {\n\n"), "Spain ", "The answer cannot be read: "),
        (breaks_off, "Spain ", "The connection failed: peer closed connection"),
        (closes, "", "The connection failed: Server disconnected"),
        (streaming(b"{}"), "", "The answer was cut off."),
    ],
)
def test_an_answer_that_is_not_whole_is_reported_and_not_asked_for_again(
    talk: Talk, script: Script, printed: str, reason: str
) -> None:
    status, shown, reported = talk("Who won?\n", script)
    assert status == 1
    assert shown.strip("\n") == printed.strip("\n")
    assert reported.startswith(reason)
    assert (len(talk.requests), talk.pauses) == (1, [])


def test_the_chat_goes_on_after_an_answer_that_was_cut_off(talk: Talk) -> None:
    done = talk("Who won?\nWell?\n", streaming(STARTED, delta("Spain ")), answer(delta("Italy")))
    assert (done[0], done[2]) == (0, "The answer was cut off.")
    assert talk.paths == ["/v1/conversations", "/v1/conversations/c%2F1"]


@pytest.mark.usefixtures("talk")
def test_a_wrong_url_is_an_error_of_usage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Hi\n"))
    with pytest.raises(SystemExit) as ended:
        chat.main(["--base-url", "http://upstream:port"])
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_without_a_key_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    with pytest.raises(SystemExit):
        chat.main([])
    assert "MISTRAL_API_KEY is not set" in capsys.readouterr().err


# The terminal ----------------------------------------------------------------------------------------------------


def test_characters_that_a_terminal_obeys_are_shown(talk: Talk) -> None:
    tool = sse({"type": "tool.execution.started", "id": "t", "name": "a\x1bb", "arguments": "{}"})
    scripts = [
        answer(delta("\x1b[2J"), tool, call("\x1bf", "\x1b{}")),
        refusing(400, body=dumps({"message": "\x9b2J"})),
    ]
    status, printed, reported = talk("Hi\n", *scripts)
    assert (status, printed, reported) == (
        1,
        "␛[2J\n[a␛b is running]\n[␛f ␛{}]\n\n",
        "Status 400: \N{REPLACEMENT CHARACTER}2J",
    )


@pytest.fixture
def program() -> Iterator[Any]:
    """Starts the program with an upstream."""
    running: list[subprocess.Popen[str]] = []

    def start(url: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "examples.chat", "--base-url", url]
        environment = os.environ | {"MISTRAL_API_KEY": "key", "NO_PROXY": "*", "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_an_interrupt_stops_the_answer_and_then_the_program(program: Any) -> None:
    async def script(connection: Connection) -> None:
        await connection.body()
        await connection.head()
        await connection.send(STARTED + delta("Spain"))
        await connection.receive(1)

    with serving(script) as url:
        process = program(url)
        process.stdin.write("Who won?\n")
        process.stdin.flush()
        assert process.stdout.read(len("> Spain")) == "> Spain"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read(len("\n[stopped]\n> ")) == "\n[stopped]\n> "
        process.send_signal(signal.SIGINT)
        printed, reported = process.communicate()
    assert (process.returncode, printed, reported) == (1, "\n", "")


# Functions -------------------------------------------------------------------------------------------------------


def test_a_function_is_declared_by_its_types() -> None:
    def book(day: date, seats: int = 1) -> str:
        """Book seats."""
        return f"{seats} on {day:%A}"

    functions = Functions(book)
    (tool,) = functions.tools
    assert (tool.function.name, tool.function.description) == ("book", "Book seats.")
    assert tool.function.parameters == {
        "title": "book",
        "type": "object",
        "properties": {
            "day": {"type": "string", "format": "date"},
            "seats": {"type": "integer", "default": 1},
        },
        "required": ["day"],
        "additionalProperties": False,
    }

    def result(arguments: Any) -> str:
        entry = cm.FunctionCallEntry(tool_call_id="c", name="book", arguments=arguments)
        return functions.run(entry).result

    assert result('{"day": "2024-02-29"}') == "1 on Thursday"
    assert result({"day": "2024-02-29", "seats": 2}) == "2 on Thursday"
    for wrong in ('{"day": "29.2."}', "{", '{"day": "2024-02-29", "price": 0}', "{}"):
        assert json.loads(result(wrong))["error"]


def test_the_functions_of_the_chat_answer() -> None:
    def result(name: str, arguments: str) -> str:
        return FUNCTIONS.run(cm.FunctionCallEntry(tool_call_id="c", name=name, arguments=arguments)).result

    assert result("days_between", LEAP_DAY) == "2"
    assert result("current_time", "{}").endswith("+00:00")


def test_it_talks_through_the_gateway_with_a_policy(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = Upstream(STARTED, delta("Ask ann@exam"), delta("ple.org"), DONE)
    with serving_policy_gateway(tmp_path) as served, served.upstream(script):
        monkeypatch.setattr(sys, "stdin", io.StringIO("Hi\n"))
        assert chat.main(["--base-url", served.url]) == 0
    assert capsys.readouterr().out == "> Ask [address]\n> \n"
    assert talk.pauses == []
