"""Fields that no model has come back as they were, wherever they are and whatever they are called."""

import json
from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import conversation_models as cm
from conversation_models.codec import Codec

from ..support.amounts import amount, each_once, examples, in_full_if_long, some
from ..support.codecs import exhausted
from ..support.documents import (
    CODECS,
    NAMINGS,
    SHAPES,
    UNION_TYPES,
    UNIONS,
    Naming,
    dumps,
    exact,
    minimal,
    respelled,
    written,
)
from ..support.each import each
from ..support.strategies import wire, wire_events, wire_member, wire_responses
from ..support.streams import cut, in_naming, read_sizes
from ..support.unknown_fields import hostile_keys, modelled_objects, same_json, with_random_fields

every_naming = pytest.mark.parametrize("naming", NAMINGS)
OTHER: dict[Naming, Naming] = {"camel": "snake", "snake": "camel"}


def codecs(naming: Naming) -> Iterable[Codec]:
    """One that has just been made, one that many tests share, and one that cannot learn anything more."""
    return Codec(naming), CODECS[naming], exhausted(naming)


def check(document: Any, type: Any, name: Any, naming: Naming, codec: Codec) -> Any:
    """Assert that ``document`` comes back, and return its value. ``name`` is the name of ``type`` in the table."""
    value = codec.decode(dumps(document), type)
    assert same_json(codec.encode(value), written(document, name, naming))
    return value


def check_with_and_without(plain: Any, new: Any, type: Any, name: Any, naming: Naming) -> None:
    """``plain`` is the document without the fields of ``new``."""
    for first, second in (plain, new), (new, plain):
        for codec in codecs(naming):
            documents = (first, second) * 2
            values = [check(document, type, name, naming, codec) for document in documents]
            assert values[:2] == values[2:]
            # A value is written in full whatever the codec has learned since.
            for document, value in zip(documents, values, strict=True):
                assert same_json(codec.encode(value), written(document, name, naming))


def check_across(document: Any, type: Any, name: Any, naming: Naming) -> None:
    """Assert that nothing is lost on the way to the other naming and back, and that unknown keys stay as they are."""
    there = respelled(document, name, naming)
    for here, other in zip(codecs(naming), codecs(OTHER[naming]), strict=True):
        value = here.decode(dumps(document), type)
        translated = other.encode(value)
        assert same_json(translated, written(there, name, OTHER[naming]))
        again = other.decode(translated, type)
        assert again == value
        assert value == again
        assert same_json(here.encode(again), written(document, name, naming))
        assert same_json(other.encode(again), written(there, name, OTHER[naming]))


def check_all(data: st.DataObject, plain: Any, type: Any, name: Any, naming: Naming) -> None:
    new = with_random_fields(data, plain, name, naming)
    check_with_and_without(plain, new, type, name, naming)
    check_across(new, type, name, naming)


# Documents --------------------------------------------------------------------------------------------------------


@each_once(naming=NAMINGS, cls=SHAPES)
@examples(4, usual=2)
@given(data=st.data())
def test_unknown_fields_of_every_model_survive(cls: Any, naming: Naming, data: st.DataObject) -> None:
    check_all(data, data.draw(wire(cls, naming, open=True)), cls, cls, naming)


@each_once(naming=NAMINGS, union=UNION_TYPES)
@examples(12, usual=3)
@given(data=st.data())
def test_unknown_fields_of_members_of_every_union_survive(union: str, naming: Naming, data: st.DataObject) -> None:
    check_all(data, data.draw(wire_member(union, naming, open=True)), UNION_TYPES[union], union, naming)


@every_naming
@examples(12, usual=4)
@given(data=st.data())
def test_unknown_fields_of_responses_survive(naming: Naming, data: st.DataObject) -> None:
    check_all(data, data.draw(wire_responses(naming)), cm.ConversationResponse, cm.ConversationResponse, naming)


@every_naming
@examples(12, usual=4)
@given(data=st.data())
def test_unknown_fields_of_tagged_responses_survive(naming: Naming, data: st.DataObject) -> None:
    """Without unknown or untagged members, whose reading is another path."""
    plain = data.draw(wire_responses(naming, open=False))
    check_all(data, plain, cm.ConversationResponse, cm.ConversationResponse, naming)


