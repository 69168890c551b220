"""The findings of fuzzing, each with the smallest input that shows it."""

import pytest
from msgspec import UNSET

import conversation_models as cm


@pytest.mark.parametrize("value", [1, UNSET, None])
def test_patch_refuses_text_with_a_lone_surrogate(value: object) -> None:
    """Every other reader does the same. ``patch`` once raised ``UnicodeEncodeError``."""
    with pytest.raises(cm.ConversationDecodeError):
        cm.patch('{"a":"\ud800"}', ["a"], value)


@pytest.mark.parametrize("data", [b',{"a":1}', b' , {"a":1}', b',{"a":1', b',"a"', b","])
@pytest.mark.parametrize("path", [["a"], ["new"], []])
def test_patch_refuses_text_that_begins_with_a_comma(data: bytes, path: list[str | int]) -> None:
    """A comma belongs between members. ``patch`` once kept one before the document."""
    with pytest.raises(cm.ConversationDecodeError):
        cm.patch(data, path, 2)


def test_an_event_named_message_is_read_like_one_without_a_name() -> None:
    """An event without a name is called ``message``, so that name does not identify the type of the data."""
    data = b'data: {"conversationId":"c1"}\n\n'
    expected = [cm.ResponseStartedEvent(conversation_id="c1")]
    assert cm.camel.event_decoder().feed(data) == expected
    assert cm.camel.event_decoder().feed(b"event: message\n" + data) == expected
