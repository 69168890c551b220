"""``UsageRecord``: what ``StreamMeter`` and ``Codec.summarize`` say of streams and bodies."""

import json
import pickle
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..fuzz.mutation import mutated
from ..fuzz.seeds import seeds
from ..support.amounts import amount, examples, in_full_if_long
from ..support.bodies import ERROR_BODIES
from ..support.documents import CODECS, NAMINGS, Naming, dumps, key, respelled
from ..support.each import each
from ..support.paths import FIXTURES, SAMPLES
from ..support.strategies import wire_responses
from ..support.streams import Document, in_naming, sse, stream

every_naming = pytest.mark.parametrize("naming", NAMINGS)


def at(second: int) -> datetime:
    return datetime(2025, 6, 6, 10, 0, second, tzinfo=timezone.utc)


def time(second: int) -> str:
    return f"2025-06-06T10:00:{second:02}Z"


EVENTS: list[Document] = [
    {"type": "conversation.response.started", "conversation_id": "c1", "created_at": time(1)},
    {"type": "tool.execution.started", "id": "t1", "name": "web_search", "created_at": time(2), "model": "small"},
    {"type": "tool.execution.done", "id": "t1", "name": "web_search", "created_at": time(3)},
    {"type": "tool.execution.started", "id": "t2", "name": "web_search", "output_index": 1, "agent_id": "ag_1"},
    {"type": "tool.execution.done", "id": "t3", "name": "code_interpreter"},
    {"type": "video.delta", "frames": 1},
    {"type": "agent.handoff.started", "id": "h", "previous_agent_id": "ag_1", "previous_agent_name": "One"},
    {"type": "agent.handoff.done", "id": "h", "next_agent_id": "ag_2", "next_agent_name": "Two"},
    {"type": "message.output.delta", "id": "m1", "output_index": 2, "content": "Hi", "model": "large"},
    {"type": "message.output.delta", "id": "m1", "output_index": 2, "content": " you", "model": "large"},
    {"type": "function.call.delta", "name": "rate", "tool_call_id": "x", "arguments": "{", "agent_id": "ag_2"},
    {"type": "function.call.delta", "id": "f1", "name": "rate", "tool_call_id": "x", "arguments": "}"},
    {"type": "function.call.delta", "id": "f2", "name": "rate", "tool_call_id": "y", "arguments": "{}", "model": None},
    {
        "type": "conversation.response.done",
        "created_at": time(9),
        "usage": {"prompt_tokens": 5, "total_tokens": 7, "prompt_tokens_details": {"cached_tokens": 4}},
    },
]
DETAILS = {"prompt_tokens_details": {"cached_tokens": 4}}
USAGE = cm.ConversationUsageInfo(prompt_tokens=5, total_tokens=7).with_unknown_fields(DETAILS)


def fed(data: bytes, codec: cm.Codec = cm.snake) -> cm.StreamMeter:
    meter = codec.meter()
    meter.feed(data)
    return meter


# Of streams ------------------------------------------------------------------------------------------------------


@every_naming
def test_the_record_of_a_stream_has_every_field(naming: Naming) -> None:
    documents = [in_naming(event, "event", naming) for event in EVENTS]
    assert fed(stream(documents), CODECS[naming]).record == cm.UsageRecord(
        kind="stream",
        status="completed",
        conversation_id="c1",
        usage=USAGE,
        models=("small", "large"),
        agent_ids=("ag_1", "ag_2"),
        tools={"web_search": 2, "code_interpreter": 1},
        function_calls=("rate", "rate"),
        started_at=at(1),
        first_output_at=at(2),
        completed_at=at(9),
        # Three tools, a handoff, a message and two calls.
        outputs=7,
        events=14,
        deltas=2,
        bytes=sum(len(dumps(document)) for document in documents),
        unknown=1,
    )


