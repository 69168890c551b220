"""Both official SDKs, as programs use them, through the gateway with a policy."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mistralai.client import Mistral, errors

import conversation_models as cm

from ..support.documents import dumps
from ..support.node import run_script
from ..support.streams import sse
from .example_policy_gateway import Served, serving_policy_gateway
from .servers import Connection

SCRIPT = Path(__file__).parent / "calls.mjs"
USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
MESSAGE: dict[str, Any] = {"type": "message.output", "id": "m1", "content": "Write to ann@example.org."}
STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"})
DONE = sse({"type": "conversation.response.done", "usage": USAGE})


def delta(content: str) -> bytes:
    return sse({"type": "message.output.delta", "id": "m1", "content": content})


def ran(name: str) -> bytes:
    return sse({"type": "tool.execution.started", "id": "t1", "output_index": 1, "name": name, "arguments": "{}"})


REFUSAL = {"object": "Error", "message": "Too many requests", "type": "rate_limited", "code": 1300}
# What upstream answers, by the text that it is sent: a body with a status, or the parts of a stream.
BODIES: dict[str, tuple[int, Any]] = {
    "plain": (200, {"conversation_id": "c1", "outputs": [MESSAGE], "usage": USAGE}),
    "ran": (
        200,
        {
            "conversation_id": "c1",
            "outputs": [{"type": "tool.execution", "name": "code_interpreter", "arguments": "{}"}, MESSAGE],
            "usage": USAGE,
        },
    ),
    "refused": (429, REFUSAL),
    "html": (503, None),
    "wrong": (200, {"no": "response"}),
}
STREAMS: dict[str, list[bytes]] = {
    "plain": [STARTED, delta("Write to ann@exam"), delta("ple.org."), DONE],
    "search": [STARTED, ran("web_search"), delta("Found."), DONE],
    "blocked": [STARTED, delta("Let me run ann@exa"), ran("code_interpreter"), delta("never"), DONE],
    "long": [STARTED, *[delta("word ")] * 150, DONE],
    "error": [STARTED, delta("I "), b'data: {"error": {"message": "Out of capacity", "code": 3505}}\n\n'],
    "cut": [STARTED, delta("I "), delta("am")[:-20]],
    "cut between": [STARTED, delta("I ")],
}


async def upstream(connection: Connection) -> None:
    request = json.loads(await connection.body())
    if not request["stream"]:
        status, document = BODIES[request["inputs"]]
        await connection.answer(status, b"<html>Sorry</html>" if document is None else dumps(document))
        return
    await connection.head()
    for part in STREAMS[request["inputs"]]:
        await connection.send(part)
    await connection.end()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_policy_gateway(tmp_path_factory.mktemp("books")) as served, served.upstream(upstream):
        yield served


Outcome = dict[str, Any]
CODE: list[Any] = [{"type": "code_interpreter"}]


def python_sdk(url: str) -> Iterator[tuple[str, Outcome]]:
    """The outcome of each call: JSON in snake_case, or the status and body of the exception."""
    with Mistral(api_key="none", server_url=url, retry_config=None) as client:
        api = client.beta.conversations
        for name in [*BODIES, "tool"]:
            given: dict[str, Any] = {"inputs": "plain", "tools": CODE} if name == "tool" else {"inputs": name}
            try:
                yield name, {"value": json.loads(api.start(**given).model_dump_json())}
            except errors.SDKError as error:
                yield name, {"status": error.status_code, "body": error.body}
        for name in STREAMS:
            with api.start_stream(inputs=name) as events:
                yield f"stream: {name}", {"value": [json.loads(event.data.model_dump_json()) for event in events]}


def typescript_sdk(url: str) -> Iterator[tuple[str, Outcome]]:
    calls: list[Any] = [{"name": name, "method": "start", "request": {"inputs": name}} for name in BODIES]
    calls.append({"name": "tool", "method": "start", "request": {"inputs": "plain", "tools": CODE}})
    calls += [{"name": f"stream: {name}", "method": "startStream", "request": {"inputs": name}} for name in STREAMS]
    for line in run_script(SCRIPT, url, calls):
        if "error" in line:
            yield line["name"], {"status": line["status"], "body": line["body"]}
        elif line["name"].startswith("stream"):
            events = cm.camel.decode(
                dumps([event["data"] for event in json.loads(line["value"])]), list[cm.ConversationEvent]
            )
            yield line["name"], {"value": json.loads(cm.snake.encode(events))}
        else:
            yield line["name"], {"value": json.loads(cm.snake.encode(cm.camel.decode(line["value"])))}


@pytest.fixture(scope="module", params=[python_sdk, pytest.param(typescript_sdk, marks=pytest.mark.long)])
def outcomes(request: pytest.FixtureRequest, served: Served) -> dict[str, Outcome]:
    return dict(request.param(served.url))


def test_a_response_has_its_usage_and_no_address(outcomes: dict[str, Outcome]) -> None:
    value = outcomes["plain"]["value"]
    assert [output["content"] for output in value["outputs"]] == ["Write to [address]."]
    assert value["conversation_id"] == "c1"
    assert {name: value["usage"][name] for name in USAGE} == USAGE


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("tool", 403, "The tool 'code_interpreter' is not allowed."),
        ("ran", 403, "The tool 'code_interpreter' is not allowed."),
        ("refused", 429, "Too many requests"),
        ("html", 503, "Upstream answered with status 503."),
        ("wrong", 502, "Upstream's answer cannot be read."),
    ],
)
def test_a_refusal_is_an_exception_with_its_words(
    outcomes: dict[str, Outcome], name: str, status: int, message: str
) -> None:
    outcome = outcomes[name]
    assert outcome["status"] == status
    assert cm.ServiceError(outcome["body"].encode()).message == message


# The text of the stream, its last event, and how that ends.
STREAMED: dict[str, tuple[str, str, Any]] = {
    "plain": ("Write to [address].", "conversation.response.done", 7),
    "search": ("Found.", "conversation.response.done", 7),
    "blocked": ("Let me run [address]", "conversation.response.done", 0),
    "long": ("word " * 100, "conversation.response.done", 0),
    "error": ("I ", "conversation.response.error", ("Out of capacity", 3505)),
    "cut": ("I ", "conversation.response.error", ("Upstream's stream broke off.", 502)),
    "cut between": ("I ", "conversation.response.error", ("Upstream's stream broke off.", 502)),
}


@pytest.mark.parametrize("name", STREAMED)
def test_a_stream_ends_as_both_read_it(outcomes: dict[str, Outcome], name: str) -> None:
    text, last, end = STREAMED[name]
    events = outcomes[f"stream: {name}"]["value"]
    assert "".join(event["content"] for event in events if event["type"] == "message.output.delta") == text
    assert events[0]["conversation_id"] == "c1"
    assert events[-1]["type"] == last
    found = events[-1]
    assert end == (found["usage"]["total_tokens"] if "usage" in found else (found["message"], found["code"]))


def test_a_tool_that_is_allowed_is_seen_and_another_is_not(outcomes: dict[str, Outcome]) -> None:
    tools = {
        name: [event["name"] for event in outcomes[f"stream: {name}"]["value"] if "tool" in event["type"]]
        for name in ("search", "blocked")
    }
    assert tools == {"search": ["web_search"], "blocked": []}
