"""``unknown_fields`` and ``with_unknown_fields``: fields newer than the library, on any model."""

import json
import pickle
import subprocess
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from itertools import product
from typing import Any

import pytest
from msgspec import UNSET, Raw, Struct, structs

import conversation_models as cm

from ..support.amounts import amount, in_full_if_long
from ..support.copies import COPIES, attempt_hash, modules_named_in
from ..support.documents import CODECS, NAMINGS, SHAPES, Naming, key
from ..support.each import each
from ..support.examples import MODELS, full, least
from ..support.unknown_fields import hostile_keys, same_json

every_naming = pytest.mark.parametrize("naming", NAMINGS)
every_model = each("cls", MODELS)
NEW: dict[str, Any] = {"region": "eu", "trace_id": 7, "cacheHit": None, "details": {"agent_id": [1.5, True]}}


def read_by(naming: Naming, value: Any, cls: Any) -> Any:
    """The value that a codec reads from the JSON of ``value``."""
    return CODECS[naming].decode(CODECS[naming].encode(value), cls)


def origins(value: Any, cls: Any) -> list[Any]:
    """Equal values: ``value`` itself, and those that the codecs read."""
    return [value, *(read_by(naming, value, cls) for naming in NAMINGS)]


def a_share_of(values: Iterable[Any], cls: Any) -> list[Any]:
    """By default a third of them, and another third for the next model."""
    share = amount(3, 1)
    return list(values)[MODELS.index(cls) % share :: share]


# Reading them -----------------------------------------------------------------------------------------------------


@every_model
def test_a_constructed_value_has_no_unknown_fields(cls: Any) -> None:
    for value in (least(cls), full(cls)):
        for one in origins(value, cls):
            assert isinstance(one.unknown_fields, Mapping)
            assert (dict(one.unknown_fields), len(one.unknown_fields)) == ({}, 0)


@every_model
def test_unknown_fields_are_a_read_only_mapping(cls: Any) -> None:
    for one in [least(cls), *origins(least(cls).with_unknown_fields(NEW), cls)]:
        before = dict(one.unknown_fields)
        mapping: Any = one.unknown_fields
        assert not isinstance(mapping, MutableMapping)
        with pytest.raises(TypeError):
            mapping["region"] = "us"
        with pytest.raises(TypeError):
            del mapping["region"]
        with pytest.raises(AttributeError):
            one.unknown_fields = {}
        assert dict(one.unknown_fields) == before


@every_model
def test_decoded_unknown_fields_are_builtins(cls: Any) -> None:
    for naming in NAMINGS:
        found = dict(read_by(naming, full(cls).with_unknown_fields(NEW), cls).unknown_fields)
        assert found == NEW
        assert [type(value) for _, value in sorted(found.items())] == [type(None), dict, str, int]


def test_each_object_has_its_own_unknown_fields() -> None:
    response = cm.snake.decode(
        b'{"conversation_id":"c","a":1,"outputs":[{"type":"message.output","b":2,"content":[{"type":"image_url",'
        b'"image_url":{"url":"u","c":3},"d":4}]},{"type":"new","e":5}],"usage":{"f":6}}'
    )
    message, unknown = response.outputs
    assert isinstance(message, cm.MessageOutputEntry)
    assert isinstance(message.content, list)
    (image,) = message.content
    assert isinstance(image, cm.ImageURLChunk)
    assert isinstance(image.image_url, cm.ImageURL)
    found = [dict(one.unknown_fields) for one in (response, message, image, image.image_url, response.usage)]
    assert found == [{"a": 1}, {"b": 2}, {"d": 4}, {"c": 3}, {"f": 6}]
    assert unknown == cm.Unknown("new", b'{"type":"new","e":5}')


# Setting them -----------------------------------------------------------------------------------------------------