def test_times_are_those_of_the_wire_with_their_offset_and_absent_if_it_has_none() -> None:
    documents: list[Document] = [
        {"type": "conversation.response.started", "conversation_id": "c1"},
        {"type": "message.output.delta", "id": "m", "content": "a", "created_at": "2025-06-06T12:00:01.5+02:00"},
        {"type": "message.output.delta", "id": "m", "content": "b", "created_at": time(9)},
        {"type": "conversation.response.error", "message": "no", "created_at": time(8)},
    ]
    record = fed(stream(documents)).record
    first = record.first_output_at
    assert (record.started_at, record.completed_at) == (None, at(8))
    assert first == at(1) + timedelta(seconds=0.5)
    assert first is not None
    assert first.utcoffset() == timedelta(hours=2)
    # The first output is the first, also if it has no time.
    assert fed(stream([{"type": "tool.execution.done", "id": "t", "name": "n"}, *documents[1:]])).record == (
        cm.UsageRecord(
            kind="stream",
            status="failed",
            error_message="no",
            tools={"n": 1},
            completed_at=at(8),
            outputs=2,
            events=4,
            deltas=2,
            bytes=sum(map(len, map(dumps, [{"type": "tool.execution.done", "id": "t", "name": "n"}, *documents[1:]]))),
        )
    )


ENDS: list[tuple[bytes, Any, str | None, int | None]] = [
    (b"", "truncated", None, None),
    (b'data: {"type":"conversation.response.done","usage":{"total_tokens":7}}\n\n', "completed", None, None),
    (b'data: {"type":"conversation.response.done","usage":{}}\n\n', "completed", None, None),
    (b'data: {"type":"conversation.response.error","message":"no","code":500}\n\n', "failed", "no", 500),
    (b'data: {"type":"conversation.response.error","message":"no"}\n\n', "failed", "no", None),
    (b'data: {"error":{"message":"no","code":502}}\n\n', "failed", "no", 502),
    (b'data: {"error":{"message":"no","code":"rate_limited"}}\n\n', "failed", "no", None),
    (
        b'data: {"type":"conversation.response.done","usage":5}\n\n',
        "unreadable",
        "Expected `object`, got `int` - at `$.usage`",
        None,
    ),
    (
        b'data: {"type":"conversation.response.error"}\n\n',
        "unreadable",
        "Object missing required field `message` - at `$`",
        None,
    ),
]


@each(("end", "status", "message", "code"), ENDS)
def test_the_status_of_a_stream_is_how_it_ended(end: bytes, status: Any, message: Any, code: Any) -> None:
    record = fed(stream(EVENTS[:1]) + end).record
    assert (record.kind, record.status, record.error_message, record.error_code) == ("stream", status, message, code)
    assert record.usage == (cm.ConversationUsageInfo(total_tokens=7) if b"7" in end else None)


@pytest.mark.parametrize("usage", ['{"totalTokens":7}', "{}", "null", "[]", '"7"', '{"total_tokens":"7"}', ""])
def test_no_usage_is_made_up_for_a_stream_that_does_not_say_it(usage: str) -> None:
    member = f',"usage":{usage}' if usage else ""
    end = f'data: {{"type":"conversation.response.done"{member}}}\n\n'.encode()
    meter = fed(stream(EVENTS[:1]) + end)
    assert (meter.record.status, meter.done) == ("completed" if usage == "{}" else "unreadable", True)
    assert meter.usage is meter.record.usage is None


def test_a_usage_of_nothing_but_zeros_or_new_counts_is_one() -> None:
    for usage in b'{"total_tokens":0}', b'{"cached_tokens":0}', b'{"connectors":null}':
        end = b'data: {"type":"conversation.response.done","usage":%b}\n\n' % usage
        assert fed(end).usage == cm.snake.decode(usage, cm.ConversationUsageInfo)