@pytest.mark.long
@every_naming
@settings(max_examples=1_500)
@given(data=st.data())
def test_unknown_fields_of_many_responses_survive(naming: Naming, data: st.DataObject) -> None:
    plain = data.draw(wire_responses(naming, open=data.draw(st.booleans())))
    check_all(data, plain, cm.ConversationResponse, cm.ConversationResponse, naming)


@in_full_if_long
@each_once(naming=NAMINGS, cls=SHAPES)
def test_every_hostile_key_is_data_like_any_other(cls: Any, naming: Naming) -> None:
    """Each alone, by default a share that is another for each model, then all in one document."""
    plain = in_naming(minimal(cls), cls, naming)
    keys = hostile_keys(cls)
    codec = Codec(naming)
    share = amount(12, 1)
    start = list(SHAPES).index(cls) % share
    alone: list[dict[str, Any]] = [{name: [index]} for index, name in enumerate(keys)][start::share]
    for fields in [*alone, {name: name for name in keys}]:
        value = check({**plain, **fields}, cls, cls, naming, codec)
        assert dict(value.unknown_fields) == fields
    # What was learned from them changes nothing for a document without them.
    assert dict(check(plain, cls, cls, naming, codec).unknown_fields) == {}


@in_full_if_long
@each_once(naming=NAMINGS, cls=[cm.ConversationUsageInfo, cm.TextChunk, cm.FunctionCallEvent])
def test_a_key_of_many_kilobytes_is_data_like_any_other(cls: Any, naming: Naming) -> None:
    size = amount(2**14, 2**18)
    fields = {"k" * 4 * size: 1, "\u20ac" * size: 2, '"' * 2 * size: 3}
    for codec in codecs(naming):
        for _ in range(3):
            value = check({**in_naming(minimal(cls), cls, naming), **fields}, cls, cls, naming, codec)
            assert dict(value.unknown_fields) == fields


@some(10, ("cls", "naming"), product(SHAPES, NAMINGS))
@in_full_if_long
def test_a_model_may_have_many_unknown_fields_at_once(cls: Any, naming: Naming) -> None:
    # More than a codec learns.
    fields = {f"field{index}": index for index in range(amount(300, 2_000))}
    for codec in codecs(naming):
        for _ in range(3):
            value = check({**in_naming(minimal(cls), cls, naming), **fields}, cls, cls, naming, codec)
            assert dict(value.unknown_fields) == fields


@every_naming
def test_of_a_repeated_unknown_key_the_last_value_counts(naming: Naming) -> None:
    for codec in codecs(naming):
        for _ in range(3):
            value = codec.decode('{"type":"text","new":1,"text":"a","new":[2]}', cm.TextChunk)
            assert dict(value.unknown_fields) == {"new": [2]}
            assert same_json(codec.encode(value), {"type": "text", "text": "a", "new": [2]})


@every_naming
def test_an_escaped_key_is_the_same_key(naming: Naming) -> None:
    for codec in codecs(naming):
        for escaped in (r"n\u0065w", "new", r"\u006eew"):
            value = codec.decode(f'{{"type":"text","text":"a","{escaped}":1}}', cm.TextChunk)
            assert dict(value.unknown_fields) == {"new": 1}


def text_with(value: bytes) -> bytes:
    return b'{"type":"text","text":"a","new":%b}' % value


@every_naming
@each("bad", [b"NaN", b"[1,]", b'"\xff"', b"[" * 5000, b"", b"01", b'{"a"}'])
def test_an_unknown_field_whose_value_is_not_json_is_an_error(naming: Naming, bad: bytes) -> None:
    """Before the field was learned and after."""
    for codec in codecs(naming):
        for _ in range(3):
            with pytest.raises(cm.ConversationDecodeError):
                codec.decode(text_with(bad), cm.TextChunk)
            codec.decode(text_with(b"1"), cm.TextChunk)


@every_naming
@each("odd", [b'"\\ud800"', b"1e999", b"1" * 5000, b"[" * 5000 + b"]" * 5000])
def test_an_unknown_field_that_python_cannot_hold_is_an_error_or_comes_back_unchanged(
    naming: Naming, odd: bytes
) -> None:
    for codec in codecs(naming):
        for _ in range(3):
            try:
                value = codec.decode(text_with(odd), cm.TextChunk)
            except cm.ConversationDecodeError:
                pass
            else:
                assert odd in codec.encode(value)
            codec.decode(text_with(b"1"), cm.TextChunk)


