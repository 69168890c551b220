"""What a response or a history holds, as inputs that the service accepts."""

import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mistralai.client import models as sdk
from msgspec import UNSET

import conversation_models as cm

from ..support.documents import CODECS
from ..support.each import each
from ..support.paths import FIXTURES
from ..support.strategies import inputs, responses

TIME = cm.snake.decode(b'{"content":"","created_at":"2025-06-06T10:00:00Z"}', cm.MessageOutputEntry).created_at
ENTRY: dict[str, Any] = {"id": "e1", "created_at": TIME, "completed_at": TIME}
WRITER: dict[str, Any] = {"agent_id": "ag_1", "model": "mistral-medium-2505"}
UNKNOWN_CHUNK = cm.Unknown("video_url", b'{"type":"video_url"}')
SOURCE = cm.ToolReferenceChunk(tool="web_search", title="Winners")


def text(said: str) -> cm.TextChunk:
    return cm.TextChunk(text=said)


def thought(said: str, **rest: Any) -> cm.ThinkChunk:
    return cm.ThinkChunk(thinking=[text(said)], **rest)


def content_of(*chunks: cm.ContentChunk) -> Any:
    """The content of a message of these chunks once it is an input; ``None`` if the message is left out."""
    (output, message) = (cm.MessageOutputEntry(content=[*chunks]), cm.MessageInputEntry(role="user", content=[*chunks]))
    made: list[Any] = cm.as_inputs([output, message])
    if not made:
        return None
    assert [type(entry) for entry in made] == [cm.MessageOutputEntry, cm.MessageInputEntry]
    assert made[0].content == made[1].content
    return made[0].content


# Entries ---------------------------------------------------------------------------------------------------------


def test_a_message_of_the_model_is_its_content_alone() -> None:
    message = cm.MessageOutputEntry(content="Spain won.", **ENTRY, **WRITER)
    assert cm.as_inputs([message]) == [cm.MessageOutputEntry(content="Spain won.")]


def test_a_message_to_the_model_keeps_its_role_and_prefix() -> None:
    question = cm.MessageInputEntry(role="user", content="Who won?", **ENTRY)
    prefix = cm.MessageInputEntry(role="assistant", content="The winner is", prefix=True, **ENTRY)
    assert cm.as_inputs([question, prefix]) == [
        cm.MessageInputEntry(role="user", content="Who won?"),
        cm.MessageInputEntry(role="assistant", content="The winner is", prefix=True),
    ]


@pytest.mark.parametrize("arguments", ['{"date":"2024"}', {"date": "2024", "id": "kept"}])
def test_a_function_call_keeps_its_name_arguments_and_call_id(arguments: Any) -> None:
    call = cm.FunctionCallEntry(
        tool_call_id="c1", name="rate", arguments=arguments, confirmation_status="pending", **ENTRY, **WRITER
    )
    result = cm.FunctionResultEntry(tool_call_id="c1", result='{"rate": 1}', **ENTRY)
    assert cm.as_inputs([call, result]) == [
        cm.FunctionCallEntry(tool_call_id="c1", name="rate", arguments=arguments),
        cm.FunctionResultEntry(tool_call_id="c1", result='{"rate": 1}'),
    ]


def test_a_tool_execution_becomes_a_function_call_and_its_result() -> None:
    execution = cm.ToolExecutionEntry(
        id="tool_1",
        name="document_library",
        function="library_search",
        arguments='{"query":"Spain"}',
        info={"result": "Spain won", "took": 1.5},
        created_at=TIME,
        **WRITER,
    )
    assert cm.as_inputs([execution]) == [
        cm.FunctionCallEntry(tool_call_id="tool_1", name="library_search", arguments='{"query":"Spain"}'),
        cm.FunctionResultEntry(tool_call_id="tool_1", result="Spain won"),
    ]


@pytest.mark.parametrize("function", [UNSET, None, ""])
@pytest.mark.parametrize("arguments", [UNSET, ""])
def test_an_execution_of_before_july_2025_has_its_name_and_empty_arguments(function: Any, arguments: Any) -> None:
    execution = cm.ToolExecutionEntry(id="t1", name="web_search", function=function, arguments=arguments)
    assert cm.as_inputs([execution]) == [
        cm.FunctionCallEntry(tool_call_id="t1", name="web_search", arguments="{}"),
        cm.FunctionResultEntry(tool_call_id="t1", result=""),
    ]


