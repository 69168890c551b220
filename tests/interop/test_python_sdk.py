"""The official Python SDK gets the same through every gateway as directly."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from mistralai.client import Mistral, errors
from mistralai.client.conversations import Conversations
from mistralai.client.models import MessageInputEntry

import conversation_models as cm
from examples import gateway as relay

from ..support.amounts import each_once, some
from ..support.conversations import REFUSED, RESPONSES, STREAMS, UNTYPED
from ..support.gateways import GATEWAYS
from .compare import expected, same_events

Clients = dict[str, Mistral]


@pytest.fixture(scope="module")
def clients(servers: dict[str, str]) -> Iterator[Clients]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(Mistral(api_key="none", server_url=url)) for name, url in servers.items()}


def dump(value: Any) -> Any:
    return json.loads(value.model_dump_json(warnings=False))


@each_once(gateway=GATEWAYS, name=RESPONSES)
def test_responses_are_the_same_through_a_gateway(clients: Clients, gateway: str, name: str) -> None:
    direct, through = (clients[server].beta.conversations.start(inputs=name) for server in ("direct", gateway))
    assert dump(through) == expected(gateway, dump(direct))


@each_once(gateway=GATEWAYS, name=REFUSED)
def test_responses_that_the_sdk_refuses_are_the_same_through_a_gateway(
    clients: Clients, gateway: str, name: str
) -> None:
    """The SDK still refuses them, and the body that it refuses reads as the one that was sent."""
    bodies = []
    for server in ("direct", gateway):
        with pytest.raises(errors.ResponseValidationError) as caught:
            clients[server].beta.conversations.start(inputs=name)
        bodies.append(caught.value.body)
    sent, got = bodies
    if gateway == "edit":
        sent = cm.patch(cm.patch(sent, ["conversation_id"], "edited_conv_5f1e"), ["gateway"], "edit").decode()
    if gateway in ("relay", "edit") or name == "broken member":
        assert got == sent
    else:
        assert cm.snake.decode(got) == cm.snake.decode(sent)


@each_once(gateway=GATEWAYS, name=[*STREAMS, *UNTYPED])
def test_streams_are_the_same_through_a_gateway(clients: Clients, gateway: str, name: str) -> None:
    results = []
    for server in ("direct", gateway):
        with clients[server].beta.conversations.start_stream(inputs=name) as stream:
            results.append([dump(event) for event in stream])
    same_events(gateway, *results)
    assert (name in UNTYPED) == any(event["data"]["type"] == "UNKNOWN" for event in results[0])


def test_the_size_of_upstreams_writes_makes_no_difference(clients: Clients, gateway: str) -> None:
    results = []
    for inputs in ("chunks", "chunks;write=7"):
        with clients[gateway].beta.conversations.start_stream(inputs=inputs) as stream:
            results.append([dump(event) for event in stream])
    assert len(results[0]) == len(STREAMS["chunks"])
    assert results[0] == results[1]


ENTRIES: list[Any] = [MessageInputEntry(role="user", content="function calls")]
APPENDED: dict[str, Callable[[Conversations, str], Any]] = {
    "append": lambda api, known: api.append(conversation_id=known, inputs="function calls"),
    "append an entry": lambda api, known: api.append(conversation_id=known, inputs=ENTRIES),
    "restart": lambda api, known: api.restart(conversation_id=known, from_entry_id="in_1", inputs="handoff"),
    "append stream": lambda api, known: api.append_stream(conversation_id=known, inputs="function calls"),
    "restart stream": lambda api, known: api.restart_stream(
        conversation_id=known, from_entry_id="in_1", inputs="handoff"
    ),
    "history": lambda api, known: api.get_history(conversation_id=known),
    "messages": lambda api, known: api.get_messages(conversation_id=known),
}


@each_once(gateway=GATEWAYS, name=APPENDED)
def test_a_conversation_can_be_continued_through_a_gateway(clients: Clients, gateway: str, name: str) -> None:
    """With the id from the first answer, which ``edit`` has changed and must recognise."""
    results = []
    for server in ("direct", gateway):
        api = clients[server].beta.conversations
        answer = APPENDED[name](api, api.start(inputs="plain").conversation_id)
        results.append([dump(event) for event in answer] if "stream" in name else dump(answer))
    # Gateways do not edit history and messages.
    assert results[1] == (results[0] if name in ("history", "messages") else expected(gateway, results[0]))


async def all_at_once(url: str) -> list[Any]:
    """Every response and every stream, asked for at the same time through one connection pool."""

    async def events(answer: Any) -> list[Any]:
        async with await answer as stream:
            return [dump(event) async for event in stream]

    async with Mistral(api_key="none", server_url=url) as client:
        api = client.beta.conversations
        responses = [api.start_async(inputs=name) for name in RESPONSES]
        going_on: dict[str, Any] = {"conversation_id": "conv_5f1e", "inputs": "handoff"}
        responses.append(api.append_async(**going_on))
        responses.append(api.restart_async(**going_on, from_entry_id="in_1"))
        streams: list[Any] = [api.start_stream_async(inputs=name) for name in STREAMS]
        streams.append(api.append_stream_async(**going_on))
        streams.append(api.restart_stream_async(**going_on, from_entry_id="in_1"))
        answers = await asyncio.gather(*responses)
        return [*map(dump, answers), *await asyncio.gather(*map(events, streams))]


@pytest.fixture(scope="module")
def all_directly(servers: dict[str, str]) -> list[Any]:
    return asyncio.run(all_at_once(servers["direct"]))


@some(1, "gateway", reversed(GATEWAYS))
def test_the_asynchronous_client_gets_the_same_through_a_gateway(
    servers: dict[str, str], gateway: str, all_directly: list[Any]
) -> None:
    through = asyncio.run(all_at_once(servers[gateway]))
    assert through == [expected(gateway, one) for one in all_directly]


@each_once(gateway=GATEWAYS, status=[404, 422, 429, 500])
def test_errors_are_the_same_through_a_gateway(clients: Clients, gateway: str, status: int) -> None:
    results = []
    for server in ("direct", gateway):
        api = clients[server].beta.conversations
        for call in (api.start, api.start_stream):
            with pytest.raises(errors.MistralError) as caught:
                call(inputs=f"plain;status={status}")
            results.append((type(caught.value), caught.value.status_code, caught.value.body))
    assert results[:2] == results[2:]
    assert results[0][1] == status
    assert (results[0][0] is errors.HTTPValidationError) == (status == 422)


@pytest.mark.parametrize("name", ["text", "untagged", "new fields", "new entry"])
def test_relaying_changes_no_byte(servers: dict[str, str], name: str) -> None:
    direct, through = (
        httpx.post(f"{servers[server]}/v1/conversations", json={"inputs": name}) for server in ("direct", "relay")
    )
    assert direct.status_code == through.status_code == 200
    del direct.headers["date"], through.headers["date"]
    assert (through.content, through.headers) == (direct.content, direct.headers)


def test_a_client_that_leaves_stops_the_upstream(
    clients: Clients, servers: dict[str, str], gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "DRAIN_SECONDS", 0.1)
    with clients[gateway].beta.conversations.start_stream(inputs="endless;pause=0.02") as stream:
        next(iter(stream))
        assert open_streams(servers) == 1
    deadline = time.monotonic() + 5
    while open_streams(servers) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert open_streams(servers) == 0


def open_streams(servers: dict[str, str]) -> int:
    count: int = httpx.get(f"{servers['direct']}/open").json()
    return count
