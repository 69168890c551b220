"""The wire as a table, and a plain reader of it that the codecs are compared with.

The table is typed by hand from the service's API, not derived from the models. The code below it works on ``json`` and
dicts. The only part of the library that it uses is the classes of the values to compare.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, NamedTuple

from msgspec import UNSET

import conversation_models as cm

Naming = Literal["camel", "snake"]
NAMINGS: tuple[Naming, ...] = ("camel", "snake")
CODECS: dict[Naming, cm.Codec] = {"camel": cm.camel, "snake": cm.snake}


class Field(NamedTuple):
    """A field on the wire: ``kind`` is the type of its value, ``default`` the value that absence means, or ``None``."""

    kind: str
    required: bool
    nullable: bool
    default: int | str | dict[str, Any] | None


class Shape(NamedTuple):
    cls: Any
    tag: str | None
    fields: dict[str, Field]


# ``name!kind`` is required, ``name?kind`` may be absent, ``/null`` may be null; ``name=x`` is a constant or a count
# that is ``x`` when absent, or an object that is empty when absent.
_ENTRY = "object=entry created_at?time completed_at?time/null id?str "
_EVENT = "created_at?time "
_CONFIGURED = "tool_configuration?configuration/null"
_RUN = "stream?bool store?bool handoff_execution?handoff completion_args?args "
_CONVERSATION = "object=conversation id!str created_at!time updated_at!time "
_ABOUT = "name?str/null description?str/null metadata?object/null "
_THRESHOLDS = (
    "sexual?number/null hate_and_discrimination?number/null violence_and_threats?number/null selfharm?number/null "
    "health?number/null financial?number/null law?number/null pii?number/null "
)
_MODERATION = "model_name?str ignore_other_categories?bool action?str custom_category_thresholds?"
_TABLE: dict[Any, tuple[str | None, str]] = {
    cm.ConversationResponse: (
        None,
        "object=conversation.response conversation_id!str outputs!entries usage={} guardrails?objects/null",
    ),
    cm.ConversationUsageInfo: (
        None,
        "prompt_tokens=0 completion_tokens=0 total_tokens=0 connector_tokens?int/null connectors?counts/null",
    ),
    cm.MessageOutputEntry: (
        "message.output",
        _ENTRY + "content!content role=assistant agent_id?str/null model?str/null",
    ),
    cm.ToolExecutionEntry: (
        "tool.execution",
        _ENTRY + "name!str arguments?str info?object/null agent_id?str/null model?str/null function?str/null",
    ),
    cm.FunctionCallEntry: (
        "function.call",
        _ENTRY + "tool_call_id!str name!str arguments!arguments agent_id?str/null model?str/null "
        "confirmation_status?str/null",
    ),
    cm.AgentHandoffEntry: (
        "agent.handoff",
        _ENTRY + "previous_agent_id!str previous_agent_name!str next_agent_id!str next_agent_name!str",
    ),
    cm.TextChunk: ("text", "text!str"),
    cm.ThinkChunk: ("thinking", "thinking!thoughts closed?bool signature?str/null"),
    cm.ImageURLChunk: ("image_url", "image_url!image"),
    cm.ImageURL: (None, "url!str detail?str/null"),
    cm.DocumentURLChunk: ("document_url", "document_url!str document_name?str/null"),
    cm.ToolFileChunk: ("tool_file", "tool!str file_id!str file_name?str/null file_type?str/null"),
    cm.ToolReferenceChunk: (
        "tool_reference",
        "tool?str/null title?str/null url?str/null favicon?str/null description?str/null source?str/null",
    ),
    cm.ReferenceChunk: ("reference", "reference_ids!ids"),
    cm.ResponseStartedEvent: ("conversation.response.started", _EVENT + "conversation_id!str"),
    cm.MessageOutputEvent: (
        "message.output.delta",
        _EVENT + "id!str content!delta output_index=0 content_index=0 model?str/null agent_id?str/null role=assistant",
    ),
    cm.ToolExecutionStartedEvent: (
        "tool.execution.started",
        _EVENT + "id!str name!str arguments?str output_index=0 model?str/null agent_id?str/null function?str/null",
    ),
    cm.ToolExecutionDeltaEvent: (
        "tool.execution.delta",
        _EVENT + "id!str name!str arguments!str output_index=0 function?str/null",
    ),
    cm.ToolExecutionDoneEvent: (
        "tool.execution.done",
        _EVENT + "id!str name!str output_index=0 info?object/null function?str/null",
    ),
    cm.FunctionCallEvent: (
        "function.call.delta",
        _EVENT + "id?str name!str tool_call_id!str arguments!str output_index=0 model?str/null agent_id?str/null "
        "confirmation_status?str/null",
    ),
    cm.AgentHandoffStartedEvent: (
        "agent.handoff.started",
        _EVENT + "id!str previous_agent_id!str previous_agent_name!str output_index=0",
    ),
    cm.AgentHandoffDoneEvent: (
        "agent.handoff.done",
        _EVENT + "id!str next_agent_id!str next_agent_name!str output_index=0",
    ),
    cm.ResponseDoneEvent: ("conversation.response.done", _EVENT + "usage!usage"),
    cm.ResponseErrorEvent: ("conversation.response.error", _EVENT + "message!str code?int"),
    cm.MessageInputEntry: ("message.input", _ENTRY + "role!str content!content prefix?bool"),
    cm.FunctionResultEntry: ("function.result", _ENTRY + "tool_call_id!str result!str"),
    cm.Function: (None, "name!str parameters!object description?str strict?bool"),
    cm.FunctionTool: ("function", "function!function"),
    cm.ToolConfiguration: (None, "exclude?strs/null include?strs/null requires_confirmation?strs/null"),
    cm.WebSearchTool: ("web_search", _CONFIGURED),
    cm.WebSearchPremiumTool: ("web_search_premium", _CONFIGURED),
    cm.CodeInterpreterTool: ("code_interpreter", _CONFIGURED),
    cm.ImageGenerationTool: ("image_generation", _CONFIGURED),
    cm.DocumentLibraryTool: ("document_library", "library_ids!strs " + _CONFIGURED),
    cm.OAuth2TokenAuth: ("oauth2-token", "value!str"),
    cm.APIKeyAuth: ("api-key", "value!str"),
    cm.CustomConnector: ("connector", "connector_id!str authorization?authorization/null " + _CONFIGURED),
    cm.Prediction: ("content", "content?str"),
    cm.JSONSchema: (None, "name!str schema!object description?str/null strict?bool"),
    cm.ResponseFormat: (None, "type?str json_schema?schema/null"),
    cm.CompletionArgs: (
        None,
        "stop?stop/null presence_penalty?number/null frequency_penalty?number/null temperature?number/null "
        "top_p?number/null max_tokens?int/null random_seed?int/null prediction?prediction/null "
        "response_format?format/null tool_choice?str/null reasoning_effort?str/null",
    ),
    cm.ModerationLlmv1CategoryThresholds: (None, _THRESHOLDS + "dangerous_and_criminal_content?number/null"),
    cm.ModerationLlmv2CategoryThresholds: (
        None,
        _THRESHOLDS + "dangerous?number/null criminal?number/null jailbreaking?number/null",
    ),
    cm.ModerationLlmv1Config: (None, _MODERATION + "thresholds_1/null"),
    cm.ModerationLlmv2Config: (None, _MODERATION + "thresholds_2/null"),
    cm.GuardrailConfig: (
        None,
        "block_on_error?bool moderation_llm_v1?moderation_1/null moderation_llm_v2?moderation_2/null",
    ),
    cm.ToolCallConfirmation: (None, "tool_call_id!str confirmation!confirmation"),
    cm.ConversationRequest: (
        None,
        "inputs!inputs stream?bool store?bool/null handoff_execution?handoff/null instructions?str/null "
        "tools?tools/null completion_args?args/null guardrails?guardrails/null agent_id?str/null "
        "agent_version?version/null model?str/null " + _ABOUT,
    ),
    cm.ConversationAppendRequest: (None, "inputs?inputs tool_confirmations?confirmations/null " + _RUN),
    cm.ConversationRestartRequest: (
        None,
        "from_entry_id!str inputs?inputs guardrails?guardrails/null metadata?object/null agent_version?version/null "
        + _RUN,
    ),
    cm.ConversationHistory: (None, "object=conversation.history conversation_id!str entries!history"),
    cm.ConversationMessages: (None, "object=conversation.messages conversation_id!str messages!messages"),
    cm.ModelConversation: (
        None,
        _CONVERSATION
        + "model!str instructions?str/null tools?tools completion_args?args guardrails?guardrails/null "
        + _ABOUT,
    ),
    cm.AgentConversation: (None, _CONVERSATION + "agent_id!str agent_version?version/null " + _ABOUT),
}


def _field(sign: str, rest: str) -> Field:
    if sign == "=":
        defaults = {"0": Field("int", False, False, 0), "{}": Field("usage", False, False, {})}
        return defaults.get(rest, Field("constant", False, False, rest))
    kind, _, null = rest.partition("/")
    return Field(kind, sign == "!", bool(null), None)


SHAPES = {
    cls: Shape(cls, tag, {name: _field(sign, rest) for name, sign, rest in re.findall(r"(\w+)([!?=])(\S+)", fields)})
    for cls, (tag, fields) in _TABLE.items()
}

# The fields that identify an untagged member: the first that is present decides.
_ENTRIES = {
    "previous_agent_id": cm.AgentHandoffEntry,
    "tool_call_id": cm.FunctionCallEntry,
    "content": cm.MessageOutputEntry,
    "name": cm.ToolExecutionEntry,
}
_CHUNKS = {
    "text": cm.TextChunk,
    "thinking": cm.ThinkChunk,
    "image_url": cm.ImageURLChunk,
    "document_url": cm.DocumentURLChunk,
    "file_id": cm.ToolFileChunk,
    "title": cm.ToolReferenceChunk,
    "reference_ids": cm.ReferenceChunk,
}
_INPUTS = {
    "previous_agent_id": cm.AgentHandoffEntry,
    "tool_call_id": cm.FunctionCallEntry,
    "result": cm.FunctionResultEntry,
    "role": cm.MessageInputEntry,
    "content": cm.MessageOutputEntry,
    "name": cm.ToolExecutionEntry,
}
_CONVERSATIONS = {"agent_id": cm.AgentConversation, "model": cm.ModelConversation}
RECOGNISED: dict[str, dict[str, Any]] = {
    "entry": _ENTRIES,
    "input": _INPUTS,
    "message": {name: _INPUTS[name] for name in ("role", "content")},
    "conversation": _CONVERSATIONS,
    "tool": {},
    "authorization": {},
    "chunk": _CHUNKS,
    "thought": {name: _CHUNKS[name] for name in ("text", "title", "reference_ids")},
    "event": {},
}
UNIONS = {
    "entry": list(_ENTRIES.values()),
    "chunk": list(_CHUNKS.values()),
    "thought": list(RECOGNISED["thought"].values()),
    "event": [cls for cls in SHAPES if cls.__name__.endswith("Event")],
    "input": list(_INPUTS.values()),
    "message": [cm.MessageInputEntry, cm.MessageOutputEntry],
    "tool": [cls for cls in SHAPES if cls.__name__.endswith("Tool")] + [cm.CustomConnector],
    "authorization": [cm.OAuth2TokenAuth, cm.APIKeyAuth],
    "conversation": list(_CONVERSATIONS.values()),
}
UNION_TYPES = {
    "entry": cm.OutputEntry,
    "chunk": cm.ContentChunk,
    "event": cm.ConversationEvent,
    "input": cm.InputEntry,
    "message": cm.MessageEntry,
    "tool": cm.Tool,
    "authorization": cm.Authorization,
    "conversation": cm.Conversation,
}
MODEL_OF = {
    "usage": cm.ConversationUsageInfo,
    "image": cm.ImageURL,
    "function": cm.Function,
    "configuration": cm.ToolConfiguration,
    "prediction": cm.Prediction,
    "schema": cm.JSONSchema,
    "format": cm.ResponseFormat,
    "args": cm.CompletionArgs,
    "thresholds_1": cm.ModerationLlmv1CategoryThresholds,
    "thresholds_2": cm.ModerationLlmv2CategoryThresholds,
    "moderation_1": cm.ModerationLlmv1Config,
    "moderation_2": cm.ModerationLlmv2Config,
}
"""For a kind of field, the model of an object in it."""
MODELS_OF = {"guardrails": cm.GuardrailConfig, "confirmations": cm.ToolCallConfirmation}
"""For a kind of field, the model of the objects in its list."""
UNION_OF = {
    "entries": "entry",
    "content": "chunk",
    "delta": "chunk",
    "thoughts": "thought",
    "inputs": "input",
    "history": "input",
    "messages": "message",
    "tools": "tool",
    "authorization": "authorization",
}
"""For a kind of field, the union of an object in it, or of the members of its list."""

_CAMEL = {
    name: re.sub(r"_(\w)", lambda match: match[1].upper(), name) for shape in SHAPES.values() for name in shape.fields
} | {"schema": "schemaDefinition"}


def key(name: str, naming: Naming) -> str:
    """A schema's own field as it is spelled in ``naming``."""
    return name if naming == "snake" else _CAMEL[name]


