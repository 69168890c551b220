"""``events_of``: a response as the events of a stream, and what no event can carry."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, structs

import conversation_models as cm

from ..support.amounts import examples
from ..support.documents import CODECS, NAMINGS, Naming, class_of, value_of
from ..support.each import each
from ..support.strategies import wire_responses
from ..support.streams import Document, cut, read_sizes, replayable
from ..support.unknown_fields import with_random_fields

T1, T2 = (datetime(2025, 5, 27, 12, 0, second, tzinfo=timezone.utc) for second in (1, 2))
USAGE = cm.ConversationUsageInfo(prompt_tokens=1, completion_tokens=2, total_tokens=3, connectors={"web_search": 1})
SOURCE = cm.ToolReferenceChunk(tool="web_search", title="T", url="u")
NEW = cm.Unknown("video_url", b'{"type":"video_url"}')


def text(text: str) -> cm.TextChunk:
    return cm.TextChunk(text=text)


def answer(*outputs: Any, **fields: Any) -> cm.ConversationResponse:
    return cm.ConversationResponse(conversation_id="c1", outputs=list(outputs), usage=USAGE, **fields)


def said(content: Any, **fields: Any) -> cm.ConversationResponse:
    return answer(cm.MessageOutputEntry(id="m1", content=content, **fields))


def between(response: cm.ConversationResponse, piece: int | None = None) -> list[Any]:
    """The events of the outputs."""
    first, *events, last = cm.events_of(response, piece)
    assert first == cm.ResponseStartedEvent(conversation_id="c1")
    assert last == cm.ResponseDoneEvent(usage=USAGE)
    return events


def contents(response: cm.ConversationResponse, piece: int | None = None) -> list[Any]:
    """The content of each delta, with its ``content_index`` if that is not 0."""
    deltas = between(response, piece)
    return [(delta.content, delta.content_index) if delta.content_index else delta.content for delta in deltas]


# Each kind of output ---------------------------------------------------------------------------------------------


def test_a_response_without_outputs_starts_and_ends() -> None:
    assert between(answer()) == []


def test_a_message_is_deltas_that_say_who_writes_and_the_first_says_when() -> None:
    response = said("Hello", created_at=T1, model="m", agent_id=None)
    shared: dict[str, Any] = {"id": "m1", "model": "m", "agent_id": None}
    assert between(response) == [cm.MessageOutputEvent(**shared, content="Hello", created_at=T1)]
    assert between(response, piece=2) == [
        cm.MessageOutputEvent(**shared, content="He", created_at=T1),
        cm.MessageOutputEvent(**shared, content="ll"),
        cm.MessageOutputEvent(**shared, content="o"),
    ]


def test_a_tool_execution_starts_gets_its_arguments_and_is_done() -> None:
    entry = cm.ToolExecutionEntry(
        id="t1", name="web_search", arguments='{"q": 1}', created_at=T1, completed_at=T2, info={"n": 1}, model="m",
        agent_id="a", function="f",
    )  # fmt: skip
    names: dict[str, Any] = {"id": "t1", "name": "web_search", "function": "f", "output_index": 1}
    started = cm.ToolExecutionStartedEvent(**names, arguments='{"q"', created_at=T1, model="m", agent_id="a")
    done = cm.ToolExecutionDoneEvent(**names, info={"n": 1}, created_at=T2)
    message = cm.MessageOutputEntry(id="m1", content="")
    assert between(answer(message, entry))[1:] == [structs.replace(started, arguments='{"q": 1}'), done]
    delta = cm.ToolExecutionDeltaEvent(**names, arguments=": 1}")
    assert between(answer(message, entry), piece=4)[1:] == [started, delta, done]


def test_a_tool_execution_that_runs_is_not_done() -> None:
    entry = cm.ToolExecutionEntry(id="t1", name="t", completed_at=None)
    assert between(answer(entry)) == [cm.ToolExecutionStartedEvent(id="t1", name="t")]
    # Without a time it may have ended, and with an ``info`` it has.
    for ended in (structs.replace(entry, completed_at=UNSET), structs.replace(entry, info=None)):
        assert between(answer(ended))[1:] == [cm.ToolExecutionDoneEvent(id="t1", name="t", info=ended.info)]


def test_a_function_call_is_deltas_of_its_arguments() -> None:
    call = cm.FunctionCallEntry(
        id="f1", tool_call_id="c1", name="rate", arguments='{"a"}', created_at=T1, model="m", agent_id="a",
        confirmation_status="pending",
    )  # fmt: skip
    shared: dict[str, Any] = {"id": "f1", "tool_call_id": "c1", "name": "rate", "model": "m", "agent_id": "a"}
    delta = cm.FunctionCallEvent(**shared, arguments='{"a', confirmation_status="pending")
    assert between(answer(call), piece=3) == [
        structs.replace(delta, created_at=T1),
        structs.replace(delta, arguments='"}'),
    ]
    [event] = between(answer(structs.replace(call, id=UNSET, arguments={"a": [1, "ü"]})))
    assert (event.id, event.arguments) == ("", '{"a":[1,"ü"]}')


def test_a_handoff_is_two_events() -> None:
    handoff = cm.AgentHandoffEntry(
        id="h1", previous_agent_id="p", previous_agent_name="P", next_agent_id="n", next_agent_name="N",
        created_at=T1, completed_at=T2,
    )  # fmt: skip
    assert between(answer(handoff), piece=1) == [
        cm.AgentHandoffStartedEvent(id="h1", previous_agent_id="p", previous_agent_name="P", created_at=T1),
        cm.AgentHandoffDoneEvent(id="h1", next_agent_id="n", next_agent_name="N", created_at=T2),
    ]


# Content ---------------------------------------------------------------------------------------------------------

THINKING = cm.ThinkChunk(thinking=[text("abc"), SOURCE, text("d")], closed=True, signature="s")
MARKED = text("abc").with_unknown_fields({"lang": "en"})


def thought(*parts: Any, **fields: Any) -> cm.ThinkChunk:
    return cm.ThinkChunk(thinking=list(parts), **fields)


CONTENTS: dict[str, tuple[Any, int | None, list[Any]]] = {
    "an empty string": ("", 1, [""]),
    "a string": ("abc", None, ["abc"]),
    "a string that fits": ("abc", 3, ["abc"]),
    "a string in pieces": ("abcdefg", 3, ["abc", "def", "g"]),
    "characters are not split": ("a\U0001f469\u20ac", 1, ["a", "\U0001f469", "\u20ac"]),
    "text beside other chunks": ([text("abc"), SOURCE, text("d")], 2, ["ab", "c", (SOURCE, 1), ("d", 2)]),
    "text alone": ([text("abc"), text("d")], 2, [text(""), "ab", "c", ("d", 1)]),
    "empty text": ([SOURCE, text(""), text("")], 2, [SOURCE, (text(""), 1), (text(""), 2)]),
    "text with an unknown field": (
        [SOURCE, MARKED],
        2,
        [SOURCE, (text("").with_unknown_fields({"lang": "en"}), 1), ("ab", 1), ("c", 1)],
    ),
    "an unknown chunk": ([NEW, text("a")], None, [NEW, ("a", 1)]),
    "an unknown chunk after white space": ([cm.Unknown(None, b"\n {}")], 1, [cm.Unknown(None, b"\n {}")]),
    "reasoning": ([THINKING, text("e")], None, [THINKING, ("e", 1)]),
    "reasoning in pieces, its signature last": (
        [THINKING],
        2,
        [
            thought(text("ab"), closed=True),
            thought(text("c"), closed=True),
            thought(SOURCE, closed=True),
            thought(text("d"), closed=True),
            thought(closed=True, signature="s"),
        ],
    ),
    "reasoning with unknown fields in pieces": (
        [thought(MARKED).with_unknown_fields({"score": 1})],
        2,
        [
            thought(text("ab").with_unknown_fields({"lang": "en"})),
            thought(text("c")),
            thought().with_unknown_fields({"score": 1}),
        ],
    ),
    "empty reasoning": ([thought(), thought()], 2, [thought(), (thought(), 1)]),
}


@each("name", CONTENTS)
def test_content_is_sent_as_the_service_sends_it(name: str) -> None:
    content, piece, expected = CONTENTS[name]
    response = said(content)
    assert contents(response, piece) == expected
    assert cm.collect(cm.events_of(response, piece)) == response


def test_long_fields_are_not_repeated_with_each_piece() -> None:
    long, many = "x" * 10_000, "y" * 1_000
    marked = text(many).with_unknown_fields({"a": long})
    reasoning = thought(marked, signature=long).with_unknown_fields({"a": long})
    message = cm.MessageOutputEntry(id="m", content=[marked, reasoning]).with_unknown_fields({"a": long})
    tool = cm.ToolExecutionEntry(id="t", name="t", arguments=many, info={"a": long}).with_unknown_fields({"a": long})
    call = cm.FunctionCallEntry(id="f", tool_call_id="c", name="f", arguments=many).with_unknown_fields({"a": long})
    response = answer(message, tool, call)
    assert cm.collect(cm.events_of(response, 1)) == response
    size = sum(len(cm.snake.encode_event(event)) for event in cm.events_of(response, 1))
    # Eight long fields, and four times a thousand pieces with the names of an event around each.
    assert size < 8 * 10_000 + 4 * 1_000 * 250


# What no event carries -------------------------------------------------------------------------------------------

CHANGED: dict[str, tuple[Any, Any]] = {
    "an absent id of a message": (
        cm.MessageOutputEntry(content="a"),
        cm.MessageOutputEntry(id="", content="a"),
    ),
    "an absent id of a call": (
        cm.FunctionCallEntry(tool_call_id="c", name="f", arguments=""),
        cm.FunctionCallEntry(id="", tool_call_id="c", name="f", arguments=""),
    ),
    "content without chunks is a string": (
        cm.MessageOutputEntry(id="m", content=[]),
        cm.MessageOutputEntry(id="m", content=""),
    ),
    "when a message was completed": (
        cm.MessageOutputEntry(id="m", content="a", completed_at=T2),
        cm.MessageOutputEntry(id="m", content="a"),
    ),
    "neighbouring texts in reasoning": (
        cm.MessageOutputEntry(id="m", content=[thought(text("a"), text("b"), SOURCE)]),
        cm.MessageOutputEntry(id="m", content=[thought(text("ab"), SOURCE)]),
    ),
    "unknown fields that an event has a field for": (
        cm.MessageOutputEntry(id="m", content="a").with_unknown_fields(
            {"output_index": 1, "outputIndex": 2, "content_index": 3, "contentIndex": 4, "mood": 5}
        ),
        cm.MessageOutputEntry(id="m", content="a").with_unknown_fields({"mood": 5}),
    ),
    "unknown fields that are the other spelling of a known one": (
        cm.snake.decode(b'{"type":"tool.execution","id":"t","name":"t","agentId":1,"x":2}', cm.OutputEntry),
        cm.ToolExecutionEntry(id="t", name="t").with_unknown_fields({"x": 2}),
    ),
    "a tool with a report runs no more": (
        cm.ToolExecutionEntry(name="t", completed_at=None, info={}),
        cm.ToolExecutionEntry(id="", name="t", info={}),
    ),
    "when a call was completed": (
        cm.FunctionCallEntry(id="f1", tool_call_id="c", name="f", arguments="", completed_at=None),
        cm.FunctionCallEntry(id="f1", tool_call_id="c", name="f", arguments=""),
    ),
    "arguments that are an object": (
        cm.FunctionCallEntry(id="f1", tool_call_id="c", name="f", arguments={"a_b": {"c": None}}),
        cm.FunctionCallEntry(id="f1", tool_call_id="c", name="f", arguments='{"a_b":{"c":null}}'),
    ),
    "null for the time of a handoff": (
        cm.AgentHandoffEntry(
            completed_at=None, previous_agent_id="p", previous_agent_name="P", next_agent_id="n", next_agent_name="N"
        ),
        cm.AgentHandoffEntry(
            id="", previous_agent_id="p", previous_agent_name="P", next_agent_id="n", next_agent_name="N"
        ),
    ),
}


@each("name", CHANGED)
def test_what_no_event_can_carry_is_left_out_or_changed(name: str) -> None:
    entry, expected = CHANGED[name]
    assert cm.collect(cm.events_of(answer(entry))) == answer(expected)


def test_guardrails_and_unknown_fields_of_the_response_are_left_out() -> None:
    response = answer(guardrails=[{"a": 1}]).with_unknown_fields({"region": "eu"})
    assert cm.collect(cm.events_of(response)) == answer()


REFUSED: dict[str, tuple[Any, str]] = {
    "an output of an unknown type": (
        [cm.MessageOutputEntry(content="a"), cm.Unknown("video.output", b'{"type":"video.output"}')],
        "No event can carry an output of unknown type - at `$.outputs[1]`",
    ),
    "a chunk that is a string": (
        [cm.MessageOutputEntry(content=[text("a"), cm.Unknown(None, b' "a"')])],
        "No event can carry a chunk that is not an object - at `$.outputs[0].content[1]`",
    ),
    "a chunk that is null": (
        [cm.MessageOutputEntry(content=[cm.Unknown(None, b"null")])],
        "No event can carry a chunk that is not an object - at `$.outputs[0].content[0]`",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_answer_that_would_lose_a_part_is_refused_before_its_first_event(name: str) -> None:
    outputs, message = REFUSED[name]
    with pytest.raises(ValueError, match=r"^No event") as caught:
        cm.events_of(answer(*outputs))
    assert str(caught.value) == message


def test_wrong_arguments_are_reported_at_once() -> None:
    wrong: list[tuple[Callable[[Any], object], Any, str]] = [
        (cm.events_of, b"{}", "Expected a ConversationResponse, not bytes"),
        (cm.events_of, [], "Expected a ConversationResponse, not list"),
        (cm.events_of, answer("text"), r"Expected an output, not str - at `\$\.outputs\[0\]`"),
        (lambda piece: cm.events_of(answer(), piece), 2.0, "`piece` is a number of characters or None, not float"),
        (lambda piece: cm.events_of(answer(), piece), "2", "`piece` is a number of characters or None, not str"),
    ]
    for call, argument, message in wrong:
        with pytest.raises(TypeError, match=f"^{message}$"):
            call(argument)
    for piece in (0, -1):
        with pytest.raises(ValueError, match=f"^`piece` is at least 1, not {piece}$"):
            cm.events_of(answer(), piece)


def test_events_are_made_one_at_a_time() -> None:
    events = cm.events_of(said("a" * 10), piece=1)
    assert isinstance(events, Iterator)
    assert isinstance(next(events), cm.ResponseStartedEvent)
    assert [next(events).text for _ in range(3)] == ["a"] * 3  # type: ignore[union-attr]


# Round trip ------------------------------------------------------------------------------------------------------


def without_what_is_refused(response: Document) -> Document:
    outputs = [dict(entry) for entry in response["outputs"] if class_of(entry, "entry", "snake")]
    for entry in outputs:
        if isinstance(entry.get("content"), list):
            entry["content"] = [chunk for chunk in entry["content"] if isinstance(chunk, dict)]
    return {**response, "outputs": outputs}


def with_objects(response: cm.ConversationResponse, document: Document) -> cm.ConversationResponse:
    """The response with those arguments parsed that are an object in ``document``: their text can differ in form."""
    outputs = [
        structs.replace(entry, arguments=json.loads(entry.arguments))
        if isinstance(entry, cm.FunctionCallEntry)
        and isinstance(entry.arguments, str)
        and isinstance(sent["arguments"], dict)
        else entry
        for entry, sent in zip(response.outputs, document["outputs"], strict=True)
    ]
    return structs.replace(response, outputs=outputs)


def without_indexes(response: Document) -> Document:
    """Without unknown fields of entries that are fields of their events."""
    indexes = {"output_index", "outputIndex"}
    outputs = []
    for entry in response["outputs"]:
        of_events = indexes | ({"content_index", "contentIndex"} if entry["type"] == "message.output" else set())
        outputs.append({key: value for key, value in entry.items() if key not in of_events})
    return {**response, "outputs": outputs}


pieces = st.none() | st.integers(1, 5)


def check_round_trip(document: Document, piece: int | None, sizes: list[int], naming: Naming) -> None:
    """From a response to events to a response, and the same through the bytes of a stream."""
    document = without_what_is_refused(document)
    response = value_of(document, cm.ConversationResponse, "snake")
    carried = replayable(document)
    expected = with_objects(value_of(carried, cm.ConversationResponse, "snake"), document)
    events = list(cm.events_of(response, piece))
    assert with_objects(cm.collect(events), document) == expected
    # All that events carry is carried again.
    assert cm.collect(cm.events_of(cm.collect(events), piece)) == cm.collect(events)

    codec = CODECS[naming]
    data = b"".join(map(codec.encode_event, events))
    read = list(codec.iter_events(cut(data, sizes)))
    assert read == events
    assert with_objects(cm.collect(read), document) == expected
    # What a codec has decoded is of classes of its own.
    assert list(cm.events_of(codec.decode(codec.encode(response)), piece)) == events

    if piece is not None:
        for event in events:
            if isinstance(event, cm.MessageOutputEvent):
                thoughts = event.content.thinking if isinstance(event.content, cm.ThinkChunk) else []
                assert sum(len(part.text) for part in thoughts if isinstance(part, cm.TextChunk)) <= piece
                assert len(event.text) <= piece
            elif isinstance(event, cm.FunctionCallEvent | cm.ToolExecutionStartedEvent | cm.ToolExecutionDeltaEvent):
                assert len(event.arguments or "") <= piece


@pytest.mark.parametrize("naming", NAMINGS)
@examples(200)
@given(document=wire_responses("snake"), piece=pieces, sizes=read_sizes)
def test_collect_gives_back_all_that_events_can_carry(
    naming: Naming, document: Document, piece: int | None, sizes: list[int]
) -> None:
    check_round_trip(document, piece, sizes, naming)


@pytest.mark.parametrize("naming", NAMINGS)
@examples(200)
@given(data=st.data(), piece=pieces, sizes=read_sizes)
def test_unknown_fields_with_hostile_names_are_carried(
    naming: Naming, data: st.DataObject, piece: int | None, sizes: list[int]
) -> None:
    document = data.draw(wire_responses("snake", open=False))
    document = with_random_fields(data, document, cm.ConversationResponse, "snake")
    check_round_trip(without_indexes(document), piece, sizes, naming)
