"""``ResponseBuilder``: the rules by which events build a response, one test for each."""

import copy
import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, structs

import conversation_models as cm

from ..support.amounts import examples
from ..support.each import each
from ..support.strategies import events as any_events

T1, T2, T3 = (datetime(2025, 5, 27, 12, 0, second, tzinfo=timezone.utc) for second in (1, 2, 3))
USAGE = cm.ConversationUsageInfo(prompt_tokens=1, completion_tokens=2, total_tokens=3, connectors={"web_search": 1})


def built(*events: Any) -> cm.ResponseBuilder:
    builder = cm.ResponseBuilder()
    for event in events:
        builder.add(event)
    return builder


def outputs(*events: Any) -> list[Any]:
    return built(*events).response.outputs


def said(content: Any, id: str = "m1", **fields: Any) -> cm.MessageOutputEvent:
    return cm.MessageOutputEvent(id=id, content=content, **fields)


def text(text: str) -> cm.TextChunk:
    return cm.TextChunk(text=text)


def thought(*parts: Any, **fields: Any) -> cm.ThinkChunk:
    return cm.ThinkChunk(thinking=[text(part) if isinstance(part, str) else part for part in parts], **fields)


def content(*events: Any) -> Any:
    [entry] = outputs(*events)
    assert isinstance(entry, cm.MessageOutputEntry)
    return entry.content


IMAGE = cm.ImageURLChunk(image_url="u")
REFERENCE = cm.ToolReferenceChunk(tool="web_search", title="T", url="u")
NEW = cm.Unknown("video_url", b'{"type":"video_url"}')


def test_a_new_builder_is_empty() -> None:
    builder = cm.ResponseBuilder()
    assert builder.response == cm.ConversationResponse(conversation_id="", outputs=[], usage=cm.ConversationUsageInfo())
    assert (builder.text, builder.done, builder.error) == ("", False, None)


def test_a_whole_conversation_is_built() -> None:
    builder = built(
        cm.ResponseStartedEvent(conversation_id="c1", created_at=T1),
        cm.ToolExecutionStartedEvent(
            id="t1", name="web_search", arguments="{", created_at=T1, model="m", agent_id=None
        ),
        cm.ToolExecutionDeltaEvent(id="t1", name="web_search", arguments='"q"'),
        cm.ToolExecutionDeltaEvent(id="t1", name="web_search", arguments=": 1}", created_at=T2),
        cm.ToolExecutionDoneEvent(id="t1", name="web_search", created_at=T3, info={"n": 1}),
        said("Hi", output_index=1, created_at=T2, model="m", agent_id="a"),
        said(" you", output_index=1, created_at=T3, model="m", agent_id="a"),
        cm.ResponseDoneEvent(usage=USAGE, created_at=T3),
    )
    assert builder.response == cm.ConversationResponse(
        conversation_id="c1",
        outputs=[
            cm.ToolExecutionEntry(
                id="t1", name="web_search", arguments='{"q": 1}', created_at=T1, completed_at=T3, info={"n": 1},
                model="m", agent_id=None,
            ),
            cm.MessageOutputEntry(id="m1", content="Hi you", created_at=T2, model="m", agent_id="a"),
        ],
        usage=USAGE,
    )  # fmt: skip
    assert (builder.text, builder.done, builder.error) == ("Hi you", True, None)
    assert builder.response.guardrails is UNSET


def test_done_and_error_report_how_the_response_ended() -> None:
    builder = built(said("Hi"))
    assert (builder.done, builder.error, builder.response.usage) == (False, None, cm.ConversationUsageInfo())
    error = cm.ResponseErrorEvent(message="m", code=500)
    builder.add(error)
    assert (builder.done, builder.error) == (False, error)
    assert (builder.text, len(builder.response.outputs)) == ("Hi", 1)


# Content ---------------------------------------------------------------------------------------------------------