# The other ways to read and write ---------------------------------------------------------------------------------


def drawn_responses(data: st.DataObject, naming: Naming) -> list[Any]:
    """Some responses, with and without unknown fields."""
    plain = data.draw(st.lists(wire_responses(naming), min_size=1, max_size=3))
    return [
        with_random_fields(data, one, cm.ConversationResponse, naming) if data.draw(st.booleans()) else one
        for one in plain
    ]


def expected_of(documents: list[Any], naming: Naming) -> list[Any]:
    return [written(document, cm.ConversationResponse, naming) for document in documents]


@every_naming
@examples(12, usual=4)
@given(data=st.data())
def test_unknown_fields_survive_in_lines(naming: Naming, data: st.DataObject) -> None:
    documents = drawn_responses(data, naming)
    text = b"".join(dumps(document) + b"\n" for document in documents)
    for codec in codecs(naming):
        values = codec.decode_lines(text)
        lines = codec.encode_lines(values).splitlines()
        assert len(lines) == len(documents)
        for line, expected in zip(lines, expected_of(documents, naming), strict=True):
            assert same_json(line, expected)
        for sizes in [len(text)], data.draw(read_sizes):
            assert list(codec.iter_lines(cut(text, sizes))) == values


@every_naming
@examples(12, usual=4)
@given(data=st.data())
def test_unknown_fields_survive_in_containers(naming: Naming, data: st.DataObject) -> None:
    documents = drawn_responses(data, naming)
    named = {f"n{index}": document for index, document in enumerate(documents)}
    expected = expected_of(documents, naming)
    for codec in codecs(naming):
        listed = codec.decode(dumps(documents), list[cm.ConversationResponse])
        assert same_json(codec.encode(listed), expected)
        assert same_json(codec.encode(tuple(listed)), expected)
        by_name = codec.decode(dumps(named), dict[str, cm.ConversationResponse])
        assert same_json(codec.encode(by_name), dict(zip(named, expected, strict=True)))
        buffer = bytearray(b"head")
        codec.encode_into(listed, buffer, 4)
        assert buffer == b"head" + codec.encode(listed)


@every_naming
@examples(12, usual=4)
@given(data=st.data())
def test_unknown_fields_survive_as_builtins(naming: Naming, data: st.DataObject) -> None:
    for document in drawn_responses(data, naming):
        expected = written(document, cm.ConversationResponse, naming)
        for codec in codecs(naming):
            value = codec.decode(dumps(document))
            builtins = codec.to_builtins(value)
            assert exact(builtins) == exact(expected)
            assert codec.from_builtins(document) == codec.from_builtins(builtins)
            assert exact(codec.to_builtins(codec.from_builtins(document))) == exact(expected)


@every_naming
@examples(15, usual=4)
@given(data=st.data())
def test_unknown_fields_of_a_head_survive(naming: Naming, data: st.DataObject) -> None:
    plain = data.draw(wire_responses(naming))
    new = with_random_fields(data, plain, cm.ConversationResponse, naming)
    for codec in codecs(naming):
        for document in (plain, new, new):
            # Its outputs are written as they are in the document.
            expected = {**written(document, cm.ConversationResponse, naming), "outputs": document["outputs"]}
            head = json.loads(codec.encode(codec.peek(dumps(document))))
            # A constant may be written where it was absent.
            assert exact({"object": "conversation.response", **head}) == exact(expected)


# Events -----------------------------------------------------------------------------------------------------------


def frame(document: Any) -> bytes:
    return b"data: %b\n\n" % dumps(document)


def data_of(frame: bytes) -> bytes:
    return b"\n".join([line[6:] for line in frame.splitlines() if line.startswith(b"data: ")])