@every_model
def test_unknown_fields_are_set_replaced_and_removed(cls: Any) -> None:
    for value in origins(full(cls), cls):
        one = value.with_unknown_fields({"region": "eu", "n": 1})
        assert isinstance(one, cls)
        assert dict(one.unknown_fields) == {"region": "eu", "n": 1}
        # The value itself does not change, nor do its own fields.
        assert dict(value.unknown_fields) == {}
        assert [getattr(one, name) for name in cls.__struct_fields__] == [
            getattr(value, name) for name in cls.__struct_fields__
        ]
        # Those that are not named stay.
        assert dict(one.with_unknown_fields({"region": "us"}).unknown_fields) == {"region": "us", "n": 1}
        assert dict(one.with_unknown_fields({"more": None}).unknown_fields) == {"region": "eu", "n": 1, "more": None}
        assert dict(one.with_unknown_fields({"region": UNSET}).unknown_fields) == {"n": 1}
        assert one.with_unknown_fields({}) == one
        # Without any, it is the value that never had one.
        none = one.with_unknown_fields({"region": UNSET, "n": UNSET})
        assert none == value
        assert dict(none.unknown_fields) == {}
        assert repr(none) == repr(value)


def test_calls_can_be_chained() -> None:
    chunk = cm.TextChunk(text="a").with_unknown_fields({"a": 1, "b": 2}).with_unknown_fields({"b": 3, "c": 4})
    assert dict(chunk.with_unknown_fields({"a": UNSET}).with_unknown_fields({"d": 5}).unknown_fields) == {
        "b": 3, "c": 4, "d": 5,
    }  # fmt: skip


def test_removing_a_field_that_is_not_there_changes_nothing() -> None:
    chunk = cm.TextChunk(text="a").with_unknown_fields({"a": 1})
    assert chunk.with_unknown_fields({"b": UNSET}) == chunk
    assert cm.TextChunk(text="a").with_unknown_fields({"b": UNSET}) == cm.TextChunk(text="a")


def test_null_is_a_value_and_unset_is_the_lack_of_one() -> None:
    chunk = cm.TextChunk(text="a").with_unknown_fields({"a": None, "b": UNSET})
    assert dict(chunk.unknown_fields) == {"a": None}
    assert cm.camel.encode(chunk) == b'{"type":"text","text":"a","a":null}'


@every_naming
def test_decoded_unknown_fields_can_be_replaced_and_removed(naming: Naming) -> None:
    chunk = CODECS[naming].decode(b'{"type":"text","text":"a","region":"eu","n":1}', cm.TextChunk)
    assert same_json(
        CODECS[naming].encode(chunk.with_unknown_fields({"region": "us"})),
        {"type": "text", "text": "a", "region": "us", "n": 1},
    )
    assert same_json(
        CODECS[naming].encode(chunk.with_unknown_fields({"region": UNSET, "n": UNSET})), {"type": "text", "text": "a"}
    )
    assert chunk.with_unknown_fields({"region": UNSET, "n": UNSET}) == cm.TextChunk(text="a")
    assert dict(chunk.unknown_fields) == {"region": "eu", "n": 1}


def test_a_value_does_not_change_with_the_mapping_that_it_was_made_from() -> None:
    fields = {"a": 1}
    chunk = cm.TextChunk(text="a").with_unknown_fields(fields)
    fields["a"] = 2
    fields["b"] = 3
    assert dict(chunk.unknown_fields) == {"a": 1}


def test_the_unknown_fields_of_one_value_can_be_given_to_another() -> None:
    chunk = cm.camel.decode(b'{"type":"text","text":"a","region":"eu"}', cm.TextChunk)
    copy = cm.TextChunk(text="a").with_unknown_fields(chunk.unknown_fields)
    assert copy == chunk
    assert cm.camel.encode(copy) == cm.camel.encode(chunk)


@every_model
def test_unknown_fields_are_not_constructor_arguments(cls: Any) -> None:
    known = {name: getattr(least(cls), name) for name in cls.__struct_fields__}
    new: list[dict[str, Any]] = [{"unknown_fields": {}}, {"unknown_fields": {"a": 1}}, {"region": "eu"}]
    for extra in new:
        with pytest.raises(TypeError):
            cls(**known, **extra)
        with pytest.raises(TypeError):
            structs.replace(least(cls), **extra)


