"""A codec learns the fields that no model has: within bounds, whatever the keys, and only speed depends on it."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import conversation_models as cm
from conversation_models.codec import Codec
from conversation_models.reading import unknown_fields

from ..support.amounts import amount, in_full_if_long, some
from ..support.calls import counted_calls
from ..support.codecs import EXHAUSTING, every_model, exhausted, with_new_field
from ..support.documents import NAMINGS, SHAPES, Naming, dumps, key, minimal, written
from ..support.each import each
from ..support.streams import in_naming
from ..support.unknown_fields import same_json

every_naming = each("naming", NAMINGS)


def response_with(naming: Naming, **fields: Any) -> bytes:
    """A response with ``fields`` in itself, in an entry, in a chunk and in its usage."""
    chunk = {"type": "text", "text": "a", **fields}
    return dumps(
        {
            key("conversation_id", naming): "c",
            "outputs": [{"type": "message.output", "content": [chunk], **fields}],
            "usage": fields,
            **fields,
        }
    )


@pytest.fixture
def quick_to_learn_and_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codecs learn a key that they meet eight times, and forget what they have learned after eight keys.

    With their own limits, they first forget after some 300,000 documents.
    """
    monkeypatch.setattr(unknown_fields, "SIGHTINGS", 8)
    monkeypatch.setattr(unknown_fields, "SIGHTINGS_FOR_EACH", 0)
    monkeypatch.setattr(unknown_fields, "MAX_LEARNED", 8)


# Cost -------------------------------------------------------------------------------------------------------------


def calls_to_decode(codec: Codec, data: bytes, tp: Any) -> int:
    with counted_calls() as count:
        codec.decode(data, tp)
    return count[0]


@every_naming
@each("cls", SHAPES)
def test_from_the_second_document_on_a_new_field_costs_no_more_calls_than_a_known_one(cls: Any, naming: Naming) -> None:
    codec, document = Codec(naming), in_naming(minimal(cls), cls, naming)
    codec.decode(dumps(document), cls)
    plain = calls_to_decode(codec, dumps(document), cls)
    new = dumps({**document, "region": {"a": [1]}, "trace-id": "t"})
    codec.decode(new, cls)
    # The first decoder with the new field is built when it is first needed.
    codec.decode(new, cls)
    assert calls_to_decode(codec, new, cls) == plain
    # Documents without the field cost no more either.
    assert calls_to_decode(codec, dumps(document), cls) == plain


@every_naming
def test_new_fields_at_all_depths_are_paid_for_once(naming: Naming) -> None:
    for document, tp in every_model(naming):
        if document.get("type") == "new.event":
            continue
        codec, plain, new = Codec(naming), dumps(document), dumps(with_new_field(document, "region"))
        for data in (plain, plain, new, new):
            codec.decode(data, tp)
        assert calls_to_decode(codec, new, tp) == calls_to_decode(codec, plain, tp)


@every_naming
@some(1, "flood", [10, 1])
def test_hostile_keys_do_not_shut_out_an_honest_one(naming: Naming, flood: int) -> None:
    """An honest field that is in every other document, or every eleventh, is learned in the end."""
    codec = Codec(naming)
    hostile = iter(range(10**9))
    for _ in range(EXHAUSTING):
        codec.decode(response_with(naming, **{f"k{next(hostile)}": 1}))
    plain, honest = response_with(naming), response_with(naming, region="eu")
    codec.decode(plain)
    fewest = calls_to_decode(codec, plain, cm.ConversationResponse)
    for _ in range(5_000):
        for _ in range(flood):
            codec.decode(response_with(naming, **{f"k{next(hostile)}": 1}))
        if calls_to_decode(codec, honest, cm.ConversationResponse) == fewest:
            break
    else:
        pytest.fail("the honest field is still read on the slow path")
    # Once learned, it is not forgotten at the next hostile key.
    for _ in range(10):
        codec.decode(response_with(naming, **{f"k{next(hostile)}": 1}))
    assert calls_to_decode(codec, honest, cm.ConversationResponse) == fewest


