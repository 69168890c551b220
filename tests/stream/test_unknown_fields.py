"""Fields that no model has, in the events of a stream: given in each event, and carried into what is built of them."""

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET, structs

import conversation_models as cm
from conversation_models.codec import Codec

from ..support.codecs import exhausted
from ..support.documents import NAMINGS, Naming, dumps, minimal, written
from ..support.each import each
from ..support.streams import Document, in_naming, stream
from ..support.unknown_fields import same_json

every_naming = each("naming", NAMINGS)


def codecs(naming: Naming) -> list[Codec]:
    """One that learns the fields of its events, and one that cannot learn anything more."""
    return [Codec(naming), exhausted(naming)]


def read(codec: Codec, documents: Iterable[Document]) -> list[Any]:
    """The events of a stream of ``documents``, which are in snake_case."""
    data = stream([in_naming(document, "event", codec.naming) for document in documents])
    return list(codec.event_decoder().feed(data))


def built(events: Iterable[Any]) -> cm.ConversationResponse:
    builder = cm.ResponseBuilder()
    for event in events:
        builder.add(event)
    return builder.response


def text_of(events: Iterable[Any]) -> str:
    (message,) = outputs_of(events)
    assert isinstance(message, cm.MessageOutputEntry)
    return message.text


def outputs_of(events: Iterable[Any]) -> list[Any]:
    return list(built(events).outputs)


def unknown_of(value: Any) -> dict[str, Any]:
    return dict(value.unknown_fields)


def delta(content: Any, **fields: Any) -> Document:
    return {"type": "message.output.delta", "id": "m", "content": content, **fields}


def text(text: str, **fields: Any) -> Document:
    return {"type": "text", "text": text, **fields}


STARTED: Document = {"type": "conversation.response.started", "conversation_id": "c"}
DONE: Document = {"type": "conversation.response.done", "usage": {"total_tokens": 7}}

# Events -----------------------------------------------------------------------------------------------------------


@every_naming
def test_a_new_field_of_all_deltas_is_in_each_event_and_changes_no_text(naming: Naming) -> None:
    plain = [STARTED, *(delta(f"{index} ") for index in range(100)), DONE]
    new = [{**document, "obfuscation": "x" * index} for index, document in enumerate(plain)]
    for codec in codecs(naming):
        expected, events = read(codec, plain), read(codec, new)
        assert [unknown_of(event) for event in events] == [{"obfuscation": "x" * n} for n in range(102)]
        for event, plain_event in zip(events, expected, strict=True):
            assert event.with_unknown_fields({"obfuscation": UNSET}) == plain_event
        response, without = built(events), built(expected)
        assert text_of(events) == text_of(expected) == "".join(f"{index} " for index in range(100))
        assert [unknown_of(entry) for entry in response.outputs] == [{"obfuscation": "x" * 100}]
        assert structs.replace(response, outputs=without.outputs) == without


@every_naming
def test_deltas_with_and_without_a_new_field_build_one_text(naming: Naming) -> None:
    """The builder has a shorter way for deltas of the class that it has met last."""
    fields = [{"seq": n} if n % 3 == 1 else {"other": n} if n % 7 == 2 else {} for n in range(60)]
    documents = [delta(f"{n} ", **fields[n]) for n in range(60)]
    for codec in codecs(naming):
        for _ in range(2):
            events = read(codec, [STARTED, *documents, DONE])
            assert text_of(events) == "".join(f"{n} " for n in range(60))
            (message,) = outputs_of(events)
            assert unknown_of(message) == {"seq": 58, "other": 51}


@every_naming
def test_deltas_of_two_messages_keep_their_fields_apart(naming: Naming) -> None:
    fields: list[dict[str, Any]] = [{"region": n} if n < 8 else {} for n in range(10)]
    documents = [{**delta(f"{n}", **fields[n]), "id": f"m{n % 2}", "output_index": n % 2} for n in range(10)]
    for codec in codecs(naming):
        outputs = outputs_of(read(codec, [STARTED, *documents, DONE]))
        assert [(entry.text, unknown_of(entry)) for entry in outputs] == [
            ("02468", {"region": 6}),
            ("13579", {"region": 7}),
        ]


# Entries ----------------------------------------------------------------------------------------------------------

