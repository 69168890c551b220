"""``drift`` finds the parts of a document that the models do not know."""

import json
import re
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

import conversation_models as cm

from ..support.amounts import each_once, examples
from ..support.documents import CODECS, NAMINGS, SHAPES, UNION_TYPES, Naming, Reading, Shape, dumps, key, minimal
from ..support.each import each
from ..support.strategies import wire, wire_member

every_naming = pytest.mark.parametrize("naming", NAMINGS)


def test_a_missing_usage_is_named() -> None:
    # The schema requires it. Documents without one are read with zeros.
    assert cm.camel.drift(b'{"conversationId":"c","outputs":[]}') == ["$.usage is missing"]
    assert cm.snake.drift(b'[{"conversation_id":"c","x":1,"outputs":[]}]', list[cm.ConversationResponse]) == [
        "$[0].x",
        "$[0].usage is missing",
    ]


class Drift(Reading):
    """Collects the paths that ``drift`` must find."""

    def __init__(self, naming: Naming) -> None:
        super().__init__(naming)
        self.found: list[str] = []

    def model(self, shape: Shape, fields: dict[str, Any], extra: dict[str, Any], path: str) -> Any:
        if shape.cls is cm.ConversationResponse and "usage" not in fields:
            self.found.append(f"{path}.usage is missing")
        for name in extra:
            plain = re.fullmatch("[A-Za-z_][A-Za-z_0-9]*", name)
            self.found.append(f"{path}.{name}" if plain else f"{path}[{json.dumps(name, ensure_ascii=False)}]")

    def unknown(self, member: Any, path: str) -> Any:
        tag = member.get("type") if isinstance(member, dict) else None
        self.found.append(f"{path}.type = {json.dumps(tag, ensure_ascii=False)}" if isinstance(tag, str) else path)


@each_once(naming=NAMINGS, cls=SHAPES)
@examples(10, usual=2)
@given(data=st.data())
def test_drift_finds_unknown_fields_in_every_model(cls: Any, naming: Naming, data: st.DataObject) -> None:
    document = data.draw(wire(cls, naming, open=True))
    expected = Drift(naming)
    expected.object(document, cls)
    assert sorted(CODECS[naming].drift(dumps(document), cls)) == sorted(expected.found)


@each_once(naming=NAMINGS, union=UNION_TYPES)
@examples(60, usual=6)
@given(data=st.data())
def test_drift_finds_unknown_members_and_fields_in_every_union(union: str, naming: Naming, data: st.DataObject) -> None:
    document = data.draw(wire_member(union, naming, open=True))
    expected = Drift(naming)
    expected.member(document, union)
    assert sorted(CODECS[naming].drift(dumps(document), UNION_TYPES[union])) == sorted(expected.found)


@every_naming
@examples(60, usual=6)
@given(data=st.data())
def test_fields_that_the_models_know_are_not_drift(naming: Naming, data: st.DataObject) -> None:
    document = data.draw(wire(cm.ConversationResponse, naming)) | {"usage": {}}
    assert CODECS[naming].drift(dumps(document)) == []


def test_drift_is_in_the_order_of_the_document() -> None:
    data = b"""{
        "x": 1, "conversation_id": "c", "outputs": [
            {"type": "message.output", "region": "eu", "content": [
                {"type": "text", "text": "a", "b": 1}, {"type": "text", "text": "a"}, {"url": 5, "type": "video_url"},
                {"type": "thinking", "thinking": [{"text": "a", "z": 1}, {"type": "image_url", "image_url": "u"}]},
                {"image_url": {"url": "u", "size": 3}}], "a b": 1},
            {"type": "video.output", "frames": {"x": 1}},
            {"name": "t", "info": {"anything": {"goes": 1}}, "cost": 3},
            {"kind": "untagged"}, 5
        ], "usage": {"cached_tokens": 1, "connectors": {"t": 1}}, "guardrails": [{"free": 1}], "region": "eu"}"""
    assert cm.snake.drift(data) == [
        "$.x",
        "$.outputs[0].region",
        "$.outputs[0].content[0].b",
        '$.outputs[0].content[2].type = "video_url"',
        "$.outputs[0].content[3].thinking[0].z",
        '$.outputs[0].content[3].thinking[1].type = "image_url"',
        "$.outputs[0].content[4].image_url.size",
        '$.outputs[0]["a b"]',
        '$.outputs[1].type = "video.output"',
        "$.outputs[2].cost",
        "$.outputs[3]",
        "$.outputs[4]",
        "$.usage.cached_tokens",
        "$.region",
    ]