@each(
    ("info", "result"),
    [
        ({"result": "text"}, "text"),
        ({"result": ""}, ""),
        ({"result": {"b": [1.0], "a": "é"}, "took": 1}, '{"b":[1.0],"a":"é"}'),
        ({"result": 0}, "0"),
        ({"result": False}, "false"),
        ({"result": None, "code": "1"}, '{"result":null,"code":"1"}'),
        ({"code": "1+1", "code_output": "2\n"}, '{"code":"1+1","code_output":"2\\n"}'),
        ({"chunk": text("Hi")}, '{"chunk":{"type":"text","text":"Hi"}}'),
        ({}, ""),
        (None, ""),
        (UNSET, ""),
    ],
)
def test_a_result_is_text(info: Any, result: str) -> None:
    (_, made) = cm.as_inputs([cm.ToolExecutionEntry(id="t1", name="t", info=info)])
    assert made == cm.FunctionResultEntry(tool_call_id="t1", result=result)


def test_handoffs_and_members_of_unknown_type_are_left_out() -> None:
    handoff = cm.AgentHandoffEntry(
        previous_agent_id="a", previous_agent_name="A", next_agent_id="b", next_agent_name="B"
    )
    unknown = cm.Unknown("video.output", b'{"type":"video.output","content":"x"}')
    message = cm.MessageOutputEntry(content="Hi")
    assert cm.as_inputs([handoff, unknown, message, cm.Unknown(None, b"5")]) == [message]
    assert cm.as_inputs([handoff, unknown]) == cm.as_inputs([]) == []


def test_unknown_fields_are_left_out_everywhere() -> None:
    new = {"new": {"a": 1}}
    chunks: list[Any] = [
        cm.ThinkChunk(thinking=[text("Hm").with_unknown_fields(new)], signature="s").with_unknown_fields(new),
        text("Spain").with_unknown_fields(new),
        cm.ImageURLChunk(image_url=cm.ImageURL(url="u", detail="low").with_unknown_fields(new)).with_unknown_fields(
            new
        ),
        cm.ImageURLChunk(image_url="u").with_unknown_fields(new),
        cm.DocumentURLChunk(document_url="u").with_unknown_fields(new),
        cm.ToolFileChunk(tool="t", file_id="f").with_unknown_fields(new),
    ]
    entries: list[Any] = [
        cm.MessageOutputEntry(content=chunks),
        cm.MessageInputEntry(role="user", content=chunks),
        cm.FunctionCallEntry(tool_call_id="c", name="f", arguments="{}"),
        cm.FunctionResultEntry(tool_call_id="c", result="r"),
        cm.ToolExecutionEntry(id="t", name="t", info={"result": "r"}),
    ]
    made = cm.as_inputs([entry.with_unknown_fields(new) for entry in entries])
    content: list[Any] = [
        cm.ThinkChunk(thinking=[text("Hm")], signature="s"),
        text("Spain"),
        cm.ImageURLChunk(image_url=cm.ImageURL(url="u", detail="low")),
        cm.ImageURLChunk(image_url="u"),
        cm.DocumentURLChunk(document_url="u"),
        cm.ToolFileChunk(tool="t", file_id="f"),
    ]
    assert made == [
        cm.MessageOutputEntry(content=content),
        cm.MessageInputEntry(role="user", content=content),
        cm.FunctionCallEntry(tool_call_id="c", name="f", arguments="{}"),
        cm.FunctionResultEntry(tool_call_id="c", result="r"),
        cm.FunctionCallEntry(tool_call_id="t", name="t", arguments="{}"),
        cm.FunctionResultEntry(tool_call_id="t", result="r"),
    ]


@pytest.mark.parametrize("codec", CODECS.values(), ids=str)
def test_the_outputs_of_a_decoded_response_become_inputs(codec: cm.Codec) -> None:
    response = cm.snake.decode((FIXTURES / "web_search.json").read_bytes())
    decoded = codec.decode(codec.encode(response))
    assert cm.as_inputs(decoded.outputs) == cm.as_inputs(response.outputs) != []


# Chunks ----------------------------------------------------------------------------------------------------------


def test_sources_and_unknown_chunks_are_left_out() -> None:
    reference = cm.ReferenceChunk(reference_ids=[1])
    assert content_of(text("Spain won"), SOURCE, UNKNOWN_CHUNK, reference, text(".")) == [text("Spain won"), text(".")]


def test_reasoning_keeps_its_text_and_references() -> None:
    reference = cm.ReferenceChunk(reference_ids=[1, "b"])
    thinking: list[Any] = [text("Who "), SOURCE, reference, cm.Unknown("new", b'{"type":"new"}'), text("won?")]
    assert content_of(cm.ThinkChunk(thinking=thinking, closed=True, signature="sig"), text("Spain")) == [
        cm.ThinkChunk(thinking=[text("Who "), reference, text("won?")], closed=True, signature="sig"),
        text("Spain"),
    ]


