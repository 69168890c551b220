"""What fuzzing has found, each as the smallest input that showed it."""

import pytest
from msgspec import UNSET

import conversation_models as cm


@pytest.mark.parametrize("value", [1, UNSET, None])
def test_patch_refuses_text_with_a_lone_surrogate(value: object) -> None:
    """Text that UTF-8 cannot carry is refused as by every other reader, and not with ``UnicodeEncodeError``."""
    with pytest.raises(cm.ConversationDecodeError):
        cm.patch('{"a":"\ud800"}', ["a"], value)


@pytest.mark.parametrize("data", [b',{"a":1}', b' , {"a":1}', b',{"a":1', b',"a"', b","])
@pytest.mark.parametrize("path", [["a"], ["new"], []])
def test_patch_refuses_text_that_begins_with_a_comma(data: bytes, path: list[str | int]) -> None:
    """A comma belongs between members; before the document it is refused, not kept."""
    with pytest.raises(cm.ConversationDecodeError):
        cm.patch(data, path, 2)


def test_an_event_named_message_is_read_like_one_without_a_name() -> None:
    """``event: message`` is what an event without a name is: it says nothing of what the data is."""
    data = b'data: {"conversationId":"c1"}\n\n'
    expected = [cm.ResponseStartedEvent(conversation_id="c1")]
    assert cm.camel.event_decoder().feed(data) == expected
    assert cm.camel.event_decoder().feed(b"event: message\n" + data) == expected
