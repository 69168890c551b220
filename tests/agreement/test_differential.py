"""Documents of the official SDK's own JSON Schema, and of ours: both libraries read them alike, or a list says why not.

``test_sdk_agreement`` makes its documents from our table of the wire. Here each library's own schema makes them, so
that a field missing from one of the three shows.
"""

import copy
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, seed, settings
from mistralai.client import models as sdk
from mistralai.client.models.conversationevents import UnknownConversationEventsData
from msgspec import UNSET, structs
from pydantic import TypeAdapter, ValidationError

import conversation_models as cm
from conversation_models.spelling.families import PLAIN

from ..support.amounts import amount, in_full_if_long
from ..support.documents import dumps
from ..support.schema_strategies import Documents
from ..support.sdk import members_of, same

EXAMPLES = amount(50, 250)
SECONDS = float(os.environ.get("LONG_SECONDS", "60"))
REJECTED = object()

THEIRS: dict[Any, TypeAdapter[Any]] = {
    cm.ConversationResponse: TypeAdapter(sdk.ConversationResponse),
    cm.ConversationEvent: TypeAdapter(sdk.ConversationEventsData),
}
TYPES = list(THEIRS)
NAMES = ["responses", "events"]

# Differences between their schema and the wire ---------------------------------------------------------------------

NOT_SENT = {
    "null for a field that may be absent": "Their models read null wherever a field is optional. The service's "
    "schema allows it for some fields only, which their models call OptionalNullable.",
    "an event without a type": "Theirs returns an untyped event; ours recognises it by its fields.",
}


def their_schema(type: Any) -> dict[str, Any]:
    """The SDK's schema without the differences in ``NOT_SENT``."""
    schema = copy.deepcopy(THEIRS[type].json_schema())
    for definition in [schema, *schema["$defs"].values()]:
        for field in definition.get("properties", {}).values():
            if "anyOf" in field:
                field["anyOf"] = [arm for arm in field["anyOf"] if arm != {"type": "null"}]
    if "anyOf" in schema:
        schema["anyOf"] = [arm for arm in schema["anyOf"] if not arm["$ref"].endswith("UnknownConversationEventsData")]
    return schema


def our_schema(type: Any) -> dict[str, Any]:
    """Our schema, with the format of times, which msgspec leaves out."""
    schema = msgspec.json.schema(PLAIN["snake"].type(type))
    for definition in schema["$defs"].values():
        for name in {"created_at", "completed_at"} & definition["properties"].keys():
            for arm in definition["properties"][name].get("anyOf", [definition["properties"][name]]):
                if arm["type"] == "string":
                    arm["format"] = "date-time"
    return schema


# Documents that theirs rejects -------------------------------------------------------------------------------------

RESPONSE = {"conversation_id": "c", "usage": {}}
REFERENCE = {"type": "reference", "reference_ids": [1]}
# Why the service sends it, and a document that shows it.
ONLY_OURS: dict[str, tuple[str, dict[str, Any]]] = {
    "response without usage": (
        "absent in the documented response that waits for a confirmation",
        {"conversation_id": "c", "outputs": []},
    ),
    "tool.execution without arguments": (
        "absent in documented responses",
        {**RESPONSE, "outputs": [{"type": "tool.execution", "name": "web_search"}]},
    ),
    "tool.execution.started without arguments": (
        "absent in the documented stream",
        {"type": "tool.execution.started", "id": "t", "name": "web_search"},
    ),
    "tool_reference without tool or title": (
        "left out, or null, by the service at times",
        {**RESPONSE, "outputs": [{"type": "message.output", "content": [{"type": "tool_reference", "title": None}]}]},
    ),
    "reference in a message": (
        "seen in messages; theirs reads it in reasoning only",
        {**RESPONSE, "outputs": [{"type": "message.output", "content": [REFERENCE]}]},
    ),
    "conversation.response.error without code": (
        "left out in the tests of other readers",
        {"type": "conversation.response.error", "message": "m"},
    ),
    "function.call.delta without id": (
        "left out by the service at times",
        {"type": "function.call.delta", "name": "f", "tool_call_id": "t", "arguments": ""},
    ),
}
# Fields that the service sends and the schema lacks: theirs ignores them.
FIELDS_ONLY_OURS = {"function", "source"}


def as_theirs_has_it(value: Any) -> Any:
    """``value`` without those fields."""
    if isinstance(value, list):
        return [as_theirs_has_it(member) for member in value]
    members = {name: as_theirs_has_it(member) for name, member in members_of(value).items()}
    if not members:
        return value
    return structs.replace(value, **(members | dict.fromkeys(FIELDS_ONLY_OURS & members.keys(), UNSET)))


def why_only_ours(value: Any, parent: Any = None) -> Iterator[str]:
    """The keys of ``ONLY_OURS`` that apply to ``value`` or to a part of it."""
    if isinstance(value, cm.ToolExecutionEntry) and value.arguments is UNSET:
        yield "tool.execution without arguments"
    if isinstance(value, cm.ToolExecutionStartedEvent) and value.arguments is UNSET:
        yield "tool.execution.started without arguments"
    if isinstance(value, cm.ToolReferenceChunk) and (value.tool is UNSET or not isinstance(value.title, str)):
        yield "tool_reference without tool or title"  # Theirs reads a tool that is null.
    if isinstance(value, cm.ReferenceChunk) and isinstance(parent, (cm.MessageOutputEntry, cm.MessageOutputEvent)):
        yield "reference in a message"
    if isinstance(value, cm.FunctionCallEvent) and value.id is UNSET:
        yield "function.call.delta without id"
    if isinstance(value, cm.ResponseErrorEvent) and value.code is UNSET:
        yield "conversation.response.error without code"
    for member in members_of(value).values():
        for part in member if isinstance(member, list) else [member]:
            yield from why_only_ours(part, value)