def test_a_record_can_be_asked_for_at_any_moment_and_does_not_change() -> None:
    meter = cm.snake.meter()
    taken = [(meter.record, pickle.dumps(meter.record))]
    for event in [*EVENTS, *EVENTS]:
        meter.feed(sse(event))
        taken += [(record, pickle.dumps(record)) for record in (meter.record, *meter.records)]
    for record, copy in taken:
        assert record == pickle.loads(copy)
    assert taken[0][0] == cm.UsageRecord(kind="stream", status="truncated")
    assert meter.records == [meter.record, meter.record]
    meter.records.clear()
    assert len(meter.records) == 2


def test_unknown_counts_events_and_not_chunks() -> None:
    chunk = {"type": "message.output.delta", "id": "m", "content": {"type": "video_url", "url": "u"}}
    record = fed(stream([EVENTS[0], chunk, {"type": "video.delta"}])).record
    assert (record.unknown, record.deltas, record.events) == (1, 1, 3)


# Of bodies -------------------------------------------------------------------------------------------------------

OUTPUTS: list[Document] = [
    {"type": "tool.execution", "name": "web_search", "arguments": "{}", "created_at": time(2), "model": "small"},
    {"type": "video.output", "name": "no", "model": "no", "created_at": time(1), "completed_at": time(59)},
    {"type": "tool.execution", "name": "web_search", "completed_at": time(4), "agent_id": "ag_1"},
    {"type": "function.call", "name": "rate", "tool_call_id": "x", "arguments": {"name": "no"}, "model": None},
    {"type": "function.call", "name": "rate", "tool_call_id": "y", "arguments": "{}", "model": "small"},
    {
        "type": "agent.handoff",
        "previous_agent_id": "p",
        "previous_agent_name": "P",
        "next_agent_id": "n",
        "next_agent_name": "N",
        "model": "a field that it does not have",
    },
    {"type": "message.output", "content": [{"type": "video_url"}], "completed_at": time(9), "model": "large"},
    {"type": "message.output", "content": "Hi", "created_at": time(8), "completed_at": None},
]
BODY: Document = {
    "conversation_id": "c1",
    "outputs": OUTPUTS,
    "usage": {"prompt_tokens": 5, "total_tokens": 7, **DETAILS},
}


@every_naming
@pytest.mark.parametrize("extra", [[], [{"content": "untagged", "model": "other"}]], ids=["tagged", "and untagged"])
def test_the_record_of_a_response_has_every_field(extra: list[Document], naming: Naming) -> None:
    document = {**BODY, "outputs": [*extra, *OUTPUTS]}
    text = dumps(in_naming(document, cm.ConversationResponse, naming))
    if extra:
        text = text.replace(b'"type":"message.output",', b"", 1)
    assert CODECS[naming].summarize(text) == cm.UsageRecord(
        kind="response",
        status="completed",
        conversation_id="c1",
        usage=USAGE,
        models=(*["other"] * len(extra), "small", "large"),
        agent_ids=("ag_1",),
        tools={"web_search": 2},
        function_calls=("rate", "rate"),
        started_at=at(2),
        completed_at=at(9),
        outputs=len(OUTPUTS) + len(extra),
        bytes=len(text),
        unknown=1,
    )


@pytest.mark.parametrize("body", ['{"total_tokens":0}', "{}", "absent", '{"new":1}', '5,"usage":{}', '{}, "usage":{ }'])
def test_no_usage_is_made_up_for_a_response_that_does_not_say_it(body: str) -> None:
    usage = "" if body == "absent" else f',"usage":{body}'
    for outputs in "", '{"content":"Hi"}':
        record = cm.snake.summarize(f'{{"conversation_id":"c","outputs":[{outputs}]{usage}}}')
        assert record.status == "completed"
        is_told = body in ('{"total_tokens":0}', '{"new":1}')
        assert record.usage == (cm.snake.decode(body, cm.ConversationUsageInfo) if is_told else None)


MALFORMED = [
    '{"type":"tool.execution"}',
    '{"type":"tool.execution","name":null}',
    '{"type":"function.call","name":5,"model":"no"}',
    '{"type":"message.output","content":5,"agent_id":7}',
]


