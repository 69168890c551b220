"""The official Python SDK at its fastest: its models and its stream reader, with ``model_validate_json``."""

from collections.abc import Iterator, Sequence
from typing import Any

import httpx2
from mistralai.client.models import ConversationEvents, ConversationHistory, ConversationRequest, ConversationResponse
from mistralai.client.utils.eventstreaming import EventStream

from ..peer import Peer, count


def _encode(value: Any) -> bytes:
    text: str = value.model_dump_json()
    return text.encode()


def _peek(data: bytes) -> tuple[str, int]:
    response = ConversationResponse.model_validate_json(data)
    return response.conversation_id, response.usage.total_tokens or 0


def _patch(data: bytes) -> bytes:
    response = ConversationResponse.model_validate_json(data)
    response.usage.total_tokens = 7
    return response.model_dump_json().encode()


def _round_trip(data: bytes) -> bytes:
    return ConversationResponse.model_validate_json(data).model_dump_json().encode()


def _decode_lines(data: bytes) -> list[Any]:
    return [ConversationResponse.model_validate_json(line) for line in data.splitlines()]


def _iterate_events(chunks: Sequence[bytes]) -> Iterator[ConversationEvents]:
    response = httpx2.Response(200, content=iter(chunks), headers={"content-type": "text/event-stream"})
    return EventStream(response, ConversationEvents.model_validate_json)


def _read_events(chunks: Sequence[bytes]) -> int:
    return count(_iterate_events(chunks))


PEER = Peer(
    name="mistralai models",
    packages=["mistralai"],
    typed=True,
    operations={
        "decode": ConversationResponse.model_validate_json,
        "encode": _encode,
        "decode request": ConversationRequest.model_validate_json,
        "encode request": _encode,
        "decode history": ConversationHistory.model_validate_json,
        "encode history": _encode,
        "peek": _peek,
        "patch": _patch,
        "round trip": _round_trip,
        "decode lines": _decode_lines,
        "read events": _read_events,
        "iterate events": _iterate_events,
    },
)
