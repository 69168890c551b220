"""Reprs that a person can read: defaults omitted, and the same for equal values."""

import copy
import datetime
import pickle
from typing import Any

import pytest
from msgspec import UNSET, Raw, field
from rich.pretty import pretty_repr

import conversation_models as cm

from ..support.each import each
from ..support.examples import MODELS, full, least

every_model = each("cls", MODELS)

BODY = b"""{
    "conversation_id": "c",
    "object": "conversation.response",
    "outputs": [
        {"type": "message.output", "role": "assistant", "object": "entry", "agent_id": null, "content": [
            {"type": "text", "text": "Hi"},
            {"type": "reference", "reference_ids": [1, "two"]},
            {"type": "video_url", "url": "u"}
        ]},
        {"type": "tool.execution", "name": "web_search", "created_at": "2025-05-27T12:59:33Z", "info": {}}
    ],
    "usage": {"prompt_tokens": 0, "total_tokens": 7}
}"""
SHOWN = (
    "ConversationResponse(conversation_id='c', outputs=["
    "MessageOutputEntry(content=[TextChunk(text='Hi'), ReferenceChunk(reference_ids=[1, 'two']), "
    "Unknown(type='video_url', raw=<33 bytes>)], agent_id=None), "
    "ToolExecutionEntry(created_at=datetime.datetime(2025, 5, 27, 12, 59, 33, tzinfo=datetime.timezone.utc), "
    "name='web_search', info={})"
    "], usage=ConversationUsageInfo(total_tokens=7))"
)


def test_a_repr_shows_the_fields_that_differ_from_their_defaults() -> None:
    response = cm.snake.decode(BODY)
    assert repr(response) == str(response) == SHOWN
    assert repr(cm.camel.decode(cm.camel.encode(response))) == SHOWN


@every_model
def test_equal_values_have_equal_reprs(cls: Any) -> None:
    for value in (full(cls), least(cls)):
        shown = repr(value)
        for codec in (cm.camel, cm.snake):
            decoded = codec.decode(codec.encode(value), cls)
            assert decoded == value
            assert repr(decoded) == shown
            # Copies hold constants that are equal to the defaults, but other objects.
            assert repr(pickle.loads(pickle.dumps(decoded))) == shown
            assert repr(copy.deepcopy(decoded)) == shown


@every_model
def test_a_repr_is_the_call_that_makes_the_value(cls: Any) -> None:
    for value in (full(cls), least(cls)):
        if "<" not in repr(value):
            assert eval(repr(value), {**vars(cm), "datetime": datetime}) == value


def test_only_raw_bytes_and_secrets_keep_a_repr_from_being_a_call() -> None:
    with_secrets = {"APIKeyAuth", "OAuth2TokenAuth", "CustomConnector", "ConversationRequest", "ModelConversation"}
    assert {cls.__name__ for cls in MODELS if "<" in repr(full(cls))} == {"ResponseHead"} | with_secrets


@pytest.mark.parametrize("cls", [cm.APIKeyAuth, cm.OAuth2TokenAuth])
def test_a_secret_is_in_no_repr(cls: Any) -> None:
    for secret in (cls(value="s3cret"), cls(value="a").with_unknown_fields({"old": "s3cret"})):
        request = cm.ConversationRequest(
            inputs="Hi", tools=[cm.CustomConnector(connector_id="c", authorization=secret)]
        )
        for codec in (cm.camel, cm.snake):
            read = codec.decode(codec.encode(request), cm.ConversationRequest)
            assert "s3cret" in codec.encode(read).decode()
            assert "s3cret" not in repr(read)
            assert "s3cret" not in repr(read.__rich_repr__())


def test_raw_bytes_are_shown_as_their_length() -> None:
    head = cm.ResponseHead(conversation_id="c", usage=cm.ConversationUsageInfo(), outputs=Raw(b"[1, 2]"))
    assert repr(head) == "ResponseHead(conversation_id='c', outputs=<6 bytes>, usage=ConversationUsageInfo())"


def test_equal_values_look_equal_where_a_number_is_out_of_pythons_range() -> None:
    # Such a number is kept as its text.
    text = b'{"type":"text","text":"a","n":1e999}'
    assert repr(cm.decode(text, cm.TextChunk)) == "TextChunk(text='a', unknown_fields={'n': <5 bytes>})"
    value = cm.TextChunk(text="a").with_unknown_fields({"n": [{"m": Raw(b"1e999")}, 2]})
    assert repr(value) == "TextChunk(text='a', unknown_fields={'n': [{'m': <5 bytes>}, 2]})"


def test_an_unknown_shows_the_length_of_its_bytes() -> None:
    # In bytes, not characters; a secret or a megabyte in it stays out of logs.
    assert repr(cm.Unknown("audio", b'{"a":"\xc3\xa9"}')) == "Unknown(type='audio', raw=<10 bytes>)"
    assert repr(cm.Unknown(None, b"")) == "Unknown(type=None, raw=<0 bytes>)"


def test_a_constant_that_was_written_out_is_omitted() -> None:
    role: Any = "".join(["assist", "ant"])  # Equal to the default, but another object.
    assert repr(cm.MessageOutputEntry(content="a", role=role)) == "MessageOutputEntry(content='a')"


class Extended(cm.ImageURL, frozen=True, kw_only=True):
    """A program's own fields, some of them with a default that is made for each value."""

    tags: list[str] = field(default_factory=list)
    width: int = 100


def test_a_subclass_shows_its_own_fields() -> None:
    assert repr(Extended(url="u")) == "Extended(url='u', tags=[])"
    assert repr(Extended(url="u", width=200, detail=UNSET)) == "Extended(url='u', tags=[], width=200)"


def test_rich_shows_the_same_fields() -> None:
    assert pretty_repr(cm.ImageURL(url="u")) == "ImageURL(url='u')"