@pytest.mark.parametrize("output", MALFORMED)
def test_a_malformed_output_is_counted_and_nothing_is_read_from_it(output: str) -> None:
    body = f'{{"conversation_id":"c","outputs":[{output},{{"type":"tool.execution","name":"t"}}],"usage":{{}}}}'
    assert cm.snake.summarize(body) == cm.UsageRecord(
        kind="response", status="completed", conversation_id="c", outputs=2, tools={"t": 1}, bytes=len(body)
    )


@every_naming
@each("sender", ERROR_BODIES)
def test_the_record_of_an_error_body_has_its_message_and_code(sender: str, naming: Naming) -> None:
    lines = ERROR_BODIES[sender].splitlines()
    body = b"\n".join(line.removeprefix(b"data: ") for line in lines if line.startswith(b"data: "))
    code = {"the service": 3000, "a gateway": 502}.get(sender)
    assert CODECS[naming].summarize(body) == cm.UsageRecord(
        kind="response", status="failed", error_message="Out of order", error_code=code, bytes=len(body)
    )


NEITHER: list[bytes | str] = [
    *(b"", b"null", b"[]", b"{}", b"7", b'"text"', b"<html></html>", b"\xff", b"\xef\xbb\xbf{}", "", "\ud800", "é"),
    *(b"[" * 100_000, b'{"conversation_id":"c","outputs":' + b"[" * 100_000),
    *(dumps(BODY)[:-1], dumps(BODY)[:-1] + b'"\xff":1}', dumps(BODY) + b"{}"),
    stream(EVENTS),
    b'{"object":"list","conversation_id":"c","outputs":[]}',
    b'{"conversation_id":"c","outputs":null,"usage":{}}',
    b'{"conversation_id":null,"outputs":[],"usage":{}}',
    b'{"conversation_id":"c","outputs":[],"usage":null}',
    b'{"conversation_id":"c","outputs":[],"usage":{"total_tokens":"7"}}',
    b'{"conversation_id":"c","outputs":[],"usage":{"total_tokens":1.5}}',
    b'{"conversation_id":"c","messages":[]}',
    b'{"conversation_id":"c","outputs":[{"type":"message.output","content":"\\ud800"}],"usage":{}}',
    b'{"inputs":"Hi","model":"m"}',
]


@every_naming
@each("body", NEITHER)
def test_a_body_that_is_neither_a_response_nor_an_error_is_unreadable(body: bytes | str, naming: Naming) -> None:
    size = len(body.encode(errors="surrogatepass")) if isinstance(body, str) else len(body)
    with pytest.raises(cm.ConversationDecodeError) as caught:
        CODECS[naming].decode(body)
    record = CODECS[naming].summarize(body)
    assert (record.kind, record.status, record.usage, record.bytes) == ("response", "unreadable", None, size)
    # Of malformed JSON, msgspec says different things when it skips a value and when it reads it.
    words = slice(len("JSON is malformed") if "malformed" in str(caught.value) else None)
    assert (record.error_message or "")[words] == str(caught.value)[words]


def test_why_a_body_is_unreadable_is_said_briefly() -> None:
    record = cm.snake.summarize(b'{"object":"%b","conversation_id":"c","outputs":[]}' % (b"x" * 10_000))
    assert record.status == "unreadable"
    assert record.error_message is not None
    assert len(record.error_message) == 200


@every_naming
def test_a_body_in_the_other_naming_is_unreadable_and_never_zero(naming: Naming) -> None:
    other: Naming = "camel" if naming == "snake" else "snake"
    whole = dumps(in_naming(BODY, cm.ConversationResponse, other))
    only_usage = {**in_naming(BODY, cm.ConversationResponse, naming), "usage": {key("total_tokens", other): 7}}
    for body in whole, dumps(only_usage):
        record = CODECS[naming].summarize(body)
        assert (record.status, record.usage, record.bytes) == ("unreadable", None, len(body))
        assert f"read this with `cm.{other}`" in (record.error_message or "")


