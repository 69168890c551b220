"""The README's programs and commands work as it says. Its doctests are collected separately."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import conversation_models as cm
from examples import redaction

from ..support.paths import FIXTURES, ROOT
from ..support.program import run
from ..support.readme import PROGRAMS

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(?:conversation-models|curl) .*$", README, re.MULTILINE)


@pytest.mark.parametrize(("core", "file"), [("async def relay(", "gateway.py"), ("def ask(", "client.py")])
def test_the_programs_are_quoted_from_the_examples(core: str, file: str) -> None:
    """Which have tests of their own."""
    (program,) = [program for program in PROGRAMS if core in program]
    assert f"\n\n\n{program}\n\n" in (ROOT / "examples" / file).read_text(encoding="utf-8")


def test_the_program_about_archives_makes_a_table_and_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = json.dumps({"response": {"body": json.loads((FIXTURES / "web_search.json").read_text())}})
    monkeypatch.chdir(tmp_path)
    Path("exchanges.ndjson").write_text(exchange)
    Path("logs").mkdir()
    shutil.copy(FIXTURES / "web_search.json", "logs")
    (program,) = [program for program in PROGRAMS if "archive.run(" in program]
    Path("program.py").write_text(program)
    done = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True, check=True)
    assert done.stdout == "1 0 0 []\n"
    assert list(Path("usage").rglob("*.parquet"))


def test_the_readme_has_no_other_programs() -> None:
    assert len(PROGRAMS) == 4


def test_the_redaction_is_the_one_of_the_examples() -> None:
    (program,) = [program for program in PROGRAMS if "def redact(" in program]
    assert redaction.__file__ is not None
    assert Path(redaction.__file__).read_text(encoding="utf-8").endswith(f"\n\n{program}")


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
