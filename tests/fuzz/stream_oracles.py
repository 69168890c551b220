"""The rules for any bytes that are read as a stream."""

import re
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

import conversation_models as cm
from conversation_models.sse import ServerSentEvent, SSEDecoder, encode_sse

from ..support.accounts import records_of
from .document_oracles import REFUSED, case_of, equal, holds, outcome
from .reference import NotJsonError, read_events, read_json

MAX_EVENT_BYTES = 200
FEW = 100
"""A stream is cut into about so many pieces: many short runs find more than a few long ones."""


def cut(stream: bytes, random: Random) -> Iterator[bytes]:
    """``stream`` in pieces, some of them empty, many small."""
    longest = random.choice([1, 2, 3, 10, 50, 400]) + len(stream) // FEW
    at = 0
    while at < len(stream):
        size = random.randrange(longest + 1)
        yield stream[at : at + size]
        at += size


def cuts(stream: bytes, random: Random) -> list[list[bytes]]:
    """The whole stream, and two other ways to cut it."""
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
    if isinstance(event, cm.InvalidEvent):
        return event.raw, str(event.error), event.error.path, event.event
    return event


def read_stream(decoder: Any, chunks: Iterable[bytes]) -> tuple[list[Any], object]:
    """The events, and how the stream ended: ``closed``, what was pending, or ``too large``."""
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
            # Its name is not kept, so it may now be an event of another type.
            equal(getattr(copy, "raw", event.raw).strip(), event.raw.strip(), "relayed as it came")
        else:
            equal(copy, event, "an event is read as it was written")
    builder = cm.ResponseBuilder()
    for event in typed:
        builder.add(event)
    response = builder.response
    equal(codec.decode(codec.encode(response)), response, "what events add up to is a response")
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
    """``event`` equals the decoded data; the name beside it counts if the data has no type."""
    if isinstance(event, tuple):
        equal(event[0], data, "an invalid event keeps its data")
        return
    value = outcome(lambda: codec.decode(data, cm.ConversationEvent))
    if value is REFUSED:
        return
    if name == "message" or has_type(data):
        equal(event, value, "an event is what decode makes of its data")
    else:
        equal(event.type, name, "without a type of its own, an event has that of its name")


def has_type(data: bytes) -> bool:
    try:
        value = read_json(data)
    except NotJsonError:
        return True
    return isinstance(value, dict) and "type" in value


def check_limit(codec: cm.Codec, stream: bytes, random: Random) -> None:
    """An event over the limit ends the stream at its place under every cut; those before it are delivered."""
    results = [
        read_stream(codec.event_decoder(max_event_bytes=MAX_EVENT_BYTES), chunks) for chunks in cuts(stream, random)
    ]
    for result in results[1:]:
        equal(result, results[0], "splitting does not change where an event is too large")


def check_iterators(codec: cm.Codec, stream: bytes, random: Random, whole: list[Any], end: object) -> None:
    """Iterating gives the same events, and raises in the place of the first malformed one."""
    events: list[Any] = []
    try:
        for event in codec.iter_events(cut(stream, random), strict=False):
            events += [comparable(event)]
    except cm.TruncatedStreamError as error:
        equal(error.pending, end, "the same bytes are pending")
    else:
        latest = Latest.of(whole)
        assert end == "closed" or latest.ended or not latest.certain, end
    equal(events, whole, "iterating gives the events")
    strict: list[Any] = []
    try:
        for event in codec.iter_events(cut(stream, random)):
            strict += [event]
    except cm.ConversationDecodeError as error:
        equal(str(error), whole[len(strict)][1], "the first error is raised")
    except cm.TruncatedStreamError as error:
        equal(error.pending, end, "the same bytes are pending")
    equal(strict, whole[: len(strict)], "events before the first error come")
    assert not any(isinstance(event, tuple) for event in strict)


class Latest:
    """The latest of the responses in a stream, by the rule in ``stream/progress.py``."""

    def __init__(self) -> None:
        self.ended = False
        self.certain = True
        """Whether the type of every malformed event can be told."""

    @classmethod
    def of(cls, events: list[Any]) -> "Latest":
        latest = cls()
        for event in events:
            kind = kind_of(event)
            if kind is None:
                latest.certain = False
            elif kind == "conversation.response.started":
                latest.ended = False
            elif kind in ("conversation.response.done", "conversation.response.error"):
                latest.ended = True
        return latest


def kind_of(event: Any) -> str | None:
    """The type of an event, "" for an ``Unknown``, ``None`` if readers of JSON may differ about it."""
    if not isinstance(event, tuple):
        return "" if isinstance(event, cm.Unknown) else str(event.type)
    raw, _, _, name = event
    try:
        value = read_json(raw)
    except NotJsonError as error:
        return None if error.difference else str(name)
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else str(name)


def check_meter(data: bytes) -> None:
    """A meter records what a slow reference makes of the events, and says the same under every cut."""
    codec, _, random, stream = case_of(data)
    pairs = [(event.data, event.event) for event in read_events(stream)]
    expected = records_of(pairs, codec)
    certain = not could_differ(stream) and all(is_certain(payload) for payload, _ in pairs)
    found: list[list[cm.UsageRecord]] = []
    for chunks in cuts(stream, random):
        meter = codec.meter()
        for chunk in chunks:
            meter.feed(chunk)
        meter.close()
        found.append(meter.records)
        equal(found[-1], found[0], "splitting changes nothing")
        if found[-1]:
            check_attributes(meter, found[-1][-1])
    if certain:
        equal(found[0], expected, "the meter records what the events say")


def check_attributes(meter: cm.StreamMeter, record: cm.UsageRecord) -> None:
    """The attributes of a meter are those of its latest record."""
    equal(meter.record, record, "the latest record is the last one")
    malformed = meter.unreadable and str(meter.unreadable.error)[:200]
    told = meter.conversation_id, meter.usage, meter.error.message if meter.error else malformed
    equal(told, (record.conversation_id, record.usage, record.error_message), "attributes and record agree")
    holds("a response that is done is completed or unreadable", meter.done <= (record.status in ENDED_BY_DONE))
    equal(meter.unreadable is not None, record.status == "unreadable", "a malformed end is kept")


ENDED_BY_DONE = ("completed", "unreadable")


def is_certain(data: bytes) -> bool:
    """Whether readers of JSON agree about ``data``. What is not UTF-8 does not keep its type from being read."""
    try:
        read_json(data)
    except NotJsonError as error:
        return error.difference in ("", "utf-8")
    return True


def check_sse(data: bytes) -> None:
    """The event-stream reader follows the standard, and reads back the writer's output."""
    _, _, random, stream = case_of(data)
    expected = [
        ServerSentEvent(event, data.decode(errors="replace"), id, retry)
        for event, data, id, retry in read_events(stream)
    ]
    for chunks in cuts(stream, random):
        events, end = read_stream(SSEDecoder(), chunks)
        equal(end, "closed", "a stream that is cut off loses its last event")
        if not could_differ(stream):
            equal(events, expected, "the events are those of a plain reader")
    for sent in expected:
        decoder = SSEDecoder()
        events = decoder.feed(encode_sse(sent)) + decoder.close()
        if sent.data.strip(" ") != "[DONE]":
            equal(events, [sent], "an event is read as it was written")
