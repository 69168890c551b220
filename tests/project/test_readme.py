"""The README's programs and commands work as it says. Its doctests are collected separately."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import conversation_models as cm
from benchmarks.gateway import relay
from benchmarks.gateway.conversations import ID, USAGE
from benchmarks.gateway.serve import running

from ..support.paths import FIXTURES, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(?:conversation-models|curl) .*$", README, re.MULTILINE)
PROGRAMS = re.findall(r"```python\n((?!>>>).*?)```", README, re.DOTALL)


@pytest.fixture
def upstream() -> Iterator[httpx.Client]:
    with running("upstream") as (server,), httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client


def test_the_streaming_client_prints_and_returns_the_response(
    upstream: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = [program for program in PROGRAMS if "def ask(" in program]
    names: dict[str, Any] = {}
    exec(compile(program, "README.md", "exec"), names)
    ask: Callable[[httpx.Client, str], cm.ConversationResponse] = names["ask"]
    response = ask(upstream, "plain")
    assert response.conversation_id == ID
    assert response.usage.total_tokens == USAGE["total_tokens"]
    (message,) = response.outputs
    assert isinstance(message, cm.MessageOutputEntry)
    assert capsys.readouterr().out == message.text != ""


def test_the_gateway_is_the_one_that_is_tried_with_the_official_clients() -> None:
    (program,) = [program for program in PROGRAMS if "async def app(" in program]
    assert relay.__file__ is not None
    assert Path(relay.__file__).read_text(encoding="utf-8").endswith(program)


def test_the_readme_shows_every_command() -> None:
    assert {line.split()[1] for line in COMMANDS if line.startswith("conversation-models")} == {
        "show",
        "validate",
        "convert",
        "collect",
        "schema",
        "usage",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_readme_work(command: str, tmp_path: Path) -> None:
    document = (FIXTURES / "web_search.json").read_bytes()
    response = cm.snake.decode(document)
    (tmp_path / "response.json").write_bytes(document)
    (tmp_path / "log.ndjson").write_bytes(cm.snake.encode_lines([response, response]))
    (tmp_path / "exchanges.ndjson").write_bytes(cm.snake.encode_lines([{"response": {"body": response}}]))
    events: list[cm.ConversationEvent] = [
        cm.ResponseStartedEvent(conversation_id="conv_1"),
        cm.MessageOutputEvent(id="msg_1", content="Granite."),
        cm.ResponseDoneEvent(usage=response.usage),
    ]
    (tmp_path / "captured.sse").write_bytes(b"".join([cm.snake.encode_event(event) for event in events]))
    command = command.replace("curl -N …", "cat captured.sse")
    command = command.replace("conversation-models", f"{sys.executable} -m conversation_models")
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    if "--to camel" in command:
        assert cm.camel.decode(done.stdout) == response
    elif "collect" in command:
        assert json.loads(done.stdout)["outputs"][0]["content"] == "Granite."
    elif "show - " in command:
        assert "Granite." in done.stdout
    else:
        assert len(done.stdout.splitlines()) >= 2
