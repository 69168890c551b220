"""``convert`` and ``collect``: JSON and streams on standard output."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..support.documents import NAMINGS, Naming
from ..support.paths import FIXTURES
from ..support.program import AGAIN, HELLO, STREAM, STREAM_SHOWN, Done, camel, fixture, frame, in_naming, run, stream


@pytest.mark.parametrize("to", NAMINGS)
@pytest.mark.parametrize("from_", NAMINGS)
def test_convert_changes_the_keys_of_responses_and_nothing_else(from_: Naming, to: Naming) -> None:
    names = ["web_search", "code_interpreter", "function_call", "thinking"]
    lines = "\n".join(json.dumps(fixture(name, from_)) for name in names)
    done = run("convert", "--from", from_, "--to", to, stdin=lines)
    assert (done.status, done.err) == (0, "")
    assert [json.loads(line) for line in done.out.splitlines()] == [fixture(name, to) for name in names]


def test_convert_reads_indented_json() -> None:
    done = run("convert", "--to", "camel", FIXTURES / "web_search.json")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out) == fixture("web_search", "camel")


def test_convert_detects_the_naming_of_each_line() -> None:
    lines = [json.dumps(HELLO), "", "no", json.dumps(in_naming(AGAIN, "camel"))]
    done = run("convert", "--to", "camel", stdin="\n".join(lines))
    hello, again = map(json.loads, done.out.splitlines())
    assert (hello["conversationId"], again["conversationId"]) == ("c1", "c2")
    assert (hello["usage"]["totalTokens"], again["usage"]["totalTokens"]) == (3, 4)
    assert done.status == 1
    assert done.err.startswith("conversation-models: -:3: ")
    assert done.err.count("\n") == 1


def test_convert_writes_each_document_on_one_line() -> None:
    laid_out = json.dumps({**HELLO, "outputs": [{"type": "new", "a": [1, 2]}]}, indent=2)
    done = run("convert", "--to", "camel", stdin=laid_out)
    assert done.out.count("\n") == 1
    again = run("validate", "-", stdin=done.out + done.out)
    assert again.out.splitlines()[-1] == "-: ok (2 documents, camelCase)"


def test_convert_lays_documents_out() -> None:
    bodies = ['{"from_entry_id": "e", "metadata": {"n": 1.50, "empty": []}}', '{"inputs": "Hi", "agentId": "é"}']
    done = run("convert", "--to", "camel", "--indent", "3", stdin="\n".join(bodies))
    assert done == Done(
        0,
        '{\n   "fromEntryId": "e",\n   "metadata": {\n      "n": 1.5,\n      "empty": []\n   }\n}\n'
        '{\n   "inputs": "Hi",\n   "agentId": "é"\n}\n',
        "",
    )


def test_the_events_of_a_stream_cannot_be_laid_out() -> None:
    message = "conversation-models: -: a stream of server-sent events, for which --indent has no meaning\n"
    assert run("convert", "--to", "camel", "--indent", "2", stdin=STREAM[0]) == Done(1, "", message)


SCHEMA = {"type": "object", "properties": {"max_tokens": {"type": "string"}}}


def test_convert_changes_the_keys_of_requests_and_not_of_free_form_values() -> None:
    snake = {
        "inputs": [{"tool_call_id": "c", "result": "{}", "type": "function.result", "object": "entry"}],
        "metadata": {"agent_id": 1, "completionArgs": 2},
        "completion_args": {
            "top_p": 1,
            "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
        },
        "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}],
        "handoff_execution": None,
    }
    camel = {
        "inputs": [{"toolCallId": "c", "result": "{}", "type": "function.result", "object": "entry"}],
        "metadata": {"agent_id": 1, "completionArgs": 2},
        "completionArgs": {
            "topP": 1,
            "responseFormat": {"type": "json_schema", "jsonSchema": {"name": "n", "schemaDefinition": SCHEMA}},
        },
        "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}],
        "handoffExecution": None,
    }
    assert json.loads(run("convert", "--to", "camel", stdin=json.dumps(snake)).out) == camel
    # Free-form keys are the first in the text, and do not tell the spelling.
    for first in ("metadata", "tools"):
        moved = {first: camel[first], **camel}
        assert json.loads(run("convert", "--to", "snake", stdin=json.dumps(moved)).out) == snake


@pytest.mark.parametrize("to", NAMINGS)
@pytest.mark.parametrize("from_", NAMINGS)
def test_convert_changes_the_keys_of_a_stream(from_: Naming, to: Naming) -> None:
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


# Fields that no model has, at each depth. Their names look like names with two spellings.
NEW = {"billing_region": "eu", "dataCenter": {"rack_id": 7}, "billingRegion": None}


@pytest.mark.parametrize("to", NAMINGS)
@pytest.mark.parametrize("from_", NAMINGS)
def test_convert_keeps_new_fields_of_responses_as_they_are(from_: Naming, to: Naming) -> None:
    document = with_new_fields(fixture("thinking", from_))
    done = run("convert", "--to", to, stdin=json.dumps(document))
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out) == with_new_fields(fixture("thinking", to))


def with_new_fields(response: dict[str, Any]) -> dict[str, Any]:
    first, *others = response["outputs"]
    chunk, *chunks = first["content"]
    first = {**first, **NEW, "content": [{**chunk, **NEW}, *chunks]}
    return {**response, **NEW, "outputs": [first, *others], "usage": {**response["usage"], **NEW}}


@pytest.mark.parametrize("to", NAMINGS)
@pytest.mark.parametrize("from_", NAMINGS)
def test_convert_keeps_new_fields_of_events_as_they_are(from_: Naming, to: Naming) -> None:
    events = [json.loads(text.split("data: ")[1]) for text in STREAM]
    frames = [frame(**{**in_naming(event, from_), **NEW}) for event in events]
    done = run("convert", "--to", to, stdin="".join(frames))
    assert (done.status, done.err) == (0, "")
    converted = [json.loads(text.split("data: ")[1]) for text in done.out.split("\n\n")[:-1]]
    for event, original in zip(converted, events, strict=True):
        assert event == event | in_naming(original, to) | NEW


@pytest.mark.parametrize("naming", NAMINGS)
def test_collect_prints_the_response_of_a_stream(tmp_path: Path, naming: Naming) -> None:
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


def test_convert_leaves_the_body_of_an_error_as_it_is() -> None:
    error = 'data: {"object": "Error", "detail": [{"msg": "no", "loc": ["body", "tool_call_id"]}]}\n\n'
    done = run("convert", "--to", "camel", stdin=STREAM[0] + error)
    assert (done.status, done.err) == (0, "")
    assert done.out.endswith("\n\n" + error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("".join(STREAM[:-1]), "-: The stream ended before conversation.response.done"),
        (
            STREAM[0] + frame("conversation.response.error", message="out of tide", code=3000),
            "-: the service reported an error: out of tide (code 3000)",
        ),
        (
            STREAM[0] + 'data: {"error": {"message": "bad gateway", "code": 502}}\n\n',
            "-: the service reported an error: bad gateway (code 502)",
        ),
        (json.dumps(HELLO), "-: not a stream of server-sent events"),
    ],
    ids=["unfinished", "error", "error of a gateway", "document"],
)
def test_collect_prints_no_incomplete_response(text: str, message: str) -> None:
    assert run("collect", stdin=text) == Done(1, "", f"conversation-models: {message}\n")


def test_collect_stops_at_an_invalid_event() -> None:
    done = run("collect", stdin=STREAM[0] + frame("message.output.delta", id="m1", content=5) + STREAM[-1])
    assert done[:2] == (1, "")
    assert done.err.startswith("conversation-models: -: event 2: ")