# Wrong arguments --------------------------------------------------------------------------------------------------

KNOWN = [(cls, name) for cls in MODELS for name in cls.__struct_encode_fields__]


@each(("cls", "name"), KNOWN)
def test_the_key_of_a_known_field_is_refused(cls: Any, name: str) -> None:
    for value in origins(least(cls), cls):
        with pytest.raises(ValueError, match=name):
            value.with_unknown_fields({name: "x"})
        with pytest.raises(ValueError, match=name):
            value.with_unknown_fields({"region": 1}).with_unknown_fields({"other": 2, name: None})


@every_model
def test_the_key_of_a_tag_is_refused_and_is_free_in_a_model_without_one(cls: Any) -> None:
    if cls.__struct_config__.tag is None and "type" not in cls.__struct_fields__:
        value = least(cls).with_unknown_fields({"type": "x"})
        for one in origins(value, cls):
            assert dict(one.unknown_fields) == {"type": "x"}
            assert one == value
    else:
        with pytest.raises(ValueError, match="type"):
            least(cls).with_unknown_fields({"type": "x"})


@every_model
@each("wrong", [1, None, b"region", ("a",), UNSET])
def test_a_key_that_is_not_a_string_is_refused(cls: Any, wrong: Any) -> None:
    for value in origins(least(cls), cls):
        with pytest.raises(TypeError):
            value.with_unknown_fields({"region": 1, wrong: 2})


@every_naming
def test_a_value_that_json_cannot_hold_is_refused_when_it_is_written_or_before(naming: Naming) -> None:
    chunk = cm.TextChunk(text="a")
    with pytest.raises(TypeError):
        CODECS[naming].encode(chunk.with_unknown_fields({"a": object()}))
    for fields in ({"a": "\ud800"}, {"\ud800": 1}):
        with pytest.raises(ValueError, match="surrogate"):
            CODECS[naming].encode(chunk.with_unknown_fields(fields))


# Comparing, hashing, showing --------------------------------------------------------------------------------------


@every_model
def test_values_that_differ_in_unknown_fields_differ(cls: Any) -> None:
    plain = full(cls)
    different = [
        origins(one, cls)
        for one in (
            plain,
            *(plain.with_unknown_fields(fields) for fields in ({"a": 1}, {"a": 2}, {"b": 1}, {"a": 1, "b": 1})),
        )
    ]
    for index, one in enumerate(different):
        for other_index, other in enumerate(different):
            for left in one:
                for right in other:
                    assert (left == right) is (index == other_index)
                    assert (left != right) is (index != other_index)


@every_model
def test_values_with_equal_unknown_fields_are_equal_wherever_they_are_from(cls: Any) -> None:
    value = full(cls).with_unknown_fields(NEW)
    backwards = full(cls)
    for name in reversed(NEW):
        backwards = backwards.with_unknown_fields({name: NEW[name]})
    equal = [*origins(value, cls), *origins(backwards, cls)]
    for one in equal:
        for other in equal:
            assert one == other
            assert (one != other) is False


@every_model
def test_equal_values_hash_alike(cls: Any) -> None:
    for fields in ({"a": 1, "b": "x"}, {"b": "x", "a": 1}, NEW):
        value = least(cls).with_unknown_fields(fields)
        assert len({attempt_hash(one) for one in origins(value, cls)}) == 1


@every_model
def test_a_hashable_value_stays_hashable_with_a_hashable_unknown_field(cls: Any) -> None:
    plain = least(cls)
    value = plain.with_unknown_fields({"a": 1})
    assert (attempt_hash(plain) is None) == (attempt_hash(value) is None)
    if attempt_hash(value) is not None:
        assert len({plain, value, *origins(value, cls), *origins(plain, cls)}) == 2
        assert value in set(origins(value, cls))


