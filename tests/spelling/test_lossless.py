"""One value has two spellings, and decoding and encoding loses nothing."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

import conversation_models as cm

from ..support.amounts import each_once, examples
from ..support.documents import (
    CODECS,
    NAMINGS,
    SHAPES,
    UNION_TYPES,
    Naming,
    dumps,
    exact,
    key,
    minimal,
    respelled,
    value_of,
    written,
)
from ..support.each import each
from ..support.strategies import chunks, entries, events, free_values, responses, values, wire, wire_member

every_naming = pytest.mark.parametrize("naming", NAMINGS)
OTHER: dict[Naming, Naming] = {"camel": "snake", "snake": "camel"}


def check(document: Any, type: Any, name: Any, naming: Naming) -> None:
    """``name`` is the name of ``type`` in ``support.documents``."""
    here, there = CODECS[naming], CODECS[OTHER[naming]]
    value = here.decode(dumps(document), type)
    assert value == value_of(document, name, naming)
    assert exact(json.loads(here.encode(value))) == exact(written(document, name, naming))

    # The document in the other naming gives an equal value and the same output.
    translated = respelled(document, name, naming)
    other = there.decode(dumps(translated), type)
    assert other == value
    assert value == other
    expected = exact(written(translated, name, OTHER[naming]))
    assert exact(json.loads(there.encode(value))) == exact(json.loads(there.encode(other))) == expected


@each_once(naming=NAMINGS, cls=SHAPES)
@examples(12, usual=4)
@given(data=st.data())
def test_every_model_is_lossless_in_both_namings(cls: Any, naming: Naming, data: st.DataObject) -> None:
    check(data.draw(wire(cls, naming, open=True)), cls, cls, naming)


def check_response(naming: Naming, data: st.DataObject) -> None:
    document = data.draw(wire(cm.ConversationResponse, naming, open=True))
    check(document, cm.ConversationResponse, cm.ConversationResponse, naming)


@every_naming
@examples(100)
@given(data=st.data())
def test_responses_are_lossless_in_both_namings(naming: Naming, data: st.DataObject) -> None:
    check_response(naming, data)


@pytest.mark.long
@every_naming
@settings(max_examples=3_000)
@given(data=st.data())
def test_many_responses_are_lossless_in_both_namings(naming: Naming, data: st.DataObject) -> None:
    check_response(naming, data)


@each_once(naming=NAMINGS, union=UNION_TYPES)
@examples(60)
@given(data=st.data())
def test_members_of_every_union_are_lossless_in_both_namings(union: str, naming: Naming, data: st.DataObject) -> None:
    check(data.draw(wire_member(union, naming, open=True)), UNION_TYPES[union], union, naming)


@every_naming
@examples(100)
@given(value=st.one_of([values(cls) for cls in SHAPES]))
def test_values_made_by_hand_are_read_back(naming: Naming, value: Any) -> None:
    assert CODECS[naming].decode(CODECS[naming].encode(value), type(value)) == value


@every_naming
@examples(50)
@given(data=st.data())
def test_values_made_by_hand_are_read_back_as_members_of_unions(naming: Naming, data: st.DataObject) -> None:
    for union, strategy in (("entry", entries()), ("chunk", chunks()), ("event", events())):
        value = data.draw(strategy)
        assert CODECS[naming].decode(CODECS[naming].encode(value), UNION_TYPES[union]) == value


@examples(50)
@given(responses())
def test_decoding_and_encoding_again_changes_nothing(response: cm.ConversationResponse) -> None:
    for codec in (cm.camel, cm.snake):
        assert codec.encode(codec.decode(codec.encode(response))) == codec.encode(response)


# Absent and null -------------------------------------------------------------------------------------------------

NULLABLE = [(cls, name) for cls, shape in SHAPES.items() for name, field in shape.fields.items() if field.nullable]


@every_naming
@each(("cls", "name"), NULLABLE)
def test_null_and_absent_stay_apart(cls: Any, name: str, naming: Naming) -> None:
    codec = CODECS[naming]
    document = {key(field, naming): value for field, value in minimal(cls).items()}
    assert getattr(codec.decode(dumps(document), cls), name) is UNSET
    assert key(name, naming) not in json.loads(codec.encode(codec.decode(dumps(document), cls)))
    document[key(name, naming)] = None
    assert getattr(codec.decode(dumps(document), cls), name) is None
    assert json.loads(codec.encode(codec.decode(dumps(document), cls)))[key(name, naming)] is None


# Leaves ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-05-27T12:59:33.171501Z", datetime(2025, 5, 27, 12, 59, 33, 171501, timezone.utc)),
        ("2025-05-27T12:59:33Z", datetime(2025, 5, 27, 12, 59, 33, 0, timezone.utc)),
        (
            "2025-05-27T12:59:33.000001+05:30",
            datetime(2025, 5, 27, 12, 59, 33, 1, timezone(timedelta(hours=5, minutes=30))),
        ),
        ("2025-05-27T12:59:33.999999-11:00", datetime(2025, 5, 27, 12, 59, 33, 999999, timezone(-timedelta(hours=11)))),
        ("0001-01-01T00:00:00+14:00", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
        ("9999-12-31T23:59:59.999999-23:59", datetime.max.replace(tzinfo=timezone(-timedelta(hours=23, minutes=59)))),
        ("2025-05-27T12:59:33.5", datetime(2025, 5, 27, 12, 59, 33, 500000)),  # noqa: DTZ001
    ],
)
def test_timestamps_keep_their_microseconds_and_offset(text: str, moment: datetime) -> None:
    entry = cm.snake.decode(dumps({"content": "", "created_at": text}), cm.MessageOutputEntry)
    assert isinstance(entry.created_at, datetime)
    assert (entry.created_at, entry.created_at.utcoffset()) == (moment, moment.utcoffset())
    again = json.loads(cm.camel.encode(entry))["createdAt"]
    assert again == (text if "." not in text or text[-1] != "5" else f"{text}00000")


@each(
    "literal",
    [
        "0",
        "-1",
        "9007199254740993",
        "18446744073709551616",
        "-170141183460469231731687303715884105729",
        "1" + "0" * 4000,
        "0.1",
        "1.0",
        "-0.0",
        "5e-324",
        "1.7976931348623157e+308",
        "2.2250738585072014e-308",
        "0.30000000000000004",
        "123456789012345680.0",
    ],
)
def test_numbers_in_free_form_data_keep_every_digit(literal: str) -> None:
    data = f'{{"name":"t","info":{{"x":{literal}}}}}'
    for codec in (cm.camel, cm.snake):
        entry = codec.decode(data, cm.ToolExecutionEntry)
        assert isinstance(entry.info, dict)
        assert repr(entry.info["x"]) == repr(json.loads(literal))
        assert repr(json.loads(codec.encode(entry))["info"]["x"]) == repr(json.loads(literal))


@pytest.mark.parametrize("literal", ["0", "18446744073709551616", "1" + "0" * 4000])
def test_counts_may_have_any_size(literal: str) -> None:
    usage = cm.snake.decode(f'{{"total_tokens":{literal},"connectors":{{"t":{literal}}}}}', cm.ConversationUsageInfo)
    assert usage.total_tokens == int(literal)
    assert json.loads(cm.camel.encode(usage))["totalTokens"] == int(literal)
    assert json.loads(cm.camel.encode(usage))["connectors"] == {"t": int(literal)}


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\u0000\u001f\u007f", "\0\x1f\x7f"),
        (r"\u2028\ufeff\uffff", "\u2028\ufeff\uffff"),
        (r"\"\\\/\b\f\n\r\t", '"\\/\b\f\n\r\t'),
        ("e\u0301", "e\u0301"),
    ],
)
def test_escaped_text_is_read_and_written_back(escaped: str, text: str) -> None:
    chunk = cm.camel.decode(f'{{"type":"text","text":"{escaped}"}}', cm.TextChunk)
    assert chunk.text == text
    assert json.loads(cm.snake.encode(chunk)) == {"type": "text", "text": text}


@examples(100)
@given(free_values)
def test_free_form_data_comes_back_unchanged(value: Any) -> None:
    info = {"conversation_id": value, "agentId": [value], "connectorTokens": {"image_url": value}}
    for here, there in ((cm.camel, cm.snake), (cm.snake, cm.camel)):
        entry = here.decode(dumps({"name": "t", "info": info}), cm.ToolExecutionEntry)
        assert exact(json.loads(there.encode(entry))["info"]) == exact(info)


def test_free_form_maps_keep_their_keys() -> None:
    keys = {"conversation_id": 1, "conversationId": 2, "agent_id": 3, "agentId": 4}
    document = {
        "conversation_id": "c",
        "outputs": [{"name": "t", "info": keys}, {"tool_call_id": "c", "name": "f", "arguments": keys}],
        "usage": {"connectors": keys},
        "guardrails": [keys, {"outputs": [{"agent_id": keys}]}],
    }
    written_in_camel = json.loads(cm.camel.encode(cm.snake.decode(dumps(document))))
    assert written_in_camel["outputs"][0]["info"] == keys
    assert written_in_camel["outputs"][1]["arguments"] == keys
    assert written_in_camel["usage"]["connectors"] == keys
    assert written_in_camel["guardrails"] == document["guardrails"]
    done = cm.snake.decode(
        dumps({"type": "tool.execution.done", "id": "i", "name": "t", "info": keys}), cm.ConversationEvent
    )
    assert json.loads(cm.camel.encode(done))["info"] == keys