CONTENT: dict[str, tuple[list[Any], Any]] = {
    "strings concatenate": (["a", "", "b"], "ab"),
    "an empty string": ([""], ""),
    "strings concatenate, whatever their index": ([("a", 0), ("b", 1), ("c", 1)], "abc"),
    "a chunk makes it a list": ([text("a")], [text("a")]),
    "a chunk after strings": (["a", "b", IMAGE], [text("ab"), IMAGE]),
    "a chunk before strings": ([IMAGE, "a", "b"], [IMAGE, text("ab")]),
    "neighbouring text merges": (["a", text("b"), "c", text("d")], [text("abcd")]),
    "neighbouring text of another index does not": (
        [("a", 0), (text("b"), 0), ("c", 1), (text("d"), 1), ("e", 0)],
        [text("ab"), text("cd"), text("e")],
    ),
    "strings of several indexes, then a chunk": ([("a", 0), ("b", 1), (IMAGE, 2)], [text("a"), text("b"), IMAGE]),
    "text apart does not merge": (["a", IMAGE, "b", "c"], [text("a"), IMAGE, text("bc")]),
    "text around reasoning does not merge": (["a", thought("b"), "c"], [text("a"), thought("b"), text("c")]),
    "neighbouring reasoning merges, and its text": ([thought("a"), thought("b", "c")], [thought("abc")]),
    "reasoning of another index does not": ([(thought("a"), 0), (thought("b"), 1)], [thought("a"), thought("b")]),
    "reasoning apart does not": ([thought("a"), "x", thought("b")], [thought("a"), text("x"), thought("b")]),
    "reasoning around a reference": (
        [thought("a", REFERENCE), thought(REFERENCE, "b"), thought("c")],
        [thought("a", REFERENCE, REFERENCE, "bc")],
    ),
    "reasoning with a member that is new": ([thought("a"), thought(NEW, "b")], [thought("a", NEW, "b")]),
    "reasoning without any": ([thought(), thought()], [thought()]),
    "reasoning that closes": (
        [thought("a", closed=False), thought("b"), thought(closed=True, signature="s")],
        [thought("ab", closed=True, signature="s")],
    ),
    "a signature that is null": ([thought("a"), thought("b", signature=None)], [thought("ab", signature=None)]),
    "other chunks do not merge": (
        [IMAGE, IMAGE, REFERENCE, REFERENCE, NEW, NEW],
        [IMAGE, IMAGE, REFERENCE, REFERENCE, NEW, NEW],
    ),
    "in order of arrival, whatever the index": ([(IMAGE, 5), (REFERENCE, 0)], [IMAGE, REFERENCE]),
    "an empty string adds no chunk": ([IMAGE, "", IMAGE], [IMAGE, IMAGE]),
    "an empty string does not split reasoning": (["", thought("a"), "", thought("b"), ""], [thought("ab")]),
    "an empty string does not split text": ([("a", 0), ("", 1), ("b", 0), IMAGE], [text("ab"), IMAGE]),
    "an empty string after text of another index": ([IMAGE, ("a", 0), ("", 1)], [IMAGE, text("a")]),
    "a text chunk that is empty": ([IMAGE, text(""), IMAGE], [IMAGE, text(""), IMAGE]),
}  # fmt: skip


@each("name", CONTENT)
def test_deltas_add_up_to_the_content(name: str) -> None:
    deltas, expected = CONTENT[name]
    parts = [part if isinstance(part, tuple) else (part, 0) for part in deltas]
    assert content(*[said(part, content_index=index) for part, index in parts]) == expected


def test_text_joins_the_text_of_the_messages() -> None:
    builder = built(said("a"), said(thought("no")), said(text("b")), said(IMAGE), said("c", "m2"), said(NEW, "m2"))
    assert builder.text == "abc"
    assert [entry.text for entry in builder.response.outputs if entry.type == "message.output"] == ["ab", "c"]


def test_text_is_in_the_order_of_the_outputs() -> None:
    assert (
        built(said("b", "m2", output_index=1), said("a", output_index=0), said("c", "m2", output_index=1)).text == "abc"
    )


# Which output ----------------------------------------------------------------------------------------------------


