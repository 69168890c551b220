"""A failure is over when it is over: nothing keeps the document alive without the exception."""

import gc
import sys
from contextlib import suppress
from typing import Any

import pytest

import conversation_models as cm

BAD = [
    b'{"conversationId":7}',
    b'{"conversationId":"c","outputs":[{"type":"new"}],"usage":7}',
    b'{"conversationId":"c","outputs":[{"type":"new"},{"type":"message.output"}],"usage":{}}',
    b'{"conversationId":"c","outputs":[{"type":"new","a":"\xff"}],"usage":{}}',
    b'{"conversationId"',
    b"[" * 5000,
]


@pytest.mark.parametrize("data", BAD)
@pytest.mark.parametrize(
    "tp", [cm.ConversationResponse, cm.ResponseHead, cm.OutputEntry, cm.MessageOutputEntry, list[cm.OutputEntry]]
)
def test_a_document_is_free_as_soon_as_its_error_is(data: bytes, tp: Any) -> None:
    gc.disable()
    try:
        held = bytearray(data)
        before = sys.getrefcount(held)
        for decode in (cm.camel.decode, cm.camel.decode_lines, cm.camel.drift):
            with suppress(cm.ConversationDecodeError):
                decode(held, tp)
        assert sys.getrefcount(held) == before
        held.append(0)  # A bytearray that a view looks at cannot grow.
    finally:
        gc.enable()
