"""The official TypeScript SDK and a service written with the library: each reads what the other writes."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import conversation_models as cm

from ..support.each import each
from ..support.node import run_script
from .servers import serving
from .service import ANSWERS, ERRORS, KNOWN, RESTARTED, Service, check_received, reply

SCRIPT = Path(__file__).parent / "calls.mjs"
PARAMETERS = {"type": "object", "properties": {"base_currency": {"type": "string"}}}
FULL: dict[str, Any] = {
    "inputs": [
        {"role": "user", "content": "What is the rate?"},
        {"role": "assistant", "content": "It is", "prefix": True},
        {"role": "user", "content": [{"type": "image_url", "imageUrl": "https://example.org/a.png"}]},
        {
            "type": "message.output",
            "agentId": "ag_1",
            "content": [
                {"type": "text", "text": "See"},
                {"type": "tool_reference", "tool": "web_search", "title": "T", "url": None},
                {"type": "tool_file", "tool": "code_interpreter", "fileId": "f_1"},
            ],
        },
        {"type": "tool.execution", "name": "web_search", "arguments": "{}", "info": {"user_name": 1}},
        {
            "type": "agent.handoff",
            "previousAgentId": "a",
            "previousAgentName": "A",
            "nextAgentId": "b",
            "nextAgentName": "B",
        },
        {"type": "function.call", "toolCallId": "c", "name": "rate", "arguments": {"base_currency": "EUR"}},
    ],
    "store": None,
    "handoffExecution": "client",
    "instructions": "Be brief",
    "tools": [
        {"type": "function", "function": {"name": "rate", "parameters": PARAMETERS, "strict": True}},
        {"type": "web_search", "toolConfiguration": {"requiresConfirmation": ["news_search"]}},
        {"type": "web_search_premium"},
        {"type": "code_interpreter", "toolConfiguration": None},
        {"type": "image_generation"},
        {"type": "document_library", "libraryIds": ["lib_1"]},
        {"type": "connector", "connectorId": "mail", "authorization": {"type": "oauth2-token", "value": "t"}},
        {"type": "connector", "connectorId": "wiki", "authorization": {"type": "api-key", "value": "k"}},
    ],
    "completionArgs": {
        "stop": "END",
        "temperature": 0,
        "topP": None,
        "maxTokens": 7,
        "prediction": {"type": "content", "content": "It is"},
        "responseFormat": {
            "type": "json_schema",
            "jsonSchema": {"name": "s", "schemaDefinition": PARAMETERS, "strict": True},
        },
        "toolChoice": "auto",
        "reasoningEffort": "high",
    },
    "guardrails": [
        {
            "blockOnError": True,
            "moderationLlmV1": {"customCategoryThresholds": {"dangerousAndCriminalContent": 0.5}},
            "moderationLlmV2": {"action": "block", "customCategoryThresholds": {"hateAndDiscrimination": 1}},
        }
    ],
    "name": "Rates",
    "description": None,
    "metadata": {"team_id": 7, "nested": {"agentId": None}},
    "agentVersion": 3,
    "model": "medium",
}
RESULT = {"type": "function.result", "toolCallId": "call_1", "result": '{"rate": "2.5%"}'}
CONFIRMATIONS = [
    {"toolCallId": "call_1", "confirmation": "allow"},
    {"toolCallId": "call_2", "confirmation": "deny"},
]

APPENDED, STARTED, RESTART = cm.ConversationAppendRequest, cm.ConversationRequest, cm.ConversationRestartRequest
# The type, the id in the answer, and the request in camelCase.
ASKING: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "start": (STARTED, KNOWN, {"inputs": "Hi", "agentId": "ag_1", "agentVersion": "v2"}),
    "start with everything": (STARTED, KNOWN, FULL),
    "append": (APPENDED, KNOWN, {"inputs": "Go on"}),
    "append a result": (APPENDED, KNOWN, {"inputs": [RESULT], "completionArgs": {"temperature": 0.5}}),
    "append confirmations": (APPENDED, KNOWN, {"toolConfirmations": CONFIRMATIONS}),
    "restart": (
        RESTART,
        RESTARTED,
        {"fromEntryId": "in_1", "inputs": "Again", "store": False, "metadata": None, "agentVersion": 2},
    ),
}
READING = {
    "list": ("list", {}),
    "get": ("get", {"conversationId": KNOWN}),
    "get agent": ("get", {"conversationId": "conv_3"}),
    "history": ("getHistory", {"conversationId": KNOWN}),
    "messages": ("getMessages", {"conversationId": KNOWN}),
}
FAILING = ("get", "getMessages", "delete")

Results = dict[str, dict[str, Any]]


def calls() -> list[dict[str, Any]]:
    found = []
    for name, (tp, _, body) in ASKING.items():
        if tp is STARTED:
            found.append({"name": name, "method": "start", "request": body})
        else:
            member = "conversationAppendRequest" if tp is APPENDED else "conversationRestartRequest"
            request = {"conversationId": KNOWN, member: body}
            found.append({"name": name, "method": "append" if tp is APPENDED else "restart", "request": request})
    found += [{"name": name, "method": method, "request": request} for name, (method, request) in READING.items()]
    found.append({"name": "delete", "method": "delete", "request": {"conversationId": KNOWN}})
    for method in FAILING:
        for name in ERRORS:
            found.append({"name": f"{method}: {name}", "method": method, "request": {"conversationId": name}})
    return found


@pytest.fixture(scope="module")
def called() -> tuple[Service, Results]:
    """The service after all calls, and the SDK's result of each."""
    service = Service()
    with serving(service) as url:
        lines = run_script(SCRIPT, url, calls())
    return service, {line["name"]: line for line in lines}