# For each kind of output, its events.
OUTPUTS: dict[str, list[Any]] = {
    "message.output": [cm.MessageOutputEvent] * 3,
    "tool.execution": [cm.ToolExecutionStartedEvent, cm.ToolExecutionDeltaEvent, cm.ToolExecutionDoneEvent],
    "function.call": [cm.FunctionCallEvent] * 3,
    "agent.handoff": [cm.AgentHandoffStartedEvent, cm.AgentHandoffDoneEvent],
}


def events_of(kind: str) -> list[Document]:
    return [{"type": cls.type, **minimal(cls), "id": "i"} for cls in OUTPUTS[kind]]


@every_naming
@each("kind", OUTPUTS)
def test_unknown_fields_of_the_events_of_an_output_are_in_its_entry(kind: str, naming: Naming) -> None:
    plain = events_of(kind)
    new = [
        {**document, f"own_{index}": [index], "shared": index, "nullable": None, "agentRegion": {"agent_id": index}}
        for index, document in enumerate(plain)
    ]
    last = len(plain) - 1
    expected: dict[str, Any] = {f"own_{index}": [index] for index in range(len(plain))}
    expected |= {"shared": last, "nullable": None, "agentRegion": {"agent_id": last}}
    for codec in codecs(naming):
        for _ in range(2):
            (entry,) = outputs_of(read(codec, [STARTED, *new, DONE]))
            (without,) = outputs_of(read(codec, [STARTED, *plain, DONE]))
            assert entry.type == kind
            assert unknown_of(entry) == expected
            assert entry.with_unknown_fields(dict.fromkeys(expected, UNSET)) == without
            for writer in codecs(naming):
                document = in_naming({"type": kind, **minimal(type(without))}, "entry", naming)
                assert {**document, **expected}.keys() <= writer.to_builtins(entry).keys()


@every_naming
@each("kind", OUTPUTS)
def test_the_last_value_of_an_unknown_field_counts(kind: str, naming: Naming) -> None:
    """Also if a later event does not have the field."""
    first, *others = events_of(kind)
    *_, last = others
    for codec in codecs(naming):
        (entry,) = outputs_of(read(codec, [{**first, "new": 1}, *others]))
        assert unknown_of(entry) == {"new": 1}
        (entry,) = outputs_of(read(codec, [{**first, "new": 1}, *others[:-1], {**last, "new": None}]))
        assert unknown_of(entry) == {"new": None}


@every_naming
@each(
    ("kind", "index", "field"),
    [
        # The entry of a tool execution has times of its own, and the one of a handoff names both agents.
        ("tool.execution", 1, "completed_at"),
        ("tool.execution", 1, "info"),
        ("tool.execution", 2, "agent_id"),
        ("tool.execution", 0, "object"),
        ("agent.handoff", 0, "next_agent_id"),
        ("agent.handoff", 1, "previous_agent_name"),
        ("message.output", 1, "completed_at"),
        ("function.call", 2, "object"),
    ],
)
def test_unknown_fields_of_events_that_the_entry_has_a_field_for_are_left_out(
    kind: str, index: int, field: str, naming: Naming
) -> None:
    plain = events_of(kind)
    first, *rest = field.split("_")
    for name in (field, first + "".join(map(str.title, rest))):
        # Both spellings, since the event's model has neither.
        new = [*plain[:index], {**plain[index], name: "x", "new": 1}, *plain[index + 1 :]]
        for codec in codecs(naming):
            events = read(codec, new)
            assert unknown_of(events[index]) == {name: "x", "new": 1}
            (entry,) = outputs_of(events)
            assert unknown_of(entry) == {"new": 1}
            (without,) = outputs_of(read(codec, plain))
            assert entry.with_unknown_fields({"new": UNSET}) == without


# Chunks -----------------------------------------------------------------------------------------------------------


@every_naming
def test_unknown_fields_of_merged_text_chunks_are_in_the_merged_chunk(naming: Naming) -> None:
    image = {"type": "image_url", "image_url": "u"}
    contents = [text("a", one=1, both=1), "b", text("c", two=2, both=2), text("d"), image]
    documents = [*map(delta, contents), delta(text("e", three=3), content_index=1, region="eu")]
    for codec in codecs(naming):
        (message,) = outputs_of(read(codec, [STARTED, *documents, DONE]))
        assert isinstance(message, cm.MessageOutputEntry)
        assert unknown_of(message) == {"region": "eu"}
        assert isinstance(message.content, list)
        merged, between, other = message.content
        assert isinstance(merged, cm.TextChunk)
        assert (merged.text, unknown_of(merged)) == ("abcd", {"one": 1, "both": 2, "two": 2})
        assert (unknown_of(between), unknown_of(other)) == ({}, {"three": 3})
        assert message.text == "abcde"