@every_model
def test_reprs_show_unknown_fields_alike_wherever_they_are_from(cls: Any) -> None:
    value = full(cls).with_unknown_fields({"region": "eu-west", "details": {"n": [1]}})
    text = repr(value)
    is_secret = cls in (cm.APIKeyAuth, cm.OAuth2TokenAuth)
    for shown in ("region", "'eu-west'", "{'n': [1]}"):
        assert (shown not in text) if is_secret else (shown in text)
    assert text.startswith(f"{cls.__name__}(")
    assert {repr(one) for one in origins(value, cls)} == {text}
    assert "unknown_fields" not in repr(full(cls))


@every_model
def test_a_repr_shows_the_unknown_fields_of_parts(cls: Any) -> None:
    chunk = cm.TextChunk(text="a").with_unknown_fields({"region": "eu-west"})
    value = cm.MessageOutputEntry(content=[chunk]).with_unknown_fields({"part": least(cls)})
    assert "'eu-west'" in repr(value)
    assert repr(least(cls)) in repr(value)


# Copies -----------------------------------------------------------------------------------------------------------


@every_model
def test_copies_keep_unknown_fields(cls: Any) -> None:
    value = full(cls).with_unknown_fields(NEW)
    shown, texts = repr(value), [json.loads(codec.encode(value)) for codec in CODECS.values()]
    for one, copy in product(origins(value, cls), COPIES.values()):
        copied = copy(one)
        assert isinstance(copied, cls)
        assert dict(copied.unknown_fields) == NEW
        assert copied == value
        assert value == copied
        assert repr(copied) == shown
        assert [json.loads(codec.encode(copied)) for codec in CODECS.values()] == texts


@each("way", COPIES)
def test_copies_keep_unknown_fields_inside(way: str) -> None:
    value = cm.ConversationResponse(
        conversation_id="c",
        outputs=[cm.MessageOutputEntry(content=[cm.TextChunk(text="a").with_unknown_fields(NEW)])],
        usage=cm.ConversationUsageInfo().with_unknown_fields({"cached": 1}),
    )
    for one in origins(value, cm.ConversationResponse):
        assert COPIES[way](one) == value
        assert cm.snake.encode(COPIES[way](one)) == cm.snake.encode(one)


def test_a_deep_copy_shares_no_unknown_value() -> None:
    value = cm.TextChunk(text="a").with_unknown_fields({"a": [1]})
    for one in origins(value, cm.TextChunk):
        copied = COPIES["deepcopy"](one)
        copied.unknown_fields["a"].append(2)
        assert dict(one.unknown_fields) == {"a": [1]}


@every_naming
def test_replacing_a_field_keeps_unknown_fields(naming: Naming) -> None:
    made = cm.ToolExecutionEntry(name="t").with_unknown_fields({"region": "eu"})
    for value in (made, read_by(naming, made, cm.ToolExecutionEntry)):
        replaced = structs.replace(value, name="u", info={"a": 1})
        assert isinstance(replaced, cm.ToolExecutionEntry)
        assert (replaced.name, replaced.info, dict(replaced.unknown_fields)) == ("u", {"a": 1}, {"region": "eu"})
        assert replaced == cm.ToolExecutionEntry(name="u", info={"a": 1}).with_unknown_fields({"region": "eu"})
        written = json.loads(CODECS[naming].encode(replaced))
        assert (written["name"], written["region"]) == ("u", "eu")


@in_full_if_long
@every_model
def test_a_pickle_with_unknown_fields_names_no_internal_module(cls: Any) -> None:
    fields = {**NEW, "__class__": 1}
    values = [one for value in (full(cls), least(cls)) for one in origins(value.with_unknown_fields(fields), cls)]
    for one, protocol in product(values, a_share_of(range(pickle.HIGHEST_PROTOCOL + 1), cls)):
        assert modules_named_in(pickle.dumps(one, protocol)) == {"conversation_models"}


