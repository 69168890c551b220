"""Which types a codec reads, and how it refuses the others."""

from typing import Any

import pytest

import conversation_models as cm

from ..support.each import each

CODECS = [cm.camel, cm.snake]


@each("codec", CODECS)
@each("tp", [cm.StreamEvent, cm.InvalidEvent, cm.Unknown, list[cm.Unknown], pytest, 7])
def test_a_type_that_no_json_is_read_as_is_refused(codec: cm.Codec, tp: Any) -> None:
    for decode in (codec.decode, codec.decode_lines, codec.drift):
        with pytest.raises(TypeError):
            decode(b"{}", tp)


@pytest.mark.parametrize("codec", CODECS)
def test_types_built_of_models_and_builtins_are_read(codec: cm.Codec) -> None:
    response = codec.decode(codec.encode(cm.ConversationResponse(conversation_id="c", outputs=[], usage=USAGE)))
    text = codec.encode(response)
    assert codec.decode(b"[%b]" % text, list[cm.ConversationResponse]) == [response]
    assert codec.decode(b'{"a":%b}' % text, dict[str, cm.ConversationResponse]) == {"a": response}
    assert codec.decode(b"null", cm.ConversationResponse | None) is None
    assert codec.decode(b"[%b,1]" % text, tuple[cm.ConversationResponse, int]) == (response, 1)
    assert codec.decode(b'{"a":1}', dict[str, int]) == {"a": 1}


USAGE = cm.ConversationUsageInfo(total_tokens=7)


@pytest.mark.parametrize("data", [100, 3.5, [1, 2], None, ["{}"], object()])
def test_data_that_is_not_bytes_or_str_is_a_type_error(data: Any) -> None:
    for use in (
        cm.decode,
        cm.camel.decode_lines,
        cm.camel.peek,
        cm.camel.drift,
        lambda data: cm.decode(data, cm.OutputEntry),
        lambda data: cm.patch(data, ["a"], 1),
    ):
        with pytest.raises(TypeError):
            use(data)


@pytest.mark.parametrize("naming", ["kebab", "", None, "Camel"])
def test_there_are_two_namings(naming: Any) -> None:
    with pytest.raises(ValueError, match="'camel', 'snake'"):
        cm.Codec(naming)
