"""Rules for any bytes that are read as a stream."""

import re
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

import conversation_models as cm
from conversation_models.sse import ServerSentEvent, SSEDecoder, encode_sse

from .document_oracles import REFUSED, case_of, equal, outcome
from .reference import NotJsonError, read_events, read_json

MAX_EVENT_BYTES = 200
FEW = 100
"""A stream is cut into about this many pieces, because many short runs find more than a few long ones."""
_COULD_SPELL_A_TYPE = b"\\u"


def cut(stream: bytes, random: Random) -> Iterator[bytes]:
    """``stream`` in pieces. Some are empty, many are small."""
    longest = random.choice([1, 2, 3, 10, 50, 400]) + len(stream) // FEW
    at = 0
    while at < len(stream):
        size = random.randrange(longest + 1)
        yield stream[at : at + size]
        at += size


def cuts(stream: bytes, random: Random) -> list[list[bytes]]:
    """The stream in one piece, and cut in two other ways."""
    middle = random.randrange(len(stream) + 1)
    others: list[Callable[[], list[bytes]]] = [
        lambda: [stream[:middle], stream[middle:]],
        lambda: [stream[i : i + 1] for i in range(len(stream))] if len(stream) < FEW else [stream],
        lambda: re.split(rb"(?<=\n)", stream),
        lambda: re.split(rb"(?<=\n\n)", stream),
        lambda: list(cut(stream, random)),
    ]
    return [[stream], *(other() for other in random.sample(others, 2))]


def comparable(event: Any) -> Any:
    return (event.raw, str(event.error), event.error.path) if isinstance(event, cm.InvalidEvent) else event


def read_stream(decoder: Any, chunks: Iterable[bytes]) -> tuple[list[Any], object]:
    """The events, and the end of the stream: ``closed``, the pending bytes if it was cut off, or ``too large``."""
    events: list[Any] = []
    try:
        for chunk in chunks:
            events += map(comparable, decoder.feed(chunk))
        events += map(comparable, decoder.close())
    except cm.TruncatedStreamError as error:
        return events, error.pending
    except cm.EventTooLargeError:
        return events, "too large"
    return events, "closed"


def check_events(data: bytes) -> None:
    """The events equal those of a plain reader under every cut, and the response they build can be written."""
    codec, _, random, stream = case_of(data)
    whole, end = read_stream(codec.event_decoder(), [stream])
    for chunks in cuts(stream, random)[1:]:
        equal(read_stream(codec.event_decoder(), chunks), (whole, end), "splitting changes nothing")
    check_limit(codec, stream, random)

    expected = [event for event in read_events(stream) if event.data]
    if not could_differ(stream):
        equal(len(whole), len(expected), "the events are those of a plain reader")
        for event, plain in zip(whole, expected, strict=True):
            check_event(codec, event, plain.data, plain.event)

    typed: list[Any] = list(codec.event_decoder().feed(stream))
    again = codec.event_decoder()
    for event in typed:
        [copy] = again.feed(codec.encode_event(event))
        if isinstance(event, cm.InvalidEvent):
            # An invalid event does not keep its name, so it may now be an event of another type.
            equal(getattr(copy, "raw", event.raw).strip(), event.raw.strip(), "an invalid event is relayed unchanged")
        else:
            equal(copy, event, "an event is read as it was written")
    builder = cm.ResponseBuilder()
    for event in typed:
        builder.add(event)
    response = builder.response
    equal(codec.decode(codec.encode(response)), response, "the response that events build can be written and read back")
    check_iterators(codec, stream, random, whole, end)


def could_differ(stream: bytes) -> bool:
    """Whether the last event may be whole JSON to only one of the readers."""
    rest = re.split(rb"\r\n\r\n|\n\n|\r\r", stream)[-1]
    data = b"\n".join(re.findall(rb"(?:^|[\r\n])data: ?([^\r\n]*)", rest))
    try:
        read_json(data)
    except NotJsonError as error:
        return bool(error.difference)
    return False


