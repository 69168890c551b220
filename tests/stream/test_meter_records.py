"""The records of a meter equal those of a slow and obvious reference, whatever the stream and however it is cut."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm
from conversation_models.sse import SSEDecoder

from ..support.accounts import pairs_in, records_of
from ..support.amounts import amount, examples, in_full_if_long
from ..support.bodies import ERROR_BODIES, NOT_ERRORS
from ..support.documents import CODECS, NAMINGS, Naming
from ..support.each import each
from ..support.strategies import wire_events
from ..support.streams import Document, cut, in_naming, read_sizes

# Texts of deltas: what looks like other events, like keys, like line ends.
TEXTS = [
    *("Hi", "", "é\u2028", "a\nb\r\n", "\\", "\\\\u0074", "\\u0074ype", '"type"', "type", "\u0074ype\\", "x" * 300),
    "conversation.response.done",
    '{"type":"conversation.response.done","usage":{"total_tokens":9}}',
    '\n\nevent: conversation.response.done\ndata: {"type":"conversation.response.done","usage":{}}\n\n',
    'data: {"error":{"message":"no"}}\n\n',
    "[DONE]",
]
TIMES = ["2025-06-06T10:00:00Z", "2025-06-06T12:00:01.5+02:00"]
_some_time = st.fixed_dictionaries({}, optional={"created_at": st.sampled_from(TIMES)})
_contents = st.sampled_from(TEXTS).flatmap(
    lambda text: st.sampled_from(
        [text, text, text, {"type": "text", "text": text}, {"text": text}, {"type": "video", "type_": text}]
    )
)
_made_by = {"model": st.sampled_from(["a", "b", "", None]), "agent_id": st.sampled_from(["x", "y"])}
_index = {"output_index": st.integers(0, 2)}


def _events(tag: str, optional: dict[str, Any] | None = None, **required: Any) -> st.SearchStrategy[Document]:
    fields = st.fixed_dictionaries(required, optional=optional or {})
    return st.builds(lambda fields, time: {"type": tag, **fields, **time}, fields, _some_time)


_ids = st.sampled_from(["m", "n"])
_names = st.sampled_from(["web_search", "f"])
DELTAS = _events("message.output.delta", {**_made_by, **_index}, id=_ids, content=_contents)
STARTS = _events("conversation.response.started", conversation_id=st.sampled_from(["c1", "c2"]))
USAGES: list[Any] = [{"total_tokens": 7}, {"total_tokens": 7, "new": {"a": 1}}, {}, {"new": 1}, {"totalTokens": 7}, 5]
ENDS = _events("conversation.response.done", usage=st.sampled_from(USAGES)) | _events(
    "conversation.response.error", {"code": st.sampled_from([7, "7"])}, message=st.just("no")
)
OTHERS = (
    _events("tool.execution.started", {**_made_by, **_index}, id=_ids, name=_names)
    | _events("tool.execution.done", _index, id=_ids, name=_names)
    | _events(
        "function.call.delta",
        {"id": _ids, **_made_by, **_index},
        name=_names,
        tool_call_id=st.sampled_from(["t1", "t2"]),
        arguments=st.just("{}"),
    )
    | _events("agent.handoff.done", _index, id=_ids, next_agent_id=st.just("i"), next_agent_name=st.just("n"))
    | st.just({"type": "video.delta", "error": "no", "usage": {"total_tokens": 9}})
    | st.just({"type": 5})
    | wire_events("snake", open=False)
)

# How the JSON of an event is written. ``%s`` stands for its members without its type.
SHAPES = [
    *['{"type":%(type)s,%(members)s}'] * 6,
    '{"type": %(type)s, %(members)s}',
    '{ "type":%(type)s,%(members)s}',
    '{%(members)s,"type":%(type)s}',
    '{"t\\u0079pe":%(type)s,%(members)s}',
    '{"type":"message.output.delta","type":%(type)s,%(members)s}',
    '{"type":%(type)s,%(members)s,"type":"message.output.delta"}',
    '{"type":%(type)s,"t\\u0079pe":"conversation.response.done",%(members)s}',
    '{"type":"message.output.delta",%(members)s,"\\u0074ype":%(type)s}',
    "{%(members)s}",
    '{"type":%(type)s,%(members)s',
    '{"type":%(type)s,oops}',
    '{"type":%(type)s}',
    '{"type":%(type)s,%(members)s,"id":5}',
    '{"type":%(type)s,\n%(members)s}',
]
NAMES = [*["its own"] * 5, "", "", "message", "message.output.delta", "conversation.response.done", "video", "error"]
NOISE = [
    *(
        "",
        "",
        ": ping",
        ":\n: ping",
        "data: [DONE]",
        "data:",
        "data: 1",
        "data: oops",
        "event: ping",
        "id: 1\nretry: 5",
    ),
    'event: conversation.response.done\ndata: {"type":"message.output.delta","id": oops}',
    'event: conversation.response.started\ndata: {"type":"message.output.delta","id": oops}',
    'event: message.output.delta\ndata: {"object":"Error","message":"no"}',
    'data: {"usage":5,"usage":{}}',
]
_others_frames = st.sampled_from([*NOISE, *[frame.decode()[:-2] for frame in (*ERROR_BODIES.values(), *NOT_ERRORS)]])


@st.composite
def frames(draw: st.DrawFn, naming: Naming) -> str:
    """An event with LF line ends, without its blank line."""
    kind = draw(st.sampled_from("dddddooosen"))
    if kind == "n":
        return draw(_others_frames)
    document = in_naming(draw({"d": DELTAS, "o": OTHERS, "s": STARTS, "e": ENDS}[kind]), "event", naming)
    members = {key: value for key, value in document.items() if key != "type"} or {"id": "m"}
    pack = draw(st.sampled_from([(",", ":"), (",", ":"), (", ", ": ")]))
    inner = json.dumps(members, separators=pack, ensure_ascii=draw(st.booleans()))[1:-1]
    data = draw(st.sampled_from(SHAPES)) % {"type": json.dumps(document["type"]), "members": inner}
    name = draw(st.sampled_from(NAMES)).replace("its own", str(document["type"]))
    space = draw(st.sampled_from([" ", " ", " ", ""]))
    lines = [f"event:{space}{name}"] if name else []
    return "\n".join([*lines, *[f"data:{space}{line}" for line in data.split("\n")]])


@st.composite
def streams(draw: st.DrawFn, naming: Naming) -> bytes:
    """A stream of everything, in which some frames are repeated so often that they fill whole reads."""
    times = st.sampled_from([1, 1, 1, 1, 2, 120])
    runs = draw(st.lists(st.tuples(frames(naming), times), max_size=12))
    if draw(st.booleans()):
        # As services send them: an event of a response before all others.
        runs.insert(0, (f'data: {{"type":"{cm.ResponseStartedEvent.type}","conversation_id":"c0"}}', 1))
    text = "".join(f"{frame}\n\n" * count for frame, count in runs).encode("utf-8")
    text = text.replace(b"\n", draw(st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])))
    return text[: len(text) - draw(st.sampled_from([0, 0, 0, 1, 2, 3, 30]))]


@pytest.mark.parametrize("naming", NAMINGS)
@examples(400)
@given(data=st.data())
def test_a_meter_records_what_the_decoded_events_say(naming: Naming, data: st.DataObject) -> None:
    codec, text = CODECS[naming], data.draw(streams(naming))
    expected = records_of(pairs_in(text), codec)
    for sizes in [len(text) + 1], [20_000], [10_000, 3], data.draw(read_sizes), *([[1]] if len(text) < 500 else []):
        meter = codec.meter()
        for read in cut(text, sizes):
            meter.feed(read)
        meter.close()
        assert meter.records == expected
        assert not expected or meter.record == expected[-1]


@examples(60)
@given(data=st.data())
def test_a_record_at_any_moment_is_that_of_the_events_so_far(data: st.DataObject) -> None:
    text = data.draw(streams("snake"))
    meter, sse, pairs = cm.snake.meter(), SSEDecoder(), list[Any]()
    taken: list[tuple[list[cm.UsageRecord], list[cm.UsageRecord]]] = []
    for read in cut(text, [len(text) // 8 + 1, 1]):
        meter.feed(read)
        pairs += [(event.data.encode(), event.event) for event in sse.feed(read)]
        taken.append((meter.records, records_of(pairs, cm.snake)))
    for records, expected in taken:
        assert records == expected


# Members that make a whole event with each of these types, in snake_case.
WHOLE = '"conversation_id":"c2","usage":{"total_tokens":7},"message":"no","id":"m","content":"Hi","model":"a"'
KINDS = [
    "conversation.response.done",
    "message.output.delta",
    "conversation.response.error",
    "conversation.response.started",
    "video.delta",
]


@in_full_if_long
@each("name", ["", "message.output.delta", "conversation.response.done"])
@each("shape", sorted(set(SHAPES)))
def test_an_odd_event_among_deltas_is_what_the_decoder_says(shape: str, name: str) -> None:
    head = f"event: {name}\n" if name else ""
    for kind, space in product(KINDS[: amount(2, 5)], ["", " "]):
        lines = (shape % {"type": json.dumps(kind), "members": WHOLE}).split("\n")
        odd = head + "".join(f"data: {line}\n" for line in lines) + "\n"
        delta = f'{head}data: {{"type":{space}"message.output.delta","id":"m","content":"\\\\","model":"b"}}\n\n'
        for text in (delta * 3 + odd + delta * 2, delta + odd, delta + odd * 2 + f"data: {{{WHOLE}}}\n\n"):
            data = text.encode()
            expected = records_of(pairs_in(data), cm.snake)
            for reads in [data], [delta.encode(), data[len(delta) :]], cut(data, [50]):
                meter = cm.snake.meter()
                for read in reads:
                    meter.feed(read)
                assert meter.records == expected


LIMIT = 100


@examples(60)
@given(data=st.data())
def test_a_meter_with_a_limit_records_the_events_within_it(data: st.DataObject) -> None:
    times = st.sampled_from([1, 1, 2, 40])
    runs = data.draw(st.lists(st.tuples(frames("snake"), times), max_size=12))
    every = [frame.encode() for frame, count in runs for _ in range(count)]
    within = [frame for frame in every if len(frame) <= LIMIT]
    expected = records_of(pairs_in(b"".join(frame + b"\n\n" for frame in within)), cm.snake)
    text = b"".join(frame + b"\n\n" for frame in every)
    for sizes in [len(text) + 1], data.draw(read_sizes):
        meter = cm.snake.meter(max_event_bytes=LIMIT)
        for read in cut(text, sizes):
            meter.feed(read)
        meter.close()
        assert meter.records == expected
