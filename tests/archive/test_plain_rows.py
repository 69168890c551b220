"""The short way from a response to a row gives the row that a ``UsageRecord`` gives."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conversation_models import camel, snake
from conversation_models.archive.columns import Row, Rows
from conversation_models.archive.counts import absent_counts
from conversation_models.archive.plain import plain_row

from ..support.amounts import examples
from ..support.archives import ANSWER
from ..support.documents import NAMINGS, Naming
from ..support.program import fixture, in_naming

COUNTS = st.integers(0, 9) | st.sampled_from([2**63 - 1, 2**63, -1, 10**30, None, 1.0, "7"])
USAGES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens", "connector_tokens"), COUNTS),
        "connectors": st.none() | st.dictionaries(st.sampled_from(["a", "b"]), COUNTS, max_size=2),
        "prompt_tokens_details": st.just({"cached_tokens": 1}),
        "totalTokens": COUNTS,
    },
)
TIMES = st.sampled_from(
    ["2025-03-04T09:15:02.000001Z", "2025-03-04T10:15:03+01:00", "2025-03-04T09:15:00", "soon", None]
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
    """The rows that the short way and the long way make of a body; ``None`` if the short way does not take it."""
    text = json.dumps(in_naming(body, naming)).encode()
    short = plain_row(text, naming, 5, ["red"])
    if short is None:
        return None, None
    codec = snake if naming == "snake" else camel
    record = codec.summarize(text)
    assert record.status == "completed"
    rows, others = Rows("a", ["team"]), Rows("a", ["team"])
    rows.add_values(short)
    assert others.add(Row(5, record, absent_counts(record.usage, text, naming), ["red"]))
    return rows.take(), others.take()


@given(st.lists(OUTPUTS, max_size=4), USAGES, st.sampled_from(NAMINGS))
@examples(1000)
def test_both_ways_make_the_same_row(outputs: list[Any], usage: Any, naming: Naming) -> None:
    short, long = both_ways({"conversation_id": "c", "outputs": outputs, "usage": usage}, naming)
    assert short is None or short.equals(long)


def test_usual_responses_are_plain() -> None:
    usual = [fixture(name) for name in ("web_search", "thinking", "function_call", "handoff", "image_generation")]
    for naming in NAMINGS:
        for body in usual:
            short, long = both_ways(body, naming)
            assert short is not None
            assert short.equals(long)


def test_unusual_usages_are_not_plain() -> None:
    counts = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    unusual = [
        ANSWER,  # A field that no model has.
        {"conversation_id": "c", "outputs": []},
        {"conversation_id": "c", "outputs": [], "usage": {}},
        {"conversation_id": "c", "outputs": [], "usage": {"total_tokens": 2}},
        {"conversation_id": "c", "outputs": [], "usage": counts | {"total_tokens": 2**63}},
        {"outputs": [], "usage": counts},
    ]
    assert [both_ways(body, "snake") for body in unusual] == [(None, None)] * len(unusual)
    assert both_ways({"conversation_id": "c", "outputs": [], "usage": counts}, "snake")[0] is not None
