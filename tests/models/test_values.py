"""Values are equal whatever their origin, and can be copied and pickled."""

import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

import conversation_models as cm

from ..support.amounts import amount, each_once, examples
from ..support.copies import COPIES, attempt_hash
from ..support.documents import CODECS, NAMINGS, SHAPES, Naming, dumps, minimal, respelled, value_of
from ..support.each import each
from ..support.strategies import responses, values, wire, wire_responses

every_naming = pytest.mark.parametrize("naming", NAMINGS)
every_model = pytest.mark.parametrize("cls", SHAPES, ids=lambda cls: cls.__name__)


def versions(value: Any) -> list[Any]:
    """Equal values: ``value`` itself, and those that either codec reads from its JSON."""
    return [value, *(codec.decode(codec.encode(value), type(value)) for codec in (cm.camel, cm.snake))]


@every_model
@examples(10, usual=2)
@given(data=st.data())
def test_equal_values_are_equal_and_hash_alike(cls: Any, data: st.DataObject) -> None:
    value = data.draw(values(cls))
    equal = versions(value)
    for one in equal:
        assert isinstance(one, cls)
        assert repr(one) == repr(value)
        for other in equal:
            assert one == other
            assert (one != other) is False
            assert attempt_hash(one) == attempt_hash(other)


@each("cls", SHAPES)
def test_models_are_hashable_where_their_fields_are(cls: Any) -> None:
    value = value_of(minimal(cls), cls, "snake")
    # The ``{}`` of a usage is a model; other objects are free-form.
    unhashable = any(isinstance(field, (list, dict)) for name, field in minimal(cls).items() if name != "usage")
    for one in versions(value):
        assert (attempt_hash(one) is None) == unhashable
        if not unhashable:
            assert len({value, one}) == 1


@every_model
@examples(10, usual=2)
@given(data=st.data())
def test_different_values_differ(cls: Any, data: st.DataObject) -> None:
    one, other = data.draw(values(cls)), data.draw(values(cls))
    differ = one != other
    others = versions(other)
    for left in versions(one):
        for right in others:
            assert (left == right) == (not differ)
            assert (left != right) == differ


@every_naming
def test_values_are_not_equal_to_anything_else(naming: Naming) -> None:
    chunk = CODECS[naming].decode(
        b'{"type":"reference","%b":[1]}' % {"camel": b"referenceIds", "snake": b"reference_ids"}[naming],
        cm.ReferenceChunk,
    )
    for other in (None, 1, [1], {"reference_ids": [1]}, cm.TextChunk(text=""), cm.Unknown(None, b"1")):
        assert chunk != other
        assert other != chunk


def test_the_same_fields_in_another_class_are_another_value() -> None:
    fields: dict[str, Any] = {"id": "i", "name": "t", "arguments": ""}
    values: list[Any] = [cm.ToolExecutionDeltaEvent(**fields), cm.ToolExecutionStartedEvent(**fields)]
    for one in versions(values[0]):
        for other in versions(values[1]):
            assert one != other


class Extended(cm.ImageURLChunk, frozen=True, kw_only=True):
    """A program's own class with the same fields."""


def test_a_subclass_is_another_class_in_either_naming() -> None:
    extended = Extended(image_url="u")
    for one in versions(cm.ImageURLChunk(image_url="u")):
        assert one != extended
        assert extended != one
    for one in versions(extended):
        assert one == extended
        assert hash(one) == hash(extended)


def test_a_difference_deep_inside_makes_values_unequal() -> None:
    def response(url: str) -> bytes:
        image = {"type": "image_url", "image_url": {"url": url}}
        return dumps({"conversation_id": "c", "outputs": [{"content": [image]}], "usage": {}})

    assert cm.snake.decode(response("a")) != cm.snake.decode(response("b"))
    assert cm.snake.decode(response("a")) == cm.camel.decode(cm.camel.encode(cm.snake.decode(response("a"))))


