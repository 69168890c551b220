"""``show``: conversations as text."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..support.documents import NAMINGS, Naming
from ..support.paths import FIXTURES
from ..support.program import (
    AGAIN,
    AGAIN_SHOWN,
    HELLO,
    HELLO_SHOWN,
    STREAM,
    STREAM_SHOWN,
    WRONG,
    WRONG_AT,
    Done,
    fixture,
    frame,
    in_naming,
    response,
    run,
    stream,
)


@pytest.mark.parametrize("naming", NAMINGS)
def test_a_response_is_shown_as_text(tmp_path: Path, naming: Naming) -> None:
    file = tmp_path / "response.json"
    file.write_text(json.dumps(fixture("web_search", naming), indent=2), "utf-8")
    shown = """\
conversation conv_lighthouse_01

tool web_search {"query": "tallest lighthouse in Brittany"} 1.5 s

assistant mistral-medium-2505 ag_keeper_07
The tallest lighthouse in Brittany stands on the island called Île Vierge. Its granite tower rises 82.5 metres above \
the ground[1][2], and was first lit in 1902[3]. Visitors climb 365 steps to reach the gallery 🗼.
  [1] Towers of the northern coast: a visitor's list https://towers.example/brittany/northern-coast
  [2] How stone lights were built https://granite.example/articles/stone-lights
  [3] Almanac of lights, volume 3 https://almanac.example/lights/3?from=1902&lang=fr

usage 6,420 tokens (203 prompt, 61 completion, 6,156 connector), web_search x 1
"""
    assert run("show", file) == Done(0, shown, "")


def test_the_input_and_output_of_a_tool_are_shown() -> None:
    shown = """\
conversation conv_primes_02

assistant mistral-medium-2505
I will count them with a short program.

tool code_interpreter 1.7 s
  code: print(sum(all(n % d for d in range(2, n)) for n in range(2, 50)))
  code_output: 15
  conversation_id: not ours
  exitCode: 0
  seconds: 0.1

assistant mistral-medium-2505
There are 15 primes below 50.

usage 220 tokens (80 prompt, 40 completion, 100 connector), code_interpreter x 1
"""
    assert run("show", FIXTURES / "code_interpreter.json") == Done(0, shown, "")


def test_arguments_of_several_lines_are_shown_as_blocks() -> None:
    code = "for n in range(3):\n\tprint(n)\n"
    entry = {"type": "tool.execution", "name": "code_interpreter", "arguments": json.dumps({"code": code, "n": 1})}
    shown = """\
tool code_interpreter
  code:
    for n in range(3):
    \tprint(n)
  n: 1

tool code_interpreter
  code:
    for n in range(3):
    \tprint(n)
  out:
    0
    1

"""
    twice = response(entry, {**entry, "arguments": json.dumps({"code": code}), "info": {"code": code, "out": "0\n1\n"}})
    assert shown in run("show", "-", stdin=json.dumps(twice)).out


def test_function_calls_and_handoffs_are_shown() -> None:
    calls = run("show", FIXTURES / "function_call.json").out
    assert '\ncall tide_table call7Qx pending {"port": "Roscoff", "days": 2}\n' in calls
    assert '\ncall tide_table call8Rz {"port":"Brest","agentId":"kept as it is",' in calls
    handoff = run("show", FIXTURES / "handoff.json").out
    assert "\nhandoff Reception to Harbour office\n" in handoff
    assert "\nassistant ag_harbour\nYou are now talking to the harbour office.\n" in handoff


def test_reasoning_is_shown_apart_from_the_answer() -> None:
    shown = """\
assistant magistral-medium-latest
thinking: Three switches, one lamp: heat tells the third apart.[reference 4 note-2][1]

Leave the first switch on for a while, then feel the bulb.
  [1] Lamps https://lamps.example/heat
