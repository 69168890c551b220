"""A document in the other naming is an error where it would be read without a required field or a count."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

import conversation_models as cm
from conversation_models.codec import Codec

from ..support.amounts import amount, in_full_if_long
from ..support.documents import CODECS, NAMINGS, SHAPES, UNIONS, Naming, dumps, key, minimal
from ..support.each import each
from ..support.streams import in_naming
from ..support.unknown_fields import same_json

every_naming = pytest.mark.parametrize("naming", NAMINGS)
OTHER: dict[Naming, Naming] = {"camel": "snake", "snake": "camel"}
CALLED = {"camel": "camelCase", "snake": "snake_case"}
COUNTS = ["prompt_tokens", "completion_tokens", "total_tokens"]


def message(name: str, naming: Naming, path: str) -> str:
    """The error for the field ``name`` in the spelling that ``naming`` does not have."""
    other = OTHER[naming]
    return (
        f"`{key(name, other)}` is the {CALLED[other]} spelling of `{key(name, naming)}`: "
        f"read this with `cm.{other}` - at `{path}`"
    )


def check_error(error: cm.ConversationDecodeError, name: str, naming: Naming, owner: str) -> None:
    """``owner`` is the path of the object that holds the field."""
    path = f"{owner}.{key(name, OTHER[naming])}"
    assert (str(error), error.path) == (message(name, naming, path), path)


def check_raises(read: Callable[[], object], name: str, naming: Naming, owner: str = "$") -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        read()
    check_error(caught.value, name, naming, owner)


@pytest.mark.parametrize(
    ("codec", "wrong", "right", "message"),
    [
        (
            cm.camel,
            "conversation_id",
            "conversationId",
            "`conversation_id` is the snake_case spelling of `conversationId`: read this with `cm.snake`",
        ),
        (
            cm.snake,
            "conversationId",
            "conversation_id",
            "`conversationId` is the camelCase spelling of `conversation_id`: read this with `cm.camel`",
        ),
    ],
)
def test_the_error_names_the_field_and_the_codec_to_use(codec: cm.Codec, wrong: str, right: str, message: str) -> None:
    body = '{"%s":"c","outputs":[],"usage":{}}'
    assert codec.decode(body % right).conversation_id == "c"
    with pytest.raises(cm.ConversationDecodeError) as caught:
        codec.decode(body % wrong)
    assert caught.value.path == f"$.{wrong}"
    assert str(caught.value) == f"{message} - at `$.{wrong}`"


# Required fields --------------------------------------------------------------------------------------------------

RENAMED = [
    (cls, name)
    for cls, shape in SHAPES.items()
    for name, field in shape.fields.items()
    if field.required and key(name, "camel") != name
]
every_renamed = each(("cls", "name"), RENAMED)
EVENTS = [(cls, name) for cls, name in RENAMED if cls.__name__.endswith("Event")]
ENTRIES = [(cls, name) for cls, name in RENAMED if cls.__name__.endswith("Entry")]
CHUNKS = [(cls, name) for cls, name in RENAMED if cls.__name__.endswith("Chunk")]


def test_every_kind_of_model_is_tested() -> None:
    assert {cls for cls, _ in RENAMED} >= {
        *(cm.ConversationResponse, cm.FunctionCallEntry, cm.AgentHandoffEntry, cm.ImageURLChunk, cm.DocumentURLChunk),
        *(cm.ToolFileChunk, cm.ReferenceChunk, cm.ResponseStartedEvent, cm.FunctionCallEvent),
        *(cm.AgentHandoffStartedEvent, cm.AgentHandoffDoneEvent),
    }


def with_wrong(cls: Any, name: str, naming: Naming) -> dict[str, Any]:
    """A document of ``cls`` in ``naming``, but for the field ``name``."""
    fields = {key(field, OTHER[naming] if field == name else naming): v for field, v in minimal(cls).items()}
    return {"type": SHAPES[cls].tag, **fields} if SHAPES[cls].tag else fields


@every_naming
@every_renamed
def test_a_required_field_in_the_other_spelling_is_an_error(cls: Any, name: str, naming: Naming) -> None:
    codec, document = CODECS[naming], with_wrong(cls, name, naming)
    check_raises(lambda: codec.decode(dumps(document), cls), name, naming)
    check_raises(lambda: codec.decode(dumps([document]), list[cls]), name, naming, "$[0]")
    # Whatever else it holds.
    check_raises(lambda: codec.decode(dumps({"region": 1, **document, "new": {}}), cls), name, naming)


@every_naming
@every_renamed
def test_builtins_in_the_other_spelling_are_an_error(cls: Any, name: str, naming: Naming) -> None:
    check_raises(lambda: CODECS[naming].from_builtins(with_wrong(cls, name, naming), cls), name, naming)


@every_naming
@each("cls", dict(RENAMED))
def test_a_document_in_the_other_naming_throughout_is_an_error(cls: Any, naming: Naming) -> None:
    """The error names the first of its fields."""
    tag = {"type": SHAPES[cls].tag} if SHAPES[cls].tag else {}
    data = dumps({**tag, **in_naming(minimal(cls), cls, OTHER[naming])})
    first = next(name for owner, name in RENAMED if owner is cls)
    check_raises(lambda: CODECS[naming].decode(data, cls), first, naming)


@every_naming
@each(("cls", "name"), ENTRIES)
@each("before", [[], [{"type": "new"}], [{"content": "untagged"}]])
def test_a_field_of_an_entry_in_the_other_spelling_is_an_error(
    cls: Any, name: str, before: list[Any], naming: Naming
) -> None:
    entries = [*before, with_wrong(cls, name, naming), {"type": "message.output", "content": "x"}]
    data = dumps({key("conversation_id", naming): "c", "entries": entries})
    path = f"$.entries[{len(before)}]"
    check_raises(lambda: CODECS[naming].decode(data, cm.ConversationHistory), name, naming, path)
    if cls in UNIONS["entry"]:
        data = dumps({key("conversation_id", naming): "c", "outputs": entries, "usage": {}})
        check_raises(lambda: CODECS[naming].decode(data), name, naming, f"$.outputs[{len(before)}]")


@every_naming
@each(("cls", "name"), CHUNKS)
def test_a_field_of_a_chunk_in_the_other_spelling_is_an_error(cls: Any, name: str, naming: Naming) -> None:
    chunk = with_wrong(cls, name, naming)
    outputs = [{"type": "message.output", "content": [{"type": "text", "text": "a"}, chunk]}]
    data = dumps({key("conversation_id", naming): "c", "outputs": outputs, "usage": {}})
    check_raises(lambda: CODECS[naming].decode(data), name, naming, "$.outputs[0].content[1]")
    delta = dumps({"type": "message.output.delta", "id": "m", "content": chunk})
    check_raises(lambda: CODECS[naming].decode(delta, cm.ConversationEvent), name, naming, "$.content")


@every_naming
def test_a_field_of_a_chunk_in_reasoning_in_the_other_spelling_is_an_error(naming: Naming) -> None:
    thought = {"type": "reference", key("reference_ids", OTHER[naming]): [1]}
    data = dumps({"type": "thinking", "thinking": [{"type": "text", "text": "a"}, thought]})
    check_raises(lambda: CODECS[naming].decode(data, cm.ContentChunk), "reference_ids", naming, "$.thinking[1]")


@every_naming
def test_peek_refuses_the_other_spelling(naming: Naming) -> None:
    codec, here, there = CODECS[naming], key("conversation_id", naming), key("conversation_id", OTHER[naming])
    data = dumps({there: "c", "outputs": [], "usage": {}})
    check_raises(lambda: codec.peek(data), "conversation_id", naming)
    check_raises(lambda: codec.decode(data, cm.ResponseHead), "conversation_id", naming)
    data = dumps({here: "c", "outputs": [], "usage": {key("total_tokens", OTHER[naming]): 1}})
    check_raises(lambda: codec.peek(data), "total_tokens", naming, "$.usage")


@every_naming
def test_a_required_field_that_is_absent_in_both_spellings_is_another_error(naming: Naming) -> None:
    with pytest.raises(cm.ConversationDecodeError, match="missing required field") as caught:
        CODECS[naming].decode(b'{"outputs":[],"usage":{}}')
    assert caught.value.path == "$"


# Counts -----------------------------------------------------------------------------------------------------------


@every_naming
@pytest.mark.parametrize("name", COUNTS)
def test_a_count_in_the_other_spelling_is_an_error(name: str, naming: Naming) -> None:
    codec, usage = CODECS[naming], {key(name, OTHER[naming]): 12}
    check_raises(lambda: codec.decode(dumps(usage), cm.ConversationUsageInfo), name, naming)
    response = dumps({key("conversation_id", naming): "c", "outputs": [], "usage": usage})
    check_raises(lambda: codec.decode(response), name, naming, "$.usage")
    done = dumps({"type": "conversation.response.done", "usage": usage})
    check_raises(lambda: codec.decode(done, cm.ConversationEvent), name, naming, "$.usage")
    check_raises(lambda: codec.decode(done, cm.ResponseDoneEvent), name, naming, "$.usage")


@every_naming
@pytest.mark.parametrize("name", COUNTS)
def test_one_count_in_the_other_spelling_is_an_error_beside_the_right_ones(name: str, naming: Naming) -> None:
    usage = {key(count, OTHER[naming] if count == name else naming): 3 for count in COUNTS}
    check_raises(lambda: CODECS[naming].decode(dumps(usage), cm.ConversationUsageInfo), name, naming)


@every_naming
@pytest.mark.parametrize("outputs", [[], [{"type": "new"}], [{"content": "untagged"}]])
def test_counts_in_the_other_spelling_are_an_error_beside_any_output(outputs: list[Any], naming: Naming) -> None:
    usage = {key("total_tokens", OTHER[naming]): 12}
    data = dumps({key("conversation_id", naming): "c", "outputs": outputs, "usage": usage})
    check_raises(lambda: CODECS[naming].decode(data), "total_tokens", naming, "$.usage")


@every_naming
def test_a_usage_in_the_other_naming_is_an_error_that_names_its_first_count(naming: Naming) -> None:
    data = dumps({key(count, OTHER[naming]): 3 for count in COUNTS})
    check_raises(lambda: CODECS[naming].decode(data, cm.ConversationUsageInfo), "prompt_tokens", naming)


@every_naming
@each("wrong", [None, "12", [1], {}])
def test_a_count_in_the_other_spelling_is_an_error_whatever_its_value(wrong: Any, naming: Naming) -> None:
    data = dumps({key("total_tokens", OTHER[naming]): wrong})
    check_raises(lambda: CODECS[naming].decode(data, cm.ConversationUsageInfo), "total_tokens", naming)


@every_naming
def test_counts_that_are_absent_in_both_spellings_are_zero(naming: Naming) -> None:
    usage = CODECS[naming].decode(b'{"new":1}', cm.ConversationUsageInfo)
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (0, 0, 0)
    assert dict(usage.unknown_fields) == {"new": 1}


# Lines, and types of the caller's ---------------------------------------------------------------------------------


def lines_with_wrong_usage(naming: Naming) -> bytes:
    def line(spelling: Naming) -> dict[str, Any]:
        return {key("conversation_id", naming): "c", "outputs": [], "usage": {key("total_tokens", spelling): 12}}

    return b"\n".join(dumps(line(OTHER[naming] if index == 3 else naming)) for index in range(5))


@every_naming
def test_the_path_of_a_line_begins_with_its_index(naming: Naming) -> None:
    lines = lines_with_wrong_usage(naming)
    check_raises(lambda: CODECS[naming].decode_lines(lines), "total_tokens", naming, "$[3].usage")


@every_naming
def test_lines_before_the_wrong_one_are_read_from_chunks(naming: Naming) -> None:
    lines = lines_with_wrong_usage(naming)
    read = CODECS[naming].iter_lines([lines[:100], lines[100:]])
    assert [next(read).usage.total_tokens for _ in range(3)] == [12, 12, 12]
    check_raises(lambda: next(read), "total_tokens", naming, "$[3].usage")


def test_the_path_of_a_line_in_full() -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.camel.decode_lines(lines_with_wrong_usage("camel"))
    assert caught.value.path == "$[3].usage.total_tokens"


class Envelope(msgspec.Struct):
    body: cm.ConversationResponse


@dataclass
class Wrapped:
    body: cm.ConversationResponse


@every_naming
@pytest.mark.parametrize("tp", [Envelope, Wrapped])
def test_the_path_begins_at_the_root_of_the_callers_own_type(tp: Any, naming: Naming) -> None:
    body = {key("conversation_id", OTHER[naming]): "c", "outputs": [], "usage": {}}
    check_raises(lambda: CODECS[naming].decode(dumps({"body": body}), tp), "conversation_id", naming, "$.body")


# Both spellings ---------------------------------------------------------------------------------------------------


@every_naming
@every_renamed
def test_a_document_with_both_spellings_is_kept_whole(cls: Any, name: str, naming: Naming) -> None:
    here, there = key(name, naming), key(name, OTHER[naming])
    document = {**in_naming(minimal(cls), cls, naming), there: {"other": [1]}}
    value = CODECS[naming].decode(dumps(document), cls)
    # One name for it, whichever codec read it.
    assert dict(value.unknown_fields) == {name: {"other": [1]}}
    written = json.loads(CODECS[naming].encode(value))
    assert (written[here], written[there]) == (document[here], {"other": [1]})
    # In the other naming both change places, so that no key is there twice.
    translated = CODECS[OTHER[naming]].encode(value)
    tag = {"type": SHAPES[cls].tag} if SHAPES[cls].tag else {}
    swapped = {**in_naming(minimal(cls), cls, OTHER[naming]), here: {"other": [1]}, **tag}
    assert {k: v for k, v in json.loads(translated).items() if k in swapped} == swapped_defaults(swapped, translated)
    assert same_json(translated, json.loads(translated))
    again = CODECS[OTHER[naming]].decode(translated, cls)
    assert again == value
    assert same_json(CODECS[naming].encode(again), written)


def swapped_defaults(expected: dict[str, Any], text: bytes) -> dict[str, Any]:
    """``expected``, with the counts of an empty usage as they are written."""
    written = json.loads(text)
    return {**expected, "usage": written["usage"]} if expected.get("usage") == {} else expected


def test_both_spellings_of_one_document_in_full() -> None:
    """Written out, for the rule is easy to get wrong."""
    camel = b'{"conversationId":"a","conversation_id":"b","outputs":[],"usage":{"totalTokens":1,"total_tokens":2}}'
    snake = b'{"conversation_id":"a","conversationId":"b","outputs":[],"usage":{"total_tokens":1,"totalTokens":2}}'
    values = [cm.camel.decode(camel), cm.snake.decode(snake)]
    for value in values:
        assert value == values[0]
        assert (value.conversation_id, value.usage.total_tokens) == ("a", 1)
        assert dict(value.unknown_fields) == {"conversation_id": "b"}
        assert dict(value.usage.unknown_fields) == {"total_tokens": 2}
        for codec, text in (cm.camel, camel), (cm.snake, snake):
            written = json.loads(codec.encode(value))
            expected = json.loads(text)
            assert written.pop("object") == "conversation.response"
            zeros = [name for name in written["usage"] if name.startswith(("prompt", "completion"))]
            assert [written["usage"].pop(name) for name in zeros] == [0, 0]
            assert written == expected


@every_naming
def test_both_spellings_are_reported_by_drift(naming: Naming) -> None:
    here, there = key("conversation_id", naming), key("conversation_id", OTHER[naming])
    data = dumps({here: "a", there: "b", "outputs": [], "usage": {}})
    assert CODECS[naming].drift(data) == [f"$.{there}"]


# Optional fields --------------------------------------------------------------------------------------------------

# A usage's own fields are left out: the one that is not a count, ``connectors``, is spelled alike in both.
OPTIONAL = [
    (cls, name)
    for cls, shape in SHAPES.items()
    for name, field in shape.fields.items()
    if cls is not cm.ConversationUsageInfo and not field.required and key(name, "camel") != name
]


@every_naming
@each(("cls", "name"), OPTIONAL)
def test_an_optional_field_in_the_other_spelling_is_an_unknown_field(cls: Any, name: str, naming: Naming) -> None:
    there = key(name, OTHER[naming])
    # Not a value that the field could have.
    document = {**in_naming(minimal(cls), cls, naming), there: [{"any": 1}]}
    for codec in CODECS[naming], Codec(naming):
        for _ in range(3):
            value = codec.decode(dumps(document), cls)
            assert dict(value.unknown_fields) == {name: [{"any": 1}]}
            assert getattr(value, name) == getattr(codec.decode(dumps(in_naming(minimal(cls), cls, naming)), cls), name)
            assert json.loads(codec.encode(value))[there] == [{"any": 1}]
        assert codec.drift(dumps(document), cls) == [f"$.{there}"]


@every_naming
def test_drift_reports_the_other_spelling_where_decode_refuses_it(naming: Naming) -> None:
    there = key("total_tokens", OTHER[naming])
    data = dumps({key("conversation_id", naming): "c", "outputs": [], "usage": {there: 12}})
    assert CODECS[naming].drift(data) == [f"$.usage.{there}"]


# After learning ---------------------------------------------------------------------------------------------------


@in_full_if_long
@every_naming
@each(("cls", "name"), [*RENAMED, *((cm.ConversationUsageInfo, count) for count in COUNTS)])
@each("times", [1, 2, amount(5, 100)])
def test_an_error_stays_one_after_the_other_spelling_was_met_as_an_unknown_field(
    cls: Any, name: str, times: int, naming: Naming
) -> None:
    codec = Codec(naming)
    value = minimal(cls).get(name, 7)
    right = {**in_naming(minimal(cls), cls, naming), key(name, naming): value}
    both = dumps({**right, key(name, OTHER[naming]): value})
    wrong = dumps(with_wrong(cls, name, naming) | {key(name, OTHER[naming]): value})
    for _ in range(times):
        assert dict(codec.decode(both, cls).unknown_fields) == {name: value}
        check_raises(lambda: codec.decode(wrong, cls), name, naming)
    assert dict(codec.decode(dumps(right), cls).unknown_fields) == {}
    check_raises(lambda: codec.decode(b"[%b,%b]" % (both, wrong), list[cls]), name, naming, "$[1]")
    check_raises(lambda: codec.decode_lines(both + b"\n" + wrong, cls), name, naming, "$[1]")


@every_naming
def test_peek_refuses_the_other_spelling_after_it_was_met_as_an_unknown_field(naming: Naming) -> None:
    codec, here, there = Codec(naming), key("total_tokens", naming), key("total_tokens", OTHER[naming])

    def body(usage: dict[str, int]) -> bytes:
        return dumps({key("conversation_id", naming): "c", "outputs": [], "usage": usage})

    for _ in range(100):
        codec.peek(body({here: 1, there: 2}))
        check_raises(lambda: codec.peek(body({there: 2})), "total_tokens", naming, "$.usage")
        check_raises(lambda: codec.decode(body({there: 2})), "total_tokens", naming, "$.usage")


# Streams ----------------------------------------------------------------------------------------------------------

HI: dict[str, Any] = {"type": "message.output.delta", "id": "m", "content": "Hi"}


def frames(*documents: dict[str, Any]) -> bytes:
    return b"".join(b"event: %b\ndata: %b\n\n" % (one["type"].encode(), dumps(one)) for one in documents)


@every_naming
@each(("cls", "name"), EVENTS)
def test_an_event_in_the_other_spelling_is_invalid(cls: Any, name: str, naming: Naming) -> None:
    wrong = with_wrong(cls, name, naming)
    stream = frames(HI, wrong, HI)
    first, invalid, last = CODECS[naming].event_decoder().feed(stream)
    assert first == last == cm.MessageOutputEvent(id="m", content="Hi")
    assert isinstance(invalid, cm.InvalidEvent)
    assert invalid.raw == dumps(wrong)
    check_error(invalid.error, name, naming, "$")
    assert CODECS[naming].encode_event(invalid) == frames(wrong)

    read = CODECS[naming].iter_events([stream])
    assert next(read) == first
    check_raises(lambda: next(read), name, naming)
    lenient = [type(event) for event in CODECS[naming].iter_events([stream], strict=False)]
    assert lenient.count(cm.InvalidEvent) == 1


def done_of(naming: Naming) -> dict[str, Any]:
    return {"type": "conversation.response.done", "usage": {key("total_tokens", naming): 7}}


def whole_stream(naming: Naming) -> bytes:
    started = {"type": "conversation.response.started", key("conversation_id", naming): "c"}
    return frames(started, HI, done_of(naming))


@every_naming
def test_counts_of_a_done_event_in_the_other_spelling_make_it_invalid(naming: Naming) -> None:
    (event,) = CODECS[naming].event_decoder().feed(frames(done_of(OTHER[naming])))
    assert isinstance(event, cm.InvalidEvent)
    check_error(event.error, "total_tokens", naming, "$.usage")
    check_raises(lambda: list(CODECS[naming].iter_events([frames(HI, done_of(OTHER[naming]))])), "total_tokens", naming,
                 "$.usage")  # fmt: skip


@every_naming
def test_asynchronous_readers_refuse_the_other_spelling(naming: Naming) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield whole_stream(OTHER[naming])

    async def read() -> None:
        async for _ in CODECS[naming].aiter_events(source()):
            pass

    check_raises(lambda: asyncio.run(read()), "conversation_id", naming)


@every_naming
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_meter_reports_a_stream_in_the_other_naming_as_unreadable(size: int, naming: Naming) -> None:
    stream = whole_stream(OTHER[naming])
    meter = CODECS[naming].meter()
    for at in range(0, len(stream), size):
        meter.feed(stream[at : at + size])
    meter.close()
    assert (meter.conversation_id, meter.usage) == (None, None)
    assert meter.unreadable is not None
    assert meter.unreadable.raw == dumps(done_of(OTHER[naming]))
    check_error(meter.unreadable.error, "total_tokens", naming, "$.usage")


@every_naming
def test_a_meter_reports_a_done_event_as_unreadable_after_it_met_both_spellings(naming: Naming) -> None:
    codec = Codec(naming)
    both = {"type": "conversation.response.done", "usage": {key("total_tokens", one): 7 for one in NAMINGS}}
    for _ in range(100):
        meter = codec.meter()
        meter.feed(frames(both))
        assert meter.unreadable is None
        assert meter.usage is not None
        assert (meter.usage.total_tokens, dict(meter.usage.unknown_fields)) == (7, {"total_tokens": 7})
        meter = codec.meter()
        meter.feed(frames(done_of(OTHER[naming])))
        assert (meter.usage, meter.done) == (None, True)
        assert meter.unreadable is not None


@every_naming
def test_decode_event_refuses_the_other_spelling_of_an_event_that_its_frame_names(naming: Naming) -> None:
    data = dumps({"usage": {key("total_tokens", OTHER[naming]): 7}})
    check_raises(
        lambda: CODECS[naming].decode_event(data, "conversation.response.done"), "total_tokens", naming, "$.usage"
    )
