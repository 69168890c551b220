"""The applications on the page about frameworks do what it says, behind a real server and before a real service."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

import conversation_models as cm

from ..interop.servers import PATIENCE, Connection, Script
from ..interop.servers import serving as serving_script
from ..support.paths import FIXTURES
from ..support.program import STREAM
from .applications import APPLICATIONS, KEY, SERVERS, serving

# Frameworks use what newer Pythons deprecate.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ANSWER = (FIXTURES / "web_search.json").read_bytes()
ERROR = b'{"object": "Error",  "message": "No such model", "code": 1500}'
SECRET = "secret-of-a-caller"
CONNECTOR = {"type": "connector", "connector_id": "c", "authorization": {"type": "api-key", "value": [SECRET]}}


class Service:
    """What is upstream of an application. ``script`` answers the next call; ``asked`` are the calls so far."""

    def __init__(self) -> None:
        self.script: Script = self.answer
        self.asked: list[tuple[bytes, Any]] = []

    async def __call__(self, connection: Connection) -> None:
        self.asked.append((connection.request, json.loads(await connection.body())))
        await self.script(connection)

    async def answer(self, connection: Connection) -> None:
        await connection.answer(200, ANSWER)


SERVICE = Service()


@pytest.fixture(scope="module", params=SERVERS)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp(request.param)
    with (
        serving_script(SERVICE) as upstream,
        serving(request.param, folder, upstream) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as client,
    ):
        yield client


def post(client: httpx.Client, body: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/v1/conversations", content=content, headers={"content-type": "application/json"})


def test_every_application_of_the_page_is_served_here() -> None:
    assert APPLICATIONS.keys() == SERVERS.keys()


def test_a_request_is_sent_on_and_its_answer_comes_back(client: httpx.Client) -> None:
    SERVICE.script = SERVICE.answer
    message = {"role": "user", "content": "Who won?"}
    answer = post(client, {"model": "m", "agent_id": None, "inputs": [message], "new": 1})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    assert cm.snake.decode(answer.content) == cm.snake.decode(ANSWER)
    head, body = SERVICE.asked[-1]
    assert f"Bearer {KEY}".encode() in head
    sent = {"type": "message.input", "object": "entry", **message}
    assert body == {"model": "m", "agent_id": None, "inputs": [sent], "new": 1}


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b'{"inputs": ', 400, "truncated"),
        (b"\xff", 400, "JSON"),
        ({"inputs": 7}, 422, "at `$.inputs`"),
        ({"inputs": "a", "model": [SECRET]}, 422, "at `$.model`"),
        (
            {"inputs": "a", "tools": [CONNECTOR]},
            422,
            "at `$.tools[0].authorization.value`",
        ),
    ],
)
def test_a_wrong_body_is_refused_with_its_place_and_no_secret(
    client: httpx.Client, body: Any, status: int, detail: str
) -> None:
    asked = len(SERVICE.asked)
    answer = post(client, body)
    assert answer.status_code == status
    assert detail in answer.json()["detail"]
    assert SECRET not in answer.text
    assert len(SERVICE.asked) == asked


def test_a_body_of_three_megabytes_is_sent_on(client: httpx.Client) -> None:
    SERVICE.script = SERVICE.answer
    assert post(client, {"inputs": "a" * 3_000_000}).status_code == 200
    assert len(SERVICE.asked[-1][1]["inputs"]) == 3_000_000


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_body_of_the_service_comes_back_byte_for_byte(client: httpx.Client, stream: bool) -> None:
    async def refuse(connection: Connection) -> None:
        await connection.answer(404, ERROR)

    SERVICE.script = refuse
    answer = post(client, {"inputs": "a", "stream": stream})
    assert (answer.status_code, answer.content) == (404, ERROR)


@pytest.mark.parametrize("body", [b"<html>", b'{"outputs": 5}', None])
def test_an_answer_that_cannot_be_read_is_a_bad_gateway(client: httpx.Client, body: bytes | None) -> None:
    async def fail(connection: Connection) -> None:
        if body is None:
            connection.reset()
        else:
            await connection.answer(200, body)

    SERVICE.script = fail
    answer = post(client, {"inputs": "a"})
    assert (answer.status_code, answer.json()) == (502, {"detail": "The service did not answer."})


def test_each_event_of_a_stream_comes_back_at_once(client: httpx.Client) -> None:
    seen = threading.Event()

    async def stream(connection: Connection) -> None:
        await connection.head()
        await connection.send(STREAM[0].encode())
        # The rest follows when the caller has got the first event.
        await asyncio.get_running_loop().run_in_executor(None, seen.wait, PATIENCE)
        await connection.send("".join(STREAM[1:]).encode())
        await connection.end()

    def watched(events: Iterator[cm.ConversationEvent]) -> Iterator[cm.ConversationEvent]:
        for event in events:
            yield event
            seen.set()

    SERVICE.script = stream
    body = json.dumps({"inputs": "a", "stream": True})
    with client.stream("POST", "/v1/conversations", content=body) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
        response = cm.collect(watched(cm.snake.iter_events(answer.iter_bytes())))
    assert seen.is_set()
    assert response == cm.collect(cm.snake.iter_events(STREAM))


def test_a_stream_that_breaks_is_not_taken_for_a_whole_one(client: httpx.Client) -> None:
    async def breaks(connection: Connection) -> None:
        await connection.head()
        await connection.send("".join(STREAM[:-1]).encode())
        connection.reset()

    SERVICE.script = breaks
    body = json.dumps({"inputs": "a", "stream": True})
    with client.stream("POST", "/v1/conversations", content=body) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            for _ in answer.iter_bytes():
                pass


@pytest.mark.parametrize("client", ["fastapi"], indirect=True)
def test_fastapi_shows_the_schema_of_the_request(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/v1/conversations"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**schema, "components": document["components"]})
    assert validator.is_valid({"inputs": [{"role": "user", "content": "Who won?"}]})
    assert not validator.is_valid({"inputs": 7})
    assert not validator.is_valid({"model": "m"})
