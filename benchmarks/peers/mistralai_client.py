"""The official Python SDK: the code with which ``conversations.start`` and ``start_stream`` read a response.

The HTTP response is made from bytes in memory, without a network.
"""

from collections.abc import Sequence
from typing import Any

import httpx2
from mistralai.client.models import ConversationEvents, ConversationResponse, ResponseDoneEvent
from mistralai.client.utils import eventstreaming
from mistralai.client.utils.unmarshal_json_response import unmarshal_json_response

from ..peer import Peer, count


def _decode(data: bytes) -> Any:
    return unmarshal_json_response(ConversationResponse, httpx2.Response(200, content=data))


def _stream(chunks: Sequence[bytes]) -> "eventstreaming.EventStream[ConversationEvents]":
    headers = {"content-type": "text/event-stream"}
    response = httpx2.Response(200, content=iter(chunks), headers=headers)
    return eventstreaming.EventStream(response, lambda raw: unmarshal_json_response(ConversationEvents, response, raw))


def _read_events(chunks: Sequence[bytes]) -> int:
    return count(_stream(chunks))


def _meter(chunks: Sequence[bytes]) -> int:
    for event in _stream(chunks):
        if isinstance(event.data, ResponseDoneEvent):
            return event.data.usage.total_tokens or 0
    return -1


PEER = Peer(
    name="mistralai client",
    packages=["mistralai"],
    typed=True,
    operations={"decode": _decode, "read events": _read_events, "iterate events": _stream, "meter": _meter},
)
