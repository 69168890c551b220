"""``iter_events``, ``aiter_events`` and ``StreamMeter`` on every body of ``support.bodies``, under every cut."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import conversation_models as cm

from ..support.accounts import pairs_in, records_of
from ..support.amounts import in_full_if_long
from ..support.bodies import BODIES, CUTS, HALF, Body, Metered, Recorded, done, hi, recorded, started
from ..support.each import each
from ..support.streams import cut, seen, some_cuts

every_body = each("name", BODIES)


def events_of(body: Body) -> list[Any]:
    """The events, each read by a decoder of its own."""
    events = [event for frame in body.events for event in map(seen, cm.snake.event_decoder().feed(frame))]
    assert len(events) == len(body.events)
    return events


def iterated(chunks: list[bytes]) -> tuple[list[Any], Any]:
    """The events, and the bytes that are pending if the stream was cut off."""
    events: list[Any] = []
    try:
        for event in cm.snake.iter_events(chunks, strict=False):
            events.append(seen(event))  # noqa: PERF401 - those before the error count.
    except cm.TruncatedStreamError as error:
        return events, error.pending
    return events, None


def iterated_asynchronously(chunks: list[bytes]) -> tuple[list[Any], Any]:
    async def source() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def run() -> tuple[list[Any], Any]:
        events: list[Any] = []
        try:
            async for event in cm.snake.aiter_events(source(), strict=False):
                events.append(seen(event))  # noqa: PERF401
        except cm.TruncatedStreamError as error:
            return events, error.pending
        return events, None

    return asyncio.run(run())


@in_full_if_long
@every_body
def test_iter_events_yields_every_event_and_raises_if_the_latest_response_was_cut_off_in_one(name: str) -> None:
    body = BODIES[name]
    expected = (events_of(body), body.rest if body.rest and not body.ended else None)
    for chunks in some_cuts(body.bytes):
        assert iterated(chunks) == expected
    assert iterated_asynchronously([body.bytes]) == expected


def test_iter_events_yields_the_whole_events_of_a_body_that_is_cut_off_after_any_byte() -> None:
    for data, body in CUTS:
        expected = (events_of(body), body.rest if body.rest and not body.ended else None)
        assert iterated([data]) == iterated(cut(data, [1])) == expected


def metered(meter: cm.StreamMeter) -> Metered:
    return Metered(
        meter.conversation_id,
        None if meter.usage is None else meter.usage.total_tokens,
        None if meter.error is None else meter.error.message,
        meter.done,
        meter.unreadable is not None,
    )


def fed(chunks: list[bytes], body: Body, *, closed: bool = True) -> cm.StreamMeter:
    """A meter that was fed these chunks of a body."""
    meter = cm.snake.meter()
    for chunk in chunks:
        meter.feed(chunk)
    if body.stopped:
        assert meter.stop() == body.events[-1]
    if closed:
        meter.close()
    return meter


@in_full_if_long
@every_body
def test_a_meter_describes_the_latest_response_and_records_each(name: str) -> None:
    body = BODIES[name]
    for chunks in some_cuts(body.upstream):
        meter = fed(chunks, body)
        assert metered(meter) == body.metered
        assert list(map(recorded, meter.records)) == body.records
        assert recorded(meter.record) == (body.records or [NO_RESPONSE])[-1]


NO_RESPONSE = Recorded("truncated")


@every_body
def test_a_meter_that_nobody_closes_records_the_same(name: str) -> None:
    body = BODIES[name]
    assert list(map(recorded, fed([body.upstream], body, closed=False).records)) == body.records


def test_a_meter_records_a_body_that_is_cut_off_after_any_byte() -> None:
    for data, body in CUTS:
        for chunks in [data], cut(data, [1]):
            meter = fed(chunks, body)
            assert metered(meter) == body.metered
            assert list(map(recorded, meter.records)) == body.records


@every_body
def test_a_client_that_leaves_after_an_event_leaves_the_record_of_the_events_before(name: str) -> None:
    meter, sent = cm.snake.meter(), b""
    for event in BODIES[name].events:
        meter.feed(event)
        sent += event
        assert meter.records == records_of(pairs_in(sent), cm.snake)


@every_body
def test_the_bytes_of_a_record_are_those_of_the_data_of_its_events(name: str) -> None:
    body = BODIES[name]
    sizes: list[int] = []
    for event, step in zip(body.events[: -1 if body.stopped else None], body.steps, strict=False):
        if step == "o":
            sizes.append(0)
        if step != "-":
            data = [line[6:] for line in event.removeprefix(b"\xef\xbb\xbf").splitlines() if line.startswith(b"data: ")]
            sizes[-1] += len(b"\n".join(line for line in data if line != b"[DONE]"))
    assert [record.bytes for record in fed([body.upstream], body).records] == sizes


def test_a_meter_says_which_event_could_not_be_read() -> None:
    raw = b'{"type":"conversation.response.done","usage":{"total_tokens":"7"}}'
    meter = cm.snake.meter()
    meter.feed(started("a") + hi("1") + b"data: " + raw + b"\n\n")
    assert (meter.conversation_id, meter.usage, meter.done) == ("a", None, True)
    assert isinstance(meter.unreadable, cm.InvalidEvent)
    assert (meter.unreadable.raw, meter.unreadable.error.path) == (raw, "$.usage.total_tokens")
    meter.feed(started("b"))
    assert metered(meter) == Metered("b")


def test_data_of_an_unknown_type_is_not_an_end_whatever_its_name() -> None:
    frame = b'event: conversation.response.done\ndata: {"type":5,"usage":{}}\n\n'
    [event] = cm.snake.event_decoder().feed(frame)
    assert event == cm.Unknown(None, b'{"type":5,"usage":{}}')
    meter = cm.snake.meter()
    meter.feed(started("a") + frame)
    assert metered(meter) == Metered("a")
    meter.feed(done(7))
    assert metered(meter) == Metered("a", 7, done=True)


def test_a_response_that_ends_without_its_last_blank_line_is_metered_if_its_data_is_whole() -> None:
    for end, expected in [
        (done(7), Metered("a", 7, done=True)),
        (b'data: {"type":"conversation.response.done","usage":5}\n\n', Metered("a", done=True, unreadable=True)),
    ]:
        body = started("a") + end
        for length in range(len(started("a")), len(body) + 1):
            meter = cm.snake.meter()
            meter.feed(body[:length])
            meter.close()
            # The end of the JSON, which the two line ends follow.
            assert metered(meter) == (expected if length >= len(body) - 2 else Metered("a")), length


def test_a_long_read_that_starts_a_response_is_not_mixed_with_the_one_before_it() -> None:
    deltas = b"event: message.output.delta\n" + hi("1")
    body = started("a") + deltas * 200 + done(7) + started("b") + deltas * 200
    for chunks in [body], [body, HALF], [body[:9000], body[9000:]]:
        meter = cm.snake.meter()
        for chunk in chunks:
            meter.feed(chunk)
        meter.close()
        assert metered(meter) == Metered("b")


COMMENTS = [
    b': "error"\n',
    b":event: error\n",
    b": conversation.response.\n",
    b':"conversation.response.done"\n',
    b": conversation.response.done\n",
]
HIDDEN = [
    # The models recognise these two by their fields alone.
    b'data: {"conversation_id":"b"}\n',
    b'data: {"usage":{"total_tokens":7}}\n',
    b'data: {"type":"conversation.response.don\\u0065","usage":{"total_tokens":7}}\n',
    b'data: {"type":"conversation.response.don\\u0065","note":"response.done!","usage":{"total_tokens":7}}\n',
    b'data: {"ty\\u0070e":"conversation.response.done","usage":{"total_tokens":7}}\n',
    b'data: {"type":"message.output.delta","type":"conversation.response.done","usage":{"total_tokens":7}}\n',
    b'data: {"type":"message.output.delta","t\\u0079pe":"conversation.response.done","usage":{"total_tokens":7}}\n',
    b'data: {"\\u0065rror":"no"}\n',
    b'data: {"type":"video.delta","error":"no"}\n',
    b'data: {"usage":{"total_tokens":7},"connectors":{"error":1}}\n',
    b'id: conversation.response.done\ndata: {"usage":{"total_tokens":7}}\n',
]


def metered_events(body: bytes) -> Metered:
    """What a meter has to say of a body with one response, from the decoded events."""
    told = Metered()
    for event in cm.snake.event_decoder().feed(body):
        match event:
            case cm.ResponseStartedEvent():
                told = told._replace(conversation_id=event.conversation_id)
            case cm.ResponseDoneEvent():
                return told._replace(total_tokens=event.usage.total_tokens, done=True)
            case cm.ServiceError():
                return told._replace(error=event.message)
    return told


@in_full_if_long
@each("comment", COMMENTS)
@each("lines", HIDDEN)
def test_a_keyword_in_a_comment_changes_nothing_about_what_a_meter_sees(comment: bytes, lines: bytes) -> None:
    expected = metered_events(lines + b"\n")
    for frame in comment + lines, lines + comment, lines:
        for chunks in some_cuts(frame + b"\n" + hi("1")):
            meter = cm.snake.meter()
            for chunk in chunks:
                meter.feed(chunk)
            meter.close()
            assert metered(meter) == expected, (frame, chunks)
