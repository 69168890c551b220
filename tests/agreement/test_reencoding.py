"""Documents of the official SDK's JSON Schema: the codec writes back the JSON that the SDK writes back.

In optional nullable fields, the SDK drops values that it cannot read, without an error. So it proves nothing that the
SDK accepts a document: its JSON for the document is compared with its JSON for the one that the codec wrote.
"""

import copy
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, seed, settings
from mistralai.client import models as sdk
from mistralai.client.models.conversationrequest import ConversationRequestTool
from pydantic import TypeAdapter, ValidationError

import conversation_models as cm

from ..support.amounts import amount, in_full_if_long
from ..support.documents import UNIONS, dumps
from ..support.schema_strategies import Documents

EXAMPLES = amount(12, 250)
SECONDS = float(os.environ.get("LONG_SECONDS", "60"))

THEIRS: dict[str, tuple[Any, TypeAdapter[Any]]] = {
    "responses": (cm.ConversationResponse, TypeAdapter(sdk.ConversationResponse)),
    "requests": (cm.ConversationRequest, TypeAdapter(sdk.ConversationRequest)),
    "streamed requests": (cm.ConversationRequest, TypeAdapter(sdk.ConversationStreamRequest)),
    "appends": (cm.ConversationAppendRequest, TypeAdapter(sdk.ConversationAppendRequest)),
    "streamed appends": (cm.ConversationAppendRequest, TypeAdapter(sdk.ConversationAppendStreamRequest)),
    "restarts": (cm.ConversationRestartRequest, TypeAdapter(sdk.ConversationRestartRequest)),
    "streamed restarts": (cm.ConversationRestartRequest, TypeAdapter(sdk.ConversationRestartStreamRequest)),
    "histories": (cm.ConversationHistory, TypeAdapter(sdk.ConversationHistory)),
    "messages": (cm.ConversationMessages, TypeAdapter(sdk.ConversationMessages)),
    "model conversations": (cm.Conversation, TypeAdapter(sdk.ModelConversation)),
    "agent conversations": (cm.Conversation, TypeAdapter(sdk.AgentConversation)),
    "lists of conversations": (
        list[cm.Conversation],
        TypeAdapter(list[sdk.AgentsAPIV1ConversationsListResponse]),
    ),
    "tools": (cm.Tool, TypeAdapter(ConversationRequestTool)),
}

# Differences between their schema and what they read or write --------------------------------------------------------

NEED_TAGS = {cls.__name__ for union in ("tool", "authorization") for cls in UNIONS[union]}
"""Their schema says that ``type`` may be absent. Theirs rejects these then, as the service does; to ours they are
unknown."""

OPEN: dict[tuple[str, str], frozenset[str]] = {
    ("", "confirmation_status"): frozenset({"pending", "allowed", "denied"}),
    ("", "detail"): frozenset({"low", "auto", "high"}),
    ("", "reasoning_effort"): frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"}),
    ("completion_args", "tool_choice"): frozenset({"auto", "none", "any", "required"}),
    ("response_format", "type"): frozenset({"text", "json_object", "json_schema"}),
    ("moderation_llm_v1", "action"): frozenset({"none", "block"}),
    ("moderation_llm_v2", "action"): frozenset({"none", "block"}),
}
"""The known values of open enums. Where null is possible, theirs drops a new value, and any object that holds one."""


def new_values(value: Any, name: str, parent: str = "") -> Iterator[str]:
    """The open enums in ``value``, a field of this name, that have a new value."""
    known = OPEN.get(("", name)) or OPEN.get((parent, name))
    if known and isinstance(value, str) and value not in known:
        yield name
    if isinstance(value, dict):
        for inner, member in value.items():
            yield from new_values(member, inner, name)


def their_schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """The SDK's schema without null for fields that may only be absent, without its own marker for unknown members,
    and with the tags that it needs."""
    schema: dict[str, Any] = copy.deepcopy(adapter.json_schema())
    for name, definition in [("", schema), *schema["$defs"].items()]:
        for field in definition.get("properties", {}).values():
            if "anyOf" in field:
                field["anyOf"] = [arm for arm in field["anyOf"] if arm != {"type": "null"}]
        if definition.get("title", name) in NEED_TAGS:
            definition["required"] = [*definition.get("required", ()), "type"]
    for part in _parts_of(schema):
        for arms in part.keys() & {"anyOf", "oneOf"}:
            part[arms] = [arm for arm in part[arms] if not arm.get("$ref", "").startswith("#/$defs/Unknown")]
    return schema


