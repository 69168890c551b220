"""The command line, as a program: what each command prints, where, and with which exit status."""

import json
import subprocess
import sys
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
    NAME,
    PROGRAM,
    STREAM,
    STREAM_SHOWN,
    WRONG,
    WRONG_AT,
    Done,
    camel,
    fixture,
    frame,
    in_naming,
    response,
    run,
    stream,
)

# show ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("naming", NAMINGS)
def test_show_a_response(tmp_path: Path, naming: Naming) -> None:
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


def test_show_what_tools_did() -> None:
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


def test_show_code_as_code() -> None:
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


def test_show_calls_and_handoffs() -> None:
    calls = run("show", FIXTURES / "function_call.json").out
    assert '\ncall tide_table call7Qx pending {"port": "Roscoff", "days": 2}\n' in calls
    assert '\ncall tide_table call8Rz {"port":"Brest","agentId":"kept as it is",' in calls
    handoff = run("show", FIXTURES / "handoff.json").out
    assert "\nhandoff Reception to Harbour office\n" in handoff
    assert "\nassistant ag_harbour\nYou are now talking to the harbour office.\n" in handoff


def test_show_reasoning_apart_from_the_answer() -> None:
    shown = """\
assistant magistral-medium-latest
thinking: Three switches, one lamp: heat tells the third apart.[reference 4 note-2][1]

Leave the first switch on for a while, then feel the bulb.
  [1] Lamps https://lamps.example/heat
"""
    assert shown in run("show", FIXTURES / "thinking.json").out


def test_show_every_kind_of_chunk_and_what_is_unknown() -> None:
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
def test_show_lines(naming: Naming) -> None:
    lines = "\n".join(json.dumps(in_naming(document, naming)) for document in (HELLO, AGAIN))
    assert run("show", "-", stdin=lines) == Done(0, f"{HELLO_SHOWN}\n{AGAIN_SHOWN}", "")


def test_show_goes_on_behind_what_is_wrong(tmp_path: Path) -> None:
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
def test_show_a_stream(naming: Naming) -> None:
    assert run("show", "-", stdin=stream(naming)) == Done(0, STREAM_SHOWN, "")


def test_show_a_stream_of_everything_else() -> None:
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


def test_show_a_stream_that_goes_wrong_tells_so_at_its_end() -> None:
    frames = [STREAM[0], frame("message.output.delta", id="m1", content=5), STREAM[5]]
    error = frame("conversation.response.error", message="out of tide", code=3000)
    shown = "conversation c1\n\nassistant\n metres high\n"
    done = run("show", "-", stdin="".join([*frames, error]))
    assert done[:2] == (1, shown)
    wrong, reported = done.err.splitlines()
    assert wrong.startswith("conversation-models: -: event 2: Expected ")
    assert wrong.endswith("at `$.content`")
    assert reported == "conversation-models: -: the service reported an error: out of tide (code 3000)"
    cut = run("show", "-", stdin="".join([*frames, STREAM[6][:50]]))
    assert cut[:2] == (1, shown)
    assert len(cut.err.splitlines()) == 2
    assert "cut off" in cut.err


# validate --------------------------------------------------------------------------------------------------------


def test_validate_says_a_line_for_each_file(tmp_path: Path) -> None:
    documents: dict[str, str] = {
        "pretty": json.dumps(HELLO, indent=2),
        "camel": json.dumps(in_naming(HELLO, "camel")),
        "blank-around": f"\n\n{json.dumps(HELLO)}\n\n",
        "no-indent": json.dumps(HELLO, indent=0),
        "lines": f"{json.dumps(HELLO)}\n\n{json.dumps(in_naming(AGAIN, 'camel'))}\n",
        "crlf-lines": f"{json.dumps(HELLO)}\r\n{json.dumps(AGAIN)}\r\n",
        "stream": stream(),
        "stream-camel": stream("camel"),
        "stream-mark-crlf": "\ufeff" + stream().replace("\n", "\r\n"),
        "stream-comment": f": hello\n\n{stream()}data: [DONE]\n\n",
        "stream-data-only": "".join(f"data:{text.split('data: ')[1]}" for text in STREAM),
        "stream-no-last-line": stream().rstrip(),
    }
    for name, text in documents.items():
        (tmp_path / name).write_bytes(text.encode())
    done = run("validate", *documents, cwd=tmp_path)
    assert done.out.splitlines() == [
        "pretty: ok (snake_case)",
        "camel: ok (camelCase)",
        "blank-around: ok (snake_case)",
        "no-indent: ok (snake_case)",
        "lines: ok (2 documents, camelCase, snake_case)",
        "crlf-lines: ok (2 documents, snake_case)",
        "stream: ok (9 events, snake_case)",
        "stream-camel: ok (9 events, camelCase)",
        "stream-mark-crlf: ok (9 events, snake_case)",
        "stream-comment: ok (9 events, snake_case)",
        "stream-data-only: ok (9 events, snake_case)",
        "stream-no-last-line: ok (9 events, snake_case)",
    ]
    assert (done.status, done.err) == (0, "")