def test_an_output_is_identified_by_its_index_and_id() -> None:
    # Index 0 is the default: all of a stream's outputs may have it.
    events = [said("a", "x"), said("b", "y"), said("c", "x", output_index=1), said("d", "y"), said("e", "x")]
    events.append(said("f", "x", output_index=1))
    assert [(entry.id, entry.content) for entry in outputs(*events)] == [("x", "ae"), ("y", "bd"), ("x", "cf")]


def test_outputs_that_share_an_index_are_in_order_of_arrival() -> None:
    # Index 0 is the default: all of a stream's outputs may have it.
    handoff = [
        cm.AgentHandoffStartedEvent(id="h1", previous_agent_id="p", previous_agent_name="P"),
        cm.AgentHandoffDoneEvent(id="h1", next_agent_id="n", next_agent_name="N"),
    ]
    tool = cm.ToolExecutionStartedEvent(id="t1", name="t")
    call = cm.FunctionCallEvent(id="f1", tool_call_id="c1", name="f", arguments="{}")
    entries = outputs(*handoff, tool, said("a"), call, said("b", "m2"), said("c"))
    assert [entry.id for entry in entries] == ["h1", "t1", "m1", "f1", "m2"]


def test_outputs_are_in_the_order_of_their_index() -> None:
    entries = outputs(said("c", "x", output_index=10), said("b", "y", output_index=2), said("a", "z"))
    assert [entry.id for entry in entries] == ["z", "y", "x"]


def test_interleaved_outputs_are_kept_apart() -> None:
    def tool(n: int, piece: str) -> cm.ToolExecutionDeltaEvent:
        return cm.ToolExecutionDeltaEvent(id=f"t{n}", name="t", arguments=piece, output_index=n)

    entries = outputs(tool(0, "a"), tool(1, "x"), said("m", output_index=2), tool(0, "b"), tool(1, "y"))
    assert [entry.arguments for entry in entries[:2]] == ["ab", "xy"]
    assert entries[2].content == "m"


# Tool executions, calls, handoffs --------------------------------------------------------------------------------


def test_a_tool_execution_may_have_no_arguments() -> None:
    [entry] = outputs(
        cm.ToolExecutionStartedEvent(id="t1", name="web_search"),
        cm.ToolExecutionDoneEvent(id="t1", name="web_search"),
    )
    assert entry == cm.ToolExecutionEntry(id="t1", name="web_search")
    assert (entry.arguments, entry.info, entry.created_at, entry.completed_at) == (UNSET, UNSET, UNSET, UNSET)


def test_a_tool_execution_grows_event_by_event() -> None:
    builder = built(cm.ToolExecutionStartedEvent(id="t1", name="t", created_at=T1, function="f", model=None))
    running: dict[str, Any] = {"id": "t1", "name": "t", "created_at": T1, "completed_at": None}
    first = cm.ToolExecutionEntry(**running, function="f", model=None)
    assert builder.response.outputs == [first]
    builder.add(cm.ToolExecutionDeltaEvent(id="t1", name="t", arguments="", created_at=T2))
    second = cm.ToolExecutionEntry(**running, function="f", model=None, arguments="")
    assert builder.response.outputs == [second]
    builder.add(cm.ToolExecutionDoneEvent(id="t1", name="t", created_at=T3, info=None))
    [entry] = builder.response.outputs
    assert isinstance(entry, cm.ToolExecutionEntry)
    assert (entry.completed_at, entry.info, entry.arguments, entry.function) == (T3, None, "", "f")


STARTED, DELTA, DONE, TIMED = (
    cm.ToolExecutionStartedEvent(id="t1", name="t", created_at=T1),
    cm.ToolExecutionDeltaEvent(id="t1", name="t", arguments="{}", created_at=T2),
    cm.ToolExecutionDoneEvent(id="t1", name="t"),
    cm.ToolExecutionDoneEvent(id="t1", name="t", created_at=T3),
)