@pytest.mark.parametrize("data", [5, None, [1], {}, object(), BODY], ids=type)
def test_only_what_is_not_data_is_a_type_error(data: Any) -> None:
    with pytest.raises(TypeError):
        cm.snake.summarize(data)


def test_any_buffer_and_str_are_summarized() -> None:
    data = dumps({**BODY, "conversation_id": "né"})
    expected = cm.snake.summarize(data)
    assert (expected.conversation_id, expected.bytes) == ("né", len(data))
    for same in bytearray(data), memoryview(data), data.decode(), memoryview(b"[%b]" % data)[1:-1]:
        assert cm.snake.summarize(same) == expected


@examples(200)
@given(st.binary(max_size=40) | st.text(st.characters(), max_size=20))
def test_summarize_never_raises(data: bytes | str) -> None:
    for codec in CODECS.values():
        assert codec.summarize(data).status in ("unreadable", "failed")


@in_full_if_long
def test_summarize_never_raises_for_documents_that_were_changed() -> None:
    random, tried = Random(20250606), seeds("decode")
    others = [data[2:] for data in tried]
    statuses = Counter[str]()
    for _ in range(amount(1500, 30_000)):
        text = mutated(random.choice(tried), random, others)[2:]
        for codec in CODECS.values():
            record = codec.summarize(text)
            statuses[record.status] += 1
            assert_agrees(record, text, codec)
            assert codec.summarize(text.decode(errors="surrogateescape")).status in (
                "completed",
                "failed",
                "unreadable",
            )
    assert set(statuses) == {"completed", "failed", "unreadable"}
    assert min(statuses.values()) > 20


def assert_agrees(record: cm.UsageRecord, text: bytes, codec: cm.Codec) -> None:
    """A body that can be decoded has the record that follows from its value."""
    try:
        response = codec.decode(text)
    except cm.ConversationDecodeError:
        return
    assert record == expected_of(response, text)


def expected_of(response: cm.ConversationResponse, text: bytes) -> cm.UsageRecord:
    entries: list[Any] = [entry for entry in response.outputs if not isinstance(entry, cm.Unknown)]

    def told(name: str) -> list[Any]:
        return [value for entry in entries if (value := getattr(entry, name, None))]

    stated = json.loads(text.decode(errors="replace")).get("usage", {}) != {}
    return cm.UsageRecord(
        kind="response",
        status="completed",
        conversation_id=response.conversation_id,
        usage=response.usage if stated else None,
        models=tuple(dict.fromkeys(told("model"))),
        agent_ids=tuple(dict.fromkeys(told("agent_id"))),
        tools=Counter([entry.name for entry in entries if isinstance(entry, cm.ToolExecutionEntry)]),
        function_calls=tuple([call.name for call in response.function_calls]),
        started_at=(*told("created_at"), None)[0],
        completed_at=(None, *told("completed_at"))[-1],
        outputs=len(response.outputs),
        bytes=len(text),
        unknown=len(response.outputs) - len(entries),
    )


@every_naming
@examples(200)
@given(data=st.data())
def test_summarize_agrees_with_decode(naming: Naming, data: st.DataObject) -> None:
    document = data.draw(wire_responses(naming, data.draw(st.booleans())))
    text = dumps(document)
    response = CODECS[naming].decode(text)
    assert CODECS[naming].summarize(text) == expected_of(response, text)


# As values -------------------------------------------------------------------------------------------------------


