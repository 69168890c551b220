"""``peek`` reads a response's head and skips its outputs."""

import copy
import json
import pickle
import tracemalloc
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import examples
from ..support.documents import CODECS, NAMINGS, Naming, dumps, key, value_of
from ..support.each import each
from ..support.strategies import wire_responses

every_naming = pytest.mark.parametrize("naming", NAMINGS)


@every_naming
@examples(60)
@given(data=st.data())
def test_peek_reads_what_decode_reads(naming: Naming, data: st.DataObject) -> None:
    document = data.draw(wire_responses(naming))
    head = CODECS[naming].peek(dumps(document))
    response = value_of(document, cm.ConversationResponse, naming)
    assert isinstance(head, cm.ResponseHead)
    for name in "object", "conversation_id", "usage", "guardrails":
        assert getattr(head, name) == getattr(response, name)
    assert bytes(head.outputs) == dumps(document["outputs"])


def test_a_head_has_every_field_of_a_response() -> None:
    assert cm.ResponseHead.__struct_encode_fields__ == cm.ConversationResponse.__struct_encode_fields__
    data = b'{"object":"conversation.response","conversation_id":"c","outputs":[],"usage":{},"guardrails":[{"a":1}]}'
    assert cm.snake.drift(data, cm.ResponseHead) == []
    assert json.loads(cm.snake.encode(cm.snake.peek(data)))["guardrails"] == [{"a": 1}]


def test_outputs_are_a_view_of_the_callers_buffer() -> None:
    data = bytearray(b'{"conversation_id":"c","outputs":[1,2],"usage":{}}')
    head = cm.snake.peek(data)
    assert isinstance(head.outputs, msgspec.Raw)
    data[data.index(b"1")] = ord("7")
    assert bytes(head.outputs) == b"[7,2]"


def test_outputs_are_not_parsed() -> None:
    data = b'{"usage": {"prompt_tokens": 3}, "outputs" : {"a" : 1e999, "b":"\xff"} , "conversation_id": "c"}'
    head = cm.snake.peek(data)
    assert bytes(head.outputs) == b'{"a" : 1e999, "b":"\xff"}'
    assert head.usage == cm.ConversationUsageInfo(prompt_tokens=3)


@every_naming
def test_a_head_can_be_decoded_and_encoded_like_any_model(naming: Naming) -> None:
    data = dumps({key("conversation_id", naming): "c", "outputs": [5], "usage": {}})
    head = CODECS[naming].decode(data, cm.ResponseHead)
    assert (head.conversation_id, bytes(head.outputs)) == ("c", b"[5]")
    assert json.loads(CODECS[naming].encode(head))["outputs"] == [5]


@every_naming
def test_peeking_at_fifty_megabytes_allocates_next_to_nothing(naming: Naming) -> None:
    chunk = b'{"type":"text","text":"' + b"x" * 1000 + b'"},'
    content = chunk * (50 * 2**20 // len(chunk) + 1)
    name = key("conversation_id", naming).encode()
    data = b'{"%b":"c","outputs":[{"content":[%b{"type":"new"}]}],"usage":{}}' % (name, content)
    assert len(data) > 50 * 2**20
    del content
    CODECS[naming].peek(b'{"%b":"c","outputs":[],"usage":{}}' % name)
    tracemalloc.start()
    try:
        head = CODECS[naming].peek(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024
    assert memoryview(head.outputs).nbytes > 50 * 2**20


@each(
    ("data", "path"),
    [
        (b"", None),
        (b"{", None),
        (b'{"conversation_id":"c","outputs":[1,],"usage":{}}', None),
        (b'{"conversation_id":"c","outputs":' + b"[" * 100_000, None),
        (b'{"conversation_id":"\xff","outputs":[],"usage":{}}', None),
        (b"[]", "$"),
        (b'{"outputs":[],"usage":{}}', "$"),
        (b'{"conversation_id":"c","usage":{}}', "$"),
        (b'{"conversation_id":1,"outputs":[],"usage":{}}', "$.conversation_id"),
        (b'{"conversation_id":"c","outputs":[],"usage":{"total_tokens":"1"}}', "$.usage.total_tokens"),
    ],
)
def test_peek_raises_the_errors_of_decode(data: Any, path: str | None) -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.snake.peek(data)
    assert caught.value.path == path


def test_heads_can_be_compared_copied_and_pickled() -> None:
    data = b'{"conversation_id":"c","outputs":[5],"usage":{"total_tokens":3}}'
    head = cm.snake.peek(data)
    assert head == cm.snake.peek(data)
    assert head != cm.snake.peek(data.replace(b"5", b"6"))
    # A copy does not need the caller's buffer.
    assert pickle.loads(pickle.dumps(head)) == head
    assert bytes(copy.deepcopy(head).outputs) == b"[5]"
