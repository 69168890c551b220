"""``StreamMeter.stop``: a gateway ends a stream early, in a way that whoever reads it takes for an end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

import conversation_models as cm

from ..support.accounts import pairs_in
from ..support.bodies import BODIES, CUT_OFF, ERROR, STOP, done, hi, started
from ..support.each import each

USAGE = cm.ConversationUsageInfo(total_tokens=7)
EVENTS = [started("a"), hi("1"), hi("2"), hi("3"), done(7)]


def fed(events: list[bytes]) -> cm.StreamMeter:
    meter = cm.snake.meter()
    for event in events:
        meter.feed(event)
    return meter


@pytest.mark.parametrize("count", range(5))
def test_what_was_relayed_and_the_end_are_a_whole_response(count: int) -> None:
    sent = EVENTS[:count]
    stream = [*sent, fed(sent).stop()]
    response = cm.collect(cm.snake.iter_events(stream))
    assert response == cm.collect(cm.snake.iter_events([*sent, done(0)]))
    assert (response.conversation_id, response.text) == ("a" if sent else "", "123"[: max(0, count - 1)])

    async def source() -> AsyncIterator[bytes]:
        for chunk in stream:
            yield chunk

    assert asyncio.run(cm.acollect(cm.snake.aiter_events(source()))) == response
    builder = cm.ResponseBuilder()
    for event in cm.snake.iter_events(stream):
        builder.add(event)
    assert builder.finish() == response


def test_the_end_is_one_event_in_either_naming() -> None:
    for codec in cm.snake, cm.camel:
        end = codec.meter().stop()
        assert pairs_in(end) == [(b'{"type":"conversation.response.done","usage":{}}', "conversation.response.done")]
        assert list(codec.iter_events([end])) == [cm.ResponseDoneEvent(usage=cm.ConversationUsageInfo())]


def test_the_record_says_stopped_and_no_usage() -> None:
    meter = fed(EVENTS[:3])
    before = meter.record
    meter.stop()
    assert before.status == "truncated"
    expected = cm.UsageRecord(
        kind="stream", status="stopped", conversation_id="a", outputs=1, events=3, deltas=2, bytes=before.bytes
    )
    assert meter.record == expected
    meter.stop()
    meter.close()
    assert meter.records == [expected]
    assert (meter.done, meter.usage, meter.error) == (False, None, None)


def test_a_stream_that_is_stopped_before_its_first_event_is_one_too() -> None:
    meter = cm.snake.meter()
    meter.stop()
    assert meter.record == cm.UsageRecord(kind="stream", status="stopped")
    assert meter.records == []
    meter.feed(EVENTS[0])
    assert [record.status for record in meter.records] == ["stopped"]


def test_reading_on_to_the_end_tells_the_usage() -> None:
    meter = fed(EVENTS[:2])
    meter.stop()
    for event in EVENTS[2:]:
        meter.feed(event)
    assert (meter.record.status, meter.record.usage, meter.done) == ("stopped", USAGE, True)
    assert (meter.record.deltas, meter.record.events) == (3, 5)


@pytest.mark.parametrize(
    ("end", "error"),
    [(ERROR, "Out of order"), (b'data: {"type":"conversation.response.done","usage":5}\n\n', None), (b"", None)],
)
def test_a_stopped_stream_stays_stopped_however_the_rest_of_it_ends(end: bytes, error: Any) -> None:
    meter = fed(EVENTS[:2])
    meter.stop()
    meter.feed(end)
    meter.close()
    assert (meter.record.status, meter.record.usage, meter.record.error_message) == ("stopped", None, error)


@each("name", [name for name, body in BODIES.items() if body.ended and not body.stopped])
def test_after_the_end_stopping_changes_nothing(name: str) -> None:
    meter = fed([BODIES[name].bytes])
    records, state = meter.records, (meter.done, meter.usage, meter.error, meter.conversation_id)
    assert meter.stop() == STOP
    assert meter.records == records
    assert (meter.done, meter.usage, meter.error, meter.conversation_id) == state
    meter.close()
    assert meter.records == records


def test_only_the_response_that_is_open_is_stopped() -> None:
    meter = fed([*EVENTS, started("b"), hi("1")])
    meter.stop()
    meter.feed(done(8) + started("c") + hi("1") + done(9))
    assert [(record.conversation_id, record.status) for record in meter.records] == [
        ("a", "completed"),
        ("b", "stopped"),
        ("c", "completed"),
    ]


def test_without_the_end_a_client_sees_that_the_stream_was_cut_off() -> None:
    with pytest.raises(CUT_OFF):
        cm.collect(cm.snake.iter_events(EVENTS[:3]))