"""
    assert shown in run("show", FIXTURES / "thinking.json").out


def test_every_kind_of_chunk_and_unknown_members_are_shown_briefly() -> None:
    chunks: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": "https://img.example/a.png"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 5000}},
        {"type": "document_url", "document_url": "https://doc.example/b", "document_name": "B"},
        {"type": "tool_file", "tool": "image_generation", "file_id": "f1", "file_name": "cat", "file_type": "png"},
        {"type": "tool_reference", "tool": "web_search", "title": None},
        {"type": "reference", "reference_ids": [1, "two"]},
        {"type": "video_url", "video_url": "https://vid.example"},
    ]
    document = response({"type": "message.output", "content": chunks}, {"type": "video.output", "id": "v1"})
    out = run("show", "-", stdin=json.dumps(document)).out
    assert "[image https://img.example/a.png][image data:image/png;base64,AAAA" in out
    assert "A…][document B https://doc.example/b][file cat png f1][1][reference 1 two][video_url {" in out
    assert "\n  [1] web_search\n" in out
    assert '\nunknown video.output {"type": "video.output", "id": "v1"}\n' in out
    assert len(out) < 1000


@pytest.mark.parametrize("naming", NAMINGS)
def test_each_document_of_several_lines_is_shown(naming: Naming) -> None:
    lines = "\n".join(json.dumps(in_naming(document, naming)) for document in (HELLO, AGAIN))
    assert run("show", "-", stdin=lines) == Done(0, f"{HELLO_SHOWN}\n{AGAIN_SHOWN}", "")


def test_show_continues_after_an_invalid_document_and_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("\n".join(map(json.dumps, (HELLO, WRONG, AGAIN))))
    (tmp_path / "hello").write_text(json.dumps(HELLO))
    done = run("show", "lines", "missing", "hello", cwd=tmp_path)
    assert done.status == 1
    assert done.out == (
        f"==> lines <==\n{HELLO_SHOWN}\n{AGAIN_SHOWN.replace('c1', 'c2')}\n==> hello <==\n{HELLO_SHOWN}"
    )
    wrong, missing = done.err.splitlines()
    assert wrong.startswith("conversation-models: lines:2: Expected ")
    assert wrong.endswith(WRONG_AT)
    assert missing == "conversation-models: missing: No such file or directory"


@pytest.mark.parametrize("naming", NAMINGS)
def test_a_stream_is_shown_as_its_response_would_be(naming: Naming) -> None:
    assert run("show", "-", stdin=stream(naming)) == Done(0, STREAM_SHOWN, "")


def test_handoffs_calls_and_unknown_events_of_a_stream_are_shown() -> None:
    frames = [
        frame("agent.handoff.started", id="h1", previous_agent_id="a", previous_agent_name="Reception"),
        frame("agent.handoff.done", id="h1", next_agent_id="b", next_agent_name="Harbour office"),
        frame("function.call.delta", output_index=1, name="tide_table", tool_call_id="call7", arguments='{"port":'),
        frame("function.call.delta", output_index=1, name="tide_table", tool_call_id="call7", arguments=' "Brest"}'),
        frame("tool.execution.started", id="t1", output_index=2, name="web_search"),
        frame("tool.execution.started", id="t2", output_index=3, name="document_library"),
        frame("tool.execution.done", id="t1", output_index=2, name="web_search"),
        frame("weather.report", wind=7),
        frame(
            "message.output.delta", id="m1", content={"type": "thinking", "thinking": [{"type": "text", "text": "H"}]}
        ),
        frame(
            "message.output.delta", id="m1", content={"type": "thinking", "thinking": [{"type": "text", "text": "m"}]}
        ),
        frame("message.output.delta", id="m1", content="Yes"),
        frame("conversation.response.done", usage={}),
    ]
    shown = """\
handoff Reception to Harbour office

call tide_table call7 {"port": "Brest"}

tool web_search

tool document_library

tool web_search done

unknown weather.report {"type": "weather.report", "wind": 7}

assistant
thinking: Hm

Yes

usage 0 tokens (0 prompt, 0 completion)
"""
    assert run("show", "-", stdin="".join(frames)) == Done(0, shown, "")


def test_errors_in_a_stream_are_reported_after_its_text() -> None:
    frames = [STREAM[0], frame("message.output.delta", id="m1", content=5), STREAM[5]]
    error = frame("conversation.response.error", message="out of tide", code=3000)
    shown = "conversation c1\n\nassistant\n metres high\n"
    done = run("show", "-", stdin="".join([*frames, error]))
    assert done[:2] == (1, shown)
    wrong, reported = done.err.splitlines()
    assert wrong.startswith("conversation-models: -: event 2: Expected ")
    assert wrong.endswith("at `$.content`")
    assert reported == "conversation-models: -: the service reported an error: out of tide (code 3000)"
    of_a_gateway = 'event: error\ndata: {"error": {"message": "bad gateway", "code": "upstream"}}\n\n'
    done = run("show", "-", stdin="".join([*frames, of_a_gateway]))
    assert done[:2] == (1, shown)
    assert done.err.splitlines()[1] == "conversation-models: -: the service reported an error: bad gateway"
    without_code = frame("conversation.response.error", message="out of tide")
    done = run("show", "-", stdin="".join([*frames, without_code]))
    assert done.err.splitlines()[1] == "conversation-models: -: the service reported an error: out of tide"
    cut = run("show", "-", stdin="".join([*frames, STREAM[6][:50]]))
    assert cut[:2] == (1, shown)
    assert len(cut.err.splitlines()) == 2
    assert "cut off" in cut.err


def test_each_unknown_event_has_a_section_of_its_own() -> None:
    again = frame("weather.report", wind=7)
    out = run("show", "-", stdin=STREAM[0] + STREAM[0] + again + again + STREAM[-1]).out
    assert out.startswith(
        "conversation c1\n\nconversation c1\n\n"
        'unknown weather.report {"type": "weather.report", "wind": 7}\n\n'
        'unknown weather.report {"type": "weather.report", "wind": 7}\n\nusage '
    )


def test_a_message_with_the_id_of_a_tool_has_a_section_of_its_own() -> None:
    frames = [
        frame("tool.execution.started", id="1", name="web_search"),
        frame("message.output.delta", id="1", content="Hi"),
    ]
    assert "tool web_search\n\nassistant\nHi\n" in run("show", "-", stdin="".join([*frames, STREAM[-1]])).out