def check_event(codec: cm.Codec, event: Any, data: bytes, name: str) -> None:
    """``event`` equals the decoded data. If the data has no type, the event has the type of its name."""
    if isinstance(event, tuple):
        equal(event[0], data, "an invalid event keeps its data")
        return
    value = outcome(lambda: codec.decode(data, cm.ConversationEvent))
    if value is REFUSED:
        return
    if name == "message" or has_type(data):
        equal(event, value, "an event equals its decoded data")
    else:
        equal(event.type, name, "an event without a type has the type of its name")


def has_type(data: bytes) -> bool:
    try:
        value = read_json(data)
    except NotJsonError:
        return True
    return isinstance(value, dict) and "type" in value


def check_limit(codec: cm.Codec, stream: bytes, random: Random) -> None:
    """Under every cut, an event over the limit ends the stream at the same place, after the events before it."""
    results = [
        read_stream(codec.event_decoder(max_event_bytes=MAX_EVENT_BYTES), chunks) for chunks in cuts(stream, random)
    ]
    for result in results[1:]:
        equal(result, results[0], "splitting does not change where an event is too large")


def check_iterators(codec: cm.Codec, stream: bytes, random: Random, whole: list[Any], end: object) -> None:
    """Iterating gives the same events. In strict mode, it raises at the first malformed one."""
    events: list[Any] = []
    try:
        for event in codec.iter_events(cut(stream, random), strict=False):
            events += [comparable(event)]
    except cm.TruncatedStreamError as error:
        equal(error.pending, end, "the same bytes are pending")
    else:
        ended = False
        for event in whole:
            if isinstance(event, (cm.ResponseStartedEvent, cm.ResponseDoneEvent, cm.ResponseErrorEvent)):
                ended = not isinstance(event, cm.ResponseStartedEvent)
        assert end == "closed" or ended, end
    equal(events, whole, "iterating gives the events")
    strict: list[Any] = []
    try:
        for event in codec.iter_events(cut(stream, random)):
            strict += [event]
    except cm.ConversationDecodeError as error:
        equal(str(error), whole[len(strict)][1], "the first error is raised")
    except cm.TruncatedStreamError as error:
        equal(error.pending, end, "the same bytes are pending")
    equal(strict, whole[: len(strict)], "events before the first error are delivered")
    assert not any(isinstance(event, tuple) for event in strict)


def check_meter(data: bytes) -> None:
    """A meter agrees with the events under every cut.

    It only finds types that are spelled without escapes. In a read of over 8 kB it only looks at both ends.
    """
    codec, _, random, stream = case_of(data)
    events, _ = read_stream(codec.event_decoder(), [stream])
    plain = [event for event in read_events(stream) if event.data]
    known = len(stream) <= 8192 and _COULD_SPELL_A_TYPE not in stream and len(plain) == len(events)
    expected: tuple[Any, ...] = (None, None, None, False)
    for event, (name, payload, *_) in zip(events, plain, strict=False):
        if b"conversation.response." not in name.encode() + payload:
            known = False  # Only its fields identify the event, and the meter does not look at them.
        match event:
            case cm.ResponseStartedEvent():
                expected = (event.conversation_id, *expected[1:])
            case cm.ResponseDoneEvent():
                expected = (expected[0], event.usage, expected[2], True)
            case cm.ResponseErrorEvent():
                expected = (*expected[:2], event, expected[3])
    for chunks in cuts(stream, random):
        meter = codec.meter()
        for chunk in chunks:
            meter.feed(chunk)
        meter.close()
        if known:
            found = (meter.conversation_id, meter.usage, meter.error, meter.done)
            equal(found, expected, "the meter agrees with the events")


def check_sse(data: bytes) -> None:
    """The event-stream reader follows the standard, and reads back the writer's output."""
    _, _, random, stream = case_of(data)
    expected = [
        ServerSentEvent(event, data.decode(errors="replace"), id, retry)
        for event, data, id, retry in read_events(stream)
    ]
    for chunks in cuts(stream, random):
        events, end = read_stream(SSEDecoder(), chunks)
        equal(end, "closed", "the reader does not raise for a stream that is cut off")
        if not could_differ(stream):
            equal(events, expected, "the events are those of a plain reader")
    for sent in expected:
        decoder = SSEDecoder()
        events = decoder.feed(encode_sse(sent)) + decoder.close()
        if sent.data.strip(" ") != "[DONE]":
            equal(events, [sent], "an event is read as it was written")
