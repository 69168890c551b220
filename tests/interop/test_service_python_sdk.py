"""The official Python SDK and a service written with the library: each reads what the other writes."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mistralai.client import Mistral, errors
from mistralai.client import models as sdk

import conversation_models as cm

from ..support.amounts import each_once
from ..support.sdk import same
from .servers import serving
from .service import ANSWERS, ERRORS, KNOWN, RESTARTED, Service, check_received, reply


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Service, Any]]:
    service = Service()
    with serving(service) as url, Mistral(api_key="none", server_url=url) as client:
        yield service, client.beta.conversations


@pytest.fixture
def service(running: tuple[Service, Any]) -> Service:
    running[0].received.clear()
    return running[0]


@pytest.fixture
def api(running: tuple[Service, Any]) -> Any:
    return running[1]


PARAMETERS = {"type": "object", "properties": {"base_currency": {"type": "string"}}}
CITED = sdk.MessageOutputEntry(
    content=[sdk.TextChunk(text="See"), sdk.ToolReferenceChunk(tool="web_search", title="T", url=None)]
)
FULL: dict[str, Any] = {
    "inputs": [
        {"role": "user", "content": "What is the rate?"},
        {"role": "assistant", "content": "It is", "prefix": True},
        sdk.MessageInputEntry(role="user", content=[sdk.ImageURLChunk(image_url="https://example.org/a.png")]),
        CITED,
        sdk.ToolExecutionEntry(name="web_search", arguments="{}", info={"user_name": 1}),
        sdk.AgentHandoffEntry(previous_agent_id="a", previous_agent_name="A", next_agent_id="b", next_agent_name="B"),
        sdk.FunctionCallEntry(tool_call_id="c", name="rate", arguments={"base_currency": "EUR"}),
    ],
    "store": None,
    "handoff_execution": "client",
    "instructions": "Be brief",
    "tools": [
        sdk.FunctionTool(function=sdk.Function(name="rate", parameters=PARAMETERS, strict=True)),
        {"type": "web_search", "tool_configuration": {"requires_confirmation": ["news_search"]}},
        sdk.WebSearchPremiumTool(),
        sdk.CodeInterpreterTool(tool_configuration=None),
        sdk.ImageGenerationTool(),
        sdk.DocumentLibraryTool(library_ids=["lib_1"]),
        sdk.CustomConnector(connector_id="mail", authorization=sdk.OAuth2TokenAuth(value="t")),
        sdk.CustomConnector(connector_id="wiki", authorization=sdk.APIKeyAuth(value="k")),
    ],
    "completion_args": sdk.CompletionArgs(
        stop="END",
        temperature=0.3,
        top_p=None,
        max_tokens=7,
        prediction=sdk.Prediction(content="It is"),
        response_format=sdk.ResponseFormat(
            type="json_schema", json_schema=sdk.JSONSchema(name="s", schema_definition=PARAMETERS, strict=True)
        ),
        tool_choice="auto",
        reasoning_effort="max",
    ),
    "guardrails": [
        sdk.GuardrailConfig(
            block_on_error=True,
            moderation_llm_v1=sdk.ModerationLlmv1Config(
                custom_category_thresholds=sdk.ModerationLlmv1CategoryThresholds(dangerous_and_criminal_content=0.5)
            ),
            moderation_llm_v2=sdk.ModerationLlmv2Config(
                action="block", custom_category_thresholds=sdk.ModerationLlmv2CategoryThresholds(jailbreaking=0.5)
            ),
        )
    ],
    "name": "Rates",
    "description": None,
    "metadata": {"team_id": 7, "nested": {"agentId": None}},
    "agent_version": 3,
    "model": "medium",
}
RESULT = sdk.FunctionResultEntry(tool_call_id="call_1", result='{"rate": "2.5%"}')
CONFIRMATIONS = [
    sdk.ToolCallConfirmation(tool_call_id="call_1", confirmation="allow"),
    {"tool_call_id": "call_2", "confirmation": "deny"},
]

ASKING: dict[str, tuple[Any, str, Callable[[Any], Any]]] = {
    "start": (cm.ConversationRequest, KNOWN, lambda api: api.start(inputs="Hi", agent_id="ag_1", agent_version="v2")),
    "start with everything": (cm.ConversationRequest, KNOWN, lambda api: api.start(**FULL)),
    "append": (cm.ConversationAppendRequest, KNOWN, lambda api: api.append(conversation_id=KNOWN, inputs="Go on")),
    "append a result": (
        cm.ConversationAppendRequest,
        KNOWN,
        lambda api: api.append(conversation_id=KNOWN, inputs=[RESULT], completion_args={"temperature": 0.0}),
    ),
    "append confirmations": (
        cm.ConversationAppendRequest,
        KNOWN,
        lambda api: api.append(conversation_id=KNOWN, tool_confirmations=CONFIRMATIONS),
    ),
    "restart": (
        cm.ConversationRestartRequest,
        RESTARTED,
        lambda api: api.restart(
            conversation_id=KNOWN, from_entry_id="in_1", inputs="Again", store=False, metadata=None, agent_version=2
        ),
    ),
}


@pytest.mark.parametrize("name", ASKING)
def test_the_sdks_requests_are_read_and_it_reads_the_answers(name: str, service: Service, api: Any) -> None:
    tp, conversation_id, call = ASKING[name]
    response = call(api)
    check_received(service, [tp])
    request = cm.snake.decode(service.received[0][1], tp)
    same(reply(request, conversation_id), response)


def test_the_parts_of_a_request_arrive_as_their_classes(service: Service, api: Any) -> None:
    api.start(**FULL)
    request = cm.snake.decode(service.received[0][1], cm.ConversationRequest)
    assert isinstance(request.inputs, list)
    assert [type(entry).__name__ for entry in request.inputs] == [
        "MessageInputEntry",
        "MessageInputEntry",
        "MessageInputEntry",
        "MessageOutputEntry",
        "ToolExecutionEntry",
        "AgentHandoffEntry",
        "FunctionCallEntry",
    ]
    assert [tool.type for tool in request.tools or []] == [
        "function",
        "web_search",
        "web_search_premium",
        "code_interpreter",
        "image_generation",
        "document_library",
        "connector",
        "connector",
    ]
    assert (request.stream, request.store, request.description, request.agent_version) == (False, None, None, 3)
    assert request.metadata == FULL["metadata"]


READING: dict[str, Callable[[Any], Any]] = {
    "list": lambda api: api.list(),
    "get": lambda api: api.get(conversation_id=KNOWN),
    "get agent": lambda api: api.get(conversation_id="conv_3"),
    "history": lambda api: api.get_history(conversation_id=KNOWN),
    "messages": lambda api: api.get_messages(conversation_id=KNOWN),
}


@pytest.mark.parametrize("name", READING)
def test_the_sdk_reads_what_the_library_writes(name: str, api: Any) -> None:
    same(ANSWERS[name][1], READING[name](api))


def test_nothing_is_left_of_a_conversation_that_is_deleted(service: Service, api: Any) -> None:
    assert api.delete(conversation_id=KNOWN) is None
    assert service.received == []


@each_once(call=["get", "get_history", "append", "delete"], name=ERRORS)
def test_each_error_is_the_sdks_exception_with_the_body_as_it_was_sent(name: str, call: str, api: Any) -> None:
    status, document, message, code = ERRORS[name]
    with pytest.raises(errors.MistralError) as caught:
        getattr(api, call)(conversation_id=name)
    assert type(caught.value) is (errors.HTTPValidationError if status == 422 else errors.SDKError)
    assert caught.value.status_code == status
    assert json.loads(caught.value.body) == document
    error = cm.ServiceError(caught.value.body.encode())
    assert (error.message, error.code) == (message, code)
    if isinstance(caught.value, errors.HTTPValidationError):
        theirs = [(one.loc, one.msg, one.type) for one in caught.value.data.detail or []]
        assert theirs == [(one["loc"], one["msg"], one["type"]) for one in error.details or []]
        assert error.details == document.get("detail")
