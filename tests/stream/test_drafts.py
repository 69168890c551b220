"""Which output an event belongs to, what finding it costs, and what a new kind of output takes."""

import tracemalloc
from collections.abc import Callable, Iterable
from itertools import permutations, product
from typing import Any, ClassVar, Literal

import pytest
from msgspec import UNSET

import conversation_models as cm
from conversation_models.models.entries import Entry
from conversation_models.models.events import Event
from conversation_models.stream.drafts import Draft

from ..support.amounts import amount, in_full_if_long


def outputs(events: Iterable[Any]) -> list[Any]:
    builder = cm.ResponseBuilder()
    for event in events:
        builder.add(event)
    return builder.response.outputs


# Function calls with an id now and then --------------------------------------------------------------------------


def call(id: str | None, tool_call_id: str, arguments: str) -> cm.FunctionCallEvent:
    return cm.FunctionCallEvent(id=id or UNSET, tool_call_id=tool_call_id, name="f", arguments=arguments)


DELTAS: dict[str, tuple[str | None, str]] = {"A": (None, "t1"), "B": ("f1", "t1"), "C": ("f1", "t2")}


CALLS: dict[str, list[Any]] = {
    "ABC": [("f1", "t1", "ABC")],
    # A is a call of its own here: by the time that B says whose it is, that call has deltas already.
    "ACB": [(UNSET, "t1", "A"), ("f1", "t2", "CB")],
    "BAC": [("f1", "t1", "BAC")],
    "BCA": [("f1", "t1", "BCA")],
    "CAB": [("f1", "t2", "CB"), (UNSET, "t1", "A")],
    "CBA": [("f1", "t2", "CBA")],
}


@pytest.mark.parametrize("order", ["".join(order) for order in permutations(DELTAS)])
def test_deltas_of_one_id_are_one_call_in_every_order(order: str) -> None:
    entries = outputs(call(*DELTAS[letter], letter) for letter in order)
    assert [(entry.id, entry.tool_call_id, entry.arguments) for entry in entries] == CALLS[order]


@in_full_if_long
def test_no_two_calls_have_one_id_and_no_delta_is_lost() -> None:
    kinds = list(product((None, "f1", "f2"), ("t1", "t2", "t3")))
    for names in product(kinds, repeat=amount(3, 4)):
        entries = outputs(call(id, tool_call_id, str(n)) for n, (id, tool_call_id) in enumerate(names))
        ids = [entry.id for entry in entries if entry.id is not UNSET]
        assert len(ids) == len(set(ids)), names
        assert sorted("".join(entry.arguments for entry in entries)) == list("0123")[: len(names)], names
        holder = {int(digit): entry for entry in entries for digit in entry.arguments}
        for n, (id, tool_call_id) in enumerate(names):
            if id is not None:
                assert holder[n].id == id, names
            else:
                first = next(m for m, name in enumerate(names) if name[1] == tool_call_id)
                assert holder[n] is holder[first], names
        assert all(list(entry.arguments) == sorted(entry.arguments) for entry in entries), names


@in_full_if_long
def test_a_meter_counts_the_calls_that_a_builder_builds() -> None:
    kinds = list(product((None, "f1", "f2"), ("t1", "t2")))
    for names in product(kinds, repeat=amount(3, 4)):
        events = [call(*name, "") for name in names]
        meter = cm.snake.meter()
        meter.feed(b"".join(map(cm.snake.encode_event, events)))
        assert meter.record.function_calls == ("f",) * len(outputs(events)), names


def test_an_id_and_an_equal_tool_call_id_are_different_names() -> None:
    entries = outputs([call("x", "t1", "a"), call(None, "x", "b")])
    assert [(entry.id, entry.tool_call_id, entry.arguments) for entry in entries] == [
        ("x", "t1", "a"),
        (UNSET, "x", "b"),
    ]


def test_kinds_of_outputs_are_apart_even_with_one_id() -> None:
    entries = outputs(
        [
            cm.MessageOutputEvent(id="x", content="m"),
            cm.ToolExecutionDeltaEvent(id="x", name="t", arguments="t"),
            call("x", "x", "c"),
            cm.MessageOutputEvent(id="x", content="n"),
        ]
    )
    assert [entry.type for entry in entries] == ["message.output", "tool.execution", "function.call"]
    assert entries[0].content == "mn"


# Cost ------------------------------------------------------------------------------------------------------------


class Counted(int):
    """An int that counts how often any is compared for equality."""

    comparisons: ClassVar[int] = 0

    def __eq__(self, other: object) -> bool:
        Counted.comparisons += 1
        return int(self) == other

    def __ne__(self, other: object) -> bool:
        Counted.comparisons += 1
        return int(self) != other

    __hash__ = int.__hash__


def handoff(index: int) -> Any:
    return cm.AgentHandoffDoneEvent(id="h", next_agent_id="a", next_agent_name="A", output_index=index)


OF_INDEX: dict[str, Callable[[int], Any]] = {
    "messages": lambda index: cm.MessageOutputEvent(id="m", content="", output_index=index),
    "tool executions": lambda index: cm.ToolExecutionStartedEvent(id="t", name="t", output_index=index),
    "calls": lambda index: cm.FunctionCallEvent(id="f", name="f", tool_call_id="c", arguments="", output_index=index),
    "calls without an id": lambda index: cm.FunctionCallEvent(
        name="f", tool_call_id="c", arguments="", output_index=index
    ),
    "handoffs": handoff,
}


