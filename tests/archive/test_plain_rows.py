"""The short way from a response to a row gives the row that a ``UsageRecord`` gives."""

import json
from datetime import datetime, timezone
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from conversation_models import camel, snake
from conversation_models.accounting import absent_counts
from conversation_models.archive.columns import COLUMNS, Row, record_batch, schema_of, values_of
from conversation_models.archive.plain import plain_row

from ..support.amounts import examples
from ..support.archives import ANSWER
from ..support.documents import NAMINGS, Naming
from ..support.program import fixture, in_naming

COUNTS = st.integers(0, 9) | st.sampled_from([2**63 - 1, 2**63, -1, -(2**63), 10**30, None, 1.0, "7"])
USAGES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens", "connector_tokens"), COUNTS),
        "connectors": st.none() | st.dictionaries(st.sampled_from(["a", "b"]), COUNTS, max_size=2),
        "prompt_tokens_details": st.just({"cached_tokens": 1}),
        "totalTokens": COUNTS,
        "total_tokens ": COUNTS,
    },
)
TIMES = st.sampled_from(
    [
        *("2025-03-04T09:15:02.000001Z", "2025-03-04T09:15:02.5Z", "2025-03-04T10:15:03+01:00", "2025-03-04T09:15:00"),
        *("2025-02-30T09:15:00Z", "2025-03-04T24:00:00Z", "2025-03-04T09:15:60Z", "2025-03-04T09:15:02.1234567Z"),
        *("0000-03-04T09:15:00Z", "2025-03-04 09:15:00Z", "2025-03-04t09:15:00z", "2025-03-04T09:15Z", "2025-03-04"),
        *("soon", "", None),
    ]
)
OUTPUTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["message.output", "tool.execution", "function.call", "agent.handoff", "video.output"])},
    optional={
        "name": st.sampled_from(["web_search", "rate"]),
        "model": st.none() | st.sampled_from(["m1", "m2"]),
        "agent_id": st.none() | st.just("ag_1"),
        "created_at": TIMES,
        "completed_at": TIMES,
        "content": st.just("Hi"),
    },
)


def both_ways(body: Any, naming: Naming) -> tuple[Any, Any]:
    """The rows that the short way and the long way make of a body; ``None`` of a way that does not take it."""
    text = json.dumps(in_naming(body, naming)).encode()
    codec = snake if naming == "snake" else camel
    # A view, as of a body in an envelope.
    short = plain_row(memoryview(text), codec, 5, ["red"])
    record = codec.summarize(text)
    is_read = record.status == "completed"
    long = values_of(Row(5, record, absent_counts(record.usage, text)), ["red"]) if is_read else None
    schema = schema_of(["team"])
    return short and record_batch("a", [short], schema), long and record_batch("a", [long], schema)


@given(st.lists(OUTPUTS, max_size=4), st.none() | USAGES, st.sampled_from(NAMINGS))
@examples(1000)
def test_both_ways_make_the_same_row(outputs: list[Any], usage: Any, naming: Naming) -> None:
    body = {"conversation_id": "c", "outputs": outputs} | ({} if usage is None else {"usage": usage})
    short, long = both_ways(body, naming)
    assert (short is None) == (long is None)
    assert short is None or short.equals(long)
    assert short is None or short.validate(full=True) is None


@given(st.binary(max_size=60), st.sampled_from(NAMINGS))
@examples(300)
def test_neither_way_takes_what_is_not_a_response(data: bytes, naming: Naming) -> None:
    codec = snake if naming == "snake" else camel
    assert plain_row(data, codec, 0, []) is None
    assert codec.summarize(data).status != "completed"


@given(st.lists(st.none() | TIMES | st.datetimes(), min_size=1, max_size=4))
@examples(300)
def test_the_times_of_a_column_are_those_that_msgspec_reads(times: list[Any]) -> None:
    row = plain_row(b'{"conversation_id": "c", "outputs": []}', snake, 0, [])
    assert row is not None
    at = COLUMNS.names.index("started_at") - 1
    batch = record_batch("a", [(*row[:at], time, *row[at + 1 :]) for time in times], COLUMNS)
    assert batch["started_at"].to_pylist() == [time_or_none(time) for time in times]


def time_or_none(value: Any) -> datetime | None:
    try:
        time = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return None
    return time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time


def test_usual_responses_are_plain() -> None:
    usual = [fixture(name) for name in ("web_search", "thinking", "function_call", "handoff", "image_generation")]
    for naming in NAMINGS:
        for body in usual:
            short, long = both_ways(body, naming)
            assert short is not None
            assert short.equals(long)


def test_unusual_usages_are_plain_too() -> None:
    counts = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    response: dict[str, Any] = {"conversation_id": "c", "outputs": []}
    for body in (
        ANSWER,  # A field that no model has.
        response,
        response | {"usage": {}},
        response | {"usage": {"total_tokens": 2}},
        response | {"usage": counts},
    ):
        short, long = both_ways(body, "snake")
        assert short is not None
        assert short.equals(long)


def test_what_a_row_cannot_hold_is_not_plain() -> None:
    response = {"conversation_id": "c", "outputs": []}
    assert both_ways(response | {"usage": {"total_tokens": 2**63}}, "snake") == (None, None)
    assert both_ways({"outputs": [], "usage": {"total_tokens": 2}}, "snake") == (None, None)
    # An output without a tag is decoded to see which it is.
    short, long = both_ways(response | {"outputs": [{"content": "Hi", "role": "assistant"}]}, "snake")
    assert (short, long["outputs"].to_pylist(), long["unknown"].to_pylist()) == (None, [1], [0])