def dumps(document: Any) -> bytes:
    """Compact JSON. The text of a member inside a document is ``dumps(member)``."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def exact(document: Any) -> str:
    """A text that is equal for equal JSON values. It distinguishes 1, 1.0 and true, and ignores the order of keys."""
    return json.dumps(document, sort_keys=True)


class Reading:
    """Walks a document in one naming and rebuilds it from the results of its methods, which subclasses define."""

    def __init__(self, naming: Naming) -> None:
        self.naming: Naming = naming

    def model(self, shape: Shape, fields: dict[str, Any], extra: dict[str, Any], path: str) -> Any:
        """Rebuild a model from its fields, already rebuilt, by Python names, and from its unknown fields."""
        raise NotImplementedError

    def unknown(self, member: Any, path: str) -> Any:  # noqa: ARG002
        return member

    def time(self, text: str) -> Any:
        return text

    def read(self, value: Any, kind: str, path: str) -> Any:
        union = UNION_OF.get(kind)
        if union and isinstance(value, list):
            return [self.member(member, union, f"{path}[{index}]") for index, member in enumerate(value)]
        if union and isinstance(value, dict):
            return self.member(value, union, path)
        if isinstance(value, dict) and kind in MODEL_OF:
            return self.object(value, MODEL_OF[kind], path)
        if isinstance(value, list) and kind in MODELS_OF:
            return [self.object(member, MODELS_OF[kind], f"{path}[{index}]") for index, member in enumerate(value)]
        return self.time(value) if kind == "time" and isinstance(value, str) else value

    def member(self, value: Any, union: str, path: str = "$") -> Any:
        cls = class_of(value, union, self.naming)
        return self.unknown(value, path) if cls is None else self.object(value, cls, path)

    def object(self, value: dict[str, Any], cls: Any, path: str = "$") -> Any:
        shape = SHAPES[cls]
        names = {key(name, self.naming): name for name in shape.fields}
        fields = {
            names[k]: self.read(v, shape.fields[names[k]].kind, f"{path}.{k}") for k, v in value.items() if k in names
        }
        extra = {k: v for k, v in value.items() if k not in names and (k != "type" or shape.tag is None)}
        return self.model(shape, fields, extra, path)


def class_of(member: Any, union: str, naming: Naming) -> Any:
    """The model of a member of a union, ``None`` if it is unknown."""
    if not isinstance(member, dict):
        return None
    if "type" in member and union != "conversation":
        return next((cls for cls in UNIONS[union] if SHAPES[cls].tag == member["type"]), None)
    found = next((cls for name, cls in RECOGNISED[union].items() if key(name, naming) in member), None)
    return cm.MessageOutputEntry if found is cm.MessageInputEntry and _is_output(member, naming) else found


def _is_output(message: dict[str, Any], naming: Naming) -> bool:
    """Whether an untagged message with a role is an output."""
    if message["role"] != "assistant":
        return False
    content = message.get("content")
    cited = content if isinstance(content, list) else []
    return (
        key("agent_id", naming) in message
        or "model" in message
        or any(class_of(chunk, "chunk", naming) is cm.ToolReferenceChunk for chunk in cited)
    )


class _Value(Reading):
    def model(self, shape: Shape, fields: dict[str, Any], extra: dict[str, Any], path: str) -> Any:  # noqa: ARG002
        return shape.cls(**fields).with_unknown_fields(extra)

    def unknown(self, member: Any, path: str) -> cm.Unknown:  # noqa: ARG002
        tag = member.get("type") if isinstance(member, dict) else None
        return cm.Unknown(tag if isinstance(tag, str) else None, dumps(member))

    def time(self, text: str) -> datetime:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))


class _Written(Reading):
    def model(self, shape: Shape, fields: dict[str, Any], extra: dict[str, Any], path: str) -> Any:
        defaults = {
            name: self.read(field.default, field.kind, path)
            for name, field in shape.fields.items()
            if field.default is not None
        }
        written = {key(name, self.naming): value for name, value in {**defaults, **fields}.items()}
        return {**extra, **({"type": shape.tag} if shape.tag else {}), **written}


class _Respelled(Reading):
    def model(self, shape: Shape, fields: dict[str, Any], extra: dict[str, Any], path: str) -> Any:  # noqa: ARG002
        other: Naming = "camel" if self.naming == "snake" else "snake"
        return {**extra, **({"type": shape.tag} if shape.tag else {}), **{key(k, other): v for k, v in fields.items()}}


def _of(reading: type[Reading]) -> Callable[[Any, Any, Naming], Any]:
    def read(document: Any, type: Any, naming: Naming) -> Any:
        reader = reading(naming)
        return reader.member(document, type) if type in UNIONS else reader.object(document, type)

    return read


# Each takes a document, its model or the name of its union, and its naming.
value_of = _of(_Value)
"""The value of the document, built from the public classes."""
written = _of(_Written)
"""The document after decoding and encoding: with constants, counts and indexes."""
respelled = _of(_Respelled)
"""The same document in the other naming; untagged members of models get their tag."""


def minimal(cls: Any) -> dict[str, Any]:
    """A value for each required field of a model, by Python names."""
    some: dict[str, Any] = {
        "str": "s", "int": 7, "ids": [1], "arguments": "{}", "entries": [], "content": "s", "delta": "s",
        "thoughts": [], "image": "s", "usage": {}, "object": {}, "strs": [],
        "function": {"name": "s", "parameters": {}},
        "confirmation": "allow", "inputs": "s", "history": [], "messages": [], "time": "2025-06-06T10:00:00Z",
    }  # fmt: skip
    return {name: some[field.kind] for name, field in SHAPES[cls].fields.items() if field.required}


def absent_as_unset(cls: Any) -> dict[str, Any]:
    """The attributes of a model for fields that are absent on the wire."""
    return {
        name: UNSET if field.default is None else field.default
        for name, field in SHAPES[cls].fields.items()
        if not field.required
    }