def test_validate_names_what_is_wrong_and_where(tmp_path: Path) -> None:
    documents: dict[str, str] = {
        "wrong": json.dumps(WRONG),
        "wrong-pretty": json.dumps(WRONG, indent=2),
        "cut": json.dumps(HELLO, indent=2)[:-5],
        "list": json.dumps([HELLO], indent=2),
        "no-json": "<html>\n<body>502 Bad Gateway</body>\n",
        "empty": "",
        "lines": "\n".join([json.dumps(HELLO), "", json.dumps(WRONG), "{}", "no", json.dumps(AGAIN)]),
        "lines-first-cut": f"{json.dumps(HELLO)[:20]}\n{json.dumps(HELLO)}\n{json.dumps(HELLO)}",
        "lines-first-wrong": f"{json.dumps(WRONG)}\n{json.dumps(HELLO)}",
        "stream": "".join([STREAM[0], frame("message.output.delta", id="m1", content=5), STREAM[8]]),
        "stream-cut": "".join(STREAM[:5]) + "data: {",
        "stream-unfinished": "".join(STREAM[:5]),
    }
    for name, text in documents.items():
        (tmp_path / name).write_bytes(text.encode())
    done = run("validate", *documents, "missing", cwd=tmp_path)
    assert done.status == 1
    assert done.err == "conversation-models: missing: No such file or directory\n"
    verdicts = done.out.splitlines()
    assert [line for line in verdicts if ": invalid: " not in line] == [
        "lines: 3 of 5 documents are invalid",
        "lines-first-cut: 1 of 3 documents are invalid",
        "lines-first-wrong: 1 of 2 documents are invalid",
        "stream: 1 of 3 events are invalid",
    ]
    reasons = dict(line.split(": invalid: ") for line in verdicts if ": invalid: " in line)
    assert list(reasons) == [
        *("wrong", "wrong-pretty", "cut", "list", "no-json", "empty", "lines:3", "lines:4", "lines:5"),
        *("lines-first-cut:1", "lines-first-wrong:1", "stream: event 2", "stream-cut", "stream-unfinished"),
    ]
    for place in ("wrong", "wrong-pretty", "lines:3", "lines-first-wrong:1"):
        assert reasons[place].endswith(WRONG_AT)
    assert reasons["lines:4"].endswith("at `$`")
    assert reasons["stream: event 2"].endswith("at `$.content`")


def test_validate_warns_of_what_the_models_do_not_know(tmp_path: Path) -> None:
    new = {**HELLO, "region": "eu", "outputs": [{"type": "video.output"}]}
    (tmp_path / "new").write_text(json.dumps(new, indent=2))
    (tmp_path / "lines").write_text("\n".join(json.dumps(document) for document in (HELLO, new, {**new, "zone": 1})))
    frames = [
        frame("tool.execution.done", id="t1", name="web_search", cost=1),
        # The event field alone tells what it is.
        'event: tool.execution.done\ndata: {"id": "t1", "name": "web_search", "info": {"x": 1}, "price": 2}\n\n',
        frame("weather.report", wind=7),
        frame("message.output.delta", id="m1", output_index=1, content={"type": "video_url"}),
        frame("conversation.response.error", message="out of tide", code=3000),
    ]
    (tmp_path / "stream").write_text("".join(frames))
    done = run("validate", "new", "lines", "stream", cwd=tmp_path)
    assert done.out.splitlines() == [
        'new: warning: the models do not know $.outputs[0].type = "video.output"',
        "new: warning: the models do not know $.region",
        "new: ok (snake_case)",
        'lines:2: warning: the models do not know $.outputs[0].type = "video.output"',
        "lines:2: warning: the models do not know $.region",
        "lines:3: warning: the models do not know $.zone",
        "lines: ok (3 documents, snake_case)",
        "stream: event 1: warning: the models do not know $.cost",
        "stream: event 2: warning: the models do not know $.price",
        'stream: event 3: warning: the models do not know $.type = "weather.report"',
        'stream: event 4: warning: the models do not know $.content.type = "video_url"',
        "stream: event 5: warning: the service reported an error: out of tide (code 3000)",
        "stream: ok (5 events, snake_case)",
    ]
    assert (done.status, done.err) == (0, "")


