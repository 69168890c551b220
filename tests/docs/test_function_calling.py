"""The loop on the page about function calling, which its own test only type-checks, with a real service."""

import json
from typing import Any

import httpx
import pytest

import conversation_models as cm
from examples.functions import Functions

from ..interop.servers import Connection, serving
from .pages import blocks_in, page

PAGE = "guides/function-calling.md"
CALL = {"type": "function.call", "tool_call_id": "call1", "name": "rate", "arguments": '{"year": 2024}'}
PENDING = {**CALL, "tool_call_id": "call2", "name": "search_mail", "confirmation_status": "pending"}
ANSWERS: list[Any] = [[CALL, PENDING], [PENDING], [{"type": "message.output", "content": "It was 3 %."}]]


def rate(year: int) -> float:
    return {2024: 3.0}[year]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    (block,) = [block for block in blocks_in(page(PAGE).read_text("utf-8"), PAGE) if block.word == "check"]
    names: dict[str, Any] = {}
    exec(compile(block.text, PAGE, "exec"), names)
    return names


def test_the_loop_sends_results_and_confirmations_until_there_is_an_answer(names: dict[str, Any]) -> None:
    asked: list[tuple[str, Any]] = []

    async def answer(connection: Connection) -> None:
        asked.append((connection.path, json.loads(await connection.body())))
        body = {"conversation_id": "conv_1", "outputs": ANSWERS[len(asked) - 1], "usage": {}}
        await connection.answer(200, json.dumps(body).encode())

    with serving(answer) as url, httpx.Client(base_url=url, trust_env=False) as client:
        assert names["converse"](client, "What was it?", "m", Functions(rate)) == "It was 3 %."
    (start, first), (append, second), (_, third) = asked
    assert (start, first["inputs"], first["model"]) == ("/v1/conversations", "What was it?", "m")
    assert first["tools"][0]["function"]["name"] == "rate"
    assert append == "/v1/conversations/conv_1"
    assert second == {
        "inputs": [{"type": "function.result", "object": "entry", "tool_call_id": "call1", "result": "3.0"}],
        "tool_confirmations": [{"tool_call_id": "call2", "confirmation": "deny"}],
    }
    assert third == {"tool_confirmations": [{"tool_call_id": "call2", "confirmation": "deny"}]}


def test_the_error_of_a_function_is_told_with_its_type() -> None:
    call = cm.FunctionCallEntry(tool_call_id="call1", name="rate", arguments='{"year": 1999}')
    assert Functions(rate).run(call).result == '{"error":"KeyError: 1999"}'


def test_an_error_body_ends_the_loop(names: dict[str, Any]) -> None:
    async def refuse(connection: Connection) -> None:
        await connection.body()
        await connection.answer(401, b'{"detail": "Invalid API Key"}')

    with (
        serving(refuse) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
        pytest.raises(RuntimeError, match="401: Invalid API Key"),
    ):
        names["converse"](client, "What was it?", "m", Functions(rate))
