"""One kind of error, with the path of the wrong value and a message to act on."""

from typing import Any

import pytest

import conversation_models as cm

from ..support.documents import CODECS, NAMINGS, Naming
from ..support.each import each

every_naming = pytest.mark.parametrize("naming", NAMINGS)

GOOD = b'{"conversation_id":"c","outputs":[],"usage":{}}'


def response(outputs: bytes, rest: bytes = b"") -> bytes:
    return b'{"conversation_id":"c","outputs":[' + outputs + b'],"usage":{}' + rest + b"}"


R, E = cm.ConversationResponse, cm.ConversationEvent
NEW = b'{"type":"new"},'  # Sends the document down the second path.

WRONG_SHAPES: list[tuple[bytes, Any, str, str]] = [
    (b"5", R, "$", "Expected `object`, got `int`"),
    (b"null", R, "$", "got `null`"),
    (b"[]", R, "$", "got `array`"),
    (b"{}", R, "$", "missing required field `conversation_id`"),
    (b'{"conversation_id":"c","usage":{}}', R, "$", "missing required field `outputs`"),
    (b'{"conversation_id":7,"outputs":[],"usage":{}}', R, "$.conversation_id", "Expected `str`, got `int`"),
    (b'{"conversation_id":"c","outputs":5,"usage":{}}', R, "$.outputs", "Expected `array`, got `int`"),
    (b'{"conversation_id":"c","outputs":{},"usage":{}}', R, "$.outputs", "Expected `array`, got `object`"),
    (b'{"conversation_id":"c","outputs":null,"usage":{}}', R, "$.outputs", "got `null`"),
    (b'{"conversation_id":"c","outputs":[],"usage":null}', R, "$.usage", "got `null`"),
    (b'{"conversation_id":"c","outputs":[],"usage":{"total_tokens":"1"}}', R, "$.usage.total_tokens", "got `str`"),
    (b'{"conversation_id":"c","outputs":[],"usage":{"total_tokens":1.5}}', R, "$.usage.total_tokens", "got `float`"),
    (b'{"conversation_id":"c","outputs":[],"usage":{"total_tokens":null}}', R, "$.usage.total_tokens", "got `null`"),
    (response(b"", b',"object":"list"'), R, "$.object", "Invalid"),
    (response(b"", b',"guardrails":[5]'), R, "$.guardrails[0]", "Expected `object`"),
    (response(b'{"type":"message.output"}'), R, "$.outputs[0]", "missing required field `content`"),
    (response(NEW + b'{"type":"message.output"}'), R, "$.outputs[1]", "missing required field `content`"),
    (response(b'{"type":"message.output","content":5}'), R, "$.outputs[0].content", "got `int`"),
    (response(NEW + b'{"type":"message.output","content":{}}'), R, "$.outputs[1].content", "got `object`"),
    (response(b'{"type":"message.output","content":"","role":"user"}'), R, "$.outputs[0].role", "Invalid"),
    (response(b'{"type":"message.output","content":"","object":"x"}'), R, "$.outputs[0].object", "Invalid"),
    (response(b'{"type":"tool.execution","name":null}'), R, "$.outputs[0].name", "got `null`"),
    (response(NEW + b'{"type":"tool.execution","name":"","info":[]}'), R, "$.outputs[1].info", "got `array`"),
    (response(b'{"type":"function.call","name":"f","tool_call_id":"c"}'), R, "$.outputs[0]", "field `arguments`"),
    (response(b'{"type":"tool.execution","name":"","created_at":"noon"}'), R, "$.outputs[0].created_at", "datetime"),
    (response(b'{"type":"tool.execution","name":"","created_at":5}'), R, "$.outputs[0].created_at", "got `int`"),
    (
        response(b'{"type":"message.output","content":[' + NEW + b'{"type":"text"}]}'),
        R,
        "$.outputs[0].content[1]",
        "missing required field `text`",
    ),
    (
        response(b'{"content":[]},{"content":[{"type":"text","text":[]}],"type":"message.output"}'),
        R,
        "$.outputs[1].content[0].text",
        "Expected `str`, got `array`",
    ),
    (
        response(NEW + b'{"type":"message.output","content":[{"type":"thinking","thinking":[5,{"type":"text"}]}]}'),
        R,
        "$.outputs[1].content[0].thinking[1]",
        "missing required field `text`",
    ),
    (
        response(b'{"type":"message.output","content":[{"type":"thinking","thinking":"x"}]}'),
        R,
        "$.outputs[0].content[0].thinking",
        "Expected `array`, got `str`",
    ),
    (
        response(b'{"type":"message.output","content":[{"type":"image_url","image_url":{"detail":"low"}}]}'),
        R,
        "$.outputs[0].content[0].image_url",
        "missing required field `url`",
    ),
    (
        response(NEW + b'{"type":"message.output","content":[{"type":"reference","reference_ids":[1,null]}]}'),
        R,
        "$.outputs[1].content[0].reference_ids[1]",
        "got `null`",
    ),
    (b'{"type":"message.output.delta","id":"m","content":5}', E, "$.content", "got `int`"),
    (b'{"type":"message.output.delta","id":"m","content":[]}', E, "$.content", "got `array`"),
    (b'{"type":"message.output.delta","id":"m","content":{"type":"text"}}', E, "$.content", "field `text`"),
    (b'{"type":"message.output.delta","content":{"type":"new"}}', E, "$", "missing required field `id`"),
    (b'{"type":"conversation.response.done","usage":[]}', E, "$.usage", "got `array`"),
    (b'{"type":"conversation.response.error","message":"m","code":"500"}', E, "$.code", "got `str`"),
    (b'{"type":"text"}', cm.ContentChunk, "$", "missing required field `text`"),
    (b'{"type":"message.output","content":[{"type":"text"}]}', cm.OutputEntry, "$.content[0]", "field `text`"),
    (b'{"type":"thinking","text":"a"}', cm.TextChunk, "$.type", "Invalid value 'thinking'"),
    (b'{"type":"new","text":"a"}', cm.TextChunk, "$.type", "Invalid value 'new'"),
    (b'{"type":null,"text":"a"}', cm.TextChunk, "$.type", "Expected `str`"),
    (b'{"type":"new","conversation_id":"c"}', cm.ResponseStartedEvent, "$.type", "Invalid value 'new'"),
    (b'{"text":1}', cm.TextChunk, "$.text", "Expected `str`, got `int`"),
    (b"[]", cm.ImageURL, "$", "got `array`"),
]


