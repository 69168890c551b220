"""``Progress``: when a response in a stream has started, ended, failed or been cut off."""

import pytest

import conversation_models as cm
from conversation_models.stream.progress import Progress, Step

from ..support.bodies import BODIES, UNREADABLE, Body
from ..support.each import each

LETTERS = {Step.OPENS: "o", Step.CONTINUES: "c", Step.OUTSIDE: "-"}


def events_of(body: Body) -> list[cm.StreamEvent]:
    decoder = cm.snake.event_decoder()
    return [event for frame in body.events for event in decoder.feed(frame)]


@each("name", BODIES)
def test_each_event_opens_a_response_continues_one_or_is_outside_of_any(name: str) -> None:
    body = BODIES[name]
    progress = Progress()
    assert "".join(LETTERS[progress.take(event)] for event in events_of(body)) == body.steps
    assert progress.responses == len(body.responses)
    assert progress.ended == body.ended
    assert (progress.unreadable is not None) == body.metered.unreadable


@each("name", BODIES)
def test_deltas_within_an_open_response_need_not_be_taken(name: str) -> None:
    body = BODIES[name]
    every, most = Progress(), Progress()
    for event in events_of(body):
        step = every.take(event)
        if step is not Step.CONTINUES or event.type != "message.output.delta":
            assert most.take(event) is step
        assert (most.responses, most.ended, most.unreadable) == (every.responses, every.ended, every.unreadable)


def test_the_malformed_event_that_ended_a_response_is_kept_until_the_next_one_opens() -> None:
    first, end, second, _ = events_of(BODIES["a response after one with a malformed end"])
    progress = Progress()
    progress.take(first)
    progress.take(end)
    assert isinstance(end, cm.InvalidEvent)
    assert progress.unreadable is end
    assert isinstance(end.error, UNREADABLE)
    progress.take(second)
    assert progress.unreadable is None


def test_both_namings_and_both_families_count() -> None:
    for codec in cm.snake, cm.camel:
        progress = Progress()
        started = cm.ResponseStartedEvent(conversation_id="a")
        done = cm.ResponseDoneEvent(usage=cm.ConversationUsageInfo())
        for event in codec.event_decoder().feed(codec.encode_event(started) + codec.encode_event(done)):
            progress.take(event)
        assert (progress.responses, progress.ended) == (1, True)


@pytest.mark.parametrize(
    "raw", [b'{"type":5}', b"[1]", b'{"type":"\xff"}', b"[" * 200_000, b'"conversation.response.done"', b""]
)
def test_malformed_data_without_a_readable_type_leaves_the_decision_to_the_event_field(raw: bytes) -> None:
    error = cm.ConversationDecodeError("malformed")
    progress = Progress()
    progress.take(cm.ResponseStartedEvent(conversation_id="a"))
    progress.take(cm.InvalidEvent(raw, error))
    assert not progress.ended
    progress.take(cm.InvalidEvent(raw, error, "conversation.response.done"))
    assert progress.ended


def test_an_unknown_event_never_counts_as_one_of_ours() -> None:
    # Decoding makes none like these; a program may.
    progress = Progress()
    for kind in "conversation.response.started", "conversation.response.done", "message.output.delta":
        assert progress.take(cm.Unknown(kind, b"{}")) is Step.OUTSIDE
    assert (progress.responses, progress.ended) == (0, False)