# The comparison ----------------------------------------------------------------------------------------------------


def theirs_of(type: Any, data: bytes) -> Any:
    try:
        model = THEIRS[type].validate_json(data)
    except ValidationError:
        return REJECTED
    return REJECTED if isinstance(model, UnknownConversationEventsData) else model


def compare(type: Any, data: bytes, seen: Counter[str]) -> None:
    """Assert that both read ``data`` alike, or that theirs rejects it for a reason on the list."""
    value = cm.snake.decode(data, type)
    model = theirs_of(type, data)
    reasons = set(why_only_ours(value))
    if isinstance(value, cm.ConversationResponse) and "usage" not in json.loads(data):
        reasons.add("response without usage")
    if reasons:
        assert model is REJECTED, f"theirs reads {reasons}: {data!r}"
        seen.update(reasons)
    else:
        assert model is not REJECTED, f"theirs rejects {data!r}"
        same(as_theirs_has_it(value), model)
        seen["agreed"] += 1


def run(type: Any, schema: dict[str, Any], required: frozenset[str], count: int, number: int) -> Counter[str]:
    seen: Counter[str] = Counter()

    @seed(number)
    @settings(max_examples=count, database=None)
    @given(Documents(schema, required).strategy)
    def check(document: Any) -> None:
        compare(type, dumps(document), seen)

    check()
    return seen


def required_in(type: Any) -> frozenset[str]:
    return frozenset({"type"}) if type is cm.ConversationEvent else frozenset()


@in_full_if_long
@pytest.mark.parametrize("type", TYPES, ids=NAMES)
def test_both_read_documents_of_their_schema_alike(type: Any) -> None:
    seen = run(type, their_schema(type), required_in(type), EXAMPLES, 1)
    assert seen["agreed"] > EXAMPLES // 2, seen


@in_full_if_long
def test_theirs_rejects_documents_of_our_schema_only_for_reasons_on_the_list() -> None:
    seen = Counter[str]()
    for type in TYPES:
        seen += run(type, our_schema(type), frozenset(), EXAMPLES, 2)
    assert seen["agreed"] > EXAMPLES // 2, seen
    assert seen.keys() <= ONLY_OURS.keys() | {"agreed"}


@pytest.mark.parametrize("name", ONLY_OURS)
def test_each_difference_on_the_list_has_a_document_that_shows_it(name: str) -> None:
    """So the list holds no difference that has gone."""
    document = ONLY_OURS[name][1]
    type = cm.ConversationEvent if "type" in document else cm.ConversationResponse
    seen = Counter[str]()
    compare(type, dumps(document), seen)
    assert seen == {name: 1}


def optional_and_null() -> Iterator[tuple[str, str]]:
    """The optional fields in which their schema allows null, as (class, field)."""
    for type in TYPES:
        for name, definition in THEIRS[type].json_schema()["$defs"].items():
            for field, schema in definition.get("properties", {}).items():
                if {"type": "null"} in schema.get("anyOf", ()) and hasattr(cm, name):
                    yield name, field


def test_null_is_refused_for_a_field_that_may_only_be_absent() -> None:
    """The first difference of ``NOT_SENT``: ours refuses null in these fields, except those nullable on the wire."""
    read = set()
    fields = set(optional_and_null())
    for name, field in fields:
        cls = getattr(cm, name)
        required: dict[str, Any] = {
            "name": "n",
            "content": "c",
            "tool_call_id": "t",
            "arguments": "{}",
            "id": "i",
            "url": "u",
        }
        required |= {key: "s" for key in cls.__struct_fields__ if key not in required and is_required(cls, key)}
        document = {key: value for key, value in required.items() if key in cls.__struct_fields__}
        document |= {"thinking": []} if name == "ThinkChunk" else {}
        document |= {"reference_ids": []} if name == "ReferenceChunk" else {}
        document |= {"usage": {}} if name == "ResponseDoneEvent" else {}
        document |= {"code": 1} if name == "ResponseErrorEvent" else {}
        if field == "type":
            continue
        cm.snake.decode(dumps(document), cls)
        try:
            cm.snake.decode(dumps({**document, field: None}), cls)
        except cm.ConversationDecodeError as error:
            assert error.path == f"$.{field}"  # noqa: PT017
        else:
            read.add((name, field))
    assert len(fields) > 40
    assert read == {("ToolExecutionEntry", "info"), ("ToolExecutionDoneEvent", "info")}


def is_required(cls: Any, name: str) -> bool:
    return any(field.name == name and field.required for field in structs.fields(cls))


def test_only_ours_reads_an_event_without_a_type() -> None:
    data = dumps({"conversation_id": "c"})
    assert theirs_of(cm.ConversationEvent, data) is REJECTED
    assert cm.snake.decode(data, cm.ConversationEvent) == cm.ResponseStartedEvent(conversation_id="c")


@pytest.mark.long
@pytest.mark.parametrize("type", TYPES, ids=NAMES)
@pytest.mark.parametrize("of", ["their schema", "our schema"])
def test_both_read_many_documents_alike(of: str, type: Any) -> None:
    """A quarter of ``LONG_SECONDS`` for each, a thousand documents at a time, and at least two thousand."""
    schema = their_schema(type) if of == "their schema" else our_schema(type)
    required = required_in(type) if of == "their schema" else frozenset[str]()
    end, seen, number = time.monotonic() + SECONDS / 4, Counter[str](), 100
    while number < 102 or time.monotonic() < end:
        seen += run(type, schema, required, 1000, number)
        number += 1
    print(f"{of}, {NAMES[TYPES.index(type)]}: {dict(seen)}")
    assert seen["agreed"] > 250
