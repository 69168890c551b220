"""Live pipes: each event and line is shown as soon as it arrives."""

import json
import re
import time

import pytest

from ..support.amounts import some
from ..support.documents import NAMINGS, Naming
from ..support.program import (
    AGAIN,
    AGAIN_SHOWN,
    HELLO,
    HELLO_SHOWN,
    STREAM,
    STREAM_SHOWN,
    frame,
    run,
    stream,
)
from ..support.terminals import live


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


def test_events_are_shown_before_their_naming_is_known() -> None:
    with live("show", "-") as program:
        # The first letters distinguish it from JSON, even if they arrive one at a time.
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


@some(1, "command", [["collect"], ["show", "-"], ["convert", "--to", "snake"]])
def test_an_empty_non_blocking_pipe_is_not_the_end_of_the_input(command: list[str]) -> None:
    with live(*command, waits=False) as program:
        for text in STREAM:
            time.sleep(0.05)
            program.send(text)
        assert program.end() == (0, "")
    assert program.shown == run(*command, stdin="".join(STREAM)).out


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (["show", "-"], "unknown weather.report {}"),
        pytest.param(["validate", "-"], 'do not know $.type = "weather.report"\n', marks=pytest.mark.long),
        pytest.param(["convert", "--to", "camel"], "event: weather.report\ndata: {}\n\n", marks=pytest.mark.long),
    ],
)
def test_an_interrupt_ends_the_program_quietly(command: list[str], answer: str) -> None:
    with live(*command) as program:
        program.send('event: weather.report\ndata: {"type": "weather.report"}\n\n')
        program.wait_for(answer.replace("{}", '{"type": "weather.report"}'))
        program.interrupt()
        status, err = program.end()
    assert status == 130
    assert re.fullmatch("(conversation-models: .* warning: .*\n)?", err)
    assert program.shown.endswith("\n")