# The reading process has learned nothing, and imports what the pickle names.
LOAD = r"""
import pickle, sys
values = pickle.load(sys.stdin.buffer)
import conversation_models as cm
found = [(repr(one), dict(one.unknown_fields), cm.camel.encode(one), cm.snake.encode(one)) for one in values]
sys.stdout.buffer.write(pickle.dumps(found))
"""


def test_another_process_loads_pickles_with_unknown_fields() -> None:
    values = [one for cls in MODELS for one in origins(full(cls).with_unknown_fields(NEW), cls)]
    done = subprocess.run([sys.executable, "-c", LOAD], input=pickle.dumps(values), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    for value, (shown, fields, *texts) in zip(values, pickle.loads(done.stdout), strict=True):
        assert (shown, fields) == (repr(value), NEW)
        for naming, text in zip(NAMINGS, texts, strict=True):
            assert json.loads(text) == json.loads(CODECS[naming].encode(value))


# Writing them -----------------------------------------------------------------------------------------------------


@every_model
def test_unknown_fields_are_written_under_their_own_keys_in_both_namings(cls: Any) -> None:
    value = full(cls)
    for one in origins(value.with_unknown_fields(NEW), cls):
        for naming, codec in CODECS.items():
            plain = json.loads(codec.encode(value))
            assert same_json(codec.encode(one), {**plain, **NEW})
            assert read_by(naming, one, cls) == one


def test_a_value_of_one_codec_is_written_by_the_other() -> None:
    camel = b'{"type":"tool_file","tool":"t","fileId":"f","newField":{"fileId":1},"new_field":2}'
    snake = b'{"type":"tool_file","tool":"t","file_id":"f","newField":{"fileId":1},"new_field":2}'
    of_camel, of_snake = cm.camel.decode(camel, cm.ToolFileChunk), cm.snake.decode(snake, cm.ToolFileChunk)
    assert of_camel == of_snake
    for value in (of_camel, of_snake):
        assert same_json(cm.camel.encode(value), json.loads(camel))
        assert same_json(cm.snake.encode(value), json.loads(snake))


@every_naming
def test_unknown_fields_are_written_wherever_the_value_is(naming: Naming) -> None:
    codec = CODECS[naming]
    chunk = cm.ToolFileChunk(tool="t", file_id="f").with_unknown_fields({"newField": 1})
    expected = {"type": "tool_file", "tool": "t", key("file_id", naming): "f", "newField": 1}
    for container in ([chunk], (chunk,), [[chunk]]):
        text = json.loads(codec.encode(container))
        assert text in ([expected], [[expected]])
    assert same_json(codec.encode({"a": chunk, "b": [chunk, 1]}), {"a": expected, "b": [expected, 1]})
    assert [json.loads(line) for line in codec.encode_lines([chunk, chunk]).splitlines()] == [expected] * 2
    buffer = bytearray()
    codec.encode_into(chunk, buffer)
    assert same_json(bytes(buffer), expected)

    response = cm.ConversationResponse(
        conversation_id="c", outputs=[cm.MessageOutputEntry(content=[chunk])], usage=cm.ConversationUsageInfo()
    )
    # Lists may be edited in place, in a value that was read without such a field too.
    for value in origins(response, cm.ConversationResponse):
        assert json.loads(codec.encode(value))["outputs"][0]["content"] == [expected]
        value.outputs.append(cm.MessageOutputEntry(content=[chunk]).with_unknown_fields({"more": 2}))
        written = json.loads(codec.encode(value))["outputs"]
        assert (written[1]["content"], written[1]["more"]) == ([expected], 2)
    edited = codec.decode(codec.encode(structs.replace(response, outputs=[])))
    edited.outputs.append(cm.MessageOutputEntry(content=[chunk]))
    assert json.loads(codec.encode(edited))["outputs"][0]["content"] == [expected]
    event = cm.MessageOutputEvent(id="m", content=chunk).with_unknown_fields({"more": 2})
    head, data, *_ = codec.encode_event(event).split(b"\n")
    assert head == b"event: message.output.delta"
    written = json.loads(data.removeprefix(b"data: "))
    assert (written["content"], written["more"]) == (expected, 2)


@every_naming
def test_unknown_fields_do_not_change_how_parts_are_spelled(naming: Naming) -> None:
    """A value that is read and has one, with a part that was made by hand, and the other way round."""
    codec = CODECS[naming]
    usage = cm.ConversationUsageInfo(connector_tokens=1)
    done = cm.ResponseDoneEvent(usage=usage)
    for one in (usage, usage.with_unknown_fields({"newCount": 1}), read_by("camel", usage, cm.ConversationUsageInfo),
                read_by("snake", usage.with_unknown_fields({"newCount": 1}), cm.ConversationUsageInfo)):  # fmt: skip
        for event in origins(done.with_unknown_fields({"a_b": 1}), cm.ResponseDoneEvent):
            written = json.loads(codec.encode(structs.replace(event, usage=one)))
            assert written["usage"][key("connector_tokens", naming)] == 1
            assert key("connector_tokens", "snake" if naming == "camel" else "camel") not in written["usage"]
            assert written["usage"].get("newCount") == one.unknown_fields.get("newCount")
            assert written["a_b"] == 1


class Envelope(Struct):
    body: Any


@every_naming
def test_a_model_inside_an_unknown_field_is_written_in_the_codecs_naming(naming: Naming) -> None:
    codec, image_url, file_id = CODECS[naming], key("image_url", naming), key("file_id", naming)
    image = cm.ImageURLChunk(image_url="u")
    file = cm.ToolFileChunk(tool="t", file_id="f").with_unknown_fields({"in_side": image})
    expected_image = {"type": "image_url", image_url: "u"}
    expected_file = {"type": "tool_file", "tool": "t", file_id: "f", "in_side": expected_image}
    for one, expected in ((image, expected_image), (file, expected_file)):
        for part in [one, *origins(image, cm.ImageURLChunk)] if one is image else [one]:
            value = cm.TextChunk(text="a").with_unknown_fields({"part": part, "parts": [part, 1], "by": {"a_b": part}})
            for whole in (value, Envelope(value)):
                written = json.loads(codec.encode(whole))
                written = written.get("body", written)
                assert written["part"] == expected
                assert written["parts"] == [expected, 1]
                assert written["by"] == {"a_b": expected}


@every_naming
def test_an_unknown_member_or_raw_json_inside_an_unknown_field_is_written_as_it_is(naming: Naming) -> None:
    unknown = cm.Unknown("new", b'{"type" : "new"}')
    value = cm.TextChunk(text="a").with_unknown_fields({"one": unknown, "two": [Raw(b"[1 ,2]"), unknown]})
    text = CODECS[naming].encode(value)
    assert text.endswith(b',"one":{"type" : "new"},"two":[[1 ,2],{"type" : "new"}]}')


# Both spellings of a known field ----------------------------------------------------------------------------------


def test_the_other_spelling_of_a_known_field_has_one_name() -> None:
    """By its snake_case spelling, and each codec writes it in the spelling that is not its own."""
    value = cm.ToolFileChunk(tool="t", file_id="f").with_unknown_fields({"file_id": 1})
    for one in origins(value, cm.ToolFileChunk):
        assert one == value
        assert dict(one.unknown_fields) == {"file_id": 1}
        assert same_json(cm.camel.encode(one), {"type": "tool_file", "tool": "t", "fileId": "f", "file_id": 1})
        assert same_json(cm.snake.encode(one), {"type": "tool_file", "tool": "t", "file_id": "f", "fileId": 1})
        assert one.with_unknown_fields({"file_id": UNSET}) == cm.ToolFileChunk(tool="t", file_id="f")
        with pytest.raises(ValueError, match="fileId"):
            one.with_unknown_fields({"fileId": 2})


# Hostile keys -----------------------------------------------------------------------------------------------------


@in_full_if_long
@each("cls", SHAPES)
def test_hostile_keys_are_data_like_any_other(cls: Any) -> None:
    fields = {name: [index] for index, name in enumerate(hostile_keys(cls))}
    plain = full(cls)
    value = plain.with_unknown_fields(fields)
    for one in origins(value, cls):
        assert dict(one.unknown_fields) == fields
        assert one == value
        assert isinstance(one, cls)
        for naming, codec in CODECS.items():
            written = json.loads(codec.encode(one))
            assert {name: written[name] for name in fields} == fields
            assert read_by(naming, one, cls) == value
        # They do not get in the way of the model's own attributes and methods.
        for name in dir(cls):
            own = getattr(one, name)
            assert callable(own) == callable(getattr(plain, name)), name
        for name in cls.__struct_fields__:
            assert getattr(one, name) == getattr(plain, name)
        assert one.__class__ is type(one)
        assert one.with_unknown_fields(dict.fromkeys(fields, UNSET)) == plain
        for way in a_share_of(COPIES.values(), cls):
            assert way(one) == value
        assert repr(one).startswith(cls.__name__)


def test_the_properties_of_a_model_do_not_read_unknown_fields() -> None:
    data = b'{"type":"message.output","content":"hi","text":"other","unknown_fields":1,"with_unknown_fields":2}'
    for codec in CODECS.values():
        for _ in range(3):
            entry = codec.decode(data, cm.MessageOutputEntry)
            assert entry.text == "hi"
            assert dict(entry.unknown_fields) == {"text": "other", "unknown_fields": 1, "with_unknown_fields": 2}
            assert dict(entry.with_unknown_fields({"text": UNSET}).unknown_fields) == {
                "unknown_fields": 1,
                "with_unknown_fields": 2,
            }


# Subclasses -------------------------------------------------------------------------------------------------------


class Newer(cm.ToolExecutionDeltaEvent, frozen=True, kw_only=True, tag="tool.execution.delta"):
    """A program's own class, which knows a field that the library does not."""

    region_name: str = "none"


@every_naming
def test_a_field_that_a_subclass_declares_is_a_known_one(naming: Naming) -> None:
    codec, spelled = CODECS[naming], {"camel": "regionName", "snake": "region_name"}[naming]
    data = f'{{"type":"tool.execution.delta","id":"t","name":"n","arguments":"","{spelled}":"eu","new":1}}'
    for _ in range(3):
        value = codec.decode(data, Newer)
        assert isinstance(value, Newer)
        assert (value.region_name, dict(value.unknown_fields)) == ("eu", {"new": 1})
        assert value == Newer(id="t", name="n", arguments="", region_name="eu").with_unknown_fields({"new": 1})
        # The public class does not know it.
        event = codec.decode(data, cm.ToolExecutionDeltaEvent)
        assert dict(event.unknown_fields) == {spelled: "eu", "new": 1}
        for other, name in (("camel", "regionName"), ("snake", "region_name")):
            written = json.loads(getattr(cm, other).encode(value))
            assert (written[name], written["new"]) == ("eu", 1)
            assert ("region_name" in written) + ("regionName" in written) == 1
    for value in origins(Newer(id="t", name="n", arguments=""), Newer):
        with pytest.raises(ValueError, match="regionName"):
            value.with_unknown_fields({"regionName": "us"})


def test_a_subclass_with_unknown_fields_is_another_class() -> None:
    fields: dict[str, Any] = {"id": "t", "name": "n", "arguments": ""}
    one = Newer(**fields).with_unknown_fields({"new": 1})
    other = cm.ToolExecutionDeltaEvent(**fields).with_unknown_fields({"new": 1})
    for left in origins(one, Newer):
        assert left == one
        assert isinstance(left, Newer)
        for right in origins(other, cm.ToolExecutionDeltaEvent):
            assert left != right
            assert right != left
        for way in COPIES.values():
            copied = way(left)
            assert isinstance(copied, Newer)
            assert copied == one
