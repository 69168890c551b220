"""Views: what readers of responses, messages, events and usages ask for most."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, structs

import conversation_models as cm

from ..support.documents import CODECS, NAMINGS, Naming, dumps
from ..support.each import each
from ..support.strategies import responses, values

REFERENCE = cm.ReferenceChunk(reference_ids=[1, "b"])
THOUGHT_SOURCE = cm.ToolReferenceChunk(tool="web_search", title="Thought")
SOURCE = cm.ToolReferenceChunk(tool="web_search", title="Said")
CONTENT: list[cm.ContentChunk] = [
    cm.ThinkChunk(thinking=[cm.TextChunk(text="Who "), THOUGHT_SOURCE, cm.TextChunk(text="won?"), REFERENCE]),
    cm.TextChunk(text="Spain won"),
    SOURCE,
    cm.ThinkChunk(thinking=[cm.TextChunk(text=" Sure."), cm.Unknown("new", b'{"type":"new","text":"x"}')]),
    cm.Unknown("video_url", b'{"type":"video_url","text":"x"}'),
    cm.TextChunk(text="."),
]
MESSAGE = cm.MessageOutputEntry(content=CONTENT)
CALL = cm.FunctionCallEntry(tool_call_id="c1", name="rate", arguments="{}")
OTHER_CALL = cm.FunctionCallEntry(tool_call_id="c2", name="rate", arguments={"a": 1})
RESPONSE = cm.ConversationResponse(
    conversation_id="conv_1",
    outputs=[
        MESSAGE,
        CALL,
        cm.ToolExecutionEntry(name="web_search", arguments="{}"),
        cm.Unknown("video.output", b'{"type":"video.output","content":"x"}'),
        OTHER_CALL,
        cm.MessageOutputEntry(content=" Bye"),
    ],
)
# The public class, the classes that the codecs derive from it, and that of values with unknown fields.
MADE: dict[str, Callable[[Any], Any]] = {
    "built": lambda value: value,
    "camel": lambda value: cm.camel.decode(cm.camel.encode(value), type(value)),
    "snake": lambda value: cm.snake.decode(cm.snake.encode(value), type(value)),
    "with unknown fields": lambda value: value.with_unknown_fields({"region": "eu"}),
}
every_class = each("made", MADE.values())


@every_class
def test_the_text_of_a_response_is_that_of_its_messages(made: Any) -> None:
    assert made(RESPONSE).text == "Spain won. Bye"
    assert made(structs.replace(RESPONSE, outputs=[])).text == ""


@every_class
def test_the_function_calls_of_a_response_are_in_order(made: Any) -> None:
    assert made(RESPONSE).function_calls == [CALL, OTHER_CALL]
    assert made(structs.replace(RESPONSE, outputs=[MESSAGE])).function_calls == []


@every_class
def test_the_reasoning_of_a_message_is_the_text_of_its_thinking(made: Any) -> None:
    assert made(MESSAGE).reasoning == "Who won? Sure."
    assert made(cm.MessageOutputEntry(content="Spain won.")).reasoning == ""
    assert made(cm.MessageOutputEntry(content=[])).reasoning == ""


@every_class
def test_the_references_of_a_message_include_those_in_its_reasoning(made: Any) -> None:
    assert made(MESSAGE).references == [THOUGHT_SOURCE, REFERENCE, SOURCE]
    assert made(cm.MessageOutputEntry(content="Spain won.")).references == []
    assert made(cm.MessageOutputEntry(content=[REFERENCE])).references == [REFERENCE]


@every_class
def test_the_text_of_a_message_to_the_model_joins_its_text_chunks(made: Any) -> None:
    assert made(cm.MessageInputEntry(role="user", content="Who won?")).text == "Who won?"
    assert made(cm.MessageInputEntry(role="assistant", content=CONTENT)).text == "Spain won."


@every_class
@each(
    ("content", "text"),
    [
        ("Hel", "Hel"),
        ("", ""),
        (cm.TextChunk(text="lo"), "lo"),
        (cm.ThinkChunk(thinking=[cm.TextChunk(text="Hm")]), ""),
        (SOURCE, ""),
        (cm.Unknown("video_url", b'{"type":"video_url","text":"x"}'), ""),
    ],
)
def test_the_text_of_a_delta_is_what_it_adds_to_the_answer(made: Any, content: Any, text: str) -> None:
    assert made(cm.MessageOutputEvent(id="m1", content=content)).text == text


@given(responses())
def test_a_builder_and_a_response_have_one_rule_for_text(response: cm.ConversationResponse) -> None:
    builder = cm.ResponseBuilder()
    builder.add(cm.ResponseStartedEvent(conversation_id="conv_1"))
    for index, entry in enumerate(response.outputs):
        if isinstance(entry, cm.MessageOutputEntry):
            pieces: list[Any] = [entry.content] if isinstance(entry.content, str) else entry.content
            for piece in pieces:
                builder.add(cm.MessageOutputEvent(id="m1", content=piece, output_index=index))
    assert builder.text == response.text == builder.response.text


VIEWS: list[tuple[Any, str]] = [
    (cm.ConversationResponse, "text"),
    (cm.ConversationResponse, "function_calls"),
    (cm.MessageOutputEntry, "text"),
    (cm.MessageOutputEntry, "reasoning"),
    (cm.MessageOutputEntry, "references"),
    (cm.MessageInputEntry, "text"),
    (cm.MessageOutputEvent, "text"),
]
DOCUMENTS: dict[Any, dict[str, Any]] = {
    cm.ConversationResponse: {"outputs": [{"type": "message.output", "content": "Hi"}]},
    cm.MessageOutputEntry: {"type": "message.output", "content": "Hi"},
    cm.MessageInputEntry: {"type": "message.input", "role": "user", "content": "Hi"},
    cm.MessageOutputEvent: {"type": "message.output.delta", "id": "m1", "content": "Hi"},
}


@each("naming", NAMINGS)
@each(("cls", "name"), VIEWS)
def test_an_unknown_field_with_the_name_of_a_view_stays_an_unknown_field(cls: Any, name: str, naming: Naming) -> None:
    document = dict(DOCUMENTS[cls])
    if cls is cm.ConversationResponse:
        document["conversation_id" if naming == "snake" else "conversationId"] = "conv_1"
    codec = cm.Codec(naming)
    plain = codec.decode(dumps(document), cls)
    for _ in range(3):  # From the second one on, the codec has learned the field.
        value = codec.decode(dumps({**document, name: [1.0]}), cls)
        assert value == plain.with_unknown_fields({name: [1.0]})
        assert value.unknown_fields == {name: [1.0]}
        assert getattr(value, name) == getattr(plain, name) != [1.0]
        for other in CODECS.values():
            assert msgspec.json.decode(other.encode(value))[name] == [1.0]


# Usage -----------------------------------------------------------------------------------------------------------

Usage = cm.ConversationUsageInfo


def test_counts_and_connectors_add_up() -> None:
    one = Usage(
        prompt_tokens=1, completion_tokens=2, total_tokens=13, connector_tokens=10, connectors={"web_search": 1, "a": 2}
    )
    other = Usage(
        prompt_tokens=4, completion_tokens=5, total_tokens=29, connector_tokens=20, connectors={"web_search": 3, "b": 4}
    )
    assert one + other == Usage(
        prompt_tokens=5,
        completion_tokens=7,
        total_tokens=42,
        connector_tokens=30,
        connectors={"web_search": 4, "a": 2, "b": 4},
    )


@pytest.mark.parametrize("neutral", [UNSET, None])
def test_what_is_absent_or_null_changes_nothing(neutral: Any) -> None:
    stated, silent = Usage(connector_tokens=3, connectors={"a": 1}), Usage(connector_tokens=neutral, connectors=neutral)
    assert stated + silent == silent + stated == stated
    assert silent + silent == silent


def test_null_with_absent_is_null() -> None:
    null = Usage(connector_tokens=None, connectors=None)
    assert null + Usage() == Usage() + null == null


@each(
    ("left", "right", "total"),
    [
        (1, 2, 3),
        (1.5, 2, 3.5),
        (10**40, 1, 10**40 + 1),
        ({"a": 1, "b": {"c": 2}}, {"b": {"c": 3, "d": 4.5}}, {"a": 1, "b": {"c": 5, "d": 4.5}}),
        (None, 2, 2),
        (2, None, 2),
        (None, None, None),
        ("eu", "us", "us"),
        ("eu", None, "eu"),
        ([1], [2], [2]),
        (True, True, True),
        (1, True, True),
        (False, 1, 1),
        (1, "2", "2"),
        (1, {"a": 1}, {"a": 1}),
        ({"a": 1}, 1, 1),
        (1e308, 1.5e308, 1.5e308),
        (10**400, 1.0, 1.0),
        (1.0, 10**400, 10**400),
    ],
)
@each("right_codec", CODECS.values())
@each("left_codec", CODECS.values())
def test_numbers_in_unknown_fields_add_up(left: Any, right: Any, total: Any, left_codec: Any, right_codec: Any) -> None:
    one, other = (Usage(total_tokens=1).with_unknown_fields({"details": value}) for value in (left, right))
    expected = Usage(total_tokens=2).with_unknown_fields({"details": total})
    assert repr(one + other) == repr(expected)  # Tells 1 from true.
    decoded = left_codec.decode(left_codec.encode(one), Usage) + right_codec.decode(right_codec.encode(other), Usage)
    assert decoded == expected
    assert right_codec.encode(decoded) == right_codec.encode(expected)


def test_unknown_fields_of_one_side_are_kept() -> None:
    one, other = Usage().with_unknown_fields({"a": 1, "b": "x"}), Usage().with_unknown_fields({"c": None})
    assert (one + other).unknown_fields == (other + one).unknown_fields == {"a": 1, "b": "x", "c": None}
    assert (one + Usage()).unknown_fields == (Usage() + one).unknown_fields == {"a": 1, "b": "x"}


@pytest.mark.parametrize("codec", CODECS.values(), ids=str)
def test_usages_with_learned_fields_add_up(codec: cm.Codec) -> None:
    codec = cm.Codec(codec.naming)
    first, learned = (codec.decode(b'{"prompt_audio_seconds": 2, "details": {"cached": 4}}', Usage) for _ in range(2))
    total = first + learned + Usage(total_tokens=1)
    assert total == Usage(total_tokens=1).with_unknown_fields({"prompt_audio_seconds": 4, "details": {"cached": 8}})


def test_adding_changes_neither_side() -> None:
    one, other = (Usage(connectors={"a": 1}).with_unknown_fields({"details": {"b": {"c": 1}}}) for _ in range(2))
    _ = one + other
    assert one == other == Usage(connectors={"a": 1}).with_unknown_fields({"details": {"b": {"c": 1}}})


def test_objects_may_be_nested_deep() -> None:
    def nested() -> Usage:
        value: Any = 1
        for _ in range(100_000):
            value = {"a": value}
        return Usage().with_unknown_fields({"a": value})

    inner: Any = (nested() + nested()).unknown_fields
    while not isinstance(inner, int):
        inner = inner["a"]
    assert inner == 2


@pytest.mark.parametrize("other", [0, None, {"total_tokens": 1}, cm.TextChunk(text="")])
def test_a_usage_and_anything_else_do_not_add_up(other: Any) -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        _ = Usage() + other
    with pytest.raises(TypeError, match="unsupported operand"):
        _ = other + Usage()


class Billed(Usage, frozen=True, kw_only=True):
    """A program's own usage."""

    prompt_audio_seconds: int = 0


