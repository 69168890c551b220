"""``validate``: a verdict for each file, and the place of each error."""

import json
from pathlib import Path

from ..support.program import AGAIN, HELLO, STREAM, WRONG, WRONG_AT, frame, in_naming, run, stream


def test_validate_prints_one_line_for_each_valid_file(tmp_path: Path) -> None:
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


def test_validate_names_each_error_and_its_place(tmp_path: Path) -> None:
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


def test_validate_warns_of_unknown_fields_and_types(tmp_path: Path) -> None:
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


def test_validate_warns_of_the_body_of_an_error_in_a_stream() -> None:
    error = 'data: {"object": "Error", "message": "no", "type": "invalid_request_error", "code": 3000}\n\n'
    done = run("validate", "-", stdin=STREAM[0] + error)
    assert done.out.splitlines() == [
        "-: event 2: warning: the service reported an error: no (code 3000)",
        "-: ok (2 events, snake_case)",
    ]
    assert (done.status, done.err) == (0, "")


def test_validate_expects_the_naming_it_is_given() -> None:
    done = run("validate", "--naming", "camel", "-", stdin=json.dumps(HELLO))
    assert (done.status, done.err) == (1, "")
    assert done.out == (
        "-: invalid: `conversation_id` is the snake_case spelling of `conversationId`: read this with `cm.snake` "
        "- at `$.conversation_id`\n"
    )


def test_validate_warns_of_a_missing_usage(tmp_path: Path) -> None:
    free = {name: value for name, value in HELLO.items() if name != "usage"}
    (tmp_path / "free").write_text(json.dumps(free, indent=2))
    (tmp_path / "lines").write_text("\n".join([json.dumps(HELLO), json.dumps(free), json.dumps(free)]))
    done = run("validate", "free", "lines", cwd=tmp_path)
    assert done.out.splitlines() == [
        "free: warning: $.usage is missing",
        "free: ok (snake_case)",
        "lines:2: warning: $.usage is missing",
        "lines: ok (3 documents, snake_case)",
    ]
    assert (done.status, done.err) == (0, "")


def test_lines_are_recognised_after_broken_ones() -> None:
    lines = ["oops"] * 5 + [json.dumps(HELLO)] * 3
    done = run("validate", "-", stdin="\n".join(lines))
    assert done.status == 1
    assert done.out.splitlines()[-1] == "-: 5 of 8 documents are invalid"


def test_a_byte_order_mark_is_ignored() -> None:
    for text in json.dumps(HELLO), json.dumps(HELLO, indent=1), "\n".join([json.dumps(HELLO)] * 2), "".join(stream()):
        done = run("show", "-", stdin=b"\xef\xbb\xbf" + text.encode())
        assert done == run("show", "-", stdin=text)
        assert done.status == 0
