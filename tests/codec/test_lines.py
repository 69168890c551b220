"""Newline-delimited JSON in chunks: ``iter_lines`` reads the same as ``decode_lines``, in flat memory."""

import json
import subprocess
import sys
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import amount, examples, in_full_if_long, some
from ..support.documents import CODECS, NAMINGS, Naming, dumps
from ..support.each import each
from ..support.streams import cut, every_cut, read_sizes

every_naming = pytest.mark.parametrize("naming", NAMINGS)
TEXTS = ["a", "\u20ac\U0001f469", "c\\n"]
CHUNKS = [cm.TextChunk(text=text) for text in TEXTS]
LINES = [dumps({"type": "text", "text": text}) for text in TEXTS]


def texts_of(chunks: Any) -> list[str]:
    return [chunk.text for chunk in cm.camel.iter_lines(chunks, cm.TextChunk)]


def given_out(lines: Iterator[Any]) -> tuple[list[Any], cm.ConversationDecodeError]:
    """The values before the error that ``lines`` raises, and the error."""
    values: list[Any] = []
    with pytest.raises(cm.ConversationDecodeError) as caught:
        values.extend(lines)
    return values, caught.value


# Values -----------------------------------------------------------------------------------------------------------


@each("end", [b"\n", b"\r\n", b"\n \n\t\n", b" \r\n\r\n"])
@each("is_last_line_ended", [True, False])
def test_lines_are_the_same_wherever_they_are_cut(end: bytes, is_last_line_ended: bool) -> None:
    data = end + end.join(LINES) + end * is_last_line_ended
    assert cm.camel.decode_lines(data, cm.TextChunk) == CHUNKS
    for reads in every_cut(data):
        assert list(cm.camel.iter_lines(reads, cm.TextChunk)) == CHUNKS


@examples(100)
@given(st.lists(st.text(), max_size=6), st.lists(st.sampled_from([b"\n", b"\r\n", b"\n\n"]), min_size=1), read_sizes)
def test_any_lines_are_read_as_together(texts: list[str], ends: list[bytes], sizes: list[int]) -> None:
    lines = [json.dumps({"text": text}).encode() for text in texts]
    data = b"".join(line + ends[index % len(ends)] for index, line in enumerate(lines))
    assert texts_of(cut(data, sizes)) == texts


def test_chunks_may_be_of_any_kind() -> None:
    data = b"\n".join(LINES)
    for kind in (bytes, bytearray, memoryview):
        assert texts_of([kind(data[:30]), kind(b""), kind(data[30:])]) == ["a", "\u20ac\U0001f469", "c\\n"]
    text = data.decode()
    for offset in range(len(text) + 1):
        assert texts_of([text[:offset], "", text[offset:]]) == TEXTS
    assert texts_of([text[:10], data[10:40], bytearray(data[40:])]) == TEXTS


def test_a_chunk_may_be_changed_once_the_next_one_is_asked_for() -> None:
    def reads() -> Iterator[bytearray]:
        buffer = bytearray(7)
        for piece in cut(b"\n".join(LINES), [7]):
            buffer[:] = piece
            yield buffer
            buffer[:] = b"x" * len(buffer)

    assert texts_of(reads()) == TEXTS


@pytest.mark.parametrize("reads", [[], [b""], [b"\n"], [b" \r", b"\n\t", b"\n"], [""]], ids=repr)
def test_nothing_and_blank_lines_hold_no_documents(reads: list[Any]) -> None:
    assert list(cm.camel.iter_lines(reads)) == []


@every_naming
def test_lines_are_responses_unless_a_type_is_given(naming: Naming) -> None:
    codec = CODECS[naming]
    response = cm.ConversationResponse(
        conversation_id="c", outputs=[cm.Unknown("new", b'{"type":"new"}')], usage=cm.ConversationUsageInfo()
    ).with_unknown_fields({"region": "eu"})
    data = codec.encode_lines([response] * 3)
    assert list(codec.iter_lines(cut(data, [10]))) == [response] * 3
    event = cm.ResponseDoneEvent(usage=cm.ConversationUsageInfo(total_tokens=1))
    assert list(codec.iter_lines([codec.encode_lines([event])], cm.ConversationEvent)) == [event]
    assert list(codec.iter_lines([b"[1]\n[2]"], list[int])) == [[1], [2]]