def test_a_subclass_adds_up_its_own_fields() -> None:
    decoded = cm.snake.decode(b'{"prompt_audio_seconds": 2, "new": 1}', Billed)
    total = sum([decoded, decoded], Billed())
    assert isinstance(total, Billed)
    assert (total.prompt_audio_seconds, total.unknown_fields) == (4, {"new": 2})
    # The sum could not say which of the two it is.
    with pytest.raises(TypeError, match="unsupported operand"):
        _ = Usage() + decoded


@given(st.lists(values(Usage), max_size=4))
def test_the_counts_of_any_usages_add_up_in_any_order(usages: list[Usage]) -> None:
    total = sum(usages, Usage())
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert getattr(total, name) == sum(getattr(usage, name) for usage in usages)
    assert (total.connector_tokens or 0) == sum(usage.connector_tokens or 0 for usage in usages)
    names = {name for usage in usages for name in usage.connectors or {}}
    expected = {name: sum((usage.connectors or {}).get(name, 0) for usage in usages) for name in names}
    assert (total.connectors or {}) == expected
    assert sum(reversed(usages), Usage()).total_tokens == total.total_tokens


@given(values(Usage), values(Usage))
def test_a_sum_can_be_written(one: Usage, other: Usage) -> None:
    total = one + other
    for codec in CODECS.values():
        assert codec.decode(codec.encode(total), Usage) == total
