"""Untagged members whose keys are in the other naming."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import examples
from ..support.each import each

CODECS = {"camel": cm.camel, "snake": cm.snake}

# An untagged member, the codec that cannot read it, the model that the other one reads, and its union.
MISREAD = [
    ('{"tool_call_id":"t","name":"f","arguments":"{}"}', "camel", cm.FunctionCallEntry, cm.OutputEntry),
    ('{"toolCallId":"t","name":"f","arguments":"{}"}', "snake", cm.FunctionCallEntry, cm.OutputEntry),
    (
        '{"previousAgentId":"a","previousAgentName":"A","nextAgentId":"b","nextAgentName":"B"}',
        "snake",
        cm.AgentHandoffEntry,
        cm.OutputEntry,
    ),
    ('{"image_url":"https://example.org"}', "camel", cm.ImageURLChunk, cm.ContentChunk),
    ('{"referenceIds":[1]}', "snake", cm.ReferenceChunk, cm.ContentChunk),
    # The key that decides is the same in both, another key is not.
    ('{"content":"x","created_at":5}', "snake", cm.MessageOutputEntry, cm.OutputEntry),
    ('{"conversation_id":"c"}', "camel", cm.ResponseStartedEvent, cm.ConversationEvent),
]


@pytest.mark.parametrize(("member", "naming", "cls", "union"), MISREAD)
def test_a_member_that_only_the_other_naming_identifies_is_an_error_that_names_its_codec(
    member: str, naming: str, cls: Any, union: Any
) -> None:
    other = "snake" if naming == "camel" else "camel"
    assert isinstance(CODECS[other].decode(member, union), cls)
    with pytest.raises(cm.ConversationDecodeError, match=f"`{cls.__name__}`: read this with `cm.{other}`") as caught:
        CODECS[naming].decode(member, union)
    assert caught.value.path == "$"


def test_the_error_names_the_path_of_the_member() -> None:
    body = '{"conversationId":"c","outputs":[{"content":[{"type":"text","text":""},{"file_id":"f","tool":"t"}]}]'
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.camel.decode(body + ',"usage":{}}')
    assert caught.value.path == "$.outputs[0].content[1]"


def test_drift_names_such_a_member() -> None:
    body = (
        b'{"conversationId":"c","outputs":[{"content":""},{"tool_call_id":"t","name":"f","arguments":""}],"usage":{}}'
    )
    assert cm.camel.drift(body) == ["$.outputs[1].tool_call_id"]


KEYS = {
    *("result", "prefix"),
    *("content", "name", "arguments", "role", "id", "info", "object", "model", "text", "url"),
    *("tool_call_id", "toolCallId", "created_at", "createdAt", "agent_id", "agentId"),
    *("previous_agent_id", "previousAgentId", "previous_agent_name", "previousAgentName"),
    *("next_agent_id", "nextAgentId", "next_agent_name", "nextAgentName", "confirmation_status", "confirmationStatus"),
}
VALUES = st.one_of(
    st.none(),
    st.just("assistant"),
    st.text(max_size=2),
    st.integers(0, 3),
    st.just({}),
    st.just([]),
    st.just([{"file_id": "f"}]),
)


@pytest.mark.parametrize("union", [cm.OutputEntry, cm.InputEntry], ids=["output", "input"])
@examples(100)
@given(st.lists(st.dictionaries(st.sampled_from(sorted(KEYS)), VALUES, max_size=7), max_size=3))
def test_untagged_members_are_the_same_after_a_round_trip_through_either_naming(union: Any, members: list[Any]) -> None:
    for codec in CODECS.values():
        try:
            value = codec.decode(json.dumps(members), list[union])
        except cm.ConversationDecodeError:
            continue
        for other in CODECS.values():
            assert other.decode(other.encode(value), list[union]) == value


NEITHER = [
    # The keys that both namings share identify it, and a value is wrong in both.
    ('{"result":5,"toolCallId":"t"}', cm.InputEntry),
    ('{"result":5,"tool_call_id":"t"}', cm.InputEntry),
    ('{"id":"c","created_at":"2025-06-06T10:00:00Z","updated_at":"2025-06-06T10:00:00Z","model":5}', cm.Conversation),
    ('{"id":"c","createdAt":"2025-06-06T10:00:00Z","updatedAt":"2025-06-06T10:00:00Z","model":5}', cm.Conversation),
]


@each("codec", CODECS.values())
@each(("member", "union"), NEITHER)
def test_a_member_that_fits_in_neither_naming_is_unknown(member: str, union: Any, codec: cm.Codec) -> None:
    assert codec.decode(member, union) == cm.Unknown(None, member.encode())


def test_an_unknown_field_in_the_other_spelling_does_not_make_a_conversation_another_one() -> None:
    text = (
        '{"id":"c","created_at":"2025-06-06T10:00:00Z","updated_at":"2025-06-06T10:00:00Z","model":"m","agentId":"a"}'
    )
    value = cm.snake.decode(text, cm.Conversation)
    assert isinstance(value, cm.ModelConversation)
    assert dict(value.unknown_fields) == {"agentId": "a"}


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
@pytest.mark.parametrize("agent", [None, "a"])
def test_a_field_of_an_output_makes_a_message_an_output_whatever_the_other_naming_says(
    codec: cm.Codec, agent: Any
) -> None:
    key = "agentId" if codec is cm.camel else "agent_id"
    text = json.dumps({"role": "assistant", "content": "x", key: agent})
    assert codec.decode(text, cm.InputEntry) == cm.MessageOutputEntry(content="x", agent_id=agent)


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_a_null_key_of_another_model_in_the_other_naming_is_an_unknown_field(codec: cm.Codec) -> None:
    time = "2025-06-06T10:00:00Z"
    body = {"id": "c", "created_at": time, "updated_at": time, "model": "m", "agent_id": None}
    value = cm.snake.decode(json.dumps(body), cm.Conversation)
    assert isinstance(value, cm.ModelConversation)
    assert codec.decode(codec.encode(value), cm.Conversation) == value