@pytest.mark.parametrize(
    ("events", "completed_at"),
    [
        ([STARTED], None),
        ([DELTA], None),
        ([STARTED, DELTA], None),
        ([STARTED, DELTA, DONE], UNSET),
        ([DONE], UNSET),
        ([STARTED, DELTA, TIMED], T3),
        ([TIMED, DELTA, STARTED], T3),
    ],
)
def test_a_running_tool_has_null_for_the_time_when_it_was_completed(events: list[Any], completed_at: Any) -> None:
    [entry] = outputs(*events)
    assert entry.completed_at is completed_at
    # Also if the response ended, so that it never will be.
    end = cm.ResponseDoneEvent(usage=USAGE)
    assert cm.collect([*events, end]).outputs[0] == entry

    for codec in (cm.snake, cm.camel):
        assert codec.decode(codec.encode(entry), cm.OutputEntry) == entry
        assert codec.drift(codec.encode(entry), cm.OutputEntry) == []
    assert (b'"completed_at":null' in cm.snake.encode(entry)) == (completed_at is None)
    assert cm.as_inputs([entry]) == cm.as_inputs([structs.replace(entry, completed_at=UNSET)])


def test_the_event_that_names_the_function_last_decides() -> None:
    started = cm.ToolExecutionStartedEvent(id="t1", name="t", function="started")
    delta = cm.ToolExecutionDeltaEvent(id="t1", name="t", arguments="", function="delta")
    done = cm.ToolExecutionDoneEvent(id="t1", name="t", function="done")
    silent = [
        cm.ToolExecutionStartedEvent(id="t1", name="t"),
        cm.ToolExecutionDeltaEvent(id="t1", name="t", arguments=""),
        cm.ToolExecutionDoneEvent(id="t1", name="t"),
    ]
    cases: list[tuple[list[Any], Any]] = [
        ([started, delta, done], "done"),
        ([started, delta, silent[2]], "delta"),
        ([silent[0], delta, silent[1], silent[2]], "delta"),
        ([started, *silent[1:]], "started"),
        ([silent[0], silent[1], done], "done"),
        ([delta], "delta"),
        ([done], "done"),
        (silent, UNSET),
        ([started, cm.ToolExecutionDoneEvent(id="t1", name="t", function=None)], None),
    ]
    for events, function in cases:
        [entry] = outputs(*events)
        assert isinstance(entry, cm.ToolExecutionEntry)
        assert entry.function == function


def call(arguments: str, call: str = "c1", **fields: Any) -> cm.FunctionCallEvent:
    return cm.FunctionCallEvent(name="f", tool_call_id=call, arguments=arguments, **fields)


def test_function_calls_are_joined_by_their_id() -> None:
    first = call("{", id="f1", created_at=T1, model="m", agent_id="a", confirmation_status="pending")
    expected = cm.FunctionCallEntry(
        id="f1", tool_call_id="c1", name="f", arguments='{"a"', created_at=T1, model="m", agent_id="a",
        confirmation_status="pending",
    )  # fmt: skip
    assert outputs(first, call('"a"', id="f1", created_at=T2)) == [expected]
    [entry] = outputs(first, call("", id="f1", confirmation_status="allowed"))
    assert entry.confirmation_status == "allowed"


def test_function_calls_without_id_are_joined_by_their_tool_call_id() -> None:
    entries = outputs(call("1"), call("a", "c2"), call("2"), call("b", "c2"))
    assert entries == [
        cm.FunctionCallEntry(tool_call_id="c1", name="f", arguments="12"),
        cm.FunctionCallEntry(tool_call_id="c2", name="f", arguments="ab"),
    ]
    assert entries[0].id is UNSET
    entries = outputs(call("a"), call("b", output_index=1), call("c"))
    assert [entry.arguments for entry in entries] == ["ac", "b"]
    # Ids decide if there are any.
    entries = outputs(call("a", id="f1"), call("b", id="f2"), call("c", id="f1"), call("d", id="f2"))
    assert [entry.arguments for entry in entries] == ["ac", "bd"]


