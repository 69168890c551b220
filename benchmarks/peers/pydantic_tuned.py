"""pydantic, tuned by hand with discriminated unions, as users write it to be faster than the official SDK's models."""

from functools import partial
from typing import Any

from pydantic import BaseModel, TypeAdapter

from ..peer import Peer
from ._pydantic_models import ConversationResponse, Usage
from ._pydantic_requests import ConversationHistory, ConversationRequest


class _Head(BaseModel):
    conversation_id: str
    usage: Usage


_response = TypeAdapter(ConversationResponse)
_head = TypeAdapter(_Head)


_request = TypeAdapter(ConversationRequest)
_history = TypeAdapter(ConversationHistory)


def _dump(adapter: "TypeAdapter[Any]", value: Any) -> bytes:
    return adapter.dump_json(value, exclude_unset=True)


def _encode(value: Any) -> bytes:
    return _response.dump_json(value, exclude_unset=True)


def _peek(data: bytes) -> tuple[str, int]:
    head = _head.validate_json(data)
    return head.conversation_id, head.usage.total_tokens


def _patch(data: bytes) -> bytes:
    response = _response.validate_json(data)
    response.usage.total_tokens = 7
    return _response.dump_json(response, exclude_unset=True)


def _round_trip(data: bytes) -> bytes:
    return _response.dump_json(_response.validate_json(data), exclude_unset=True)


def _transcode(data: bytes) -> bytes:
    return _response.dump_json(_response.validate_json(data), exclude_unset=True, by_alias=True)


def _decode_lines(data: bytes) -> list[Any]:
    return [_response.validate_json(line) for line in data.splitlines()]


PEER = Peer(
    name="pydantic, tuned",
    packages=["pydantic", "pydantic-core"],
    typed=True,
    operations={
        "decode": _response.validate_json,
        "encode": _encode,
        "decode request": _request.validate_json,
        "encode request": partial(_dump, _request),
        "decode history": _history.validate_json,
        "encode history": partial(_dump, _history),
        "peek": _peek,
        "patch": _patch,
        "round trip": _round_trip,
        "transcode": _transcode,
        "decode lines": _decode_lines,
    },
)