@each(("data", "type", "path", "message"), WRONG_SHAPES)
def test_wrong_shapes_name_their_path(data: bytes, type: Any, path: str, message: str) -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.snake.decode(data, type)
    assert caught.value.path == path
    assert message in str(caught.value)
    assert path in str(caught.value)


def test_paths_use_the_keys_of_the_document() -> None:
    for rest in (b"", b',{"type":"new"}'):
        data = b'{"conversationId":"c","outputs":[{"type":"tool.execution","name":"","agentId":5}%b],"usage":{}}' % rest
        with pytest.raises(cm.ConversationDecodeError) as caught:
            cm.decode(data)
        assert caught.value.path == "$.outputs[0].agentId"


DEEP = 100_000
NOT_JSON: list[tuple[bytes | str, str]] = [
    (b"", "empty"),
    ("", "empty"),
    (b" \n", "truncated"),
    (b"\0", "invalid character (byte 0)"),
    (GOOD[:-1], "truncated"),
    (GOOD[:20], "truncated"),
    (GOOD + b"x", "trailing characters"),
    (GOOD + GOOD, "trailing characters"),
    (b"\xef\xbb\xbf" + GOOD, "invalid character (byte 0)"),
    ("\ufeff" + GOOD.decode(), "invalid character (byte 0)"),
    (GOOD.decode().encode("utf-16"), "malformed"),
    (response(b"NaN"), "invalid character (byte 34)"),
    (response(b"Infinity"), "invalid character (byte 34)"),
    (response(b"-Infinity"), "malformed"),
    (response(b"01"), "malformed"),
    (response(b"{'type':'x'}"), "malformed"),
    (response(NEW), "malformed"),
    (response(b'{"type":"new","a":nul}'), "malformed"),
    (response(b'"\n"'), "malformed"),
    (response(b'{"content":"\\x"}'), "malformed"),
    (response(b'{"content":"\\ud800"}'), "malformed"),
    (response(b'{"content":"\\ud800x"}'), "malformed"),
    (response(b'{"content":"\\udc00"}'), "surrogate"),
    (response(b'{"type":"new","a":"\\ud800"}'), "malformed"),
    (b'"\\ud800"', "surrogate"),
    (b'"\\ud800 and so on', "surrogate pair (byte 7)"),
    (b'"a\\\\\\\\\\ud800"', "surrogate escape (byte 6)"),
    # Cut off in the middle of a pair, and after an escaped backslash.
    *((b'"\\ud83d\\ude00'[:end], f"truncated (byte {end})") for end in range(1, 13)),
    (b'{"a":"\\\\ud83d for"', "truncated (byte 18)"),
    ('{"\u00fc":', "truncated (byte 6)"),
    (GOOD.decode().replace('"c"', '"\ud800"'), "surrogate"),
    (response(b'{"content":"a\xffb"}'), "UTF-8: invalid start byte (byte 47)"),
    (response(b'{"content":"\xed\xa0\x80"}'), "UTF-8"),
    (response(b'{"content":"\xc0\xaf"}'), "UTF-8"),
    (response(b'{"content":"\xf4\x90\x80\x80"}'), "UTF-8"),
    (response(b'{"content":"\xe2\x82"}'), "UTF-8"),
    # Unknown members are written back as bytes, so those must be JSON.
    (response(b'{"type":"new","a":"\xff"}'), "UTF-8: invalid start byte (byte 53)"),
    (response(b'{"type":"message.output","content":[{"type":"new","a":["\xff"]}]}'), "UTF-8"),
    (response(b'{"text":"\xff"}'), "UTF-8"),
    (response(b"[" * DEEP), "nested deeper"),
    (response(b'{"type":"new","a":' + b"[" * DEEP + b"]" * DEEP + b"}"), "nested deeper"),
    (response(b'{"name":"t","info":{"a":' + b"[" * DEEP + b"]" * DEEP + b"}}"), "nested deeper"),
    (response(b"", b',"region":' + b'{"a":' * DEEP), "nested deeper"),
    (response(b"", b',"guardrails":[{"a":' + b"[" * DEEP), "nested deeper"),
]


