"""``--at``: bodies that are members of other documents."""

import json
from typing import Any

import pytest

from conversation_models.captured.envelopes import path_of

from ..support.each import each
from ..support.program import HELLO, HELLO_SHOWN, WRONG, Done, in_naming, run

AT = ["--at", "response.body"]


def logged(body: Any, status: int = 200) -> str:
    return json.dumps({"id": 7.0, "response": {"status": status, "body": body}, "at": "2026-01-01"})


@each(
    ("text", "path"),
    [
        ("body", ("body",)),
        ("response.body", ("response", "body")),
        ("$.response.body", ("response", "body")),
        (".response", ("response",)),
        ("records[0].body", ("records", 0, "body")),
        ("[12][0]", (12, 0)),
        ('["a key"].b-c', ("a key", "b-c")),
        (r'a["b\".c"]', ("a", 'b".c')),
        ("a.0", ("a", "0")),
    ],
)
def test_a_path_is_made_of_keys_and_indexes(text: str, path: tuple[str | int, ...]) -> None:
    assert path_of(text) == path


@each("text", ["", "$", ".", "a..b", "a.", "a[", "a[]", "a[-1]", "a]", 'a["b"c]', "a b", '["\\x"]'])
def test_anything_else_is_not_a_path(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        path_of(text)


def test_a_wrong_path_is_an_error_of_usage() -> None:
    done = run("show", "--at", "a..b", "-")
    assert done[:2] == (2, "")
    assert "'a..b' is not a path, such as response.body or records[0].body" in done.err


def test_the_member_is_shown_and_validated() -> None:
    assert run("show", *AT, "-", stdin=logged(HELLO)) == Done(0, HELLO_SHOWN, "")
    lines = f"{logged(HELLO)}\n{logged({'inputs': 'Hi', 'agentId': 'a'})}\n"
    assert run("validate", *AT, "-", stdin=lines).out == "-: ok (2 documents, camelCase, snake_case)\n"
    assert run("show", "--at", "[1].x[0]", "-", stdin=json.dumps([0, {"x": [HELLO]}])).out == HELLO_SHOWN


def test_the_member_may_be_json_text_in_a_string() -> None:
    assert run("show", *AT, "-", stdin=logged(json.dumps(HELLO, indent=1))) == Done(0, HELLO_SHOWN, "")
    assert run("validate", *AT, "-", stdin=logged(json.dumps(HELLO))).out == "-: ok (snake_case)\n"
    converted = json.loads(run("convert", "--to", "camel", *AT, stdin=logged(json.dumps(HELLO))).out)
    assert json.loads(converted["response"]["body"])["conversationId"] == "c1"
    assert run("validate", *AT, "-", stdin=logged("<html>")).out == (
        "-: invalid: JSON is malformed: invalid character (byte 0)\n"
    )


def test_paths_in_messages_begin_at_the_document() -> None:
    lines = "\n".join([logged(WRONG), logged({**HELLO, "region": "eu"}), logged({})])
    assert run("validate", *AT, "-", stdin=lines).out.splitlines() == [
        "-:1: invalid: Expected `str | array`, got `int` - at `$.response.body.outputs[0].content`",
        "-:2: warning: the models do not know $.response.body.region",
        "-:3: invalid: The keys do not tell the type of body: use --type or --at - at `$.response.body`",
        "-: 2 of 3 documents are invalid",
    ]


@pytest.mark.parametrize("command", [["show", "-"], ["convert", "--to", "camel"]])
def test_a_missing_member_is_an_error_with_its_line(command: list[str]) -> None:
    lines = "\n".join([logged(HELLO), '{"response": {}}', '{"response": [1]}', "5", "{"])
    done = run(*command, *AT, stdin=lines)
    assert (done.status, bool(done.out)) == (1, True)
    assert done.err.splitlines() == [
        "conversation-models: -:2: Path not found - at `$.response.body`",
        "conversation-models: -:3: Expected `object`, got `array` - at `$.response`",
        "conversation-models: -:4: Expected `object`, got `int` - at `$`",
        "conversation-models: -:5: Input data was truncated (byte 1)",
    ]


def test_convert_keeps_every_byte_around_the_member() -> None:
    before, after = '{ "id": 7.0, "id": 1e2,\n "response" : {"x":[1 ,2], "body": ', ' }, "é": "\\u00e9" }'
    done = run("convert", "--to", "camel", *AT, stdin=f"{before}{json.dumps(HELLO, indent=1)}{after}\n")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(before)
    assert done.out.endswith(f"{after}\n")
    member = json.loads(done.out[len(before) : -len(after) - 1])
    assert member == member | {
        "conversationId": "c1",
        "usage": {"promptTokens": 0, "completionTokens": 0, "totalTokens": 3},
    }


def test_convert_writes_an_envelope_a_line() -> None:
    lines = f"{logged(HELLO)}\n{logged(in_naming(HELLO, 'camel'))}\n"
    done = run("convert", "--to", "snake", *AT, stdin=lines)
    first, second = map(json.loads, done.out.splitlines())
    assert first == second
    assert first["response"]["body"]["conversation_id"] == "c1"


def test_convert_continues_after_an_envelope_that_is_not_utf_8() -> None:
    lines = [logged(HELLO).encode(), logged(HELLO).encode().replace(b"2026", b"\xff"), logged(HELLO).encode()]
    done = run("convert", "--to", "camel", *AT, stdin=b"\n".join(lines))
    assert (done.status, done.out.count("\n")) == (1, 2)
    assert done.err.startswith("conversation-models: -:2: JSON is not valid UTF-8: ")


def test_lines_of_envelopes_are_recognised_after_broken_ones() -> None:
    out = run("validate", *AT, "-", stdin=f"oops\n{logged(HELLO)}\n").out
    assert out.splitlines()[-1] == "-: 1 of 2 documents are invalid"


def test_a_stream_has_no_members() -> None:
    message = "conversation-models: -: a stream of server-sent events, for which --type and --at have no meaning\n"
    assert run("convert", "--to", "camel", *AT, stdin="data: {}\n\n") == Done(1, "", message)