@pytest.mark.parametrize("kind", OF_INDEX)
def test_indexes_of_one_hash_are_not_compared_with_each_other(kind: str) -> None:
    # All of these have the hash 1: in a dict that they key, each would be compared with all before it.
    indexes = [Counted(n * (2**61 - 1) + 1) for n in range(300)]
    assert len(set(map(hash, indexes))) == 1
    builder = cm.ResponseBuilder()
    Counted.comparisons = 0
    for index in [*indexes, *indexes]:
        builder.add(OF_INDEX[kind](index))
    assert Counted.comparisons <= 2 * 2 * len(indexes)
    assert len(builder.response.outputs) == (0 if kind == "handoffs" else len(indexes))
    assert Counted.comparisons <= 2 * 2 * len(indexes)


def test_indexes_may_be_negative_or_huge() -> None:
    indexes = [10**4299, -1, -2, 2**61, 1, 0, 2**61 - 1, -(10**5000)]
    entries = outputs(cm.MessageOutputEvent(id=str(n), content="", output_index=i) for n, i in enumerate(indexes))
    assert [int(entry.id) for entry in entries] == [7, 2, 1, 5, 4, 6, 3, 0]
    # -1 and -2 have the same hash.
    both = outputs(cm.MessageOutputEvent(id="m", content=str(index), output_index=index) for index in (-1, -2, -1))
    assert [entry.content for entry in both] == ["-2", "-1-1"]


FRAMES: dict[str, Callable[[int], str]] = {
    "deltas of one character": lambda n: f'{{"type":"message.output.delta","id":"m","content":"{chr(97 + n % 26)}"}}',
    "deltas of one character that is not Latin": lambda n: (
        f'{{"type":"message.output.delta","id":"m","content":"{chr(0x4E00 + n)}"}}'
    ),
    "a message for each": lambda n: f'{{"type":"message.output.delta","id":"{n}","content":""}}',
    "a content index for each": lambda n: (
        f'{{"type":"message.output.delta","id":"m","content":"","content_index":{n}}}'
    ),
    "a call for each": lambda n: (
        f'{{"type":"function.call.delta","id":"{n}","tool_call_id":"{n}","name":"","arguments":""}}'
    ),
    "a tool_call_id for each": lambda n: (
        f'{{"type":"function.call.delta","id":"f","tool_call_id":"{n}","name":"","arguments":""}}'
    ),
    "empty thinking": lambda n: (
        '{"type":"message.output.delta","id":"m","content":{"type":"thinking","thinking":[]},'
        f'"content_index":{n % 2}}}'
    ),
    "events after the end": lambda n: f'{{"type":"conversation.response.error","message":"{n}","code":5}}',
}


@in_full_if_long
@pytest.mark.parametrize("name", FRAMES)
def test_a_builder_keeps_memory_in_proportion_to_the_bytes(name: str) -> None:
    """Measured: 0.95 times the bytes for deltas of one ASCII character (a str and its place in a list), at most 8.4."""
    decoder = cm.snake.event_decoder()
    builder = cm.ResponseBuilder()

    def add(number: int) -> int:
        frame = f"data: {FRAMES[name](number)}\n\n".encode()
        for event in decoder.feed(frame):
            builder.add(event)
        return len(frame)

    add(0)  # What is made once for all, such as a decoder, does not count.
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        size = sum(add(number) for number in range(1, amount(400, 2000)))
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept < (2 if name.startswith("deltas") else 15) * size


# New kinds -------------------------------------------------------------------------------------------------------


class SongEvent(Event, frozen=True, kw_only=True, tag="song.delta"):
    type: ClassVar[Literal["song.delta"]] = "song.delta"
    id: str
    note: str
    output_index: int = 0


class SongEndEvent(Event, frozen=True, kw_only=True, tag="song.done"):
    type: ClassVar[Literal["song.done"]] = "song.done"
    id: str
    output_index: int = 0


class SilenceEvent(Event, frozen=True, kw_only=True, tag="silence.delta"):
    type: ClassVar[Literal["silence.delta"]] = "silence.delta"


class SongEntry(Entry, frozen=True, kw_only=True, tag="song"):
    notes: str
    over: bool


class SongDraft(Draft):
    __slots__ = ("notes", "over")

    def __init__(self, index: int, id: Any) -> None:
        super().__init__(index, id)
        self.notes = ""
        self.over = False

    def add(self, event: SongEvent | SongEndEvent) -> None:
        if isinstance(event, SongEvent):
            self.notes += event.note
        else:
            self.over = True

    def entry(self) -> Any:
        return SongEntry(id=self.id, notes=self.notes, over=self.over)


def test_a_draft_class_is_enough_for_its_events_to_be_built() -> None:
    assert outputs(
        [
            SongEvent(id="s1", note="do", output_index=1),
            SongEvent(id="s2", note="fa"),
            SongEvent(id="s1", note="re", output_index=1),
            SongEndEvent(id="s1", output_index=1),
        ]
    ) == [SongEntry(id="s2", notes="fa", over=False), SongEntry(id="s1", notes="dore", over=True)]


def test_an_event_that_no_draft_takes_changes_nothing() -> None:
    events: list[Any] = [SilenceEvent(), cm.MessageOutputEvent(id="m", content="a"), SilenceEvent()]
    assert outputs(events) == [cm.MessageOutputEntry(id="m", content="a")]


class LouderEvent(cm.MessageOutputEvent, frozen=True, kw_only=True, tag="message.output.delta"):
    volume: int = 11


def test_events_of_a_derived_class_are_built_as_those_of_its_base() -> None:
    assert outputs([LouderEvent(id="m", content="a"), cm.MessageOutputEvent(id="m", content="b")]) == [
        cm.MessageOutputEntry(id="m", content="ab")
    ]