def _parts_of(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _parts_of(part)


# The comparison ------------------------------------------------------------------------------------------------------


def written_by_theirs(adapter: TypeAdapter[Any], data: bytes, *, with_defaults: bool) -> Any:
    model = adapter.validate_json(data)
    # Its own types warn of a string that is not among the known ones of an open enum.
    return json.loads(adapter.dump_json(model, by_alias=True, exclude_unset=not with_defaults, warnings=False))


def differing(ours: Any, theirs: Any, name: str = "", parent: str = "") -> Iterator[tuple[str, Any, str]]:
    """The fields that only one of the two has, or in which they differ: the name, our value, the object's own name."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in ours.keys() | theirs.keys():
            if key in ours and key in theirs:
                yield from differing(ours[key], theirs[key], key, name)
            else:
                yield key, ours.get(key), name
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            yield from differing(one, other, name, parent)
    elif (type(ours), ours) != (type(theirs), theirs):
        yield name, ours, parent


def compare(tp: Any, adapter: TypeAdapter[Any], data: bytes, seen: Counter[str]) -> None:
    ours = cm.snake.encode(cm.snake.decode(data, tp))
    # To the SDK, what ours wrote is what was sent, ...
    sent, again = (written_by_theirs(adapter, one, with_defaults=True) for one in (data, ours))
    assert again == sent
    # ... and it has nothing that the SDK does not write back.
    for name, value, parent in differing(json.loads(ours), written_by_theirs(adapter, ours, with_defaults=False)):
        reasons = list(new_values(value, name, parent))
        assert reasons, f"{name}: {data!r}"
        seen.update(reasons)
    seen["compared"] += 1


def run(name: str, count: int, number: int) -> Counter[str]:
    tp, adapter = THEIRS[name]
    seen = Counter[str]()

    @seed(number)
    @settings(max_examples=count, database=None)
    @given(Documents(their_schema(adapter)).strategy)
    def check(document: Any) -> None:
        compare(tp, adapter, dumps(document), seen)

    check()
    return seen


@in_full_if_long
@pytest.mark.parametrize("name", THEIRS)
def test_the_codec_writes_back_the_json_that_the_sdk_writes_back(name: str) -> None:
    assert run(name, EXAMPLES, 1)["compared"] >= EXAMPLES // 2


def in_history(entry: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "histories", {"conversation_id": "c", "entries": [entry]}


def in_restart(guardrail: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "restarts", {"from_entry_id": "e", "guardrails": [guardrail]}


LOST = {
    ("", "confirmation_status"): in_history(
        {"tool_call_id": "t", "name": "n", "arguments": "", "confirmation_status": "new"}
    ),
    ("", "detail"): in_history({"role": "user", "content": [{"image_url": {"url": "u", "detail": "new"}}]}),
    ("", "reasoning_effort"): ("appends", {"completion_args": {"reasoning_effort": "new"}}),
    ("completion_args", "tool_choice"): ("requests", {"inputs": "", "completion_args": {"tool_choice": "new"}}),
    ("response_format", "type"): ("appends", {"completion_args": {"response_format": {"type": "new"}}}),
    ("moderation_llm_v1", "action"): in_restart({"moderation_llm_v1": {"action": "new"}}),
    ("moderation_llm_v2", "action"): in_restart({"moderation_llm_v2": {"action": "new"}}),
}


@pytest.mark.parametrize("enum", OPEN, ids=".".join)
def test_theirs_drops_a_new_value_of_an_open_enum_where_null_is_possible(enum: tuple[str, str]) -> None:
    """So the list holds no enum for which that has changed."""
    kind, document = LOST[enum]
    seen = Counter[str]()
    compare(*THEIRS[kind], dumps(document), seen)
    assert seen == {enum[1]: 1, "compared": 1}


@pytest.mark.parametrize("name", ["tools", "requests"])
def test_theirs_rejects_a_tool_without_a_type_and_ours_keeps_it(name: str) -> None:
    tp, adapter = THEIRS[name]
    tool = {"library_ids": ["l"]}
    document = tool if name == "tools" else {"inputs": "", "tools": [tool]}
    with pytest.raises(ValidationError, match="Unable to extract tag"):
        adapter.validate_json(dumps(document))
    value: Any = cm.snake.decode(dumps(document), tp)
    assert (value if name == "tools" else value.tools[0]) == cm.Unknown(None, dumps(tool))


DROPPED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a wrong argument": (
        "requests",
        {"inputs": "", "completion_args": {"stop": 5}},
        "completion_args",
        "$.completion_args.stop",
    ),
    "counts that are not numbers": (
        "responses",
        {"conversation_id": "c", "outputs": [], "usage": {"connectors": {"a": "x"}}},
        "connectors",
        "$.usage.connectors[...]",
    ),
    "a wrong tool configuration": (
        "tools",
        {"type": "web_search", "tool_configuration": {"exclude": 5}},
        "tool_configuration",
        "$.tool_configuration.exclude",
    ),
}


@pytest.mark.parametrize("name", DROPPED)
def test_theirs_drops_an_object_that_it_cannot_read_and_ours_says_where_it_is_wrong(name: str) -> None:
    """Theirs marks an absent field with an empty model, which any object fits."""
    kind, document, lost, path = DROPPED[name]
    tp, adapter = THEIRS[kind]
    kept = written_by_theirs(adapter, dumps(document), with_defaults=False)
    assert [name for name, *_ in differing(document, kept)] == [lost]
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.snake.decode(dumps(document), tp)
    assert caught.value.path == path


@pytest.mark.long
@pytest.mark.parametrize("name", THEIRS)
def test_the_codec_writes_back_many_documents_as_the_sdk_does(name: str) -> None:
    """``LONG_SECONDS`` for all together, a thousand documents at a time."""
    end, seen, number = time.monotonic() + SECONDS / len(THEIRS), Counter[str](), 100
    while time.monotonic() < end:
        seen += run(name, 1000, number)
        number += 1
    print(f"{name}: {dict(seen)}")
    assert seen["compared"] > EXAMPLES
