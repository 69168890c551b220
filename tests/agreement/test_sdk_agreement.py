"""The official ``mistralai`` package as a second opinion: documents that both libraries accept are read alike."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mistralai.client import models as sdk
from mistralai.client.models.conversationevents import UnknownConversationEventsData
from pydantic import TypeAdapter, ValidationError

import conversation_models as cm

from ..support.amounts import examples
from ..support.documents import SHAPES, Shape, dumps
from ..support.each import each
from ..support.sdk import Acceptable, same
from ..support.strategies import wire_events, wire_responses

_RESPONSE: TypeAdapter[Any] = TypeAdapter(sdk.ConversationResponse)
_EVENT: TypeAdapter[Any] = TypeAdapter(sdk.ConversationEventsData)


# Ours reads these, and the SDK rejects them. The service sends them, so a lossless codec must accept them.
ONLY_OURS: dict[str, tuple[Any, Any]] = {
    "responses without usage, as documented": (cm.ConversationResponse, {"conversation_id": "c", "outputs": []}),
    "tool executions without arguments, as documented": (cm.OutputEntry, {"type": "tool.execution", "name": "t"}),
    "tool references without a title": (cm.OutputEntry, {"content": [{"type": "tool_reference", "tool": "t"}]}),
    "tool references with a null title": (cm.OutputEntry, {"content": [{"type": "tool_reference", "title": None}]}),
    "tool references without a tool": (cm.OutputEntry, {"content": [{"type": "tool_reference", "title": "T"}]}),
    "references in a message's content": (cm.OutputEntry, {"content": [{"type": "reference", "reference_ids": [1]}]}),
    "entries that are new": (cm.OutputEntry, {"type": "video.output", "content": "x"}),
    "chunks that are new": (cm.OutputEntry, {"content": [{"type": "video_url"}]}),
    "started events without arguments, as documented": (
        cm.ConversationEvent,
        {"type": "tool.execution.started", "id": "i", "name": "t"},
    ),
    "function calls without id, as seen": (
        cm.ConversationEvent,
        {"type": "function.call.delta", "name": "f", "tool_call_id": "c", "arguments": ""},
    ),
    "error events without code": (cm.ConversationEvent, {"type": "conversation.response.error", "message": "m"}),
    "new chunks in a known event": (
        cm.ConversationEvent,
        {"type": "message.output.delta", "id": "i", "content": {"type": "video_url"}},
    ),
}

# The SDK reads these, and ours rejects them: a value of another JSON type could not be written back unchanged.
# The schema rules them out, and no documented payload holds one.
ONLY_THEIRS: dict[str, tuple[Any, Any]] = {
    "null for a timestamp that is not nullable": (cm.OutputEntry, {"content": "", "created_at": None}),
    "null for a constant": (cm.OutputEntry, {"content": "", "object": None}),
    "a count in a string": (cm.ConversationUsageInfo, {"total_tokens": "1"}),
    "a count with a fraction of zero": (cm.ConversationUsageInfo, {"total_tokens": 1.0}),
    "a timestamp that is a number": (cm.OutputEntry, {"content": "", "created_at": 1748350773}),
    "a timestamp that is a date": (cm.OutputEntry, {"content": "", "created_at": "2025-05-27"}),
}

# Both read these, and the SDK loses a field when it writes them: the last item.
LOST_BY_THEIRS: dict[str, tuple[Any, Any, str]] = {
    "fields that are not in the schema: function": (
        cm.OutputEntry,
        {"name": "t", "arguments": "", "function": "f"},
        "function",
    ),
    "null information": (cm.OutputEntry, {"name": "t", "arguments": "", "info": None}, "info"),
    "a status other than those it knows": (
        cm.OutputEntry,
        {"name": "t", "tool_call_id": "c", "arguments": "", "confirmation_status": "waiting"},
        "confirmation_status",
    ),
    "a detail other than those it knows": (cm.ImageURL, {"url": "u", "detail": "highest"}, "detail"),
    "fields that are not in the schema: source": (
        cm.ToolReferenceChunk,
        {"tool": "t", "title": "T", "source": "s"},
        "source",
    ),
}

_THEIRS = {
    cm.OutputEntry: TypeAdapter(sdk.ConversationResponseOutput),
    cm.ConversationEvent: _EVENT,
    **{cls: TypeAdapter(getattr(sdk, cls.__name__)) for cls in SHAPES},
}


@each("name", ONLY_OURS)
def test_only_ours_reads_and_keeps_these_documents(name: str) -> None:
    ours, document = ONLY_OURS[name]
    again = json.loads(cm.snake.encode(cm.snake.decode(dumps(document), ours)))
    assert again | document == again
    if ours is cm.ConversationEvent:
        assert isinstance(_EVENT.validate_python(document), UnknownConversationEventsData)
    else:
        with pytest.raises(ValidationError):
            _THEIRS[ours].validate_python(document)


@pytest.mark.parametrize("name", ONLY_THEIRS)
def test_only_theirs_reads_these_documents(name: str) -> None:
    ours, document = ONLY_THEIRS[name]
    _THEIRS[ours].validate_json(dumps(document))
    document = {"type": "message.output", **document} if ours is cm.OutputEntry else document
    with pytest.raises(cm.ConversationDecodeError):
        cm.snake.decode(dumps(document), ours)


@pytest.mark.parametrize("name", LOST_BY_THEIRS)
def test_both_read_these_documents_and_only_ours_keeps_the_field(name: str) -> None:
    ours, document, field = LOST_BY_THEIRS[name]
    model = _THEIRS[ours].validate_json(dumps(document))
    assert field not in json.loads(_THEIRS[ours].dump_json(model, by_alias=True))
    assert json.loads(cm.snake.encode(cm.snake.decode(dumps(document), ours)))[field] == document[field]


def check(document: Any, ours: Any, theirs: TypeAdapter[Any]) -> None:
    # Both read the document alike, ...
    value, model = cm.snake.decode(dumps(document), ours), theirs.validate_json(dumps(document))
    same(value, model)
    # ... and each reads the other's output.
    same(value, theirs.validate_json(cm.snake.encode(value)))
    assert cm.snake.decode(theirs.dump_json(model, by_alias=True), ours) == value


class Untagged(Acceptable):
    """The same, without the tags of entries and chunks."""

    def model(self, shape: Shape, fields: dict[str, Any], extra: dict[str, Any], path: str) -> Any:
        document = super().model(shape, fields, extra, path)
        document.pop("type", None)
        return document


def check_response(document: dict[str, Any], reading: type[Acceptable]) -> None:
    check(reading("snake").object(document, cm.ConversationResponse), cm.ConversationResponse, _RESPONSE)


def check_event(document: dict[str, Any]) -> None:
    document = Acceptable("snake").member(document, "event")
    assert not isinstance(_EVENT.validate_python(document), UnknownConversationEventsData)
    check(document, cm.ConversationEvent, _EVENT)


@examples(400)
@given(wire_responses("snake", open=False))
def test_both_read_responses_alike(document: dict[str, Any]) -> None:
    check_response(document, Acceptable)


@examples(200)
@given(wire_responses("snake", open=False))
def test_both_read_untagged_responses_alike(document: dict[str, Any]) -> None:
    check_response(document, Untagged)


@examples(400)
@given(wire_events("snake", open=False))
def test_both_read_events_alike(document: dict[str, Any]) -> None:
    check_event(document)


@pytest.mark.long
@settings(max_examples=3_000)
@given(wire_responses("snake", open=False), st.sampled_from([Acceptable, Untagged]))
def test_both_read_many_responses_alike(document: dict[str, Any], reading: type[Acceptable]) -> None:
    check_response(document, reading)


@pytest.mark.long
@settings(max_examples=3_000)
@given(wire_events("snake", open=False))
def test_both_read_many_events_alike(document: dict[str, Any]) -> None:
    check_event(document)