def test_a_document_is_given_as_soon_as_its_line_ends() -> None:
    taken = 0

    def reads() -> Iterator[bytes]:
        nonlocal taken
        for piece in (LINES[0], b"\n", LINES[1] + b"\n" + LINES[2][:5], LINES[2][5:]):
            taken += 1
            yield piece

    lines = cm.camel.iter_lines(reads(), cm.TextChunk)
    assert taken == 0
    for count, expected in ((2, CHUNKS[0]), (3, CHUNKS[1]), (4, CHUNKS[2])):
        assert (next(lines), taken) == (expected, count)
    assert list(lines) == []


# Errors -----------------------------------------------------------------------------------------------------------


@every_naming
@pytest.mark.parametrize(
    ("bad", "message", "path"),
    [
        (b'{"type":"text","text":5}', "Expected `str`, got `int` - at `$[3].text`", "$[3].text"),
        (b'{"type":"text"', "Input data was truncated (byte 14) - in line 5", None),
    ],
    ids=["shape", "not JSON"],
)
def test_the_documents_before_one_that_is_wrong_are_given_before_the_error(
    naming: Naming, bad: bytes, message: str, path: str | None
) -> None:
    # Blank lines are not counted.
    data = b"\n".join([LINES[0], b"", LINES[1], LINES[2], bad, LINES[0]])
    for reads in every_cut(data):
        values, error = given_out(CODECS[naming].iter_lines(reads, cm.TextChunk))
        assert values == CHUNKS
        assert (str(error), error.path) == (message, path)


@every_naming
def test_an_error_deep_in_a_line_has_the_path_from_the_line(naming: Naming) -> None:
    codec = CODECS[naming]
    name = "conversationId" if naming == "camel" else "conversation_id"
    good = dumps({name: "c", "outputs": [], "usage": {}})
    for outputs, path in (
        ([{"type": "message.output", "content": [{"type": "text", "text": 1}]}], "$[2].outputs[0].content[0].text"),
        ([{"content": ""}, {"type": "new"}, {"type": "message.output", "content": 5}], "$[2].outputs[2].content"),
    ):
        bad = dumps({name: "c", "outputs": outputs, "usage": {}})
        data = b"\n".join([good, good, bad, good])
        values, error = given_out(codec.iter_lines(cut(data, [50])))
        assert (len(values), error.path) == (2, path)
        with pytest.raises(cm.ConversationDecodeError) as caught:
            codec.decode_lines(data)
        assert (str(error), error.path) == (str(caught.value), caught.value.path)


@every_naming
def test_a_line_in_the_other_spelling_is_an_error_that_names_its_index(naming: Naming) -> None:
    own, other = CODECS[naming], CODECS["snake" if naming == "camel" else "camel"]
    response = cm.ConversationResponse(conversation_id="c", outputs=[], usage=cm.ConversationUsageInfo())
    reads = [own.encode_lines([response]), other.encode_lines([response])]
    values, error = given_out(own.iter_lines(reads))
    assert values == [response]
    assert error.path == ("$[1].conversation_id" if naming == "camel" else "$[1].conversationId")
    assert f"read this with `cm.{other.naming}`" in str(error)


def test_text_that_is_not_utf_8_is_an_error() -> None:
    values, error = given_out(cm.camel.iter_lines([LINES[0] + b'\n{"text":"', b'\xff"}\n'], cm.TextChunk))
    assert values == CHUNKS[:1]
    assert str(error)
    values, error = given_out(cm.camel.iter_lines([LINES[0].decode(), '\n{"text":"\ud800"}'], cm.TextChunk))
    assert values == CHUNKS[:1]