@pytest.mark.usefixtures("quick_to_learn_and_forget")
@every_naming
def test_hostile_keys_that_were_worth_learning_do_not_shut_out_an_honest_one(naming: Naming) -> None:
    """Each was in many documents, and never again."""
    codec = Codec(naming)

    def text_with(name: str) -> bytes:
        return dumps({"type": "text", "text": "a", name: 1})

    for index in range(60):
        data = text_with(f"k{index}")
        for _ in range(8):
            codec.decode(data, cm.TextChunk)
    plain, honest = dumps({"type": "text", "text": "a"}), text_with("region")
    codec.decode(plain, cm.TextChunk)
    for _ in range(10):
        codec.decode(honest, cm.TextChunk)
    assert calls_to_decode(codec, honest, cm.TextChunk) == calls_to_decode(codec, plain, cm.TextChunk)


# Memory -----------------------------------------------------------------------------------------------------------

FLOOD = r"""
import gc, sys, tracemalloc
import conversation_models as cm

count, repeats, size = map(int, sys.argv[1:])
places = [
    (cm.ConversationResponse, '{"conversationId":"c","outputs":[],"usage":{},%s}'),
    (cm.ConversationResponse, '{"conversationId":"c","outputs":[],"usage":{%s}}'),
    (list[cm.OutputEntry], '[{"type":"message.output","content":"a",%s}]'),
    (cm.OutputEntry, '{"type":"message.output","content":[{"type":"text","text":"a",%s}]}'),
    (cm.OutputEntry, '{"content":[{"text":"a",%s},{"type":"new"}]}'),
    (cm.ConversationEvent, '{"type":"message.output.delta","id":"m","content":"a",%s}'),
    (cm.ContentChunk, '{"type":"new%s"}'),
]

def flood(start, end):
    for index in range(start, end):
        tp, text = places[index % len(places)]
        key = f"k{index}".ljust(size, "x")
        data = text % (f'"{key}":1' if "%s}" in text else key)
        for _ in range(repeats):
            value = cm.camel.decode(data, tp)
        if index % 100 == 0:
            cm.camel.encode(value), cm.snake.encode(value)

def held():
    gc.collect()
    return tracemalloc.get_traced_memory()[0]

tracemalloc.start()
flood(0, count // 2)
before = held()
flood(count // 2, count)
print(held() - before, held(), len(cm.camel.unknown_seen))
"""