def test_validate_in_the_naming_that_is_given() -> None:
    done = run("validate", "--naming", "camel", "-", stdin=json.dumps(HELLO))
    assert (done.status, done.err) == (1, "")
    assert done.out.startswith("-: invalid: Object missing required field `conversationId`")


# convert ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", NAMINGS)
@pytest.mark.parametrize("from_", NAMINGS)
def test_convert_responses(from_: Naming, to: Naming) -> None:
    names = ["web_search", "code_interpreter", "function_call", "thinking"]
    lines = "\n".join(json.dumps(fixture(name, from_)) for name in names)
    done = run("convert", "--from", from_, "--to", to, stdin=lines)
    assert (done.status, done.err) == (0, "")
    assert [json.loads(line) for line in done.out.splitlines()] == [fixture(name, to) for name in names]


def test_convert_a_file_laid_out_for_reading() -> None:
    done = run("convert", "--to", "camel", FIXTURES / "web_search.json")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out) == fixture("web_search", "camel")


def test_convert_lines_one_by_one() -> None:
    lines = [json.dumps(HELLO), "", "no", json.dumps(in_naming(AGAIN, "camel"))]
    done = run("convert", "--to", "camel", stdin="\n".join(lines))
    hello, again = map(json.loads, done.out.splitlines())
    assert (hello["conversationId"], again["conversationId"]) == ("c1", "c2")
    assert (hello["usage"]["totalTokens"], again["usage"]["totalTokens"]) == (3, 4)
    assert done.status == 1
    assert done.err.startswith("conversation-models: -:3: ")
    assert done.err.count("\n") == 1


def test_convert_gives_a_line_for_each_document() -> None:
    laid_out = json.dumps({**HELLO, "outputs": [{"type": "new", "a": [1, 2]}]}, indent=2)
    done = run("convert", "--to", "camel", stdin=laid_out)
    assert done.out.count("\n") == 1
    again = run("validate", "-", stdin=done.out + done.out)
    assert again.out.splitlines()[-1] == "-: ok (2 documents, camelCase)"


def test_lines_of_which_the_first_are_broken() -> None:
    lines = ["oops"] * 5 + [json.dumps(HELLO)] * 3
    done = run("validate", "-", stdin="\n".join(lines))
    assert done.status == 1
    assert done.out.splitlines()[-1] == "-: 5 of 8 documents are invalid"


def test_a_byte_order_mark_is_no_part_of_json() -> None:
    for text in json.dumps(HELLO), json.dumps(HELLO, indent=1), "\n".join([json.dumps(HELLO)] * 2), "".join(stream()):
        done = run("show", "-", stdin=b"\xef\xbb\xbf" + text.encode())
        assert done == run("show", "-", stdin=text)
        assert done.status == 0


@pytest.mark.parametrize("to", NAMINGS)
@pytest.mark.parametrize("from_", NAMINGS)
def test_convert_a_stream(from_: Naming, to: Naming) -> None:
    wrong = frame("message.output.delta", id="m1", content=5)
    done = run("convert", "--to", to, "-", stdin=wrong + stream(from_))
    assert done.status == 1
    assert done.err.startswith("conversation-models: -: event 1: ")
    frames = [text.split("\n") for text in done.out.split("\n\n")[:-1]]
    for (event, data), text in zip(frames, STREAM, strict=True):
        original = json.loads(text.split("data: ")[1])
        converted = json.loads(data.removeprefix("data: "))
        assert event == f"event: {original['type']}"
        assert converted == converted | in_naming(original, to)


