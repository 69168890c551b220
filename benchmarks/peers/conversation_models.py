"""This library, through its public interface."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import conversation_models as cm
from examples.redaction import redact

from ..peer import LIBRARY, Peer, coding, count

_buffer = bytearray()


def _encode_into(value: Any) -> None:
    cm.snake.encode_into(value, _buffer)


def _peek(data: bytes) -> tuple[str, int]:
    head = cm.snake.peek(data)
    return head.conversation_id, head.usage.total_tokens


def _summarize(data: bytes) -> tuple[str | None, int, int]:
    record = cm.snake.summarize(data)
    return record.conversation_id, record.usage.total_tokens if record.usage else -1, record.outputs


def _patch(data: bytes) -> bytes:
    return cm.patch(data, ["usage", "total_tokens"], 7)


def _transcode(data: bytes) -> bytes:
    return cm.camel.encode(cm.snake.decode(data))


def _transcode_back(data: bytes) -> bytes:
    return cm.snake.encode(cm.camel.decode(data))


def _read_events(chunks: Sequence[bytes]) -> int:
    decoder = cm.snake.event_decoder()
    feed = decoder.feed
    count = 0
    for chunk in chunks:
        count += len(feed(chunk))
    return count + len(decoder.close())


def _iterate_events(chunks: Sequence[bytes]) -> Iterator[Any]:
    feed = cm.snake.event_decoder().feed
    for chunk in chunks:
        yield from feed(chunk)


def _build(events: Sequence[Any]) -> int:
    builder = cm.ResponseBuilder()
    for event in events:
        builder.add(event)
    return len(builder.text)


def _unchanged(pending: str, _: bool) -> tuple[str, str]:
    return pending, ""


def _rewrite(events: Sequence[Any]) -> int:
    return count(cm.rewrite_text(events, _unchanged))


def _redact(events: Sequence[Any]) -> int:
    return count(cm.rewrite_text(events, redact))


def _events_of(chunks: Sequence[bytes]) -> list[Any]:
    return list(_iterate_events(chunks))


def _replay(response: cm.ConversationResponse) -> int:
    return count(cm.events_of(response, 5))


def _meter(chunks: Sequence[bytes]) -> int:
    meter = cm.snake.meter()
    for chunk in chunks:
        meter.feed(chunk)
    meter.close()
    usage = meter.record.usage
    return usage.total_tokens if usage is not None else -1


PEER = Peer(
    name=LIBRARY,
    packages=["conversation-models"],
    typed=True,
    operations={
        **coding("snake", cm.snake.decode, partial(cm.snake.decode, type=cm.ConversationEvent), cm.snake.encode),
        **coding("camel", cm.camel.decode, partial(cm.camel.decode, type=cm.ConversationEvent), cm.camel.encode),
        "encode": cm.snake.encode,
        "encode_into": _encode_into,
        "decode request": partial(cm.snake.decode, type=cm.ConversationRequest),
        "encode request": cm.snake.encode,
        "decode history": partial(cm.snake.decode, type=cm.ConversationHistory),
        "encode history": cm.snake.encode,
        "encode camelCase": cm.camel.encode,
        "decode lines": cm.snake.decode_lines,
        "encode lines": cm.snake.encode_lines,
        "peek": _peek,
        "summarize": _summarize,
        "patch": _patch,
        "transcode": _transcode,
        "transcode back": _transcode_back,
        "read events": _read_events,
        "iterate events": _iterate_events,
        "build": _build,
        "rewrite": _rewrite,
        "redact": _redact,
        "replay": _replay,
        "meter": _meter,
    },
    prepare={
        "build": _events_of,
        "rewrite": _events_of,
        "redact": _events_of,
        "replay": lambda chunks: cm.collect(_iterate_events(chunks)),
    },
)
