"""Streams: their bytes to events, their events to a response and back, and the usage that they report."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import eq
from typing import Any

import msgspec

import conversation_models as cm
from examples.redaction import redact

from ..measure import Case, Group, Op
from ..models import snake
from ..peers import CLIENT, FLOOR, LIBRARY, ORJSON
from ..readers import READERS, floor_events, text_of
from ..streams import STREAMS, cut, frames, payloads_of

CHUNK_SIZES = {"one event": None, "256 B": 256, "1 kB": 1024, "4 kB": 4096, "16 kB": 16_384, "64 kB": 65_536}
USUAL = "16 kB"


def counting(*names: str) -> dict[str, Op]:
    """Reading all events, by these peers. The check compares the type of each event."""
    return {name: Op(READERS[name].count, READERS[name].prepare, READERS[name].types) for name in names}


def with_types(written: list[bytes]) -> Callable[[Any], bool]:
    """Whether the types are those of the events in these frames."""
    return partial(eq, [json.loads(payload)["type"] for payload in payloads_of(written)])


def _chunked(stream: str, sizes: Iterable[str], quick: bool) -> Iterable[str]:
    """The sizes of chunks that a stream is measured in: all for one stream, the usual one for the others."""
    return sizes if stream == "short deltas" and not quick else (USUAL,)


def _but_slow(ops: Mapping[str, Op], stream: str, size: str) -> dict[str, Op]:
    """The official client takes a second for a stream, so it reads only two."""
    read = size == USUAL and stream in ("short deltas", "tools and thinking")
    return {peer: op for peer, op in ops.items() if read or peer != CLIENT}


def _event_cases(quick: bool) -> Iterator[Case]:
    ops = counting(*READERS)
    for stream in STREAMS:
        written = frames(stream, quick)
        case = Case(name="", data=b"", ops=ops, right=with_types(written), items=len(written))
        for size in _chunked(stream, CHUNK_SIZES, quick):
            data = cut(written, CHUNK_SIZES[size])
            yield replace(case, name=f"{stream}, {size} a chunk", data=data, ops=_but_slow(ops, stream, size))


_done = msgspec.json.Decoder(snake(cm.ResponseDoneEvent)).decode


def _metered(chunks: Sequence[bytes]) -> int:
    """The total of tokens, from this library's meter."""
    meter = cm.snake.meter()
    for chunk in chunks:
        meter.feed(chunk)
    meter.close()
    usage = meter.record.usage
    return usage.total_tokens if usage is not None else -1


def _searched(chunks: Sequence[bytes]) -> int:
    """Looks for the name of the last event anywhere in the bytes, and decodes that event. A chunk may cut the name."""
    mark = b"event: conversation.response.done\n"
    window, found = b"", False
    for chunk in chunks:
        window = (window if found else window[-len(mark) :]) + chunk
        found = found or mark in window
    total: int = _done(payloads_of([window[window.index(mark) :]])[0]).usage.total_tokens
    return total


METERS = {
    LIBRARY: Op(_metered),
    f"{LIBRARY}, all events": Op(READERS[LIBRARY].meter),
    FLOOR: Op(_searched),
    **{name: Op(READERS[name].meter) for name in ("httpx-sse + orjson", "httpx2 + orjson", CLIENT)},
}


def _meter_cases(quick: bool) -> Iterator[Case]:
    for stream in ("short deltas", "tools and thinking"):
        written = frames(stream, quick)
        total = json.loads(payloads_of(written[-1:])[0])["usage"]["total_tokens"]
        case = Case(name="", data=b"", ops=METERS, right=partial(eq, total), items=len(written))
        for size in _chunked(stream, ("one event", "1 kB", "4 kB", "16 kB", "64 kB"), quick):
            data = cut(written, CHUNK_SIZES[size])
            yield replace(case, name=f"{stream}, {size} a chunk", data=data, ops=_but_slow(METERS, stream, size))


def _events(chunks: Sequence[bytes]) -> list[Any]:
    return list(cm.snake.iter_events(chunks))


def _built(events: Iterable[Any]) -> cm.ResponseBuilder:
    builder = cm.ResponseBuilder()
    for event in events:
        builder.add(event)
    return builder


_exhaust: Callable[[Iterable[Any]], None] = deque(maxlen=0).extend


def _text_by_output(events: Iterable[Any]) -> str:
    """The text in the order of the outputs: what waits in one does not hold up the others."""
    texts: dict[str, str] = {}
    for event in events:
        if isinstance(event, cm.MessageOutputEvent):
            texts[event.id] = texts.get(event.id, "") + text_of([event])
    return "".join(texts.values())


def _unchanged(pending: str, _: bool) -> tuple[str, str]:
    return pending, ""


def _rewriting(rewrite: Callable[[str, bool], tuple[str, str]]) -> Op:
    def rewritten(events: Iterable[Any]) -> Iterable[Any]:
        return cm.rewrite_text(events, rewrite)

    return Op(lambda events: _exhaust(rewritten(events)), _events, lambda events: _text_by_output(rewritten(events)))


def building(piece: int) -> dict[str, Op]:
    """All that is done with events. ``events_of`` makes pieces of that many characters."""
    return {
        LIBRARY: Op(_built, _events, lambda events: _built(events).text),
        f"{LIBRARY}, events_of": Op(
            lambda response: _exhaust(cm.events_of(response, piece)),
            lambda chunks: cm.collect(_events(chunks)),
            lambda response: text_of(cm.events_of(response, piece)),
        ),
        f"{LIBRARY}, rewrite_text, unchanged": _rewriting(_unchanged),
        f"{LIBRARY}, rewrite_text, redacting": _rewriting(redact),
        f"{FLOOR}: decoding": Op(
            lambda payloads: _exhaust(floor_events(payloads)),
            payloads_of,
            lambda payloads: text_of(floor_events(payloads)),
        ),
        f"{ORJSON}: joining the text": Op(text_of, lambda chunks: list(READERS["httpx2 + orjson"].events(chunks))),
    }


def _build_cases(quick: bool) -> Iterator[Case]:
    for stream in ("short deltas", "long deltas", "tools and thinking"):
        written = frames(stream, quick)
        events = [json.loads(payload) for payload in payloads_of(written)]
        text = text_of(events)
        # As long as the deltas are, so that the events are as many.
        ops = building(max(len(text) // len(events), 1))
        yield Case(name=stream, data=written, ops=ops, right=partial(eq, text), items=len(written))


EVENTS = Group("events", "The bytes of a stream to its events, in chunks of one size.", _event_cases, LIBRARY)
METER = Group("meter", "The usage that a stream reports in its last event.", _meter_cases, LIBRARY)
BUILD = Group(
    "build",
    "Decoded events to their response; `events_of` goes the other way, `rewrite_text` edits their text on the way.",
    _build_cases,
    LIBRARY,
)