def after_a_flood(count: int, repeats: int, size: int) -> tuple[int, int, int]:
    """In a fresh process: by how much the second half of a flood raised the memory held, all of it, and keys seen."""
    command = [sys.executable, "-c", FLOOD, str(count), str(repeats), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    growth, held, seen = map(int, done.stdout.split())
    return growth, held, seen


KB, MB = 2**10, 2**20


@pytest.mark.parametrize(
    ("count", "repeats", "size", "limit"),
    [
        pytest.param(4_000, 1, 1_000, 500 * KB, id="long keys"),
        # A hundred bytes for each key would be twice the limit.
        pytest.param(6_000, 1, 0, 150 * KB, id="each key once", marks=pytest.mark.long),
        # Learned classes are held for a while, some ten kilobytes each.
        pytest.param(100, 130, 0, 2 * MB, id="each key often", marks=pytest.mark.long),
        pytest.param(200_000, 1, 0, 500 * KB, id="each key once, long", marks=pytest.mark.long),
        pytest.param(100_000, 3, 100, 500 * KB, id="each key three times, long", marks=pytest.mark.long),
        pytest.param(1_000, 130, 0, 2 * MB, id="each key often, long", marks=pytest.mark.long),
        pytest.param(1_000, 130, 100, 2 * MB, id="long keys often, long", marks=pytest.mark.long),
    ],
)
def test_memory_is_flat_over_distinct_keys(count: int, repeats: int, size: int, limit: int) -> None:
    growth, _, seen = after_a_flood(count, repeats, size)
    assert growth < limit
    assert seen < 5_000


@in_full_if_long
def test_memory_is_bounded_in_bytes_under_long_keys() -> None:
    """Each is met often enough to be worth learning."""
    size = amount(MB // 16, MB)
    growth, held, _ = after_a_flood(30, 35, size)
    assert growth < 4 * size
    # Of the thirty keys.
    assert held < 16 * size


@in_full_if_long
@every_naming
def test_a_document_with_ten_thousand_new_keys_is_read_and_forgotten(naming: Naming) -> None:
    codec = Codec(naming)
    for start in range(0, amount(20_000, 50_000), 10_000):
        fields = {f"k{start + index}": index for index in range(10_000)}
        value = codec.decode(response_with(naming, **fields))
        assert dict(value.unknown_fields) == dict(value.usage.unknown_fields) == fields
    assert len(codec.unknown_seen) < 5_000
    assert dict(codec.decode(response_with(naming)).unknown_fields) == {}


# Threads ----------------------------------------------------------------------------------------------------------

# Threads start on one barrier in a process that has decoded nothing, and switch as often as the interpreter lets them.
THREADS = r"""
import json, sys, threading
import conversation_models as cm

fields = int(sys.argv[1])
sys.setswitchinterval(1e-6)
barrier = threading.Barrier(8)
failures, finished = [], []
names = {"camel": "conversationId", "snake": "conversation_id"}

def without_defaults(text):
    document = json.loads(text)
    for name in list(document["usage"]):
        if name.endswith("okens"):
            del document["usage"][name]
    document.pop("object")
    for entry in document["outputs"]:
        entry.pop("object"), entry.pop("role")
    return document

def run(number):
    barrier.wait()
    try:
        for index in range(fields):
            for codec in (cm.camel, cm.snake) if number % 2 else (cm.snake, cm.camel):
                new = {f"own{number}_{index}": number, f"shared{index}": [index], "always": {"a": None}}
                entry = {"type": "message.output", "content": [{"type": "text", "text": "a", **new}], **new}
                document = {names[codec.naming]: "c", "outputs": [entry], "usage": new, **new}
                for _ in range(3):
                    value = codec.decode(json.dumps(document))
                    places = [value, value.usage, value.outputs[0], value.outputs[0].content[0]]
                    for place in places:
                        if dict(place.unknown_fields) != new:
                            failures.append((number, index, dict(place.unknown_fields)))
                    for other in (cm.camel, cm.snake):
                        expected = {names[other.naming]: "c", "outputs": [entry], "usage": new, **new}
                        if without_defaults(other.encode(value)) != expected:
                            failures.append((number, index, other.encode(value)))
                    event = codec.decode_event(json.dumps({"id": "m", "content": "a", **new}), "message.output.delta")
                    if dict(event.unknown_fields) != new:
                        failures.append((number, index, event))
                    len(codec.unknown_seen), dict(codec.unknown_seen)
        finished.append(number)
    except BaseException as error:
        failures.append((number, repr(error)))

threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not failures, failures[:3]
assert sorted(finished) == list(range(8))
"""


def learn_in_fresh_processes(times: int, fields: int) -> None:
    for _ in range(times):
        command = [sys.executable, "-c", THREADS, str(fields)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_threads_that_learn_different_fields_at_once_lose_none() -> None:
    learn_in_fresh_processes(1, 4)


@pytest.mark.long
def test_threads_that_learn_different_fields_at_once_lose_none_many_times() -> None:
    learn_in_fresh_processes(30, 8)


# Values -----------------------------------------------------------------------------------------------------------


@every_naming
@each("cls", SHAPES)
def test_values_from_before_and_after_a_field_was_learned_are_equal(cls: Any, naming: Naming) -> None:
    codec = Codec(naming)
    document = {**in_naming(minimal(cls), cls, naming), "region": "eu", "__class__": 7}
    before = codec.decode(dumps(document), cls)
    for _ in range(3):
        codec.decode(dumps(document), cls)
    after = codec.decode(dumps(document), cls)
    slow = exhausted(naming).decode(dumps(document), cls)
    fresh = Codec(naming)
    for one in (before, after, slow):
        for other in (before, after, slow):
            assert one == other
            assert (one != other) is False
        assert repr(one) == repr(before)
        assert dict(one.unknown_fields) == {"region": "eu", "__class__": 7}
        for writer in (codec, fresh, exhausted(naming)):
            assert same_json(writer.encode(one), written(document, cls, naming))
    try:
        hash(before)
    except TypeError:
        return
    assert hash(before) == hash(after) == hash(slow)
    assert len({before, after, slow}) == 1


@pytest.mark.usefixtures("quick_to_learn_and_forget")
@every_naming
def test_values_outlive_what_was_learned_when_they_were_read(naming: Naming) -> None:
    """Many fields are learned after each of them, until the codec has forgotten those."""
    codec = Codec(naming)
    held: list[tuple[bytes, Any]] = []
    for index in range(15):
        data = response_with(naming, **{f"k{index}": index})
        held += [(data, codec.decode(data)) for _ in range(10)]
    for data, value in held:
        again = codec.decode(data)
        assert again == value
        assert codec.encode(again) == codec.encode(value)
        assert Codec(naming).decode(codec.encode(value)) == value


def test_what_one_codec_learns_does_not_change_another() -> None:
    data = response_with("camel", region="eu")
    one, other = Codec("camel"), Codec("camel")
    for _ in range(3):
        one.decode(data)
    assert one.unknown_seen
    assert not other.unknown_seen
    assert other.decode(data) == one.decode(data)
    assert other.encode(one.decode(data)) == one.encode(other.decode(data))


# What was seen ----------------------------------------------------------------------------------------------------

DRIFTED = {
    "conversation_id": "c",
    "outputs": [
        {"type": "message.output", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b", "new": 1}]},
        {"type": "video.output", "frames": {"new": 1}},
        {"type": "message.output", "content": [{"type": "video_url", "url": 5}], "cost": 2, "a b": 3},
        {"type": "tool.execution", "name": "t", "info": {"free": {"form": 1}}},
    ],
    "usage": {"cached_tokens": 1, "connectors": {"t": 1}},
    "region": "eu",
    "guardrails": [{"free": 1}],
}
# Where each is in the document above.
SEEN = {
    ("ConversationResponse", "region"): "$.region",
    ("ConversationUsageInfo", "cached_tokens"): "$.usage.cached_tokens",
    ("MessageOutputEntry", "cost"): "$.outputs[2].cost",
    ("MessageOutputEntry", "a b"): '$.outputs[2]["a b"]',
    ("TextChunk", "new"): "$.outputs[0].content[1].new",
}
TAGS = {("OutputEntry", "video.output"): "$.outputs[1]", ("ContentChunk", "video_url"): "$.outputs[2].content[0]"}


def drifted(naming: Naming) -> bytes:
    return dumps(in_naming(DRIFTED, cm.ConversationResponse, naming))


@every_naming
def test_a_codec_keeps_where_and_when_it_first_met_what_its_models_do_not_know(naming: Naming) -> None:
    codec = Codec(naming)
    assert dict(codec.unknown_seen) == {}
    start = datetime.now(timezone.utc)
    codec.decode(drifted(naming))
    end = datetime.now(timezone.utc)
    seen = dict(codec.unknown_seen)
    assert set(seen) == {*SEEN, *TAGS}
    assert {place: sighting.path for place, sighting in seen.items() if place in SEEN} == SEEN
    for place, path in TAGS.items():
        assert seen[place].path in (path, f"{path}.type")
    for sighting in seen.values():
        assert sighting.first_met.utcoffset() == timedelta(0)
        assert start <= sighting.first_met <= end

    # What it meets again changes nothing, wherever that is.
    for _ in range(50):
        codec.decode(drifted(naming))
    codec.decode(dumps({key("conversation_id", naming): "c", "outputs": [], "usage": {"cached_tokens": 1}}))
    codec.decode(b'{"type":"text","text":"a","new":1}', cm.TextChunk)
    assert dict(codec.unknown_seen) == seen


@every_naming
def test_each_way_to_read_notes_what_it_meets(naming: Naming) -> None:
    body = response_with(naming, region=1)
    fields = {("ConversationResponse", "region"), ("MessageOutputEntry", "region"), ("TextChunk", "region"),
              ("ConversationUsageInfo", "region")}  # fmt: skip
    codec = Codec(naming)
    codec.decode_lines(body + b"\n" + body)
    assert set(codec.unknown_seen) == fields
    codec = Codec(naming)
    assert len(list(codec.iter_lines([body]))) == 1
    assert set(codec.unknown_seen) == fields
    codec = Codec(naming)
    codec.peek(body)
    assert {place[1] for place in codec.unknown_seen} == {"region"}
    assert ("ConversationUsageInfo", "region") in codec.unknown_seen
    codec = Codec(naming)
    frames = (
        b'data: {"type":"message.output.delta","id":"m","content":"a","region":1}\n\ndata: {"type":"new.event"}\n\n'
    )
    codec.event_decoder().feed(frames)
    assert set(codec.unknown_seen) == {("MessageOutputEvent", "region"), ("ConversationEvent", "new.event")}
    assert codec.unknown_seen["MessageOutputEvent", "region"].path == "$.region"


@every_naming
def test_a_line_is_part_of_the_path(naming: Naming) -> None:
    codec = Codec(naming)
    codec.decode_lines(response_with(naming) + b"\n" + response_with(naming, region=1))
    assert codec.unknown_seen["ConversationResponse", "region"].path == "$[1].region"


@every_naming
def test_documents_that_the_models_describe_leave_nothing_to_see(naming: Naming) -> None:
    codec = Codec(naming)
    for document, tp in every_model(naming):
        if document.get("type") != "new.event":
            codec.decode(dumps(document), tp)
    assert dict(codec.unknown_seen) == {}


def test_what_was_seen_is_a_read_only_mapping() -> None:
    codec = Codec("camel")
    codec.decode(response_with("camel", region=1))
    assert isinstance(codec.unknown_seen, Mapping)
    seen: Any = codec.unknown_seen
    with pytest.raises(TypeError):
        seen["ConversationResponse", "other"] = 1
    with pytest.raises(TypeError):
        del seen["ConversationResponse", "region"]
    with pytest.raises(AttributeError):
        setattr(codec, "unknown_seen", {})  # noqa: B010 - an assignment does not type-check


def test_each_codec_sees_for_itself() -> None:
    camel, snake, other = Codec("camel"), Codec("snake"), Codec("camel")
    camel.decode(response_with("camel", one=1))
    snake.decode(response_with("snake", two=1))
    assert {place[1] for place in camel.unknown_seen} == {"one"}
    assert {place[1] for place in snake.unknown_seen} == {"two"}
    assert dict(other.unknown_seen) == {}


@every_naming
def test_what_was_seen_is_bounded_under_a_flood(naming: Naming) -> None:
    codec = Codec(naming)
    sizes = []
    for index in range(3_000):
        codec.decode(dumps({"type": "text", "text": "a", f"k{index}": 1}), cm.TextChunk)
        codec.decode(dumps({"type": f"k{index}"}), cm.ContentChunk)
        if index in (1_499, 2_999):
            sizes.append(len(codec.unknown_seen))
    assert sizes[0] > 0
    assert sizes[1] <= sizes[0] < 5_000


@every_naming
def test_the_keys_and_paths_that_were_seen_are_bounded_in_length(naming: Naming) -> None:
    codec = Codec(naming)
    for index in range(5):
        long = f"{index}" * 2**18
        codec.decode(dumps({"type": "text", "text": "a", long: 1}), cm.TextChunk)
        codec.decode(dumps({"type": long}), cm.ContentChunk)
        codec.decode(b"[%b]" % b",".join([dumps({"type": "text", "text": "a", long: 1})] * 3), list[cm.ContentChunk])
    text = sum(len(str(place)) + len(sighting.path) for place, sighting in codec.unknown_seen.items())
    assert text < 2**20


@every_naming
def test_hostile_keys_and_tags_are_seen_like_any_other(naming: Naming) -> None:
    codec = Codec(naming)
    for name in ("", "__class__", "a\nb", 'q"', "unknown_seen"):
        codec.decode(dumps({"type": "text", "text": "a", name: 1}), cm.TextChunk)
        assert ("TextChunk", name) in codec.unknown_seen
        codec.decode(dumps({"type": name}), cm.ContentChunk)
        assert ("ContentChunk", name) in codec.unknown_seen