@pytest.mark.parametrize(
    "data", [b"{}", bytearray(b"{}"), memoryview(b"{}"), "{}"], ids=lambda data: type(data).__name__
)
def test_one_text_in_place_of_chunks_is_refused_at_once(data: Any) -> None:
    """Iterated over, bytes are numbers and a str is many small strings."""
    with pytest.raises(TypeError):
        cm.camel.iter_lines(data)


@pytest.mark.parametrize("chunks", [None, 5, object()], ids=lambda value: type(value).__name__)
def test_chunks_that_are_not_iterable_are_refused_at_once(chunks: Any) -> None:
    with pytest.raises(TypeError):
        cm.camel.iter_lines(chunks)


def test_a_type_that_cannot_be_read_is_refused_at_once() -> None:
    with pytest.raises(TypeError):
        cm.camel.iter_lines([], int | cm.TextChunk | dict[str, int] | list[int] | set[int])
    with pytest.raises(TypeError):
        cm.camel.iter_lines([], 5)  # type: ignore[call-overload]  # pyright: ignore


@pytest.mark.parametrize("chunk", [5, None, [1]], ids=repr)
def test_a_chunk_that_is_not_text_or_a_buffer_is_a_type_error(chunk: Any) -> None:
    lines = cm.camel.iter_lines([LINES[0] + b"\n", chunk], cm.TextChunk)
    assert next(lines) == CHUNKS[0]
    with pytest.raises(TypeError):
        next(lines)


# The source -------------------------------------------------------------------------------------------------------


class Lines:
    """A source of lines that knows whether it was closed."""

    def __init__(self, *lines: bytes) -> None:
        self.is_closed = False
        self.lines = lines

    def reads(self) -> Generator[bytes, None, None]:
        try:
            yield from self.lines
        finally:
            self.is_closed = True


def test_a_generator_is_closed_when_reading_is_left() -> None:
    source = Lines(*(line + b"\n" for line in LINES))
    lines = cm.camel.iter_lines(source.reads(), cm.TextChunk)
    next(lines)
    assert not source.is_closed
    lines.close()
    assert source.is_closed


def test_a_generator_is_closed_when_a_line_is_wrong() -> None:
    source = Lines(b"{}\n", LINES[0])
    reads = source.reads()
    lines = cm.camel.iter_lines(reads, cm.TextChunk)
    with pytest.raises(cm.ConversationDecodeError):
        next(lines)
    assert source.is_closed
    assert list(lines) == []


def test_what_the_source_raises_passes_through_after_the_lines_before_it() -> None:
    def reads() -> Iterator[bytes]:
        yield LINES[0] + b"\n" + LINES[1][:3]
        raise ConnectionError("gone")

    lines = cm.camel.iter_lines(reads(), cm.TextChunk)
    assert next(lines) == CHUNKS[0]
    with pytest.raises(ConnectionError, match="gone"):
        next(lines)


# Cost -------------------------------------------------------------------------------------------------------------

FLAT = r"""
import sys, tracemalloc
import conversation_models as cm

size, *counts = map(int, sys.argv[1:])
line = b'{"conversation_id":"c","outputs":[{"type":"message.output","content":"%b"}],"usage":{},"new":1}' % (b"a" * 200)

def reads(count):
    text = (line + b"\n") * 100
    for _ in range(count // 100):
        for start in range(0, len(text), size):
            yield text[start : start + size]

def peak_of(count):
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    assert sum(1 for _ in cm.snake.iter_lines(reads(count))) == count
    return tracemalloc.get_traced_memory()[1] - before

tracemalloc.start()
peak_of(100)  # What the codec learns stays.
print(*map(peak_of, counts))
"""


@in_full_if_long
@some(1, "size", [4096, 64, 65_536])
def test_memory_does_not_grow_with_the_number_of_lines(size: int) -> None:
    few_lines = amount(500, 1_000)
    command = [sys.executable, "-c", FLAT, str(size), str(few_lines), str(8 * few_lines)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    few, many = map(int, done.stdout.split())
    # Eight times the lines. The longer input has megabytes.
    assert many < 1.5 * few + 20_000
    assert many < 5 * size + 100_000
