"""A small Conversations service: requests are read and answers are written with the library's models."""

import json
from datetime import datetime, timezone
from typing import Any

import conversation_models as cm

from ..support.documents import dumps
from .servers import Connection

__all__ = ["ANSWERS", "ERRORS", "KNOWN", "RESTARTED", "Service", "check_received", "reply"]

KNOWN, RESTARTED = "conv_1", "conv_2"
# Whole milliseconds, since JavaScript's times have no more. The TypeScript SDK adds defaults, so they are all here.
_AT = datetime(2026, 8, 1, 10, 0, 52, 208000, timezone.utc)
_STAMPS: dict[str, Any] = {"created_at": _AT, "completed_at": _AT}
_SCHEMA: dict[str, Any] = {"type": "object", "properties": {"base_currency": {"type": "string"}}}
_ASKED = cm.MessageInputEntry(**_STAMPS, id="in_1", role="user", content="What is the rate?", prefix=False)
_CALL = cm.FunctionCallEntry(
    **_STAMPS, id="fc_1", tool_call_id="call_1", name="rate", arguments='{"base_currency": "EUR"}', model="medium"
)
_RESULT = cm.FunctionResultEntry(**_STAMPS, id="fr_1", tool_call_id="call_1", result='{"rate": "2.5%"}')
_SEARCHED = cm.ToolExecutionEntry(
    created_at=_AT, completed_at=None, id="te_1", name="web_search", arguments="{}", info={"user_name": "x"}
)
_HANDED = cm.AgentHandoffEntry(
    **_STAMPS, previous_agent_id="a", previous_agent_name="A", next_agent_id="b", next_agent_name="B"
)
_SAID = cm.MessageOutputEntry(
    **_STAMPS,
    id="msg_1",
    agent_id=None,
    content=[
        cm.ThinkChunk(thinking=[cm.TextChunk(text="Hm."), cm.ReferenceChunk(reference_ids=[1])], closed=True),
        cm.TextChunk(text="It is 2.5%"),
        cm.ToolReferenceChunk(tool="web_search", title="Rates", url="https://example.org", favicon=None),
        cm.ToolFileChunk(tool="code_interpreter", file_id="f_1", file_name="rates.png"),
    ],
)
_SHOWN = cm.MessageInputEntry(
    role="user",
    prefix=False,
    content=[
        cm.ImageURLChunk(image_url=cm.ImageURL(url="https://example.org/a.png", detail="low")),
        cm.DocumentURLChunk(document_url="https://example.org/a.pdf", document_name=None),
    ],
)
_MODEL = cm.ModelConversation(
    id=KNOWN,
    created_at=_AT,
    updated_at=_AT,
    model="medium",
    instructions=None,
    tools=[
        cm.FunctionTool(function=cm.Function(name="rate", parameters=_SCHEMA, description="", strict=False)),
        cm.WebSearchTool(tool_configuration=cm.ToolConfiguration(requires_confirmation=["web_search"], exclude=None)),
        cm.DocumentLibraryTool(library_ids=["lib_1"]),
        cm.CustomConnector(connector_id="mail", authorization=cm.APIKeyAuth(value="secret")),
    ],
    completion_args=cm.CompletionArgs(
        stop=["END"],
        presence_penalty=None,
        temperature=0.3,
        max_tokens=None,
        prediction=cm.Prediction(content="It is"),
        response_format=cm.ResponseFormat(
            type="json_schema", json_schema=cm.JSONSchema(name="s", schema=_SCHEMA, description=None, strict=True)
        ),
        tool_choice="auto",
        reasoning_effort="high",
    ),
    guardrails=[
        cm.GuardrailConfig(
            block_on_error=True,
            moderation_llm_v1=None,
            moderation_llm_v2=cm.ModerationLlmv2Config(
                model_name="moderation",
                ignore_other_categories=False,
                action="block",
                custom_category_thresholds=cm.ModerationLlmv2CategoryThresholds(hate_and_discrimination=0.5, pii=None),
            ),
        )
    ],
    name="Rates",
    description=None,
    metadata={"team_id": 7},
)
_AGENT = cm.AgentConversation(
    id="conv_3", created_at=_AT, updated_at=_AT, agent_id="ag_1", agent_version=3, metadata=None
)

ANSWERS: dict[str, tuple[Any, Any]] = {
    "list": (list[cm.Conversation], [_MODEL, _AGENT]),
    "get": (cm.Conversation, _MODEL),
    "get agent": (cm.Conversation, _AGENT),
    "history": (
        cm.ConversationHistory,
        cm.ConversationHistory(
            conversation_id=KNOWN, entries=[_ASKED, _CALL, _RESULT, _SEARCHED, _HANDED, _SAID, _SHOWN]
        ),
    ),
    "messages": (
        cm.ConversationMessages,
        cm.ConversationMessages(conversation_id=KNOWN, messages=[_ASKED, _SAID, _SHOWN]),
    ),
}
"""The stored answers: the type and the value of each."""