def check_events(data: st.DataObject, plain: list[Any], naming: Naming) -> None:
    new = [with_random_fields(data, document, "event", naming) for document in plain]
    for first, second in (plain, new), (new, plain):
        documents = [*first, *second, *first]
        stream = b"".join(map(frame, documents))
        for codec, there in zip(codecs(naming), codecs(OTHER[naming]), strict=True):
            for sizes in [len(stream) or 1], data.draw(read_sizes):
                decoder = codec.event_decoder()
                events = [event for piece in cut(stream, sizes) for event in decoder.feed(piece)] + decoder.close()
                assert len(events) == len(documents)
                for event, document in zip(events, documents, strict=True):
                    assert same_json(data_of(codec.encode_event(event)), written(document, "event", naming))
                    # Also when the stream is relayed in the other naming.
                    translated = written(respelled(document, "event", naming), "event", OTHER[naming])
                    assert same_json(data_of(there.encode_event(event)), translated)


@every_naming
@examples(15, usual=4)
@given(data=st.data())
def test_unknown_fields_of_events_survive_in_streams(naming: Naming, data: st.DataObject) -> None:
    check_events(data, data.draw(st.lists(wire_events(naming), min_size=1, max_size=3)), naming)


@pytest.mark.long
@every_naming
@settings(max_examples=400)
@given(data=st.data())
def test_unknown_fields_of_many_events_survive_in_streams(naming: Naming, data: st.DataObject) -> None:
    check_events(data, data.draw(st.lists(wire_events(naming), min_size=1, max_size=3)), naming)


@each_once(naming=NAMINGS, cls=UNIONS["event"])
@examples(3, usual=2)
@given(data=st.data())
def test_unknown_fields_of_every_event_survive_in_streams(cls: Any, naming: Naming, data: st.DataObject) -> None:
    check_events(data, [data.draw(wire(cls, naming))], naming)


@every_naming
@examples(12, usual=4)
@given(data=st.data())
def test_strict_readers_keep_unknown_fields(naming: Naming, data: st.DataObject) -> None:
    plain = data.draw(st.lists(wire_events(naming), min_size=1, max_size=3))
    documents = [with_random_fields(data, document, "event", naming) for document in plain]
    stream = b"".join(map(frame, documents))
    for codec in codecs(naming):
        events = list(codec.iter_events(cut(stream, data.draw(read_sizes))))
        assert events == [codec.decode(dumps(document), cm.ConversationEvent) for document in documents]
        for event, document in zip(events, documents, strict=True):
            assert same_json(codec.encode(event), written(document, "event", naming))


@every_naming
def test_the_event_field_names_the_model_of_an_event_with_unknown_fields(naming: Naming) -> None:
    document = {"id": "t", "name": "n", "arguments": "", "region": "eu", "__class__": [1]}
    stream = b"event: tool.execution.delta\ndata: %b\n\n" % dumps(document)
    for codec in codecs(naming):
        for _ in range(3):
            (event,) = codec.event_decoder().feed(stream)
            assert isinstance(event, cm.ToolExecutionDeltaEvent)
            assert dict(event.unknown_fields) == {"region": "eu", "__class__": [1]}
            assert same_json(
                data_of(codec.encode_event(event)),
                written({"type": "tool.execution.delta", **document}, "event", naming),
            )


# The helper -------------------------------------------------------------------------------------------------------


def test_fields_are_put_into_models_and_nowhere_else() -> None:
    document = {
        "conversation_id": "c",
        "outputs": [
            {"type": "message.output", "content": [{"text": "a"}, {"type": "new", "text": "a"}, 5]},
            {"name": "t", "info": {"type": "text", "text": "a"}},
            {"type": "message.output", "content": [{"type": "image_url", "image_url": {"url": "u"}}]},
            {"kind": "unknown"},
        ],
        "usage": {"connectors": {"t": 1}},
        "guardrails": [{"content": "a"}],
    }
    places = modelled_objects(document, cm.ConversationResponse, "snake")
    assert [(place.path, place.cls, place.untagged) for place in places] == [
        ("$", cm.ConversationResponse, False),
        ("$.outputs[0]", cm.MessageOutputEntry, False),
        ("$.outputs[0].content[0]", cm.TextChunk, True),
        ("$.outputs[1]", cm.ToolExecutionEntry, True),
        ("$.outputs[2]", cm.MessageOutputEntry, False),
        ("$.outputs[2].content[0]", cm.ImageURLChunk, False),
        ("$.outputs[2].content[0].image_url", cm.ImageURL, False),
        ("$.usage", cm.ConversationUsageInfo, False),
    ]