@each(("data", "message"), NOT_JSON)
def test_errors_in_the_json_itself_have_no_path(data: bytes | str, message: str) -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.snake.decode(data)
    assert caught.value.path is None
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (response(b'{"type":"tool.execution","name":"t","info":{"a":1e999}}'), "$.outputs[0].info"),
        (response(b"", b',"guardrails":[{"a":-1e999}]'), "$.guardrails[0]"),
        (GOOD.replace(b"{}", b'{"total_tokens":1e999}'), "$.usage.total_tokens"),
        (GOOD.replace(b"{}", b'{"connectors":{"t":1' + b"0" * 5000 + b"}}"), "$.usage.connectors"),
    ],
)
def test_numbers_out_of_range_are_an_error(data: bytes, path: str) -> None:
    with pytest.raises(cm.ConversationDecodeError, match="out of range") as caught:
        cm.snake.decode(data)
    assert caught.value.path is not None
    assert caught.value.path.startswith(path)


def test_numbers_out_of_range_in_an_unknown_field_are_skipped() -> None:
    assert cm.snake.decode(response(b"", b',"region":1e999')).outputs == []
    assert cm.snake.decode(response(b'{"type":"new","a":1e999}')).outputs == [
        cm.Unknown("new", b'{"type":"new","a":1e999}')
    ]