@pytest.mark.parametrize(
    ("chunks", "merged"),
    [
        ([thought("a"), thought("b")], cm.ThinkChunk(thinking=[text("a"), text("b")])),
        (
            [thought("a", signature="1", closed=False), thought("b", signature="2", closed=True)],
            cm.ThinkChunk(thinking=[text("a"), text("b")], signature="2", closed=True),
        ),
        (
            [thought("a", signature="1", closed=True), thought("b", closed=False), thought("c", signature=None)],
            cm.ThinkChunk(thinking=[text("a"), text("b"), text("c")], signature="1"),
        ),
        # An empty text splits the thinking in streams that others put together.
        ([thought("a"), text(""), thought("b")], cm.ThinkChunk(thinking=[text("a"), text("b")])),
        ([SOURCE, thought("a"), UNKNOWN_CHUNK, thought("b")], cm.ThinkChunk(thinking=[text("a"), text("b")])),
        (
            [cm.ThinkChunk(thinking=[], signature="1"), thought("b")],
            cm.ThinkChunk(thinking=[text("b")], signature="1"),
        ),
    ],
)
def test_thinking_at_the_start_becomes_one_chunk(chunks: list[Any], merged: cm.ThinkChunk) -> None:
    assert content_of(*chunks, text("Spain")) == [merged, text("Spain")]
    assert content_of(*chunks) == [merged]


def test_thinking_after_text_stays_where_it_is() -> None:
    chunks: list[Any] = [thought("a"), text("One"), thought("b", signature=None), thought("c"), text("two")]
    assert content_of(*chunks) == chunks


def test_thinking_that_is_empty_is_left_out_unless_it_is_signed() -> None:
    cited = cm.ThinkChunk(thinking=[SOURCE, text("")])
    signed = cm.ThinkChunk(thinking=[SOURCE], signature="s")
    assert content_of(cited, text("Spain")) == [text("Spain")]
    assert content_of(signed, text("Spain")) == [cm.ThinkChunk(thinking=[], signature="s"), text("Spain")]


@pytest.mark.parametrize(
    "content",
    ["", [], [text("")], [SOURCE], [UNKNOWN_CHUNK, cm.ReferenceChunk(reference_ids=[])], [cm.ThinkChunk(thinking=[])]],
)
def test_a_message_with_nothing_left_is_left_out(content: Any) -> None:
    said = cm.MessageOutputEntry(content=content)
    asked = cm.MessageInputEntry(role="user", content=content)
    assert cm.as_inputs([said, asked, cm.FunctionResultEntry(tool_call_id="c", result="")]) == [
        cm.FunctionResultEntry(tool_call_id="c", result="")
    ]


def test_entries_are_not_changed() -> None:
    chunks: list[Any] = [thought("a"), thought("b"), SOURCE, text("Spain")]
    message = cm.MessageOutputEntry(content=chunks, id="m1")
    before = cm.snake.encode(message)
    cm.as_inputs([message])
    assert cm.snake.encode(message) == before


# Call ids --------------------------------------------------------------------------------------------------------


def call_ids(*entries: cm.InputEntry) -> list[str]:
    """The call ids of the inputs, where each result has that of the call before it."""
    made: Any = cm.as_inputs(entries)
    ids = [entry.tool_call_id for entry in made]
    assert ids[::2] == ids[1::2]
    return ids[::2]


def ran(id: Any = UNSET) -> cm.ToolExecutionEntry:
    return cm.ToolExecutionEntry(name="t", id=id)


def called(call_id: str) -> list[cm.InputEntry]:
    return [
        cm.FunctionCallEntry(tool_call_id=call_id, name="f", arguments="{}"),
        cm.FunctionResultEntry(tool_call_id=call_id, result="r"),
    ]


def test_an_execution_without_an_id_is_named_after_its_position() -> None:
    assert call_ids(ran("t1"), ran(), ran(""), ran("t2")) == ["t1", "call00001", "call00002", "t2"]
    unknown = cm.Unknown("new", b'{"type":"new"}')
    assert call_ids(*[unknown] * 99_999, ran(), ran()) == ["call99999", "call100000"]


def test_no_execution_takes_the_id_of_another_call() -> None:
    assert call_ids(ran("c1"), *called("c1"), ran("c1")) == ["call00000", "c1", "call00003"]
    assert call_ids(ran("t1"), ran("t1"), ran("t1")) == ["t1", "call00001", "call00002"]
    assert call_ids(ran(), *called("call00000")) == ["call00000x1", "call00000"]
    assert call_ids(ran("call00001"), ran(), ran()) == ["call00001", "call00001x1", "call00002"]