@every_naming
def test_records_can_be_pickled_compared_and_written(naming: Naming) -> None:
    records = [cm.snake.summarize(dumps(BODY)), fed(stream(EVENTS)).record, cm.snake.summarize(b'{"detail":"no"}')]
    for record in records:
        assert pickle.loads(pickle.dumps(record)) == record
        assert record != msgspec.structs.replace(record, bytes=0)
        codec = CODECS[naming]
        assert codec.decode(codec.encode(record), cm.UsageRecord) == record
        assert codec.decode_lines(codec.encode_lines([record]), cm.UsageRecord) == [record]
    written = json.loads(CODECS[naming].encode(records[0]))
    assert written["usage"] == {
        **{key(name, naming): count for name, count in (("prompt_tokens", 5), ("total_tokens", 7))},
        key("completion_tokens", naming): 0,
        **DETAILS,
    }
    assert (written["tools"], written["function_calls"]) == ({"web_search": 2}, ["rate", "rate"])
    assert (written["started_at"], written["first_output_at"]) == (time(2), None)


def test_a_record_cannot_be_changed() -> None:
    record = fed(stream(EVENTS)).record
    with pytest.raises(AttributeError):
        record.bytes = 0  # type: ignore[misc]
    assert repr(cm.snake.meter().record) == "UsageRecord(kind='stream', status='truncated')"


def test_the_usages_of_records_add_up() -> None:
    records = [cm.snake.summarize(dumps(BODY)), fed(stream(EVENTS)).record, cm.snake.summarize(b"")]
    total = sum([record.usage for record in records if record.usage], cm.ConversationUsageInfo())
    assert (total.total_tokens, total.unknown_fields) == (14, {"prompt_tokens_details": {"cached_tokens": 8}})


# Real ones, against sums made with json ----------------------------------------------------------------------------

RESPONSES = [
    path for path in (*FIXTURES.glob("*.json"), *SAMPLES.glob("response-*.json")) if not path.stem.endswith("_camel")
]


@every_naming
@each("path", sorted(RESPONSES))
def test_the_record_of_a_whole_response_is_the_sum_of_its_json(path: Path, naming: Naming) -> None:
    document = json.loads(path.read_bytes())
    text = path.read_bytes() if naming == "snake" else dumps(respelled(document, cm.ConversationResponse, "snake"))
    record = CODECS[naming].summarize(text)
    outputs = document["outputs"]
    tools = [entry["name"] for entry in outputs if "name" in entry and "tool_call_id" not in entry]
    assert (record.status, record.conversation_id) == ("completed", document["conversation_id"])
    assert record.outputs == len(outputs)
    assert dict(record.tools) == dict(Counter(tools))
    assert list(record.function_calls) == [entry["name"] for entry in outputs if "tool_call_id" in entry]
    assert list(record.models) == list(dict.fromkeys(entry["model"] for entry in outputs if entry.get("model")))
    assert (record.unknown, record.bytes) == (0, len(text))
    usage = document.get("usage", {})
    told = record.usage
    assert (told is None) == (not usage)
    if told is not None:
        assert [told.prompt_tokens, told.completion_tokens, told.total_tokens] == [
            usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens", "total_tokens")
        ]


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.sse")), ids=lambda path: path.stem)
def test_the_record_of_a_documented_stream_is_the_sum_of_its_json(path: Path) -> None:
    lines = path.read_bytes().splitlines()
    data = [line.removeprefix(b"data:").removeprefix(b" ") for line in lines if line.startswith(b"data:")]
    events = [json.loads(text) for text in data]
    record = fed(path.read_bytes() + b"\n\n").record
    assert (record.status, record.events, record.bytes) == ("completed", len(events), sum(map(len, data)))
    assert record.conversation_id == events[0]["conversation_id"]
    assert record.deltas == sum(event["type"] == "message.output.delta" for event in events)
    assert record.outputs == len({(event["output_index"], event["id"]) for event in events if "id" in event})
    ran = {event["id"]: event["name"] for event in events if event["type"].startswith("tool.execution")}
    assert dict(record.tools) == dict(Counter(ran.values()))
    assert record.usage is not None
    assert record.usage.total_tokens == events[-1]["usage"]["total_tokens"]