def test_function_calls_with_an_id_in_some_events_are_joined() -> None:
    for ids in [("f1", None, None), (None, "f1", None), (None, None, "f1"), ("f1", None, "f1"), (None, "f1", "f1")]:
        events = [call(str(n), **({"id": id} if id else {})) for n, id in enumerate(ids)]
        assert outputs(*events) == [cm.FunctionCallEntry(id="f1", tool_call_id="c1", name="f", arguments="012")]


def test_a_handoff_is_left_out_until_both_its_events_are_there() -> None:
    started = cm.AgentHandoffStartedEvent(id="h1", previous_agent_id="p", previous_agent_name="P", created_at=T1)
    done = cm.AgentHandoffDoneEvent(id="h1", next_agent_id="n", next_agent_name="N", created_at=T2)
    assert outputs(started) == outputs(done) == []
    expected = cm.AgentHandoffEntry(
        id="h1", previous_agent_id="p", previous_agent_name="P", next_agent_id="n", next_agent_name="N",
        created_at=T1, completed_at=T2,
    )  # fmt: skip
    assert outputs(started, done) == [expected]
    assert outputs(said("a"), started, said("b"), done)[1] == expected


# Snapshots -------------------------------------------------------------------------------------------------------


def test_unknown_and_malformed_events_change_nothing() -> None:
    before = built(said("a"))
    invalid = cm.InvalidEvent(b"oops", cm.ConversationDecodeError("no"))
    after = built(cm.Unknown("video.output", b"{}"), said("a"), invalid, cm.Unknown(None, b"5"))
    assert after.response == before.response
    assert (after.text, after.done, after.error) == ("a", False, None)


def test_events_of_the_other_naming_build_the_same_entries() -> None:
    documents: list[tuple[dict[str, Any], Any]] = [
        ({"type": "agent.handoff.started", "id": "h", "previousAgentId": "p", "previousAgentName": "P"}, None),
        ({"type": "agent.handoff.done", "id": "h", "nextAgentId": "n", "nextAgentName": "N"}, cm.AgentHandoffEntry),
        ({"type": "tool.execution.started", "id": "t", "name": "t"}, cm.ToolExecutionEntry),
        ({"type": "function.call.delta", "toolCallId": "c", "name": "f", "arguments": ""}, cm.FunctionCallEntry),
        ({"type": "message.output.delta", "id": "m", "content": {"type": "text", "text": ""}}, cm.MessageOutputEntry),
    ]
    events = [cm.camel.decode(json.dumps(document), cm.ConversationEvent) for document, _ in documents]
    assert [type(entry) for entry in outputs(*events)] == [cls for _, cls in documents if cls]


@examples(100)
@given(st.lists(any_events(), max_size=6))
def test_a_response_read_midway_is_the_one_that_its_events_build(events: list[Any]) -> None:
    growing = cm.ResponseBuilder()
    snapshots = []
    for n, event in enumerate(events):
        growing.add(event)
        snapshot = growing.response
        assert snapshot == built(*events[: n + 1]).response
        # A snapshot can be written and read back.
        assert cm.snake.decode(cm.snake.encode(snapshot)) == snapshot
        messages = [entry for entry in snapshot.outputs if isinstance(entry, cm.MessageOutputEntry)]
        assert growing.text == "".join(message.text for message in messages)
        snapshots.append((snapshot, copy.deepcopy(snapshot), growing.text, growing.done, growing.error))
    # Later events do not change it.
    for n, (snapshot, copied, *state) in enumerate(snapshots):
        assert snapshot == copied
        again = built(*events[: n + 1])
        assert state == [again.text, again.done, again.error]


def test_reading_the_response_changes_nothing() -> None:
    deltas = [said("a"), said(thought("b")), said(thought("c")), said("d"), said("e")]
    looked_at = cm.ResponseBuilder()
    for delta in deltas:
        looked_at.add(delta)
        assert looked_at.text in ("a", "ad", "ade")
        first, second = looked_at.response, looked_at.response
        assert first is not second
        first.outputs.clear()
        assert looked_at.response == second
    assert looked_at.response == built(*deltas).response
    assert content(*deltas) == [text("a"), thought("bc"), text("de")]