@every_naming
def test_a_key_in_the_other_naming_is_drift(naming: Naming) -> None:
    other = key("agent_id", "snake" if naming == "camel" else "camel")
    entry = {"type": "message.output", "content": "", other: "a"}
    document = {key("conversation_id", naming): "c", "outputs": [entry], "usage": {}}
    assert CODECS[naming].drift(dumps(document)) == [f"$.outputs[0].{other}"]


def test_invalid_members_do_not_hide_drift_around_them() -> None:
    """Tagged or not."""
    wrong = b'"content":[{"type":"text","text":5,"a":1},{"text":5}],"b":1'
    for tag in b"", b'"type":"message.output",':
        data = b'{"conversation_id":"c","outputs":[{%b%b}],"usage":{},"new":1}' % (tag, wrong)
        assert cm.snake.drift(data) == [
            "$.outputs[0].content[0].a",
            "$.outputs[0].content[1]",
            "$.outputs[0].b",
            "$.new",
        ]


def test_null_fields_of_other_models_are_drift() -> None:
    assert cm.snake.drift(b'{"content":null,"name":"n"}', cm.OutputEntry) == ["$.content"]


def test_an_unknown_tag_is_drift_and_a_known_one_is_not() -> None:
    assert cm.snake.drift(b'{"type":"new","text":"a"}', cm.ContentChunk) == ['$.type = "new"']
    assert cm.snake.drift(b'{"type":"text","text":"a"}', cm.TextChunk) == []
    # For a model without a tag, ``type`` is a field like any other.
    assert cm.snake.drift(b'{"type":"a","url":"u"}', cm.ImageURL) == ["$.type"]


@every_naming
@each("cls", SHAPES)
def test_an_unknown_field_of_any_model_is_drift(cls: Any, naming: Naming) -> None:
    document = {key(name, naming): value for name, value in minimal(cls).items()} | {"newField": {"type": "x"}}
    if cls is cm.ConversationResponse:
        document["usage"] = {}
    assert CODECS[naming].drift(dumps(document), cls) == ["$.newField"]


@pytest.mark.parametrize(
    "data",
    [
        b"5",
        b"[]",
        b"null",
        b'{"outputs":5,"usage":[],"guardrails":{"a":1}}',
        b'{"outputs":[{"type":"message.output","content":{"a":[{"b":1}]}}],"usage":{}}',
        b'{"outputs":[{"type":"message.output","content":[{"type":"thinking","thinking":{"a":1}}]}],"usage":{}}',
    ],
)
def test_wrong_shapes_are_not_drift(data: bytes) -> None:
    # ``decode`` reports them.
    assert cm.snake.drift(data) == []


@each(
    "data",
    [
        *(b"", b"{", b'{"a":1} x', b'{"a":NaN}', b'{"a":' * 100_000, b'{"usage":{"a":\xff}}', b'"\\ud800"'),
        *(b'["\xff"]', b'{"outputs":[{"type":"new","a":"\xff"}]}'),
    ],
)
def test_drift_refuses_text_that_is_not_json(data: bytes) -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.snake.drift(data)
    assert caught.value.path is None


class Pair(NamedTuple):
    number: int
    chunk: cm.TextChunk


class Row(Struct, array_like=True, tag="row"):
    number: int
    chunk: cm.TextChunk


@pytest.mark.parametrize(
    ("tp", "data", "paths"),
    [
        (Pair, b'[1,{"text":"x","new":1}]', ["$[1].new"]),
        (list[Row], b'[["row",1,{"text":"x","new":1}]]', ["$[0][2].new"]),
        (dict[str, cm.TextChunk], b'{"a":{"text":"x","new":1}}', ["$.a.new"]),
        (tuple[cm.TextChunk], b'[{"text":"x","new":1}]', ["$[0].new"]),
        (list[tuple[cm.TextChunk]], b'[[{"text":"x"}],[{"text":"x","new":1}]]', ["$[1][0].new"]),
    ],
)
def test_drift_looks_into_lists_dicts_and_arrays(tp: Any, data: bytes, paths: list[str]) -> None:
    assert cm.camel.drift(data, tp) == paths
