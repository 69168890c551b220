"""A stream that a gateway ends with ``StreamMeter.stop`` is a whole one to both official SDKs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mistralai.client import Mistral

import conversation_models as cm

from ..support.bodies import named
from ..support.node import run_script
from .servers import Connection, serving

CALLS = Path(__file__).parent / "calls.mjs"
EVENTS: list[dict[str, Any]] = [
    {"type": "conversation.response.started", "conversation_id": "c1"},
    {"type": "tool.execution.started", "id": "t1", "name": "web_search", "arguments": "{"},
    {"type": "tool.execution.delta", "id": "t1", "name": "web_search", "arguments": "}"},
    {"type": "message.output.delta", "id": "m1", "content": "It is"},
    {"type": "message.output.delta", "id": "m1", "content": " 82 metres"},
]
NAMES = [event["type"] for event in EVENTS]
FRAMES = [named(event["type"], b"data: %b\n\n" % json.dumps(event).encode()) for event in EVENTS]
END = "conversation.response.done"
COUNTS = [0, 1, 3, 5]
"""After so many events the gateway stops."""


async def stopping(connection: Connection) -> None:
    """Answer with so many events as the request asks for, and the end."""
    count = int(json.loads(await connection.body())["inputs"])
    await connection.head()
    meter = cm.snake.meter()
    for frame in FRAMES[:count]:
        meter.feed(frame)
        await connection.send(frame)
    await connection.send(meter.stop())
    await connection.end()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(stopping) as url:
        yield url


@pytest.mark.parametrize("count", COUNTS)
def test_the_python_sdk_reads_a_stopped_stream_to_its_end(url: str, count: int) -> None:
    with (
        Mistral(api_key="none", server_url=url) as client,
        client.beta.conversations.start_stream(inputs=str(count)) as stream,
    ):
        events: list[Any] = [json.loads(event.model_dump_json()) for event in stream]
    assert [event["event"] for event in events] == [*NAMES[:count], END]
    for event, sent in zip(events, EVENTS[:count], strict=False):
        assert event["data"].items() >= sent.items()
    assert events[-1]["data"]["usage"].items() >= {"prompt_tokens": 0, "total_tokens": 0}.items()


@pytest.mark.long
def test_the_typescript_sdk_reads_stopped_streams_to_their_end(url: str) -> None:
    calls = [{"name": count, "method": "startStream", "request": {"inputs": str(count)}} for count in COUNTS]
    for done in run_script(CALLS, url, calls):
        assert "error" not in done, done
        events = json.loads(done["value"])
        assert [event["event"] for event in events] == [*NAMES[: done["name"]], END]
        # The SDK's UNKNOWN would be an event that it cannot read.
        assert [event["data"]["type"] for event in events] == [*NAMES[: done["name"]], END]
        assert events[-1]["data"]["usage"] == {"promptTokens": 0, "completionTokens": 0, "totalTokens": 0}