def test_convert_names_what_it_leaves_out() -> None:
    done = run("convert", "--to", "camel", stdin=json.dumps({**HELLO, "region": "eu"}))
    assert done.err == "conversation-models: -: warning: the models do not know $.region\n"
    assert (done.status, "region" in done.out) == (0, False)


# collect ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("naming", NAMINGS)
def test_collect_a_stream(tmp_path: Path, naming: Naming) -> None:
    (tmp_path / "stream").write_text(stream(naming))
    done = run("collect", tmp_path / "stream")
    assert (done.status, done.err) == (0, "")
    collected = json.loads(done.out)
    tool, message = collected["outputs"]
    assert collected[camel("conversation_id") if naming == "camel" else "conversation_id"] == "c1"
    assert (tool["type"], tool["arguments"], tool["info"]) == ("tool.execution", '{"query": "height"}', {"hits": 2})
    assert [chunk.get("text") or chunk.get("title") for chunk in message["content"]] == [
        *("It is 82.5 metres high", "Lights", ".")
    ]
    shown = run("show", "-", stdin=done.out)
    assert shown == Done(0, STREAM_SHOWN, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("".join(STREAM[:-1]), "-: The stream ended before conversation.response.done"),
        (
            STREAM[0] + frame("conversation.response.error", message="out of tide", code=3000),
            "-: the service reported an error: out of tide (code 3000)",
        ),
        (json.dumps(HELLO), "-: not a stream of server-sent events"),
    ],
    ids=["unfinished", "error", "document"],
)
def test_collect_prints_nothing_but_a_final_response(text: str, message: str) -> None:
    assert run("collect", stdin=text) == Done(1, "", f"conversation-models: {message}\n")


def test_collect_stops_at_an_event_that_is_wrong() -> None:
    done = run("collect", stdin=STREAM[0] + frame("message.output.delta", id="m1", content=5) + STREAM[-1])
    assert done[:2] == (1, "")
    assert done.err.startswith("conversation-models: -: event 2: ")


# Errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["convert"], "Missing option '--to'"),
        (["convert", "--to", "kebab"], "'kebab' is not one of 'camel', 'snake'"),
        (["show"], "Missing argument 'FILE'"),
        (["shout"], "No such command 'shout'"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done[:2] == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    done = run("show", tmp_path, tmp_path / "a\nb\x1b[31m")
    assert done == Done(
        1,
        "",
        f"conversation-models: {tmp_path}: Is a directory\n"
        f"conversation-models: {tmp_path}/a␤b␛[31m: No such file or directory\n",
    )


def test_nothing_to_write_to() -> None:
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", *PROGRAM, "show", str(FIXTURES / "thinking.json")]
    done = subprocess.run(closed, stderr=subprocess.PIPE, text=True, check=False, env=ENVIRONMENT, timeout=60)
    assert (done.returncode, done.stderr) == (1, "conversation-models: standard output is closed\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("command", [["show"], ["validate"], ["convert", "--to", "camel"]])
def test_nowhere_left_to_write_to(command: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*PROGRAM, *command, str(FIXTURES / "thinking.json")],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=ENVIRONMENT,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (1, "conversation-models: standard output: No space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_nowhere_to_complain_to() -> None:
    """Warnings that cannot be told do not stop the work."""
    lines = "\n".join(json.dumps({**HELLO, f"new{index}": 1}) for index in range(3))
    with open("/dev/full", "wb") as full:
        command = [*PROGRAM, "convert", "--to", "camel"]
        done = subprocess.run(
            command, input=lines.encode(), stdout=subprocess.PIPE, stderr=full, check=False, env=ENVIRONMENT, timeout=60
        )
    assert done.stdout.count(b"\n") == 3


@pytest.mark.parametrize("module", ["typer", "rich"])
def test_without_the_extra_a_line_says_which(module: str) -> None:
    without = f"import sys, runpy; sys.modules[{module!r}] = None; runpy.run_module({NAME!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", without],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("conversation-models: ")
    assert 'pip install "conversation-models[cli]"' in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_is_there_for_the_asking() -> None:
    program = run()
    assert program[::2] == (0, "")
    assert all(command in program.out for command in ("show", "validate", "convert", "collect"))
