"""The command line between a pipe and a terminal: live streams, signals, long inputs, what a screen must not obey."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ..support.documents import NAMINGS, Naming
from ..support.paths import FIXTURES
from ..support.program import (
    AGAIN,
    AGAIN_SHOWN,
    ENVIRONMENT,
    HELLO,
    HELLO_SHOWN,
    PROGRAM,
    STREAM,
    STREAM_SHOWN,
    frame,
    stream,
)

PATIENCE = 30


class Live:
    """The program, running: what goes in and what has come out."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin
        assert process.stdout
        self.process = process
        self._into = process.stdin.fileno()
        self._out = process.stdout.fileno()
        self.shown = ""

    def send(self, text: str) -> None:
        os.write(self._into, text.encode())

    def wait_for(self, text: str) -> None:
        """Read until ``text`` has been shown. What is sent next cannot have brought it about."""
        while not self.shown.endswith(text):
            ready, _, _ = select.select([self._out], [], [], PATIENCE)
            read = os.read(self._out, 65536) if ready else b""
            assert read, f"expected {text!r} at the end of {self.shown!r}"
            self.shown += read.decode()

    def end(self) -> tuple[int, str]:
        """The exit status and stderr, after the end of the input."""
        out, err = self.process.communicate(timeout=PATIENCE)
        self.shown += out.decode()
        return self.process.returncode, err.decode()


@contextmanager
def live(*arguments: str) -> Iterator[Live]:
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        try:
            yield Live(process)
        finally:
            process.kill()


# Live pipes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("naming", NAMINGS)
def test_a_live_stream_is_shown_as_it_arrives(naming: Naming) -> None:
    with live("show", "-") as program:
        frames = [f"{text}\n\n" for text in stream(naming).split("\n\n")[:-1]]
        shown = [
            "conversation c1",
            '\n\ntool web_search {"query": ',
            '"height"}',
            " 2.5 s\n  hits: 2",
            "\n\nassistant mistral-medium-2505\nIt is 82.5",
            " metres high",
            "[1]",
            ".",
            "\n  [1] Lights https://lights.example/1\n\nusage 1,210 tokens (1,203 prompt, 7 completion)\n",
        ]
        for text, part in zip(frames, shown, strict=True):
            program.send(text)
            program.wait_for(part)
        assert program.end() == (0, "")
        assert program.shown == STREAM_SHOWN


def test_nothing_waits_for_a_key_that_tells_the_naming() -> None:
    with live("show", "-") as program:
        # Told apart from JSON by its first letters, however they come in.
        for letter in 'data: {"type": "message.output.delta", "id": "m1", "content": "First"}\n':
            program.send(letter)
        program.send("\n")
        program.wait_for("assistant\nFirst")
        program.send(frame("message.output.delta", id="m1", content=" second", output_index=0, agent_id="a"))
        program.wait_for(" second")
        program.send(frame("conversation.response.done", usage={"total_tokens": 5}))
        program.wait_for("usage 5 tokens (0 prompt, 0 completion)\n")
        assert program.end() == (0, "")


def test_live_lines_are_shown_as_they_arrive() -> None:
    with live("show", "-") as program:
        program.send(json.dumps(HELLO) + "\n")
        program.wait_for(HELLO_SHOWN)
        program.send(json.dumps(AGAIN) + "\n")
        program.wait_for(AGAIN_SHOWN)
        assert program.end() == (0, "")


def test_live_streams_are_converted_as_they_arrive() -> None:
    with live("convert", "--to", "camel") as program:
        for text in STREAM:
            program.send(text)
            program.wait_for("}\n\n")
            program.shown = ""
        assert program.end() == (0, "")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (["show", "-"], "unknown weather.report {}"),
        (["validate", "-"], 'do not know $.type = "weather.report"\n'),
        (["convert", "--to", "camel"], "event: weather.report\ndata: {}\n\n"),
    ],
)
def test_an_interrupt_ends_it_quietly(command: list[str], answer: str) -> None:
    with live(*command) as program:
        program.send('event: weather.report\ndata: {"type": "weather.report"}\n\n')
        program.wait_for(answer.replace("{}", '{"type": "weather.report"}'))
        program.process.send_signal(signal.SIGINT)
        status, err = program.end()
    assert status == 130
    assert re.fullmatch("(conversation-models: .* warning: .*\n)?", err)
    assert program.shown.endswith("\n")


