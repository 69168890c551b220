"""The gateway with a policy over real connections: what it lets through, and in which naming."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import conversation_models as cm
from examples.gateway import Gateway
from examples.policy import Policy
from examples.policy_gateway import PolicyGateway

from ..support.documents import dumps
from ..support.streams import sse
from .example_policy_gateway import POLICY, Served, Upstream, rows_in, serving_policy_gateway
from .servers import PATIENCE, Connection, serving

STARTED = sse({"type": "conversation.response.started", "conversation_id": "c1"})
DONE = sse({"type": "conversation.response.done", "usage": {"total_tokens": 7}})
ASKED = {"inputs": "Hi", "model": "medium"}
STREAMED = ASKED | {"stream": True}


def delta(content: Any, **fields: Any) -> bytes:
    return sse({"type": "message.output.delta", "id": "m1", "content": content, **fields})


def ran(name: str, step: str = "started") -> bytes:
    return sse({"type": f"tool.execution.{step}", "id": "t1", "output_index": 1, "name": name, "arguments": "{}"})


def message(content: Any) -> dict[str, Any]:
    return {"type": "message.output", "content": content}


def response(*outputs: Any) -> dict[str, Any]:
    return {"conversation_id": "c1", "outputs": [*outputs], "usage": {"total_tokens": 7}}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_policy_gateway(tmp_path_factory.mktemp("books")) as served:
        yield served


def answering(*outputs: Any) -> Upstream:
    return Upstream(body=dumps(response(*outputs)))


def post(served: Served, body: Any, path: str = "/v1/conversations", **headers: str) -> httpx.Response:
    return served.post("team", body, path, **headers)


def events_of(answer: httpx.Response, codec: cm.Codec = cm.snake) -> list[Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
    return list(codec.iter_events([answer.content]))


def text_of(events: list[Any]) -> str:
    return "".join(event.text for event in events if isinstance(event, cm.MessageOutputEvent))


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/json"
    error = cm.ServiceError(answer.content)
    assert error.code == answer.status_code
    return answer.status_code, error.message


# Requests --------------------------------------------------------------------------------------------------------

CONFIRMED = {"tool_confirmations": [{"tool_call_id": "c", "confirmation": "allow"}]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/conversations", {"inputs": "Hi", "agent_id": "ag_1", "completion_args": {"max_tokens": 1}}),
        ("/v1/conversations/c1", CONFIRMED),
        ("/v1/conversations/c1/restart", {"inputs": "Hi", "from_entry_id": "e1", "new_field": {"a_b": 1.5}}),
    ],
)
def test_upstream_is_asked_what_the_caller_asked(served: Served, path: str, body: dict[str, Any]) -> None:
    upstream = answering()
    with served.upstream(upstream):
        assert post(served, body, path, authorization="Bearer key", **{"x-naming": "snake"}).status_code == 200
    ((head, sent),) = upstream.requests
    lines = head.lower().split(b"\r\n")
    assert lines[0] == b"post %b http/1.1" % path.encode()
    assert json.loads(sent) == body
    assert {b"authorization: bearer key", b"content-type: application/json", b"accept-encoding: identity"} <= set(lines)
    assert [line for line in lines if line.startswith(b"x-")] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/conversations", 405),
        ("GET", "/v1/conversations/c1", 405),
        ("DELETE", "/v1/conversations/c1", 405),
        ("GET", "/v1/conversations/c1/history", 404),
        ("POST", "/v1/chat/completions", 404),
        ("POST", "/v1/conversations/..;", 400),
        ("POST", "/v1/conversations/c1%2Frestart%2F..", 404),
    ],
)
def test_other_calls_are_refused(served: Served, method: str, path: str, status: int) -> None:
    upstream = answering()
    with served.upstream(upstream):
        answer = served.client.request(method, path, json=ASKED)
    assert refusal(answer)[0] == status
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "Input data was truncated (byte 1)"),
        (b"\xff", "JSON is malformed: invalid character (byte 0)"),
        (b'{"inputs": 5}', "Expected `str | array`, got `int` - at `$.inputs`"),
        (b'{"inputs": "Hi", "tools": [{"type": "connector"}]}', "`connector_id` - at `$.tools[0]`"),
        (b'{"inputs": "Hi", "tools": 5}', "Expected `array | null`, got `int` - at `$.tools`"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_with_its_path(served: Served, body: bytes, reason: str) -> None:
    status, message = refusal(post(served, body))
    assert (status, reason in message) == (400, True), message


def test_a_request_that_is_too_large_is_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("examples.gateway.MAX_UPLOAD", 1000)
    assert refusal(post(served, {"inputs": "x" * 1000})) == (413, "The request is too large.")
    chunks = iter([b'{"inputs": "', b"x" * 1000, b'"}'])
    answer = served.client.post("/v1/conversations", content=chunks)
    assert refusal(answer) == (413, "The request is too large.")


def test_an_upload_in_pieces_is_read_whole(served: Served) -> None:
    upstream = answering()
    with served.upstream(upstream):
        content = iter([b'{"inputs": "', b"x" * 200_000, b'"}'])
        assert served.client.post("/v1/conversations", content=content).status_code == 200
    assert json.loads(upstream.requests[0][1]) == {"inputs": "x" * 200_000}


# Naming ----------------------------------------------------------------------------------------------------------

SNAKE, CAMEL = {"inputs": "Hi", "agent_id": "a"}, {"inputs": "Hi", "agentId": "a"}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("body", "header", "codec"),
    [
        (SNAKE, "", cm.snake),
        (CAMEL, "", cm.camel),
        (SNAKE, "camel", cm.camel),
        (CAMEL, "snake", cm.snake),
        ({"inputs": "Hi"}, "", cm.snake),
        ({"inputs": "Hi"}, "camel", cm.camel),
    ],
)
def test_an_answer_is_in_the_naming_of_its_request(
    served: Served, body: dict[str, Any], header: str, codec: cm.Codec, streamed: bool
) -> None:
    upstream = Upstream(STARTED, delta("Hello."), DONE) if streamed else answering(message("Hello."))
    with served.upstream(upstream):
        answer = post(served, body, **({"x-naming": header} if header else {}))
    # A codec refuses what is in the other naming.
    read = cm.collect(events_of(answer, codec)) if streamed else codec.decode(answer.content)
    assert (read.conversation_id, read.text, read.usage.total_tokens) == ("c1", "Hello.", 7)
    sent = {"inputs": "Hi", "agent_id": "a"} if len(body) > 1 else body
    assert json.loads(upstream.requests[0][1]) == sent


def test_another_naming_is_refused(served: Served) -> None:
    answer = post(served, SNAKE, **{"x-naming": "kebab"})
    assert refusal(answer) == (400, "The header x-naming is neither camel nor snake.")


# Tools -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "code_interpreter"},
        {"type": "document_library", "library_ids": ["l"]},
        {"type": "browser"},
        {"type": "UNKNOWN", "raw": {"type": "web_search"}},
        {"tool": "web_search"},
    ],
)
@pytest.mark.parametrize("path", ["", "/c1", "/c1/restart"])
def test_a_tool_that_is_not_allowed_is_refused(served: Served, tool: dict[str, Any], path: str) -> None:
    """Also if the list names a tool of unknown type, and in requests that have no tools by the schema."""
    served.gateway.policy = Policy(POLICY.allowed_tools | {"browser"}, 100, 1 << 20)
    upstream = answering()
    try:
        with served.upstream(upstream):
            body = {"inputs": "Hi", "tools": [{"type": "web_search"}, tool], "from_entry_id": "e"}
            status, reason = refusal(post(served, body, f"/v1/conversations{path}"))
    finally:
        served.gateway.policy = POLICY
    assert (status, reason) == (403, f"The tool {str(tool.get('type'))!r} is not allowed.")
    assert upstream.requests == []


def test_tools_that_are_allowed_are_asked_for(served: Served) -> None:
    function = {"type": "function", "function": {"name": "rate", "parameters": {"a_b": {"type": "string"}}}}
    secret = {"type": "api-key", "value": "secret"}
    tools = [function, {"type": "web_search"}, {"type": "connector", "connector_id": "mail", "authorization": secret}]
    upstream = answering()
    with served.upstream(upstream):
        assert post(served, ASKED | {"tools": tools}).status_code == 200
    assert json.loads(upstream.requests[0][1]) == ASKED | {"tools": tools}


def test_a_response_in_which_another_tool_ran_is_refused(served: Served) -> None:
    execution = {"type": "tool.execution", "name": "code_interpreter", "arguments": "{}"}
    with served.upstream(answering(execution, message("42"))):
        assert refusal(post(served, ASKED)) == (403, "The tool 'code_interpreter' is not allowed.")
    with served.upstream(answering({**execution, "name": "mail"}, message("42"))):
        assert cm.snake.decode(post(served, ASKED).content).text == "42"


@pytest.mark.parametrize("step", ["started", "delta", "done"])
@pytest.mark.parametrize("cut", [True, False], ids=["event by event", "at once"])
def test_a_stream_in_which_another_tool_runs_ends_before_it(served: Served, step: str, cut: bool) -> None:
    parts = [STARTED, ran("mail"), delta("Let me see"), ran("code_interpreter", step), delta("42"), DONE]
    with served.upstream(Upstream(*(parts if cut else [b"".join(parts)]))):
        events = events_of(post(served, STREAMED))
    collected = cm.collect(events)
    assert [entry.type for entry in collected.outputs] == ["message.output", "tool.execution"]
    assert collected.text == "Let me see"
    assert events[-1] == cm.ResponseDoneEvent(usage=cm.ConversationUsageInfo())


def test_members_of_unknown_type_are_left_out(served: Served) -> None:
    new: dict[str, Any] = {"type": "video", "about": "ann@example.org"}
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}, new]}
    outputs = [new, message([{"type": "text", "text": "Hi"}, new, thinking])]
    with served.upstream(answering(*outputs)):
        body = post(served, ASKED).json()
    chunks = [{"type": "text", "text": "Hi"}, {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]
    assert [output["content"] for output in body["outputs"]] == [chunks]
    with served.upstream(Upstream(STARTED, sse(new), delta(new), delta(thinking), delta("Hi"), DONE)):
        events = events_of(post(served, STREAMED))
    assert [event.type for event in events] == [
        "conversation.response.started",
        "message.output.delta",
        "message.output.delta",
        "conversation.response.done",
    ]
    assert text_of(events) == "Hi"


# Errors in streams -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (sse({"type": "conversation.response.error", "message": "Out of capacity", "code": 3505}), 3505),
        (sse({"type": "conversation.response.error", "message": "Out of capacity"}), 502),
        (b'data: {"error": {"message": "Out of capacity", "code": 3505}}\n\n', 3505),
        (b'data: {"error": "Out of capacity"}\n\n', 502),
    ],
)
def test_an_error_in_a_stream_is_an_event_with_a_code(served: Served, event: bytes, code: int) -> None:
    with served.upstream(Upstream(STARTED, delta("ann@exam"), event)):
        events = events_of(post(served, STREAMED))
    assert text_of(events) == "[address]"
    assert events[-1] == cm.ResponseErrorEvent(message="Out of capacity", code=code)


@pytest.mark.parametrize(
    "rest", [b"", delta("never")[:-20], b"data: {\n\n", b"data: <html>"], ids=["between", "inside", "malformed", "html"]
)
def test_a_stream_that_breaks_ends_with_an_error(served: Served, rest: bytes) -> None:
    """After the text that waits."""
    with served.upstream(Upstream(STARTED, delta("ann@exam"), *([rest] if rest else []))):
        events = events_of(post(served, STREAMED))
    assert text_of(events) == "[address]"
    assert events[-1] == cm.ResponseErrorEvent(message="Upstream's stream broke off.", code=502)
    with pytest.raises(cm.ConversationResponseError, match="broke off"):
        cm.collect(events)


# Redaction -------------------------------------------------------------------------------------------------------


def test_addresses_are_replaced_in_answers_and_in_reasoning(served: Served) -> None:
    text = {"type": "text", "text": "Ask ann@example.org, or bob@example.org"}
    thought = {"type": "thinking", "thinking": [text], "signature": "s"}
    calm = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "signature": "s"}
    call = {"type": "function.call", "tool_call_id": "f", "name": "mail", "arguments": '{"to": "ann@example.org"}'}
    with served.upstream(answering(message([thought, calm, text]), message("ann@example.org"), call)):
        answer = cm.snake.decode(post(served, ASKED).content)
    clean = cm.TextChunk(text="Ask [address], or [address]")
    assert answer.outputs == [
        cm.MessageOutputEntry(
            content=[
                cm.ThinkChunk(thinking=[clean]),
                cm.ThinkChunk(thinking=[cm.TextChunk(text="Hm.")], signature="s"),
                clean,
            ]
        ),
        cm.MessageOutputEntry(content="[address]"),
        cm.FunctionCallEntry(tool_call_id="f", name="mail", arguments='{"to": "ann@example.org"}'),
    ]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_addresses_are_replaced_in_streams_however_they_are_cut(served: Served, size: int) -> None:
    text = "Ask ann@example.org, or bob.b+c@mail.example.org"
    pieces = [delta(text[start : start + size]) for start in range(0, len(text), size)]
    with served.upstream(Upstream(STARTED, *pieces, DONE)):
        events = events_of(post(served, STREAMED))
    assert text_of(events) == "Ask [address], or [address]"


# Caps ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def policy(served: Served) -> Iterator[None]:
    served.gateway.policy = Policy(POLICY.allowed_tools, max_deltas=3, max_bytes=2000)
    yield
    served.gateway.policy = POLICY


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize(("count", "total"), [(3, 7), (4, 0), (500, 0)])
def test_a_stream_has_so_many_deltas_at_most(served: Served, count: int, total: int) -> None:
    with served.upstream(Upstream(STARTED, *[delta("ann@x ")] * count, DONE)):
        collected = cm.collect(events_of(post(served, STREAMED)))
    assert (collected.text, collected.usage.total_tokens) == ("[address] " * 3, total)


@pytest.mark.usefixtures("policy")
def test_an_answer_has_so_many_bytes_at_most(served: Served) -> None:
    with served.upstream(Upstream(STARTED, delta("a"), delta("b" * 2000), delta("c"), DONE)):
        collected = cm.collect(events_of(post(served, STREAMED)))
    assert collected.text == "a"
    with served.upstream(answering(message("x" * 2000))):
        assert refusal(post(served, ASKED)) == (502, "Upstream's answer is too large.")


# Headers and encodings -------------------------------------------------------------------------------------------


def test_an_answer_keeps_upstreams_headers_but_those_of_the_body(served: Served) -> None:
    async def script(connection: Connection) -> None:
        await connection.body()
        lines = [b"HTTP/1.1 429 Busy", b"retry-after: 7", b"x-request-id: 1", b"content-type: text/json", b"server: up"]
        body = b'{"detail": "Too many requests"}'
        await connection.raw(b"\r\n".join([*lines, b"content-length: %d" % len(body), b"connection: close", b"", body]))

    with served.upstream(script):
        answer = post(served, ASKED)
    assert (answer.status_code, answer.json()) == (429, {"detail": "Too many requests"})
    del answer.headers["date"]
    assert dict(answer.headers) == {
        "retry-after": "7",
        "x-request-id": "1",
        "content-type": "application/json",
        "content-length": "31",
        "server": "uvicorn",
    }


def test_a_compressed_stream_is_read(served: Served) -> None:
    async def script(connection: Connection) -> None:
        await connection.body()
        await connection.head(gzip=True)
        for part in (STARTED, delta("ann@exam"), delta("ple.org"), DONE):
            await connection.send(part)
        await connection.end()

    with served.upstream(script):
        answer = post(served, STREAMED)
    assert "content-encoding" not in answer.headers
    collected = cm.collect(events_of(answer))
    assert (collected.text, collected.usage.total_tokens) == ("[address]", 7)


def test_a_stream_arrives_event_by_event(served: Served) -> None:
    """Each event is there before upstream sends the next one."""
    seen = threading.Semaphore(0)

    async def script(connection: Connection) -> None:
        await connection.body()
        await connection.head()
        for part in (STARTED, delta("a "), delta("b "), DONE):
            await connection.send(part)
            assert await asyncio.to_thread(seen.acquire, timeout=PATIENCE)
        await connection.end()

    types: list[Any] = []
    with served.upstream(script), served.client.stream("POST", "/v1/conversations", json=STREAMED) as answer:
        for event in cm.snake.iter_events(answer.iter_bytes()):
            types.append(event.type)
            seen.release()
    assert types == [
        "conversation.response.started",
        "message.output.delta",
        "message.output.delta",
        "conversation.response.done",
    ]


@pytest.mark.parametrize("kind", ["relay", "policy"])
def test_headers_that_cannot_be_sent_are_refused_and_not_logged(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that lets such a value through, unlike those of the other tests, calls the application with it."""
    monkeypatch.setenv("NO_PROXY", "*")
    headers = [(b"authorization", b"Bearer secret\nkey")]
    path = "/v1/conversations"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    sent: list[Any] = []
    records: list[cm.UsageRecord] = []

    async def call(application: Any) -> None:
        uploads = iter([{"type": "http.request", "body": b'{"inputs": "Hi", "model": "medium"}'}])

        async def receive() -> Any:
            return next(uploads, None) or await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        await application({**scope, "headers": headers}, receive, send)

    async def drive(url: str) -> None:
        if kind == "relay":
            gateway = Gateway(url, records.append)
            await call(gateway)
            await gateway.aclose()
        else:
            policy = PolicyGateway(url, POLICY, str(tmp_path / "usage"), str(tmp_path / "archive"))
            async with policy.application.router.lifespan_context(policy.application):
                await call(policy.application)

    with serving(answering()) as url:
        asyncio.run(drive(url))
    assert sent[0]["status"] == 400
    assert b"These headers cannot be forwarded." in b"".join(message.get("body", b"") for message in sent)
    assert "secret" not in caplog.text
    assert records == []
    if kind == "policy":
        assert rows_in(tmp_path / "usage", "") == []
        assert "secret" not in (tmp_path / "archive").read_text()