def test_the_sdks_requests_come_back_equal(called: tuple[Service, Results]) -> None:
    check_received(called[0], [tp for tp, *_ in ASKING.values()])


@each("name", ASKING)
def test_the_sdk_reads_the_answer_to_its_request(called: tuple[Service, Results], name: str) -> None:
    service, results = called
    _, conversation_id, _ = ASKING[name]
    request = cm.snake.decode(service.received[list(ASKING).index(name)][1], ASKING[name][0])
    assert "error" not in results[name], results[name]
    printed = cm.camel.decode(results[name]["value"])
    assert printed == reply(request, conversation_id)
    assert cm.camel.drift(results[name]["value"]) == []


DEFAULTS = {"object", "type", "role", "prefix", "description", "stream", "store", "handoff_execution"}
DEFAULTS |= {"model_name", "ignore_other_categories"}


@each("name", ASKING)
def test_camel_reads_a_request_as_its_users_write_it(called: tuple[Service, Results], name: str) -> None:
    """The SDK adds defaults when it sends it, and nothing else."""
    tp, _, body = ASKING[name]
    sent = json.loads(called[0].received[list(ASKING).index(name)][1])
    written = json.loads(cm.snake.encode(cm.camel.decode(json.dumps(body), tp)))
    assert cm.camel.drift(json.dumps(body), tp) == []
    assert set(differing(written, sent)) <= DEFAULTS


def differing(one: Any, other: Any) -> list[str]:
    """The keys that only ``other`` has. All that ``one`` has must be there."""
    if isinstance(one, dict):
        assert one.keys() <= other.keys()
        inner = [key for name, value in one.items() for key in differing(value, other[name])]
        return [*inner, *(other.keys() - one.keys())]
    if isinstance(one, list):
        return [key for pair in zip(one, other, strict=True) for key in differing(*pair)]
    assert one == other
    return []


@each("name", READING)
def test_the_sdk_reads_what_the_library_writes(called: tuple[Service, Results], name: str) -> None:
    tp, value = ANSWERS[name]
    result = called[1][name]
    assert "error" not in result, result
    assert cm.camel.decode(result["value"], tp) == value
    assert cm.camel.drift(result["value"], tp) == []


def test_nothing_is_left_of_a_conversation_that_is_deleted(called: tuple[Service, Results]) -> None:
    assert called[1]["delete"] == {"name": "delete"}


@each(("name", "method"), product(ERRORS, FAILING))
def test_each_error_is_the_sdks_exception_with_the_body_as_it_was_sent(
    called: tuple[Service, Results], name: str, method: str
) -> None:
    status, document, message, code = ERRORS[name]
    result = called[1][f"{method}: {name}"]
    assert result["status"] == status
    assert result["error"] == ("HTTPValidationError" if status == 422 else "SDKError")
    assert json.loads(result["body"]) == document
    error = cm.ServiceError(result["body"].encode())
    assert (error.message, error.code) == (message, code)
    if status == 422:
        theirs = [(one["loc"], one["msg"], one["type"]) for one in result["detail"] or []]
        assert theirs == [(one["loc"], one["msg"], one["type"]) for one in error.details or []]
