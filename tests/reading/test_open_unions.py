"""Members that no model describes are kept byte for byte in every union, and only they cost time."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import examples
from ..support.calls import counted_calls
from ..support.documents import CODECS, NAMINGS, RECOGNISED, Naming, dumps, key, minimal
from ..support.each import each
from ..support.strategies import unknown_members

every_naming = pytest.mark.parametrize("naming", NAMINGS)

# Places of a union: the type to decode as, the bytes around the member, and a function that finds the member.
PLACES: dict[str, tuple[Any, bytes, Callable[[Any], Any]]] = {
    "outputs": (
        cm.ConversationResponse,
        b'{"%(conversation_id)s":"c","outputs":[{"type":"tool.execution","name":"t"},@,{"content":"x"}],"usage":{}}',
        lambda response: response.outputs[1],
    ),
    "content": (
        cm.ConversationResponse,
        b'{"outputs":[{"type":"message.output","content":[{"text":"a"},@]}],"%(conversation_id)s":"c","usage":{}}',
        lambda response: response.outputs[0].content[1],
    ),
    "content of an entry": (
        cm.OutputEntry,
        b'{"content":[@,{"type":"text","text":"a"}],"%(agent_id)s":"a","type":"message.output"}',
        lambda entry: entry.content[0],
    ),
    "thinking": (
        cm.ConversationResponse,
        b'{"usage":{},"outputs":[{"content":[{"type":"thinking","thinking":[@]}]}],"%(conversation_id)s":"c"}',
        lambda response: response.outputs[0].content[0].thinking[0],
    ),
    "thinking of a chunk": (cm.ThinkChunk, b'{"thinking":[@],"closed":true}', lambda chunk: chunk.thinking[0]),
    "a delta's content": (
        cm.ConversationEvent,
        b'{"type":"message.output.delta","id":"m","content":@,"%(output_index)s":3}',
        lambda event: event.content,
    ),
    "thinking in a delta": (
        cm.MessageOutputEvent,
        b'{"id":"m","content":{"type":"thinking","thinking":[@]},"%(content_index)s":1}',
        lambda event: event.content.thinking[0],
    ),
    "entry": (cm.OutputEntry, b"@", lambda entry: entry),
    "chunk": (cm.ContentChunk, b"@", lambda chunk: chunk),
    "event": (cm.ConversationEvent, b"@", lambda event: event),
}
every_place = pytest.mark.parametrize("place", PLACES)


def around(place: str, naming: Naming) -> bytes:
    names = {name: key(name, naming) for name in ("conversation_id", "agent_id", "output_index", "content_index")}
    return PLACES[place][1] % {name.encode(): spelling.encode() for name, spelling in names.items()}


def check(place: str, naming: Naming, raw: bytes, tag: str | None) -> None:
    type, _, find = PLACES[place]
    value = CODECS[naming].decode(around(place, naming).replace(b"@", raw), type)
    member = find(value)
    assert isinstance(member, cm.Unknown)
    assert (member.type, member.raw) == (tag, raw)
    # In either naming, the member is written byte for byte, and the fields around it in the codec's naming.
    for codec in (cm.camel, cm.snake):
        marked = CODECS[naming].decode(around(place, naming).replace(b"@", b'{"type":"@"}'), type)
        assert codec.encode(value) == codec.encode(marked).replace(b'{"type":"@"}', raw)


UNKNOWN = [
    (b'{"type":"video.output","conversation_id":"x","agentId":{"imageUrl":1}}', "video.output"),
    (b'{ "type" :\t"video.output" , "a" : [ 1 , 2 ]\r\n}', "video.output"),
    (b'{"a":1.0E+2,"type":"x","a":1e999,"b":-0,"c":123456789012345678901234567890}', "x"),
    (b'{"type":"\\u0076ideo","a":"\\/\\u00e9\xc3\xa9"}', "video"),
    (b'{"type":"text","text":"a","type":"last one wins"}', "last one wins"),
    (b'{"type":""}', ""),
    (b'{"type":null,"text":"a","content":"b"}', None),
    (b'{"type":7,"text":"a","content":"b"}', None),
    (b'{"type":["text"],"text":"a"}', None),
    (b'{"type":{"text":1},"text":"a"}', None),
    (b"{ }", None),
    (b'{"kind":"text"}', None),
    # Untagged, with the field that identifies a model, but of another shape.
    (b'{"text":1}', None),
    (b'{"thinking":"x"}', None),
    (b'{"reference_ids":{},"referenceIds":{}}', None),
]


@every_naming
@every_place
@each(("raw", "tag"), UNKNOWN)
def test_unknown_members_are_kept_byte_for_byte(place: str, naming: Naming, raw: bytes, tag: str | None) -> None:
    check(place, naming, raw, tag)


@every_naming
@each("place", ["outputs", "content", "content of an entry", "thinking", "thinking of a chunk"])
@each("raw", [b"null", b"true", b"-1.50", b'"\\u0041"', b"[ ]", b'[{"type":"text"}]'])
def test_members_of_lists_need_not_be_objects(place: str, naming: Naming, raw: bytes) -> None:
    check(place, naming, raw, None)


@every_naming
@every_place
@examples(15, usual=5)
@given(data=st.data())
def test_random_unknown_members_are_kept_byte_for_byte(place: str, naming: Naming, data: st.DataObject) -> None:
    unions = {"entry": "entry", "outputs": "entry", "event": "event"}
    union = unions.get(place, "thought" if "thinking" in place else "chunk")
    # A tag unknown to this union may belong to another one.
    member = data.draw(unknown_members(union))
    tag = member.get("type")
    check(place, naming, dumps(member), tag if isinstance(tag, str) else None)


def test_a_string_in_a_deltas_content_is_text() -> None:
    event = cm.snake.decode(b'{"type":"message.output.delta","id":"m","content":"{}"}', cm.ConversationEvent)
    assert isinstance(event, cm.MessageOutputEvent)
    assert event.content == "{}"


# Untagged members ------------------------------------------------------------------------------------------------

UNTAGGED_EVENTS = [
    cm.ResponseStartedEvent,
    cm.FunctionCallEvent,
    cm.MessageOutputEvent,
    cm.AgentHandoffStartedEvent,
    cm.AgentHandoffDoneEvent,
    cm.ResponseDoneEvent,
    cm.ResponseErrorEvent,
]


def test_an_untagged_object_with_a_message_alone_is_not_an_error_event() -> None:
    event = cm.snake.decode(b'{"message":"m"}', cm.ConversationEvent)
    assert event == cm.Unknown(None, b'{"message":"m"}')
    named = cm.snake.decode_event(b'{"message":"m"}', "conversation.response.error")
    assert named == cm.ResponseErrorEvent(message="m")


@every_naming
@each(
    ("cls", "union"),
    [(cls, cm.OutputEntry) for cls in RECOGNISED["entry"].values()]
    + [(cls, cm.ContentChunk) for cls in RECOGNISED["chunk"].values()]
    + [(cls, cm.ConversationEvent) for cls in UNTAGGED_EVENTS],
)
def test_untagged_members_are_recognised_by_their_fields(cls: Any, union: Any, naming: Naming) -> None:
    # In these two, the deciding field is not a required one.
    decided: dict[Any, dict[str, Any]] = {
        cm.ToolReferenceChunk: {"tool": "t", "title": "T"},
        cm.ResponseErrorEvent: {"message": "m", "code": 7},
    }
    fields = decided.get(cls) or minimal(cls)
    document = {key(name, naming): value for name, value in fields.items()}
    value = CODECS[naming].decode(dumps(document), union)
    assert value == CODECS[naming].decode(dumps(document), cls)
    # The tag is written even if it was absent.
    assert json.loads(CODECS[naming].encode(value))["type"] == cls.type


def test_untagged_members_inside_members_are_recognised() -> None:
    response = cm.snake.decode(
        b'{"conversation_id":"c","usage":{},"outputs":[{"content":[{"thinking":[{"text":"a"},{"title":"b"},'
        b'{"reference_ids":[1,"2"]},{"image_url":"x"}]}]}]}'
    )
    assert response.outputs == [
        cm.MessageOutputEntry(
            content=[
                cm.ThinkChunk(
                    thinking=[
                        cm.TextChunk(text="a"),
                        cm.ToolReferenceChunk(title="b"),
                        cm.ReferenceChunk(reference_ids=[1, "2"]),
                        # A chunk, but not one that reasoning may hold.
                        cm.Unknown(None, b'{"image_url":"x"}'),
                    ]
                )
            ]
        )
    ]


@each(
    ("document", "cls"),
    [
        ({"name": "n", "arguments": "{}", "tool_call_id": "c"}, cm.FunctionCallEntry),
        (
            {
                "tool_call_id": "c",
                "name": "f",
                "arguments": "{}",
                "previous_agent_id": "p",
                "previous_agent_name": "P",
                "next_agent_id": "n",
                "next_agent_name": "N",
            },
            cm.AgentHandoffEntry,
        ),
        ({"name": "n", "content": "c"}, cm.MessageOutputEntry),
        ({"name": "n", "arguments": {"not": "a string"}}, cm.Unknown),
        ({"tool_call_id": "c"}, cm.Unknown),
        ({"previous_agent_id": "a"}, cm.Unknown),
        ({"content": [{"text": "a"}, 5], "role": "user"}, cm.Unknown),
        # Some serialisers write absent fields of other models as null.
        ({"name": "n", "arguments": "{}", "content": None}, cm.ToolExecutionEntry),
        ({"name": "n", "arguments": "{}", "tool_call_id": None}, cm.ToolExecutionEntry),
        ({"name": "n", "tool_call_id": "q", "info": {}}, cm.ToolExecutionEntry),
        ({"content": "c", "previous_agent_id": None, "tool_call_id": None, "name": None}, cm.MessageOutputEntry),
    ],
)
def test_untagged_entries_with_fields_of_several_models_are_recognised(document: Any, cls: type) -> None:
    assert isinstance(cm.snake.decode(dumps(document), cm.OutputEntry), cls)


def test_null_fields_of_other_models_do_not_decide() -> None:
    data = b'{"text":null,"thinking":null,"imageUrl":"u"}'
    chunk = cm.ImageURLChunk(image_url="u").with_unknown_fields({"text": None, "thinking": None})
    assert cm.camel.decode(data, cm.ContentChunk) == chunk


def test_an_untagged_member_whose_own_member_is_wrong_is_an_error() -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.camel.decode(b'{"name":"n","content":[{"type":"text","text":5}]}', cm.OutputEntry)
    assert caught.value.path == "$.content[0].text"


@each("data", [b'{"type": 1e-07, "usage": {}', b'{"type":"text","x":1,"type":5', b'{"type":"new"', b'{"content":"a"'])
@each("union", [cm.OutputEntry, cm.ContentChunk, cm.ConversationEvent])
def test_text_that_is_cut_off_is_not_an_unknown_member(data: bytes, union: Any) -> None:
    for codec in (cm.camel, cm.snake):
        with pytest.raises(cm.ConversationDecodeError):
            codec.decode(data, union)


@pytest.mark.parametrize(
    ("data", "union"),
    [
        # A field of another member beside the lack of a required one, after a member without a tag.
        (b'[{"documentUrl":"s"},{"type":"text","referenceIds":[1]}]', cm.ContentChunk),
        (b'[{"fileId":"s","tool":"t"},{"type":"thinking","text":"a"}]', cm.ContentChunk),
        (
            b'[{"content":"x","id":"m"},{"type":"conversation.response.done","conversationId":"c"}]',
            cm.ConversationEvent,
        ),
    ],
)
def test_a_field_of_another_member_does_not_make_up_for_a_missing_one(data: bytes, union: Any) -> None:
    with pytest.raises(cm.ConversationDecodeError, match="missing required field") as caught:
        cm.camel.decode(data, list[union])
    assert caught.value.path == "$[1]"
    assert isinstance(cm.snake.decode(b'{"code":3,"name":"x"}', cm.ConversationEvent), cm.Unknown)


def test_a_learned_key_of_one_member_does_not_change_how_others_are_read() -> None:
    codec = cm.Codec("camel")
    tp = list[cm.OutputEntry]
    untagged = (
        b'[{"toolCallId":"t","name":"f","arguments":"{}"},{"content":[{"text":"a"}]},{"name":"n","info":{},"id":"i"}]'
    )
    repeated = b'[{"toolCallId":{},"name":"t","arguments":{"a":1},"toolCallId":"t"}]'

    def calls() -> int:
        codec.decode(untagged, tp)
        with counted_calls() as count:
            codec.decode(untagged, tp)
        return count[0]

    expected, few = codec.decode(untagged, tp), calls()
    assert isinstance(codec.decode(repeated, tp)[0], cm.Unknown)
    # Fields of other entries, of every kind.
    for learned in (b"toolCallId", b"content", b"info", b"arguments"):
        codec.decode(
            b'[{"type":"agent.handoff","previousAgentId":"","previousAgentName":"","nextAgentId":"","nextAgentName":"",'
            b'"%b":1}]' % learned,
            tp,
        )
    assert len(codec.unknown_seen) == 5
    assert codec.decode(untagged, tp) == expected
    assert calls() == few
    assert isinstance(codec.decode(repeated, tp)[0], cm.Unknown)


@every_naming
@pytest.mark.parametrize(
    ("learned", "fields", "cls"),
    [
        ({"agent_id": 1}, {"agent_id": "a"}, cm.MessageOutputEntry),
        ({"model": 1}, {"model": None}, cm.MessageOutputEntry),
        ({"result": 1, "tool_call_id": 1}, {"result": "r", "tool_call_id": "c"}, cm.FunctionResultEntry),
    ],
)
def test_a_learned_key_of_message_inputs_does_not_make_other_entries_of_requests_inputs(
    learned: Any, fields: Any, cls: Any, naming: Naming
) -> None:
    codec = cm.Codec(naming)

    def entry(role: str, more: Any) -> Any:
        body = dumps({"inputs": [{"role": role, "content": "x", **{key(name, naming): more[name] for name in more}}]})
        return codec.decode(body, cm.ConversationRequest).inputs[0]

    for name in learned:
        assert isinstance(entry("user", {name: learned[name]}), cm.MessageInputEntry)
    assert len(codec.unknown_seen) == len(learned)
    assert isinstance(entry("assistant", fields), cls)


@pytest.mark.parametrize("chunk", [{"title": "t", "favicon": None}, {"type": "tool_reference"}], ids=dumps)
@every_naming
def test_an_assistants_citation_makes_an_output_whatever_the_other_naming_reads(naming: Naming, chunk: Any) -> None:
    content = [chunk, {key("document_url", naming): "u"}]
    # The first one takes the document to the reader of single members.
    data = dumps([{"type": "video.output"}, {"role": "assistant", "content": content}])
    entries = CODECS[naming].decode(data, list[cm.InputEntry])
    assert [type(entry).__name__ for entry in entries] == ["Unknown", "MessageOutputEntry"]


RESPONSE_WITHOUT_TAGS = b'{"conversation_id":"c","outputs":[{"content":"x"}]}'
RESPONSE = cm.ConversationResponse(conversation_id="c", outputs=[cm.MessageOutputEntry(content="x")])


@pytest.mark.parametrize(
    ("tp", "data", "value"),
    [
        (cm.OutputEntry | list[cm.OutputEntry], b'[{"content":"x"}]', RESPONSE.outputs),
        (cm.OutputEntry | list[cm.OutputEntry], b'{"content":"x"}', RESPONSE.outputs[0]),
        (list[cm.ConversationResponse | None], b"[null,%b]" % RESPONSE_WITHOUT_TAGS, [None, RESPONSE]),
        (list[cm.ConversationResponse | list[int]], b"[[1],%b]" % RESPONSE_WITHOUT_TAGS, [[1], RESPONSE]),
        (
            list[cm.ConversationResponse | list[cm.OutputEntry]],
            b'[%b,[{"content":"x"}]]' % RESPONSE_WITHOUT_TAGS,
            [RESPONSE, RESPONSE.outputs],
        ),
        (set[cm.OutputEntry], b'[{"content":"x"}]', {*RESPONSE.outputs}),
        (frozenset[cm.OutputEntry], b'[{"type":"z"}]', frozenset([cm.Unknown("z", b'{"type":"z"}')])),
    ],
)
def test_untagged_and_unknown_members_are_read_beside_other_arms_and_in_sets(tp: Any, data: bytes, value: Any) -> None:
    decoded = cm.snake.decode(data, tp)
    assert decoded == value


def test_a_model_that_is_asked_for_needs_no_tag() -> None:
    assert cm.snake.decode(b'{"text":"a"}', cm.TextChunk) == cm.TextChunk(text="a")


# Cost ------------------------------------------------------------------------------------------------------------


def calls_to_decode(known: int, unknown: int) -> int:
    entry = {"type": "message.output", "content": [{"type": "text", "text": "a"}]}
    outputs = [entry] * known + [{"type": "new"}] * unknown
    data = dumps({"conversation_id": "c", "outputs": outputs, "usage": {}})
    codec = cm.Codec("snake")  # A tag that a codec has met often enough is looked at once more.
    codec.decode(data)
    with counted_calls() as count:
        codec.decode(data)
    return count[0]


def test_only_unknown_members_cost_python_calls() -> None:
    assert calls_to_decode(1000, 0) == calls_to_decode(1, 0) <= 2
    assert calls_to_decode(1000, 10) == calls_to_decode(10, 10)
    assert calls_to_decode(1000, 10) < 200