def test_unknown_members_are_equal_by_their_bytes() -> None:
    unknown = cm.Unknown("a", b'{"type":"a"}')
    assert unknown == cm.Unknown("a", b'{"type":"a"}')
    assert hash(unknown) == hash(cm.Unknown("a", b'{"type":"a"}'))
    assert unknown != cm.Unknown("a", b'{"type": "a"}')
    assert unknown != b'{"type":"a"}'
    for way in COPIES.values():
        if way is not structs.replace:
            assert way(unknown) == unknown
            assert way(unknown).type == "a"


@every_naming
@examples(40)
@given(response=responses())
def test_copies_of_responses_are_equal_and_encode_alike(naming: Naming, response: cm.ConversationResponse) -> None:
    value = CODECS[naming].decode(CODECS[naming].encode(response))
    encoded = [codec.encode(response) for codec in (cm.camel, cm.snake)]
    for way in COPIES.values():
        copied = way(value)
        assert isinstance(copied, cm.ConversationResponse)
        assert copied == value == response
        assert [codec.encode(copied) for codec in (cm.camel, cm.snake)] == encoded


@each_once(naming=NAMINGS, cls=SHAPES)
@examples(5, usual=2)
@given(data=st.data())
def test_copies_of_every_model_are_equal(cls: Any, naming: Naming, data: st.DataObject) -> None:
    value = CODECS[naming].decode(dumps(data.draw(wire(cls, naming, open=True))), cls)
    for way in COPIES.values():
        copied = way(value)
        assert copied == value
        assert isinstance(copied, cls)


def test_a_pickle_names_the_public_class() -> None:
    # A stored pickle must load in later versions, whatever the codecs do internally.
    value = cm.snake.decode(b'{"type":"reference","reference_ids":[1]}', cm.ReferenceChunk)
    assert pickle.dumps(value) == pickle.dumps(cm.ReferenceChunk(reference_ids=[1]))


@every_naming
@each("cls", SHAPES)
def test_decoded_values_are_frozen(cls: Any, naming: Naming) -> None:
    value = CODECS[naming].decode(CODECS[naming].encode(value_of(minimal(cls), cls, "snake")), cls)
    for name in SHAPES[cls].fields:
        with pytest.raises(AttributeError):
            setattr(value, name, "other")
    assert type(value).__name__ == cls.__name__


@every_naming
def test_decoded_values_match_the_public_classes(naming: Naming) -> None:
    value = CODECS[naming].decode(CODECS[naming].encode(cm.ToolExecutionEntry(name="t", agent_id="a")), cm.OutputEntry)
    match value:
        case cm.ToolExecutionEntry(name=name, agent_id=agent_id):
            assert (name, agent_id, value.type) == ("t", "a", "tool.execution")
        case _:
            pytest.fail("no match")


# Threads ---------------------------------------------------------------------------------------------------------


@examples(3, usual=2)
@given(st.lists(wire_responses("snake"), min_size=amount(10, 20), max_size=amount(20, 40)))
def test_codecs_are_shared_between_threads(documents: list[dict[str, Any]]) -> None:
    # New codecs, so that threads also race for the first use of each type.
    camel, snake = cm.Codec("camel"), cm.Codec("snake")
    barrier = threading.Barrier(8)

    def work(_: int) -> list[bytes]:
        barrier.wait()
        written = []
        for document in documents:
            value = snake.decode(dumps(document))
            again = camel.decode(camel.encode(value))
            assert again == value
            written.append(snake.encode(again))
            with pytest.raises(cm.ConversationDecodeError):
                camel.decode(b'{"outputs":[{}]}')
        return written

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(work, range(8)))
    assert all(result == results[0] for result in results)
    # And they are the documents that went in.
    assert [json.loads(text)["conversation_id"] for text in results[0]] == [
        document["conversation_id"] for document in documents
    ]


@examples(20)
@given(wire_responses("snake"))
def test_equal_values_of_both_namings_are_one_member_of_a_set(document: dict[str, Any]) -> None:
    camel = cm.camel.decode(dumps(respelled(document, cm.ConversationResponse, "snake")))
    snake = cm.snake.decode(dumps(document))
    assert [camel].index(snake) == 0
    assert [snake].count(camel) == 1
