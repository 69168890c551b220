"""The programs and commands of the README and of the page about the command line work as they say.

Their doctests are collected separately.
"""

import json
import re
import shlex
from pathlib import Path

import pytest

import conversation_models as cm

from ..support.pages import programs_in, text_of
from ..support.paths import FIXTURES, ROOT
from ..support.program import run

PAGE = "docs/guides/command-line.md"
COMMANDS = re.findall(r"^(?:conversation-models|curl) .*$", text_of(PAGE), re.MULTILINE)


def test_the_readme_is_short() -> None:
    assert len(text_of("README.md").splitlines()) <= 200


def test_the_program_of_the_readme_is_quoted_from_the_example() -> None:
    """Which has tests of its own."""
    (program,) = programs_in("README.md")
    assert program.startswith("async def relay(")
    assert f"\n\n\n{program}\n\n" in (ROOT / "examples" / "gateway.py").read_text(encoding="utf-8")


def test_the_response_of_the_readme_is_shown_by_its_first_command() -> None:
    (command,) = re.findall(r"bin/conversation-models (show .*)$", text_of("README.md"), re.MULTILINE)
    done = run(*command.split(), cwd=ROOT)
    assert (done.status, done.err) == (0, "")
    assert "web_search" in done.out


def test_links_of_the_readme_lead_to_files() -> None:
    links = re.findall(r"(?:\]\(|(?:src|srcset)=\")([^)\"#]+)", text_of("README.md"))
    assert "docs/getting-started.md" in links
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_page_shows_every_command() -> None:
    assert {line.split()[1] for line in COMMANDS if line.startswith("conversation-models")} == {
        "show",
        "validate",
        "convert",
        "collect",
        "schema",
        "usage",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_page_work(command: str, tmp_path: Path) -> None:
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
    piped = command.startswith("curl -N … | ")
    program, *words = shlex.split(command.removeprefix("curl -N … | "), comments=True)
    # A shell would replace the pattern.
    arguments = [name for word in words for name in (sorted(map(str, tmp_path.glob(word))) if "*" in word else [word])]
    done = run(*arguments, stdin=(tmp_path / "captured.sse").read_bytes() if piped else b"", cwd=tmp_path)
    assert (program, done.status, done.err) == ("conversation-models", 0, "")
    if "--to camel" in command:
        assert cm.camel.decode(done.out) == response
    elif "collect" in command:
        assert json.loads(done.out)["outputs"][0]["content"] == "Granite."
    elif "show - " in command:
        assert "Granite." in done.out
    else:
        assert len(done.out.splitlines()) >= 2
