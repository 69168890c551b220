"""The values in the pickle that release 0.2.0 stored: those of the models that 0.1.0 did not have, and a record."""

from datetime import datetime, timezone
from typing import Any

import conversation_models as cm

__all__ = ["STORED_BY_0_2_0"]

_TIME = datetime(2026, 3, 18, 17, 20, 28, 669009, timezone.utc)
_RULES = cm.ToolConfiguration(exclude=["a"], include=None, requires_confirmation=["b"])
_ARGUMENTS = cm.CompletionArgs(
    stop=["END"],
    temperature=0.5,
    max_tokens=100,
    random_seed=None,
    prediction=cm.Prediction(content="Spain"),
    response_format=cm.ResponseFormat(
        type="json_schema",
        json_schema=cm.JSONSchema(name="winner", schema={"type": "object"}, description=None, strict=True),
    ),
    tool_choice="auto",
)
_TOOLS: list[Any] = [
    cm.FunctionTool(function=cm.Function(name="rate", parameters={"type": "object"}, strict=False)),
    cm.WebSearchTool(tool_configuration=_RULES),
    cm.WebSearchPremiumTool(),
    cm.CodeInterpreterTool(tool_configuration=None),
    cm.ImageGenerationTool(),
    cm.DocumentLibraryTool(library_ids=["l1"]),
    cm.CustomConnector(connector_id="c1", authorization=cm.APIKeyAuth(value="key")),
    cm.CustomConnector(connector_id="c2", authorization=cm.OAuth2TokenAuth(value="token")),
    cm.Unknown("new_tool", b'{"type":"new_tool","depth":2.0}'),
]
_GUARDRAILS = [
    cm.GuardrailConfig(
        block_on_error=True,
        moderation_llm_v1=cm.ModerationLlmv1Config(
            custom_category_thresholds=cm.ModerationLlmv1CategoryThresholds(pii=0.1, law=None), action="block"
        ),
        moderation_llm_v2=cm.ModerationLlmv2Config(
            custom_category_thresholds=cm.ModerationLlmv2CategoryThresholds(jailbreaking=1), model_name="m"
        ),
    )
]
_QUESTION = cm.MessageInputEntry(role="user", content=[cm.TextChunk(text="Who won?")], id="e1", created_at=_TIME)
_RESULT = cm.FunctionResultEntry(tool_call_id="t1", result="2.5", completed_at=None)

STORED_BY_0_2_0: list[Any] = [
    cm.ConversationRequest(
        inputs=[_QUESTION, _RESULT],
        stream=True,
        store=None,
        tools=_TOOLS,
        completion_args=_ARGUMENTS,
        guardrails=_GUARDRAILS,
        metadata={"team": "a"},
        model="mistral-medium-latest",
    ).with_unknown_fields({"priority": 1}),
    cm.ConversationAppendRequest(
        inputs=[], tool_confirmations=[cm.ToolCallConfirmation(tool_call_id="t1", confirmation="allow")]
    ),
    cm.ConversationRestartRequest(from_entry_id="e1", inputs="Again", handoff_execution="server", agent_version=2),
    cm.ConversationHistory(conversation_id="conv_1", entries=[_QUESTION, _RESULT]),
    cm.ConversationMessages(conversation_id="conv_1", messages=[_QUESTION]),
    cm.ModelConversation(id="conv_1", created_at=_TIME, updated_at=_TIME, model="m", tools=_TOOLS, guardrails=None),
    cm.AgentConversation(id="conv_2", created_at=_TIME, updated_at=_TIME, agent_id="ag_1", agent_version="3"),
    cm.ServiceError(b'{"detail":"Invalid API Key"}'),
    cm.UsageRecord(
        kind="stream",
        status="failed",
        conversation_id="conv_1",
        usage=cm.ConversationUsageInfo(total_tokens=7),
        models=("m",),
        tools={"web_search": 1},
        function_calls=("rate",),
        error_code=3000,
        error_message="overloaded",
        started_at=_TIME,
        outputs=1,
        events=3,
    ),
]