# Long inputs -----------------------------------------------------------------------------------------------------

LONG = 40 * 1024 * 1024
TEXT = "All work and no play. " * 1000


@pytest.fixture(scope="module")
def long_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Newline-delimited JSON, about as long as ``LONG``."""
    document = {"conversation_id": "c1", "outputs": [{"type": "message.output", "content": TEXT}], "usage": {}}
    line = json.dumps(document) + "\n"
    file = tmp_path_factory.mktemp("long") / "lines"
    with file.open("w") as lines:
        lines.writelines(line for _ in range(LONG // len(line)))
    return file


@pytest.fixture(scope="module")
def long_stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream, about as long as ``LONG``."""
    delta = frame("message.output.delta", id="m1", output_index=1, content=TEXT)
    file = tmp_path_factory.mktemp("long") / "stream"
    with file.open("w") as frames:
        frames.writelines([STREAM[0], *(delta for _ in range(LONG // len(delta))), STREAM[-1]])
    return file


PEAK = """\
import re, sys
from conversation_models.__main__ import main
status = main()
# Not ru_maxrss: that begins with what the process that forked this one had used.
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1], file=sys.stderr)
sys.exit(status)
"""


def peak(*arguments: str, stdin: Path) -> int:
    """The most memory that the program has used, in bytes."""
    with stdin.open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-c", PEAK, *arguments],
            stdin=file,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=ENVIRONMENT,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    return int(done.stderr) * 1024


@pytest.fixture(scope="module")
def short_peak(tmp_path_factory: pytest.TempPathFactory) -> int:
    """What the program needs anyway."""
    short = tmp_path_factory.mktemp("short") / "document"
    short.write_text(json.dumps(HELLO))
    return peak("validate", "-", stdin=short)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="nothing tells the peak of one program's memory")
@pytest.mark.parametrize("command", [["show", "-"], ["validate", "-"], ["convert", "--to", "camel"]])
@pytest.mark.parametrize("kind", ["lines", "stream"])
def test_memory_stays_flat(long_lines: Path, long_stream: Path, short_peak: int, kind: str, command: list[str]) -> None:
    long = peak(*command, stdin=long_lines if kind == "lines" else long_stream)
    assert long - short_peak < LONG // 4


@pytest.mark.parametrize("command", [["show"], ["convert", "--to", "camel"]])
def test_a_reader_that_leaves_ends_it_quietly(long_lines: Path, command: list[str]) -> None:
    with subprocess.Popen(
        [*PROGRAM, *command, str(long_lines)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        # Left while there was more to come: it noticed, and did not go on to the end for nobody.
        assert process.wait(PATIENCE) == 1


# Terminals -------------------------------------------------------------------------------------------------------


def on_terminal(*arguments: object, terminal: str = "all") -> tuple[int, str]:
    """Run the program with stdout and stderr, or stderr alone, on a terminal: the status, and what that was sent."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=its if terminal == "all" else subprocess.DEVNULL,
        stderr=its,
        env={**ENVIRONMENT, "COLUMNS": "80"},
    ) as process:
        os.close(its)
        sent = b""
        while select.select([ours], [], [], PATIENCE)[0]:
            try:
                sent += os.read(ours, 65536)
            except OSError:  # How Linux says that nobody has the other end open any more.
                break
        os.close(ours)
        return process.wait(PATIENCE), sent.decode().replace("\r\n", "\n")


STYLES = re.compile(r"\x1b\[[\d;]*m")
EVIL = "[red]red[/red] :smile: \x1b[2J\x1b]0;title\x07\x9b31m\x08\x7f end"
EVIL_SHOWN = "[red]red[/red] :smile: ␛[2J␛]0;title␇\N{REPLACEMENT CHARACTER}31m␈␡ end"


def evil_documents() -> tuple[str, str]:
    """A response and a stream, with such text wherever text can be."""
    name = f"name {EVIL}"
    outputs: list[dict[str, Any]] = [
        {"type": "tool.execution", "name": name, "arguments": EVIL, "info": {name: EVIL}},
        {"type": "function.call", "tool_call_id": EVIL, "name": name, "arguments": EVIL, "confirmation_status": EVIL},
        {
            "type": "agent.handoff",
            "previous_agent_id": EVIL,
            "previous_agent_name": EVIL,
            "next_agent_id": EVIL,
            "next_agent_name": EVIL,
        },
        {
            "type": "message.output",
            "model": EVIL,
            "content": [
                {"type": "text", "text": EVIL},
                {"type": "tool_reference", "tool": EVIL, "title": EVIL, "url": EVIL},
                {"type": "reference", "reference_ids": [EVIL]},
                {"type": "image_url", "image_url": EVIL},
                {"type": "thinking", "thinking": [{"type": "text", "text": EVIL}]},
            ],
        },
        {"type": EVIL},
    ]
    usage = {"connectors": {name: 1}}
    response = {"conversation_id": EVIL, "outputs": outputs, "usage": usage}
    frames = [
        frame("conversation.response.started", conversation_id=EVIL),
        frame("tool.execution.started", id="t1", name=name, arguments=EVIL),
        frame("tool.execution.done", id="t1", name=name, info={name: EVIL}),
        frame("message.output.delta", id="m1", model=EVIL, content=EVIL),
        frame("conversation.response.error", message=EVIL, code=1),
    ]
    # Not JSON, for want of an escape: what is said of it must not hold it either.
    wrong = 'data: {"type": "x", "raw": "\x1b[31m"}\n\n'
    return json.dumps(response, ensure_ascii=False), wrong + "".join(frames)


def test_a_terminal_is_told_nothing_by_the_text(tmp_path: Path) -> None:
    response, events = evil_documents()
    file = tmp_path / "\x1b[31mname"
    file.write_text(response)
    (tmp_path / "stream").write_text(events)
    for command in ("show", "validate"):
        status, sent = on_terminal(command, file, tmp_path / "stream")
        assert status == 1
        text = STYLES.sub("", sent)
        assert not re.search(r"[^\n -~\u00a0-\U0010ffff]", text)
        assert "␛[31mname" in text
        if command == "show":
            assert f"conversation {EVIL_SHOWN}\n" in text
            assert f"handoff {EVIL_SHOWN} to {EVIL_SHOWN}\n" in text
            assert f"{EVIL_SHOWN}\n" in text
            assert "31m" not in "".join(STYLES.findall(sent))


def test_on_a_terminal_text_breaks_between_words_and_has_colours() -> None:
    status, sent = on_terminal("show", FIXTURES / "web_search.json")
    text = STYLES.sub("", sent)
    assert status == 0
    assert text != sent
    assert (
        "\nThe tallest lighthouse in Brittany stands on the island called Île Vierge. Its \n"
        "granite tower rises 82.5 metres above the ground[1][2], and was first lit in \n"
        "1902[3]. Visitors climb 365 steps to reach the gallery 🗼.\n"
    ) in text


@pytest.mark.parametrize("command", [["validate"], ["convert", "--to", "camel"]])
def test_long_inputs_show_progress_on_stderr(long_lines: Path, command: list[str]) -> None:
    status, sent = on_terminal(*command, long_lines, terminal="stderr")
    assert status == 0
    assert re.search(r"\d+\.\d/4\d\.\d MB", STYLES.sub("", sent))
    # The cursor is back, on a line that was wiped.
    assert sent.endswith("\x1b[?25h\r\x1b[1A\x1b[2K")


def test_progress_is_out_of_the_way_of_what_is_said(long_lines: Path) -> None:
    status, sent = on_terminal("validate", long_lines, FIXTURES / "thinking.json")
    assert status == 0
    assert "MB/s" in sent
    end = STYLES.sub("", sent.rpartition("\x1b[2K")[2])
    assert end == f"{long_lines}: ok (1,898 documents, snake_case)\n{FIXTURES / 'thinking.json'}: ok (snake_case)\n"


def test_short_inputs_show_no_progress() -> None:
    assert on_terminal("convert", "--to", "camel", FIXTURES / "thinking.json", terminal="stderr") == (0, "")
