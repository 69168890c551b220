"""``patch`` changes one value and leaves every other byte as it was."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

import conversation_models as cm

from ..support.amounts import examples
from ..support.documents import CODECS, NAMINGS, Naming, exact
from ..support.each import each
from ..support.strategies import free_objects, free_values, wire_responses

Path = tuple[str | int, ...]


def laid_out(document: Any, random: Random) -> tuple[bytes, dict[Path, tuple[int, int]]]:
    """JSON text with random white space and escapes, and the start and end of each value in it."""
    text = bytearray()
    spans: dict[Path, tuple[int, int]] = {}

    def space() -> None:
        text.extend(random.choice([b"", b"", b" ", b"\n\t", b" \r\n "]))

    def write(value: Any, path: Path) -> None:
        start = len(text)
        if isinstance(value, (dict, list)):
            items: Any = value.items() if isinstance(value, dict) else enumerate(value)
            text.extend(b"{" if isinstance(value, dict) else b"[")
            space()
            for position, (step, member) in enumerate(items):
                if position:
                    text.extend(b",")
                    space()
                if isinstance(step, str):
                    text.extend(json.dumps(step, ensure_ascii=random.random() < 0.5).encode())
                    space()
                    text.extend(b":")
                    space()
                write(member, (*path, step))
                space()
            text.extend(b"}" if isinstance(value, dict) else b"]")
        else:
            text.extend(json.dumps(value, ensure_ascii=random.random() < 0.5).encode())
        spans[path] = (start, len(text))

    space()
    write(document, ())
    space()
    return bytes(text), spans


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


documents = st.one_of(*map(wire_responses, NAMINGS), free_objects, free_values)


@examples(150)
@given(documents, st.integers(), free_values, st.data())
def test_replacing_keeps_every_other_byte(document: Any, seed: int, value: Any, data: st.DataObject) -> None:
    text, spans = laid_out(document, Random(seed))
    path = data.draw(st.sampled_from(sorted(spans, key=repr)))
    start, end = spans[path]
    patched = cm.patch(text, path, value)
    assert patched.startswith(text[:start])
    assert patched.endswith(text[end:])
    assert exact(json.loads(patched[start : len(patched) - (len(text) - end)])) == exact(value)


def split(shorter: bytes, longer: bytes) -> bytes:
    """The bytes that turn ``shorter`` into ``longer``, if inserted in one place."""
    prefix = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    assert longer.endswith(shorter[prefix:])
    return longer[prefix : len(longer) - (len(shorter) - prefix)]


@examples(150)
@given(documents, st.integers(), st.text(max_size=4), free_values, st.data())
def test_adding_keeps_every_byte(document: Any, seed: int, key: str, value: Any, data: st.DataObject) -> None:
    text, spans = laid_out(document, Random(seed))
    objects = [path for path in spans if isinstance(at(document, path), dict) and key not in at(document, path)]
    if not objects:
        return
    path = data.draw(st.sampled_from(sorted(objects, key=repr)))
    document = json.loads(text)
    patched = cm.patch(text, [*path, key], value)
    assert split(text, patched)
    at(document, path)[key] = value
    assert exact(json.loads(patched)) == exact(document)
    assert list(at(json.loads(patched), path))[-1] == key


@examples(150)
@given(documents, st.integers(), st.data())
def test_removing_keeps_every_other_byte(document: Any, seed: int, data: st.DataObject) -> None:
    text, spans = laid_out(document, Random(seed))
    if len(spans) == 1:
        return
    path = data.draw(st.sampled_from(sorted(spans.keys() - {()}, key=repr)))
    patched = cm.patch(text, path, UNSET)
    start, end = spans[path]
    assert len(split(patched, text)) >= end - start
    document = json.loads(text)
    del at(document, path[:-1])[path[-1]]
    assert exact(json.loads(patched)) == exact(document)


@each(
    ("data", "path", "value", "expected"),
    [
        (b'{"a": 1.0, "b": 1e2}', ["b"], 5, b'{"a": 1.0, "b": 5}'),
        (b'{"a":[1 , [2,3] ]}', ["a", 1, 0], None, b'{"a":[1 , [null,3] ]}'),
        (b'[{"a":1},\n{"a":2}]', [1, "a"], "x", b'[{"a":1},\n{"a":"x"}]'),
        (b' {"a":1} ', [], [True], b" [true] "),
        (b" 5\n", (), {"a": 1}, b' {"a":1}\n'),
        (b"{}", ["a"], 1, b'{"a":1}'),
        (b'{"a":1}', ["b"], 2, b'{"a":1,"b":2}'),
        (b'{ "a" : 1 }', ["b"], 2, b'{ "a" : 1,"b":2 }'),
        (b'{"a":{"b":{}}}', ["a", "b", "c"], "d", b'{"a":{"b":{"c":"d"}}}'),
        (b'{"a":1,"b":2,"c":3}', ["a"], UNSET, b'{"b":2,"c":3}'),
        (b'{"a":1,"b":2,"c":3}', ["b"], UNSET, b'{"a":1,"c":3}'),
        (b'{"a":1,"b":2,"c":3}', ["c"], UNSET, b'{"a":1,"b":2}'),
        (b'{"a":1}', ["a"], UNSET, b"{}"),
        (b"[1,2,3]", [1], UNSET, b"[1,3]"),
        # Of a repeated key, the last one counts. Removing it removes all.
        (b'{"a":1,"b":2,"a":3}', ["a"], 9, b'{"a":1,"b":2,"a":9}'),
        (b'{"a":1,"b":2,"a":3}', ["a"], UNSET, b'{"b":2}'),
        (b'{"a":1,"a":2,"b":3}', ["a"], UNSET, b'{"b":3}'),
        (b'{"b":0,"a":1,"a":2,"b":3,"a":4}', ["a"], UNSET, b'{"b":0,"b":3}'),
        (b'{ "a":1 ,"a":2 }', ["a"], UNSET, b"{  }"),
        # Keys are compared unescaped.
        (b'{"\\u0061\\"b":1,"c":2}', ['a"b'], 3, b'{"\\u0061\\"b":3,"c":2}'),
        ('{"ü":{"a,b:":[1]}}'.encode(), ["ü", "a,b:", 0], "é", '{"ü":{"a,b:":["é"]}}'.encode()),
        ('{"ü":1}', ["é"], 2, '{"ü":1,"é":2}'.encode()),
        (b'{"":{"":1}}', ["", ""], 2, b'{"":{"":2}}'),
        # The document need not be a conversation, and a number beside the path may be too large for Python.
        (b'{"a":1e999,"b":"ok","c":1}', ["c"], 2, b'{"a":1e999,"b":"ok","c":2}'),
    ],
)
def test_only_the_bytes_of_the_value_change(data: bytes | str, path: Any, value: Any, expected: bytes) -> None:
    assert cm.patch(data, path, value) == expected


def test_a_character_of_several_bytes_may_be_anywhere_in_a_long_document() -> None:
    text = "\N{SNOWMAN}" * 200_000
    for shift in range(3):
        data = f'{{"a":"{"." * shift}{text}","c":1}}'
        assert cm.patch(data, ["c"], 2) == data.replace("1", "2").encode()


def test_unknown_fields_can_be_patched() -> None:
    data = b'{"conversation_id":"c","outputs":[{"type":"new","content":"x"}],"usage":{},"region":"eu"}'
    assert cm.patch(data, ["outputs", 0, "content"], "y") == data.replace(b'"x"', b'"y"')
    assert cm.patch(data, ["region"], UNSET) == data.replace(b',"region":"eu"', b"")


def test_the_callers_buffer_is_not_changed() -> None:
    data = bytearray(b'{"a":1}')
    patched = cm.patch(data, ["a"], 2)
    assert isinstance(patched, bytes)
    assert data == b'{"a":1}'


# Models take the naming of the document --------------------------------------------------------------------------


@each("made_by", NAMINGS)
@each(
    ("data", "path", "naming"),
    [
        (b'{"conversationId":"c","outputs":[0],"usage":{}}', ["outputs", 0], "camel"),
        (b'{"conversation_id":"c","outputs":[0],"usage":{}}', ["outputs", 0], "snake"),
        (b'{"outputs":[{"info":{"agentId":1}}, 0],"conversation_id":"c"}', ["outputs", 1], "snake"),
        (b'{"outputs":[{"info":{"agent_id":1}}, 0],"conversationId":"c"}', ["outputs", 1], "camel"),
        (b'{"agent_id":"a","x":0}', ["x"], "snake"),
        (b'[{"agentId":"a"},0]', [1], "camel"),
        (b'{"x":0}', ["x"], "camel"),
    ],
)
def test_models_are_spelled_as_the_document_is(data: bytes, path: Any, naming: Naming, made_by: Naming) -> None:
    entry = cm.MessageOutputEntry(agent_id="a", content=[cm.ImageURLChunk(image_url="u")])
    entry = CODECS[made_by].decode(CODECS[made_by].encode(entry), cm.MessageOutputEntry)
    expected = {
        "camel": {"agentId": "a", "content": [{"type": "image_url", "imageUrl": "u"}]},
        "snake": {"agent_id": "a", "content": [{"type": "image_url", "image_url": "u"}]},
    }[naming]
    constants = {"object": "entry", "type": "message.output", "role": "assistant"}
    assert at(json.loads(cm.patch(data, path, entry)), path) == {**constants, **expected}
    assert at(json.loads(cm.patch(data, path, [entry])), path) == [{**constants, **expected}]


def test_unknown_members_are_inserted_byte_for_byte() -> None:
    raw = b'{ "type": "new", "agent_id" : 1.0 }'
    assert cm.patch(b'{"conversationId":"c","outputs":[]}', ["outputs"], [cm.Unknown("new", raw)]) == (
        b'{"conversationId":"c","outputs":[' + raw + b"]}"
    )


# Errors ----------------------------------------------------------------------------------------------------------


@each(
    ("data", "path", "value", "place"),
    [
        (b'{"a":{}}', ["b", "c"], 1, "$.b"),
        (b'{"a":{}}', ["a", "b", "c"], 1, "$.a.b"),
        (b'{"a":{}}', ["a", "b"], UNSET, "$.a.b"),
        (b"{}", ["a b"], UNSET, '$["a b"]'),
        (b"[1,2]", [2], 3, "$[2]"),
        (b"[1,2]", [2], UNSET, "$[2]"),
        (b"[1,2]", [-1], 3, "$[-1]"),
        (b"[]", [0], 1, "$[0]"),
        (b'{"a":[1]}', ["a", "0"], 1, "$.a"),
        (b'{"a":{"0":1}}', ["a", 0], 1, "$.a"),
        (b'{"a":5}', ["a", "b"], 1, "$.a"),
        (b'{"a":[null]}', ["a", 0, 0], 1, "$.a[0]"),
        (b'{"a":1}', [], UNSET, "$"),
        (b"5", ["a"], 1, "$"),
    ],
)
def test_a_path_that_is_not_in_the_document_is_an_error_that_names_it(
    data: bytes, path: Any, value: Any, place: str
) -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.patch(data, path, value)
    assert caught.value.path == place
    assert place in str(caught.value)


@pytest.mark.parametrize("path", ["s", "", [1.0], [None], [b"a"], ["s", ("t",)]])
def test_a_path_that_is_not_keys_and_indexes_is_a_type_error(path: Any) -> None:
    with pytest.raises(TypeError, match="keys and indexes"):
        cm.patch(b'{"s":{"t":1}}', path, 1)


@pytest.mark.parametrize(
    ("value", "error"), [("\ud800", UnicodeEncodeError), (object(), TypeError), ({1, object()}, TypeError)]
)
def test_values_that_json_cannot_represent_raise_the_error_of_encode(value: Any, error: type[Exception]) -> None:
    """They are not the document's fault: the error is that of ``encode``."""
    with pytest.raises(error) as caught:
        cm.patch(b'{"a":1}', ["a"], value)
    assert not isinstance(caught.value, cm.ConversationModelsError)


@each(
    "data",
    [
        *(b"", b"{", b'{"a":1}x', b'{"a":1,}', b'{"a":NaN}', b'{"a":' * 100_000, b'{"\\ud800":1,"a":1}', b'{"\xff":1}'),
        *(b'{"b":"\xff","a":1}', b'{"b":["\xe2\x82"],"a":1}', b'{"a":1}\xff'),
        b'{"b":"' + b"a" * 262_137 + b'\xc3","a":1}',
        b'{"b":"' + "\N{SNOWMAN}".encode() * 200_000 + b'\xc3","a":1}',
    ],
)
def test_patching_text_that_is_not_json_is_an_error_without_a_path(data: bytes) -> None:
    for value in (1, UNSET):
        with pytest.raises(cm.ConversationDecodeError) as caught:
            cm.patch(data, ["a"], value)
        assert caught.value.path is None


def test_an_object_is_not_a_value() -> None:
    with pytest.raises(TypeError):
        cm.patch(b'{"a":1}', ["a"], object())