ERRORS: dict[str, tuple[int, dict[str, Any], str, int | None]] = {
    "not found": (
        404,
        {"object": "Error", "message": "No such conversation", "type": "invalid_request_error", "code": 3000},
        "No such conversation",
        3000,
    ),
    "bad request": (
        400,
        {"object": "Error", "message": "Results missing", "type": "invalid_request_error", "code": 3001},
        "Results missing",
        3001,
    ),
    "unprocessable": (
        422,
        {"object": "Error", "message": "Model not in use", "type": "invalid_request_error", "code": 3003},
        "Model not in use",
        3003,
    ),
    "invalid": (
        422,
        {
            "object": "Error",
            "detail": [
                {"loc": ["body", "inputs", 0], "msg": "Field required", "type": "missing", "input": {"a": 1}},
                {"loc": ["body", "stream"], "msg": "Not a bool", "type": "bool_type", "ctx": {"error": "x"}},
            ],
        },
        "body.inputs.0: Field required (and 1 more)",
        None,
    ),
    "invalid by the schema": (
        422,
        {"detail": [{"loc": ["body"], "msg": "Extra", "type": "extra_forbidden"}]},
        "body: Extra",
        None,
    ),
    "unauthorized": (401, {"detail": "Invalid API Key"}, "Invalid API Key", None),
    "blocked": (
        403,
        {
            "error": {"message": "Content blocked by guardrail", "status": 403},
            "guardrails": {"results": {"moderation_llm_v2": {"violated": True, "action": "block"}}},
        },
        "Content blocked by guardrail",
        None,
    ),
    "guardrail failed": (
        403,
        {
            "object": "Error",
            "message": "Request blocked",
            "type": "invalid_request_error",
            "code": 3201,
            "guardrails": [{"moderation_llm_v2": {"action": "block"}}],
        },
        "Request blocked",
        3201,
    ),
}
"""The status, the body, and the message and code in it. A call for a conversation of this name is answered with it."""


def reply(request: Any, conversation_id: str) -> cm.ConversationResponse:
    """The answer to a request: a call of the first tool, or a message that repeats the request."""
    if isinstance(request, cm.ConversationRequest) and request.tools:
        outputs: list[cm.OutputEntry] = [_SEARCHED, _CALL]
    elif isinstance(request, cm.ConversationAppendRequest) and request.tool_confirmations:
        said = " ".join(f"{one.tool_call_id}: {one.confirmation}" for one in request.tool_confirmations)
        outputs = [cm.MessageOutputEntry(**_STAMPS, content=said)]
    elif isinstance(request.inputs, str):
        outputs = [cm.MessageOutputEntry(**_STAMPS, content=request.inputs)]
    else:
        results = [entry.result for entry in request.inputs or [] if isinstance(entry, cm.FunctionResultEntry)]
        outputs = [cm.MessageOutputEntry(**_STAMPS, content=" ".join(results)), _SAID]
    usage = cm.ConversationUsageInfo(
        prompt_tokens=5, completion_tokens=2, total_tokens=7, connector_tokens=None, connectors={"web_search": 1}
    )
    return cm.ConversationResponse(conversation_id=conversation_id, outputs=outputs, usage=usage, guardrails=None)


class Service:
    """Answers the calls of section 1 of the wire. ``received``: each request's type and body."""

    def __init__(self) -> None:
        self.received: list[tuple[Any, bytes]] = []

    async def __call__(self, connection: Connection) -> None:
        body = await connection.body()
        try:
            status, answer = self._answer(connection.method, connection.path.partition("?")[0], body)
        except cm.ConversationDecodeError as error:
            status, answer = 500, dumps({"error": str(error)})
        await connection.answer(status, answer)

    def _answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        _, _, _, *rest = path.split("/")
        name = rest[0].replace("%20", " ") if rest else ""
        if name in ERRORS:
            status, document, *_ = ERRORS[name]
            return status, cm.snake.encode(cm.ServiceError(dumps(document)))
        match method, rest:
            case "POST", []:
                return 200, cm.snake.encode(reply(self._read(cm.ConversationRequest, body), KNOWN))
            case "POST", [_]:
                return 200, cm.snake.encode(reply(self._read(cm.ConversationAppendRequest, body), name))
            case "POST", [_, "restart"]:
                return 200, cm.snake.encode(reply(self._read(cm.ConversationRestartRequest, body), RESTARTED))
            case "DELETE", [_]:
                return 204, b""
            case "GET", []:
                return 200, cm.snake.encode(ANSWERS["list"][1])
            case "GET", [_, ("history" | "messages") as what]:
                return 200, cm.snake.encode(ANSWERS[what][1])
            case "GET", [_]:
                return 200, cm.snake.encode(ANSWERS["get agent" if name == _AGENT.id else "get"][1])
        return 404, b"{}"

    def _read(self, tp: Any, body: bytes) -> Any:
        self.received.append((tp, body))
        return cm.snake.decode(body, tp)


def check_received(service: Service, expected: list[Any]) -> None:
    """Assert that the requests are of these types, and that each comes back equal, in both namings, without drift."""
    assert [tp for tp, _ in service.received] == expected
    for tp, body in service.received:
        assert cm.snake.drift(body, tp) == []
        value = cm.snake.decode(body, tp)
        assert json.loads(cm.snake.encode(value)) == json.loads(body)
        camel = cm.camel.encode(value)
        assert cm.camel.drift(camel, tp) == []
        assert cm.camel.decode(camel, tp) == value
        assert json.loads(cm.snake.encode(cm.camel.decode(camel, tp))) == json.loads(body)