def test_a_result_without_its_call_keeps_its_id_too() -> None:
    result = cm.FunctionResultEntry(tool_call_id="t1", result="r")
    made: Any = cm.as_inputs([result, ran("t1")])
    assert [entry.tool_call_id for entry in made] == ["t1", "call00001", "call00001"]


def test_many_entries_with_ids_in_each_others_way_are_told_apart() -> None:
    # If each search began anew, these would take minutes.
    names = [f"call00000x{number}" for number in range(1, 20_000)]
    ids = call_ids(ran(), *[entry for name in ["call00000", *names] for entry in called(name)], *[ran("a")] * 20_000)
    assert len(set(ids)) == len(ids) == 40_001
    assert ids[0] == "call00000x20000"


# Arguments -------------------------------------------------------------------------------------------------------


def test_any_iterable_of_entries_will_do() -> None:
    message = cm.MessageOutputEntry(content="Hi")

    def generated() -> Iterator[cm.OutputEntry]:
        yield message

    assert cm.as_inputs(generated()) == cm.as_inputs((message,)) == cm.as_inputs({message: 1}.keys()) == [message]


@each(
    "entries",
    [
        cm.ConversationResponse(conversation_id="c", outputs=[]),
        cm.ConversationHistory(conversation_id="c", entries=[]),
        cm.MessageOutputEntry(content=""),
        cm.Unknown(None, b"[]"),
        *("", "Hi", b"", bytearray(), memoryview(b""), {}, None, 5),
    ],
)
def test_anything_but_entries_is_a_type_error(entries: Any) -> None:
    with pytest.raises(TypeError, match=f"^Expected entries, .*, not {type(entries).__name__}$"):
        cm.as_inputs(entries)


@pytest.mark.parametrize("member", [{"type": "message.output", "content": ""}, "Hi", None, text("Hi"), [], cm.Codec])
def test_a_member_that_is_not_an_entry_is_a_type_error(member: Any) -> None:
    with pytest.raises(TypeError, match=rf"^Expected an entry, not {type(member).__name__} \(at position 1\)$"):
        cm.as_inputs([cm.MessageOutputEntry(content=""), member])


# Any entries -----------------------------------------------------------------------------------------------------

ACCEPTED = {"message.input", "message.output", "function.call", "function.result"}
lists_of_entries = st.lists(inputs(), max_size=4) | responses().map(lambda response: response.outputs)


def chunks_in(content: Any) -> list[Any]:
    """The chunks of a message's content, with those inside the reasoning."""
    chunks = [] if isinstance(content, str) else content
    return [*chunks, *[part for chunk in chunks if chunk["type"] == "thinking" for part in chunk["thinking"]]]


@given(lists_of_entries)
def test_inputs_of_any_entries_follow_the_rules(entries: list[cm.InputEntry]) -> None:
    made = cm.as_inputs(entries)
    for entry in json.loads(cm.snake.encode(made)):
        assert entry["type"] in ACCEPTED
        assert entry.keys() <= {
            "type",
            "object",
            "role",
            "content",
            "prefix",
            "tool_call_id",
            "name",
            "arguments",
            "result",
        }
        assert "prefix" not in entry or entry["type"] == "message.input"
        content = entry.get("content")
        assert content not in ("", [])
        for chunk in chunks_in(content or ""):
            assert chunk["type"] in {"text", "thinking", "image_url", "document_url", "tool_file", "reference"}
        tags = [chunk["type"] for chunk in content] if isinstance(content, list) else []
        assert tags[:2] != ["thinking", "thinking"]
        assert "reference" not in tags


@given(lists_of_entries)
def test_inputs_come_back_from_either_codec(entries: list[cm.InputEntry]) -> None:
    request = cm.ConversationRequest(inputs=cm.as_inputs(entries), model="m")
    for codec in CODECS.values():
        assert codec.decode(codec.encode(request), cm.ConversationRequest) == request
        assert codec.drift(codec.encode(request), cm.ConversationRequest) == []


@given(lists_of_entries)
def test_inputs_of_inputs_are_the_same(entries: list[cm.InputEntry]) -> None:
    made = cm.as_inputs(entries)
    assert cm.as_inputs(made) == made == cm.as_inputs(entries)


@given(lists_of_entries)
def test_the_official_sdk_accepts_the_inputs_whole(entries: list[cm.InputEntry]) -> None:
    made = cm.as_inputs(entries)
    theirs = sdk.ConversationRequest.model_validate_json(cm.snake.encode(cm.ConversationRequest(inputs=made)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of roles that it has no name for.
        written = json.loads(theirs.model_dump_json(by_alias=True))
    defaults = {"message.input": {"prefix": False}}
    expected = [{**defaults.get(entry["type"], {}), **entry} for entry in json.loads(cm.snake.encode(made))]
    assert written["inputs"] == expected
