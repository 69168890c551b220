"""Both official SDKs read a stream that ``events_of`` made of a response, if they read the response."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mistralai.client import Mistral

import conversation_models as cm

from ..support.conversations import RESPONSES
from ..support.documents import dumps
from ..support.each import each
from ..support.node import run_script
from .servers import Connection, serving

PIECES = {"whole": None, "pieces of 3": 3}
CALLS = [f"{name}/{cutting}" for name in RESPONSES for cutting in PIECES]
# The SDKs drop fields that their models do not have. JavaScript's numbers are doubles and its times have milliseconds.
DROPPED = {"python": {"new fields"}, "typescript": {"new fields", "precise"}}


async def upstream(connection: Connection) -> None:
    """Answers with the response that the input names, or streams it."""
    body = await connection.body()
    if connection.path.partition("?")[0] != "/v1/conversations":
        await connection.answer(404, b"{}")
        return
    request = json.loads(body)
    name, _, cutting = request["inputs"].partition("/")
    if not request.get("stream"):
        await connection.answer(200, dumps(RESPONSES[name]))
        return
    await connection.head()
    for event in cm.events_of(response_of(name), PIECES[cutting]):
        await connection.send(cm.snake.encode_event(event))
    await connection.end()


def response_of(name: str) -> cm.ConversationResponse:
    return cm.snake.decode(dumps(RESPONSES[name]))


def check(call: str, events: list[cm.ConversationEvent], dropped: set[str]) -> None:
    """Assert that these events, as an SDK read them, are those of the response."""
    name, _, cutting = call.partition("/")
    response = response_of(name)
    assert [event for event in events if isinstance(event, cm.Unknown)] == []
    collected = cm.collect(events)
    assert collected.text == response.text
    reasoning = [entry.reasoning for entry in response.outputs if isinstance(entry, cm.MessageOutputEntry)]
    assert [entry.reasoning for entry in collected.outputs if isinstance(entry, cm.MessageOutputEntry)] == reasoning
    assert (collected == cm.collect(cm.events_of(response, PIECES[cutting]))) == (name not in dropped)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(upstream) as address:
        yield address


@pytest.fixture(scope="module")
def python(url: str) -> Iterator[Mistral]:
    with Mistral(api_key="none", server_url=url) as client:
        yield client


@each("call", CALLS)
def test_the_python_sdk_reads_a_replayed_response(python: Mistral, call: str) -> None:
    with python.beta.conversations.start_stream(inputs=call) as stream:
        read = [event.data for event in stream]
    printed = [data.model_dump_json(warnings="error") for data in read]
    check(call, [cm.snake.decode(text, cm.ConversationEvent) for text in printed], DROPPED["python"])


@pytest.fixture(scope="module")
def typescript(url: str) -> dict[str, Any]:
    """What the SDK prints for each streamed call."""
    lines = run_script(Path(__file__).parent / "client.mjs", {"replay": url}, [], CALLS)
    return {one["name"]: one for one in lines if one["call"] == "startStream"}


@pytest.mark.long
@each("call", CALLS)
def test_the_typescript_sdk_reads_a_replayed_response(typescript: dict[str, Any], call: str) -> None:
    result = typescript[call]
    assert "error" not in result, result
    printed = [dumps(event["data"]) for event in json.loads(result["value"])]
    check(call, [cm.camel.decode(text, cm.ConversationEvent) for text in printed], DROPPED["typescript"])