@every_naming
def test_unknown_fields_of_merged_thinking_are_in_the_merged_thinking(naming: Naming) -> None:
    def thinking(*parts: Document, **fields: Any) -> Document:
        return delta({"type": "thinking", "thinking": list(parts), **fields})

    reference: Document = {"type": "reference", "reference_ids": [1], "kind": "a"}
    documents = [
        thinking(text("a", x=1), score=1, seen=True),
        thinking(text("b", x=2, y=3), score=2),
        thinking(reference, signature="s"),
        thinking(text("c")),
    ]
    for codec in codecs(naming):
        (message,) = outputs_of(read(codec, [STARTED, *documents, DONE]))
        (chunk,) = message.content
        assert isinstance(chunk, cm.ThinkChunk)
        assert (unknown_of(chunk), chunk.signature) == ({"score": 2, "seen": True}, "s")
        assert [unknown_of(part) for part in chunk.thinking] == [{"x": 2, "y": 3}, {"kind": "a"}, {}]
        assert chunk.thinking[0] == cm.TextChunk(text="ab").with_unknown_fields({"x": 2, "y": 3})


@every_naming
def test_chunks_that_are_not_merged_keep_their_unknown_fields(naming: Naming) -> None:
    image = {"type": "image_url", "image_url": {"url": "u", "width": 3}, "new": [1]}
    unknown = {"type": "video_url", "new": 1}
    for codec in codecs(naming):
        (message,) = outputs_of(read(codec, [STARTED, delta(image), delta(unknown), DONE]))
        first, second = message.content
        assert (unknown_of(first), unknown_of(first.image_url)) == ({"new": [1]}, {"width": 3})
        assert second == cm.Unknown("video_url", dumps(unknown))


# The response -----------------------------------------------------------------------------------------------------


@every_naming
def test_of_the_events_around_a_response_only_the_fields_inside_usage_are_in_it(naming: Naming) -> None:
    usage = {"total_tokens": 7, "cached_tokens": 2, "promptTokensDetails": {"agent_id": 1}}
    documents = [{**STARTED, "region": "eu"}, delta("a"), {**DONE, "usage": usage, "cost": 3}]
    for codec in codecs(naming):
        events = read(codec, documents)
        assert [unknown_of(event) for event in events] == [{"region": "eu"}, {}, {"cost": 3}]
        for response in built(events), cm.collect(events), *cm.collect_all(events):
            assert unknown_of(response) == {}
            assert unknown_of(response.usage) == {"cached_tokens": 2, "promptTokensDetails": {"agent_id": 1}}
            document = {"conversation_id": "c", "outputs": [], "usage": usage}
            expected = written(in_naming(document, cm.ConversationResponse, naming), cm.ConversationResponse, naming)
            assert same_json(codec.encode(structs.replace(response, outputs=[])), expected)


def test_what_was_built_is_not_changed_by_later_events() -> None:
    builder = cm.ResponseBuilder()
    one, two = read(cm.Codec("camel"), [delta(text("a", x=1), new=1), delta(text("b", x=2, y=2), new=2, more=2)])
    builder.add(one)
    first: Any = builder.response.outputs[0]
    before = (unknown_of(first), unknown_of(first.content[0]))
    builder.add(two)
    second: Any = builder.response.outputs[0]
    assert (unknown_of(first), unknown_of(first.content[0])) == before == ({"new": 1}, {"x": 1})
    assert (unknown_of(second), unknown_of(second.content[0])) == ({"new": 2, "more": 2}, {"x": 2, "y": 2})
    # The event itself is as it was.
    assert (unknown_of(one), unknown_of(one.content)) == ({"new": 1}, {"x": 1})


def test_fields_that_a_program_gives_its_events_are_built_too() -> None:
    event = cm.MessageOutputEvent(id="m", content="a").with_unknown_fields({"note": 1})
    (entry,) = outputs_of([event, cm.MessageOutputEvent(id="m", content="b")])
    assert entry == cm.MessageOutputEntry(id="m", content="ab").with_unknown_fields({"note": 1})
