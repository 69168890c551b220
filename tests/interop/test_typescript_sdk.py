"""The official TypeScript SDK under node gets the same through every gateway, and ``camel`` reads its output."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import conversation_models as cm

from ..support.amounts import amount, some
from ..support.conversations import REFUSED, RESPONSES, STREAMS, UNTYPED
from ..support.each import each
from ..support.gateways import GATEWAYS
from ..support.node import run_script
from .compare import expected, same_events

HERE = Path(__file__).parent

Results = dict[tuple[str, str, str], dict[str, Any]]

# The others relay what the Python SDK reads by default.
USUAL = ("edit", "rebuild")
every_gateway = some(len(USUAL), "gateway", sorted(GATEWAYS, key=lambda name: name not in USUAL))


@pytest.fixture(scope="session")
def results(servers: dict[str, str]) -> Results:
    """The SDK's result of each call, by server, call and name; ``value`` is the text of ``JSON.stringify``."""
    called = {name: servers[name] for name in ("direct", *amount(list(USUAL), list(GATEWAYS)))}
    lines = run_script(HERE / "client.mjs", called, [*RESPONSES, *REFUSED], [*STREAMS, *UNTYPED])
    return {(one["server"], one["call"], one["name"]): one for one in lines}


@every_gateway
@each("name", [*RESPONSES, *REFUSED, "plain;status=422", "plain;status=500"])
def test_responses_are_the_same_through_a_gateway(results: Results, gateway: str, name: str) -> None:
    direct, through = results["direct", "start", name], results[gateway, "start", name]
    assert through.get("error") == direct.get("error")
    assert through.get("status") == direct.get("status")
    assert ("error" in direct) == (name not in RESPONSES)
    if "value" in direct:
        assert json.loads(through["value"]) == expected(gateway, json.loads(direct["value"]))


@every_gateway
@each("name", [*STREAMS, *UNTYPED])
def test_streams_are_the_same_through_a_gateway(results: Results, gateway: str, name: str) -> None:
    direct, through = results["direct", "startStream", name], results[gateway, "startStream", name]
    same_events(gateway, json.loads(direct["value"]), json.loads(through["value"]))
    assert (name in UNTYPED) == ('"type":"UNKNOWN"' in direct["value"])


@every_gateway
@each("call", ["append", "appendStream", "restart", "restartStream", "getHistory", "getMessages"])
def test_a_conversation_can_be_continued_through_a_gateway(results: Results, gateway: str, call: str) -> None:
    """With the id from the first answer, which ``edit`` has changed and must recognise."""
    calls = [(one, name) for server, one, name in results if (server, one) == ("direct", call)]
    for key in calls:
        direct, through = (json.loads(results[(server, *key)]["value"]) for server in ("direct", gateway))
        # Gateways do not edit history and messages.
        assert through == (direct if call.startswith("get") else expected(gateway, direct))
    assert calls


ABSENT = "absent"

# Values that the SDK changes: by path, the value sent and the value printed. Its timestamps have whole milliseconds in
# UTC and its numbers are doubles, as in JavaScript. It drops fields that its models do not have.
DIFFERENCES: dict[str, dict[str, tuple[Any, Any]]] = {
    "new fields": {
        "$.region": ("eu", ABSENT),
        "$.outputs[0].confidence": (0.5, ABSENT),
        "$.usage.cached_tokens": (7, ABSENT),
    },
    "precise": {
        "$.outputs[0].created_at": ("2025-05-27T11:59:00.123456Z", "2025-05-27T11:59:00.123000Z"),
        "$.outputs[1].info.large": (9007199254740993, 9007199254740992),
    },
}


@each("name", RESPONSES)
def test_camel_reads_a_response_that_the_sdk_prints(results: Results, name: str) -> None:
    sent = cm.snake.decode(json.dumps(RESPONSES[name]))
    printed = results["direct", "start", name]["value"]
    assert dict(_differences(sent, cm.camel.decode(printed))) == DIFFERENCES.get(name, {})
    assert cm.camel.drift(printed) == []


@each("name", [*STREAMS, *UNTYPED])
def test_camel_reads_events_that_the_sdk_prints(results: Results, name: str) -> None:
    """An ``UNKNOWN`` is an object of the SDK's own, with the payload as it was sent, in snake_case."""
    printed = json.loads(results["direct", "startStream", name]["value"])
    for sent, event in zip((STREAMS | UNTYPED)[name], printed, strict=True):
        data = event["data"]
        if data["type"] == "UNKNOWN":
            assert data == {"raw": sent, "type": "UNKNOWN", "isUnknown": True}
        else:
            value = cm.snake.decode(json.dumps(sent), cm.ConversationEvent)
            assert cm.camel.decode(json.dumps(data), cm.ConversationEvent) == value
        assert event["event"] == sent["type"]


def _differences(sent: Any, printed: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """The members that differ in their JSON, by path. The same instant in another zone is not a difference."""
    yield from _differing(json.loads(cm.snake.encode(sent)), json.loads(cm.snake.encode(printed)), "$")


def _differing(one: Any, other: Any, path: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from _differing(one.get(key, ABSENT), other.get(key, ABSENT), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index in range(len(one)):
            yield from _differing(one[index], other[index], f"{path}[{index}]")
    elif one != other and not (path.endswith("_at") and _instant(one) == _instant(other)):
        yield path, (one, other)


def _instant(text: Any) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
