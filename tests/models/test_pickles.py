"""Pickles name no internal module, and those that older releases stored keep loading."""

import pickle
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from msgspec import Raw, Struct

import conversation_models as cm

from ..support.amounts import amount, in_full_if_long
from ..support.copies import modules_named_in
from ..support.each import each
from ..support.examples import MODELS, full, least
from .stored import STORED_BY_0_2_0

FIXTURES = Path(__file__).parents[1] / "fixtures"
UNKNOWN = cm.Unknown("video.output", b'{"type":"video.output","frames":[1,2.0]}')
FAILURE = cm.ServiceError(b'{"error":"overloaded"}', "error")
PARTIAL = cm.ConversationResponse(
    conversation_id="c",
    outputs=[cm.MessageOutputEntry(content=[cm.TextChunk(text="Hi"), UNKNOWN]), UNKNOWN],
    usage=cm.ConversationUsageInfo(total_tokens=7),
)
ERRORS: list[Exception] = [
    cm.ConversationModelsError("any"),
    cm.ConversationDecodeError("Expected `str`, got `int` - at `$.outputs[0].name`", "$.outputs[0].name"),
    cm.EventTooLargeError("too large"),
    cm.MultipleResponsesError("two"),
    cm.TruncatedStreamError("cut off", b"data: {", PARTIAL),
    cm.ConversationResponseError(cm.ResponseErrorEvent(message="overloaded", code=3000), PARTIAL),
]


def in_both_namings(value: Any) -> Iterator[Any]:
    """``value``, and what either codec reads of it."""
    yield value
    for codec in (cm.camel, cm.snake):
        yield codec.decode(codec.encode(value), type(value))


def parts(value: Any) -> Any:
    """What makes two values equal, for those too that compare by identity."""
    if isinstance(value, BaseException):
        return type(value), value.args, vars(value)
    if isinstance(value, cm.InvalidEvent):
        return cm.InvalidEvent, value.raw, parts(value.error), value.event
    return value


PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
protocols = each("protocol", PROTOCOLS)


@in_full_if_long
@each("cls", MODELS)
def test_a_pickled_model_names_no_internal_module(cls: Any) -> None:
    # By default, a third of the protocols, and another third for the next model.
    share = amount(3, 1)
    for example in (full(cls), least(cls)):
        for value, protocol in product(in_both_namings(example), PROTOCOLS[MODELS.index(cls) % share :: share]):
            pickled = pickle.dumps(value, protocol)
            assert modules_named_in(pickled) == {"conversation_models"}
            loaded = pickle.loads(pickled)
            assert loaded == example
            assert type(loaded) is cls


@protocols
@each("value", [UNKNOWN, FAILURE, cm.ConversationResponseError(FAILURE, PARTIAL), *ERRORS])
def test_a_pickled_unknown_or_exception_names_no_internal_module(value: Any, protocol: int) -> None:
    pickled = pickle.dumps(value, protocol)
    assert modules_named_in(pickled) == {"conversation_models"}
    assert parts(pickle.loads(pickled)) == parts(value)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickled_invalid_event_names_no_internal_module(protocol: int) -> None:
    (event,) = cm.snake.event_decoder().feed(b'event: a\ndata: {"type": 1]\n\n')
    assert isinstance(event, cm.InvalidEvent)
    pickled = pickle.dumps(event, protocol)
    assert modules_named_in(pickled) == {"conversation_models"}
    assert parts(pickle.loads(pickled)) == parts(event)


@protocols
def test_pickled_public_classes_and_functions_name_no_internal_module(protocol: int) -> None:
    named = [public for name in cm.__all__ if isinstance(public := getattr(cm, name), (type, FunctionType))]
    pickled = pickle.dumps(named, protocol)
    assert modules_named_in(pickled) == {"conversation_models"}
    assert pickle.loads(pickled) == named


def test_every_public_exception_is_pickled_here() -> None:
    public = [getattr(cm, name) for name in cm.__all__]
    assert {type(error) for error in ERRORS} == {
        cls for cls in public if isinstance(cls, type) and issubclass(cls, Exception)
    }


# The stored pickle ------------------------------------------------------------------------------------------------