def test_bad_utf8_in_an_unknown_field_is_an_error() -> None:
    # It would be written back, and the output must be valid.
    with pytest.raises(cm.ConversationDecodeError, match="UTF-8"):
        cm.snake.decode(response(b"", b',"region":"\xff"'))


def test_the_last_of_duplicate_keys_wins() -> None:
    data = (
        b'{"conversation_id":"a","outputs":[%b],"conversation_id":"b",'
        b'"usage":{"total_tokens":1,"total_tokens":2},"outputs":[]}'
    )
    for outputs in (b'{"type":"tool.execution","name":"t"}', b'{"type":"new"}'):
        value = cm.snake.decode(data % outputs)
        assert (value.conversation_id, value.outputs, value.usage.total_tokens) == ("b", [], 2)
    for tags in (b'"thinking","type":"text"', b'"new","type":"text"'):
        assert cm.snake.decode(b'{"type":' + tags + b',"text":"a"}', cm.ContentChunk) == cm.TextChunk(text="a")


def test_a_decode_error_is_a_value_error_and_one_of_the_librarys_own() -> None:
    assert issubclass(cm.ConversationDecodeError, cm.ConversationModelsError)
    assert issubclass(cm.ConversationDecodeError, ValueError)
    assert issubclass(cm.ConversationModelsError, Exception)
    error = cm.ConversationDecodeError("Expected `str` - at `$.a`", "$.a")
    assert (str(error), error.path) == ("Expected `str` - at `$.a`", "$.a")
    assert cm.ConversationDecodeError("no JSON").path is None


@every_naming
def test_a_codec_works_after_an_error(naming: Naming) -> None:
    codec = CODECS[naming]
    good = cm.encode(cm.snake.decode(GOOD)) if naming == "camel" else GOOD
    for data, _ in NOT_JSON:
        with pytest.raises(cm.ConversationDecodeError):
            codec.decode(data)
        assert codec.decode(good).conversation_id == "c"
    for data, type, _, _ in WRONG_SHAPES:
        with pytest.raises(cm.ConversationDecodeError):
            cm.snake.decode(data, type)
        assert codec.decode(good).conversation_id == "c"


# Lines -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ([GOOD, GOOD.replace(b"[]", b"5")], "$[1].outputs"),
        (
            [GOOD, response(NEW[:-1]), response(b'{"type":"text","content":5},{"type":"message.output"}')],
            "$[2].outputs[1]",
        ),
        ([response(NEW[:-1]), b"[]"], "$[1]"),
        ([b"", GOOD, b" ", b"{}"], "$[1]"),
        (
            [response(NEW[:-1]), response(b'{"name":"t","info":{"a":1e999},"type":"tool.execution"}')],
            "$[1].outputs[0].info",
        ),
        (
            [response(b'{"type":"message.output","content":[{"type":"new"},{"type":"text"}]}')],
            "$[0].outputs[0].content[1]",
        ),
    ],
)
def test_paths_in_lines_begin_with_the_document(lines: list[bytes], path: str) -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.snake.decode_lines(b"\n".join(lines))
    assert caught.value.path is not None
    assert caught.value.path.removesuffix("[...]") == path
    assert path in str(caught.value)


@pytest.mark.parametrize(
    "line", [b"{", b"x", GOOD + b"x", b'{"a":"\xff"}x', b'{"a":' + b"[" * DEEP, b'{"a":"\\ud800"}']
)
def test_lines_that_are_not_json_are_an_error(line: bytes) -> None:
    for before in (GOOD, response(NEW[:-1])):
        with pytest.raises(cm.ConversationDecodeError):
            cm.snake.decode_lines(before + b"\n" + line)


def test_bad_utf8_in_a_line_is_an_error() -> None:
    for member in (b'{"content":"\xff"}', b'{"type":"new","a":"\xff"}', b'{"type":"message.output","content":"\xff"}'):
        with pytest.raises(cm.ConversationDecodeError, match="UTF-8"):
            cm.snake.decode_lines(GOOD + b"\n" + response(member))