UTC = timezone.utc
USAGE = cm.ConversationUsageInfo(
    prompt_tokens=129, completion_tokens=94, total_tokens=292, connector_tokens=69, connectors={"web_search": 1}
)
SOURCE = cm.ToolReferenceChunk(tool="web_search", title="Winners", url="https://example.org", favicon=None)
STORED: list[Any] = [
    cm.ConversationResponse(
        conversation_id="conv_1",
        outputs=[
            cm.ToolExecutionEntry(
                id="tool_exec_1",
                created_at=datetime(2025, 5, 27, 12, 59, 33, 171501, UTC),
                completed_at=datetime(2025, 5, 27, 14, 59, 34, tzinfo=timezone(timedelta(hours=2))),
                name="web_search",
                arguments='{"query": "été"}',
                info={"code": "1", "code_output": [1, 2.5, None, True]},
                function="web_search",
            ),
            cm.MessageOutputEntry(
                content=[
                    cm.ThinkChunk(
                        thinking=[cm.TextChunk(text="Hm"), cm.ReferenceChunk(reference_ids=[1, "two"]), SOURCE],
                        closed=True,
                        signature="c2ln",
                    ),
                    cm.TextChunk(text="Spain won"),
                    SOURCE,
                    cm.ImageURLChunk(image_url=cm.ImageURL(url="https://example.org/a.png", detail="low")),
                    cm.ImageURLChunk(image_url="data:image/png;base64,AA=="),
                    cm.DocumentURLChunk(document_url="https://example.org/a.pdf", document_name="a.pdf"),
                    cm.ToolFileChunk(tool="image_generation", file_id="f1", file_name="image_0", file_type="png"),
                    cm.Unknown("video_url", b'{"type":"video_url","frames":[1,2.0]}'),
                ],
                agent_id=None,
                model="mistral-medium-2505",
            ),
            cm.FunctionCallEntry(
                completed_at=None, tool_call_id="t1", name="rate", arguments={"date": "2024-06-06"}, agent_id="ag_1"
            ),
            cm.FunctionCallEntry(tool_call_id="t2", name="rate", arguments="{}", confirmation_status="pending"),
            cm.AgentHandoffEntry(
                previous_agent_id="ag_1", previous_agent_name="one", next_agent_id="ag_2", next_agent_name="two"
            ),
            cm.Unknown(None, b"[0]"),
        ],
        usage=USAGE,
        guardrails=[{"moderation_llm_v2": {"action": "none"}}],
    ),
    cm.ResponseHead(conversation_id="conv_1", usage=USAGE, outputs=Raw(b'[{"content":"Hi"}]')),
    cm.ResponseStartedEvent(conversation_id="conv_1", created_at=datetime(2026, 3, 18, 17, 20, 28, 669009, UTC)),
    cm.MessageOutputEvent(id="m1", content="Sp", output_index=1, content_index=2, model="m", agent_id="ag_1"),
    cm.MessageOutputEvent(id="m1", content=SOURCE),
    cm.ToolExecutionStartedEvent(id="x1", name="web_search", arguments="{", function="web_search"),
    cm.ToolExecutionDeltaEvent(id="x1", name="web_search", arguments="}"),
    cm.ToolExecutionDoneEvent(id="x1", name="web_search", info=None),
    cm.FunctionCallEvent(name="rate", tool_call_id="t1", arguments="{}", confirmation_status=None),
    cm.AgentHandoffStartedEvent(id="h1", previous_agent_id="ag_1", previous_agent_name="one"),
    cm.AgentHandoffDoneEvent(id="h1", next_agent_id="ag_2", next_agent_name="two", output_index=3),
    cm.ResponseDoneEvent(usage=cm.ConversationUsageInfo(connectors=None)),
    cm.ResponseErrorEvent(message="overloaded", code=3000),
    cm.InvalidEvent(b"{", cm.ConversationDecodeError("Input data was truncated (byte 1)"), "message"),
    *ERRORS,
]


# ``pickle.dumps(values, 4)``, as each release wrote it. None is ever written again: to add values, store another.
@pytest.mark.parametrize(("release", "values"), [("0.1.0", STORED), ("0.2.0", STORED_BY_0_2_0)])
def test_a_stored_pickle_loads(release: str, values: list[Any]) -> None:
    loaded = pickle.loads((FIXTURES / f"pickled-by-{release}.pickle").read_bytes())
    assert len(loaded) == len(values)
    for value, expected in zip(loaded, values, strict=True):
        assert type(value) is type(expected)
        assert parts(value) == parts(expected)
        if type(value) in MODELS:
            assert cm.snake.encode(value) == cm.snake.encode(expected)


def test_every_model_is_in_a_stored_pickle() -> None:
    assert {cls.__name__ for cls in MODELS} <= {type(value).__name__ for value in _within([STORED, STORED_BY_0_2_0])}


def _within(value: Any) -> Iterator[Any]:
    """``value`` and every value inside of it."""
    yield value
    if isinstance(value, Struct):
        members: Any = [getattr(value, name) for name in value.__struct_fields__]
    else:
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for member in members:
        yield from _within(member)
