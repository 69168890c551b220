"""The grammar of WHATWG's "Interpreting an event stream", with vectors read under every cut; and writing events."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation_models import EventTooLargeError
from conversation_models.sse import ServerSentEvent, SSEDecoder, encode_sse

from ..support.amounts import examples
from ..support.each import each
from ..support.streams import cut, every_cut, read_sizes

Read = tuple[str, str, str, int | None]


def message(data: str, event: str = "message", id: str = "", retry: int | None = None) -> Read:
    return event, data, id, retry


def read(pieces: list[Any], close: bool = True) -> list[Read]:
    decoder = SSEDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)] + (decoder.close() if close else [])
    return [(event.event, event.data, event.id, event.retry) for event in events]


# Each vector follows from the standard's text, unless its name says otherwise.
VECTORS: dict[str, tuple[bytes, list[Read]]] = {
    # Lines.
    "LF": (b"data: a\n\ndata: b\n\n", [message("a"), message("b")]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [message("a"), message("b")]),
    "CR": (b"data: a\r\rdata: b\r\r", [message("a"), message("b")]),
    "mixed line ends in an event": (b"data: a\rdata: b\r\ndata: c\n\r", [message("a\nb\nc")]),
    "CR, LF: one line end": (b"data: a\r\ndata: b\n\n", [message("a\nb")]),
    "LF, CR: two line ends": (b"data: a\n\rdata: b\n\r", [message("a"), message("b")]),
    "LF, CRLF": (b"data: a\n\r\ndata: b\n\r\n", [message("a"), message("b")]),
    "CRLF, LF": (b"data: a\r\n\ndata: b\r\n\n", [message("a"), message("b")]),
    "CRLF, CR": (b"data: a\r\n\rdata: b\r\n\r", [message("a"), message("b")]),
    "CR, CRLF": (b"data: a\r\r\ndata: b\r\r\n", [message("a"), message("b")]),
    "blank lines before, between and after": (
        b"\n\r\n\rdata: a\n\n\n\r\n\r\rdata: b\n\n\n\n",
        [message("a"), message("b")],
    ),
    "only those three end a line": (
        "data: a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\n\n".encode(),
        [message("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g")],
    ),
    # The byte-order mark.
    "one at the start is skipped": (b"\xef\xbb\xbfdata: a\n\n", [message("a")]),
    "a second one belongs to the field's name": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [message("b")]),
    "later it belongs to the field's name": (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [message("a")]),
    "in a value it is text": (b"data: \xef\xbb\xbfa\n\n", [message("\ufeffa")]),
    "half of one is not a mark": (b"\xef\xbbdata: a\n\ndata: b\n\n", [message("b")]),
    "before a blank line": (b"\xef\xbb\xbf\n\ndata: a\n\n", [message("a")]),
    "before a comment": (b"\xef\xbb\xbf: c\ndata: a\n\n", [message("a")]),
    # Comments.
    "comments": (b": one\ndata: a\n:two\ndata: b\n:\n\n", [message("a\nb")]),
    "a comment is not an event": (b": keep-alive\n\n:\n\n: x\r\n\r\n", []),
    "a comment with fields in it": (b":data: no\ndata: a\n:\rdata: b\r\n\n", [message("a\nb")]),
    "a comment as the last line of an event": (b"data: a\n: c\n\ndata: b\n\n", [message("a"), message("b")]),
    "long comments (web platform test)": (
        b"data:1\r:\0\n:\r\ndata:2\n:%b\rdata:3\n:data:fail\r:%b\ndata:4\n\n" % (b"x" * 60, b"x" * 60),
        [message("1\n2\n3\n4")],
    ),
    # Fields.
    "several data lines (an example of the standard)": (
        b"data: YHOO\ndata: +2\ndata: 10\n\n",
        [message("YHOO\n+2\n10")],
    ),
    "with and without space (an example)": (b"data:test\n\ndata: test\n\n", [message("test"), message("test")]),
    "one space goes, others stay": (b"data:  a \n\ndata:\tb\n\n", [message(" a "), message("\tb")]),
    "data without a colon, and empty (an example)": (
        b"data\n\ndata\ndata\n\ndata:\n\n",
        [message(""), message("\n"), message("")],
    ),
    "no data line, no event": (b"event: x\nid: 1\nretry: 5\n\n", []),
    "colons in a value": (b"data: a: b:\n\n", [message("a: b:")]),
    "unknown fields": (b"data: a\nfoo: b\n data: c\nData: d\ndata : e\nsome text\n\n", [message("a")]),
    "near misses (web platform test)": (
        b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n"
        b" data:32\ndata:4\n\n",
        [message("\0\n 2\n1\n3\n\n4")],
    ),
    "event names": (b"event: x\ndata: a\n\nevent:y\ndata: b\n\n", [message("a", "x"), message("b", "y")]),
    "an event's name is for that event": (b"event: x\ndata: a\n\ndata: b\n\n", [message("a", "x"), message("b")]),
    "also where it had no data": (b"event: x\n\ndata: b\n\n", [message("b")]),
    "the last of several names": (b"event: x\nevent: y\ndata: a\n\n", [message("a", "y")]),
    "an empty name": (b"event: x\nevent:\ndata: a\n\nevent\ndata: b\n\n", [message("a"), message("b")]),
    "fields in any order": (b"data: a\nid: 1\nevent: x\n\n", [message("a", "x", "1")]),
    "a comment line that looks like an end": (b"data: a\n:\n:\ndata: b\n\n", [message("a\nb")]),
    # Ids and times.
    "an id stays until another comes (an example)": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        [message("first event", id="1"), message("second event"), message(" third event")],
    ),
    "the last id": (
        b"id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n",
        [message("a", id="1"), message("b", id="1"), message("c", id="2")],
    ),
    "an id without data counts": (b"id: 1\n\ndata: a\n\n", [message("a", id="1")]),
    "an id with NUL is none": (b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", [message("a", id="1"), message("b", id="1")]),
    "an id with NUL after one without": (b"id: 2\nid: \0\ndata: b\n\n", [message("b", id="2")]),
    "retry": (b"retry: 3000\ndata: a\n\ndata: b\n\n", [message("a", retry=3000), message("b")]),
    "retry is digits": (
        b"retry: 1x\ndata: a\n\nretry: -1\ndata: b\n\nretry: 1.5\ndata: c\n\n"
        b"retry:\ndata: d\n\nretry: \xd9\xa1\ndata: e\n\n",
        [message(data) for data in "abcde"],
    ),
    "retry, then what is none (web platform test)": (
        b"retry:3000\nretry:1000x\ndata:x\n\n",
        [message("x", retry=3000)],
    ),
    "retry with zeros before it": (b"retry: 007\ndata: a\n\n", [message("a", retry=7)]),
    "retry with many of them": (b"retry: " + b"0" * 30 + b"5\ndata: a\n\n", [message("a", retry=5)]),
    "retry of nothing but zeros": (b"retry: 000\ndata: a\n\n", [message("a", retry=0)]),
    # UTF-8.
    "characters of two, three and four bytes": (
        "event: \u00e9\nid: \u20ac\ndata: \u00e9\u20ac\U0001f600\n\n".encode(),
        [message("\u00e9\u20ac\U0001f600", "\u00e9", "\u20ac")],
    ),
    "no UTF-8: a byte that starts nothing": (b"data: a\xffb\n\n", [message("a\ufffdb")]),
    "no UTF-8: an overlong form": (b"data: \xc0\xaf\n\n", [message("\ufffd\ufffd")]),
    "no UTF-8: a surrogate": (b"data: \xed\xa0\x80\n\n", [message("\ufffd\ufffd\ufffd")]),
    "no UTF-8: cut off by a line end": (b"data: \xf0\x9f\x98\ndata: b\n\n", [message("\ufffd\nb")]),
    "no UTF-8 in a name": (b"event: \xff\nid: \xfe\ndata: a\n\n", [message("a", "\ufffd", "\ufffd")]),
    # What this wire adds.
    "[DONE] is no event": (b"data: a\n\ndata: [DONE]\n\ndata: b\n\n", [message("a"), message("b")]),
    "[DONE] among spaces is no event": (b"data:[DONE]\n\ndata:  [DONE] \n\ndata: b\n\n", [message("b")]),
    "but [DONE] in a text is": (
        b"data: [DONE]!\n\ndata: [DONE]\ndata: [DONE]\n\n",
        [message("[DONE]!"), message("[DONE]\n[DONE]")],
    ),
}

# The end of a stream without its last blank line, and the events of it: data that is whole JSON is an event.
LEFT_AT_THE_END: dict[str, tuple[bytes, list[Read]]] = {
    "nothing": (b"", []),
    "an object": (b'data: {"a": 1}', [message('{"a": 1}')]),
    "an object and a line end": (b'event: x\r\ndata: {"a": 1}\r\n', [message('{"a": 1}', "x")]),
    "an object over several lines": (b'data: {"a":\ndata: 1}\n', [message('{"a":\n1}')]),
    "an object and half of a field": (b'data: {"a": 1}\nda', [message('{"a": 1}')]),
    "an object and half of a comment": (b'data: {"a": 1}\n: c', [message('{"a": 1}')]),
    "half an object": (b'data: {"a": 1', []),
    "half an object, its first line": (b'data: {"a": 1,\n', []),
    "not JSON": (b"data: hello", []),
    "half a string": (b'data: "a', []),
    "half a character": (b'data: "\xe2\x82', []),
    "no data": (b"event: x\nid: 1\n", []),
    "empty data": (b"data:\n", []),
    "[DONE]": (b"data: [DONE]", []),
    "a comment": (b": c", []),
    "half a byte-order mark": (b"\xef\xbb", []),
}


@each("name", VECTORS)
def test_the_vectors_of_the_standard_are_read_under_every_cut(name: str) -> None:
    data, expected = VECTORS[name]
    for pieces in every_cut(data):
        assert read(pieces, close=False) == expected, pieces


@each("name", LEFT_AT_THE_END)
def test_whole_json_without_its_blank_line_is_an_event(name: str) -> None:
    data, expected = LEFT_AT_THE_END[name]
    for before, events in [(b"", []), (b"data: a\n\n", [message("a")]), (b"data: a\r\n\r\n", [message("a")])]:
        if before and name == "half a byte-order mark":
            continue
        for pieces in every_cut(before + data):
            assert read(pieces) == events + expected, pieces


def test_an_event_is_returned_with_the_byte_that_completes_it() -> None:
    # A CR ends a line at once, without waiting for an LF that may follow.
    for data in b"data: a\r\r", b"data: a\r\n\r", b"data: a\n\n", b"data: a\n\r":
        decoder = SSEDecoder()
        assert decoder.feed(data[:-1]) == []
        assert decoder.feed(data[-1:]) == [ServerSentEvent(data="a")]
        assert decoder.feed(b"\n" if data.endswith(b"\r") else b"") == []
        assert decoder.feed(b"data: b\n\n") == [ServerSentEvent(data="b")]


def test_any_buffer_and_str_are_read() -> None:
    data = "data: \u00e9\n\n"
    for one in data, data.encode(), bytearray(data.encode()), memoryview(data.encode()), memoryview(data.encode())[:]:
        assert SSEDecoder().feed(one) == [ServerSentEvent(data="\u00e9")]
    assert read(["\ufeffda", "ta: a\r", "\n\r\n"]) == [message("a")]


def test_a_buffer_may_be_reused_after_feed() -> None:
    decoder = SSEDecoder()
    buffer = bytearray(b"data: on")
    assert decoder.feed(buffer) == []
    buffer[:] = b"XXXXXXXX"
    assert decoder.feed(b"e\n\n") == [ServerSentEvent(data="one")]


def test_last_event_id_and_reconnection_time_outlive_a_stream() -> None:
    """They also count in a frame without data."""
    decoder = SSEDecoder()
    assert (decoder.last_event_id, decoder.reconnection_time) == ("", None)
    assert decoder.feed(b"retry: 3000\n\nid: 5\ndata: a\n\n") == [ServerSentEvent(data="a", id="5")]
    assert (decoder.last_event_id, decoder.reconnection_time) == ("5", 3000)
    assert decoder.feed(b"id: 6\nretry: soon\n\nid: 7\ndata: cut of") == []
    assert decoder.close() == []
    assert decoder.feed(b"data: b\n\n") == [ServerSentEvent(data="b", id="6")]
    assert decoder.reconnection_time == 3000


@pytest.mark.parametrize(
    "left", [b"data: 1\n: comm", b"data: 1\r", b"\xef", b"data: " + b"x" * 15, b"data: x\n", b": c", b"\xef\xbb\xbfd"]
)
def test_a_closed_decoder_reads_another_stream(left: bytes) -> None:
    for pieces in every_cut(left):
        decoder = SSEDecoder(max_event_bytes=25)
        for piece in pieces:
            decoder.feed(piece)
        decoder.close()
        assert decoder.close() == []
        assert decoder.feed(b"\xef\xbb\xbfdata: 0123456789\n") == []
        assert decoder.feed(b"\n") == [ServerSentEvent(data="0123456789")]


def test_an_event_too_large_raises() -> None:
    decoder = SSEDecoder(max_event_bytes=20)
    assert decoder.feed(b": a comment of any length counts for nothing\ndata: 0123456789\n\ndata:") == [
        ServerSentEvent(data="0123456789")
    ]
    with pytest.raises(EventTooLargeError):
        decoder.feed(b" 0123456789 0123456789")
    with pytest.raises(EventTooLargeError):
        decoder.feed(b"\n\n")
    with pytest.raises(EventTooLargeError):
        decoder.close()


_fields = st.sampled_from([b"data", b"event", b"id", b"retry", b"", b"foo", b"\xef\xbb\xbfdata"])
_values = st.sampled_from(
    [b"", b" ", b"a", b"12", b"[DONE]", b" [DONE]", b"{}", b"\0", b"\xe2\x82\xac", b"\xe2\x82", b": b"]
)
_ends = st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b""])
_line = st.builds(lambda *parts: b"".join(parts), _fields, st.sampled_from([b":", b": ", b""]), _values, _ends)
raw_streams = st.lists(_line | st.binary(max_size=4), max_size=15).map(b"".join)


@examples(100)
@given(raw_streams, read_sizes)
def test_the_events_do_not_depend_on_the_cut(data: bytes, sizes: list[int]) -> None:
    assert read(cut(data, sizes)) == read([data])


def plainly(data: bytes) -> list[Read]:
    """The events by the standard's own algorithm, step by step, on the whole stream."""
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    events: list[Read] = []
    name, values, last_id, retry = "", list[str](), "", None
    for line in text.split("\n")[:-1]:
        field, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if not line:
            if values and [value.strip(" ") for value in values] != ["[DONE]"]:
                events.append((name or "message", "\n".join(values), last_id, retry))
            name, values, retry = "", [], None
        elif field == "data":
            values.append(value)
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            last_id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            retry = int(value)
    return events


@examples(100)
@given(raw_streams, read_sizes)
def test_the_events_are_those_of_the_standards_algorithm(data: bytes, sizes: list[int]) -> None:
    assert read(cut(data, sizes), close=False) == plainly(data)


# Writing ---------------------------------------------------------------------------------------------------------

# Lone surrogates cannot be written as UTF-8, and this reader skips an event whose data is [DONE].
_text = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\r\n\0: ")).filter(
    lambda text: text.strip(" ") != "[DONE]"
)
_name = _text.filter(lambda text: not set(text) & set("\r\n"))
_sent = st.builds(
    ServerSentEvent,
    event=_name.filter(bool),
    data=_text | st.sampled_from(["", "\n", "\n\n", "data: x\n\n", "event: y", ":", " a", "{\n}"]),
    id=_name.filter(lambda text: "\0" not in text),
    retry=st.none() | st.integers(0, 10**19 - 1),
)


@examples(100)
@given(st.lists(_sent, max_size=4), read_sizes)
def test_written_events_are_read_back(events: list[ServerSentEvent], sizes: list[int]) -> None:
    expected, last_id = list[Read](), ""
    for event in events:
        last_id = event.id or last_id  # An event without an id has the id of the one before it.
        data = event.data.replace("\r\n", "\n").replace("\r", "\n")
        expected.append((event.event, data, last_id, event.retry))
    assert read(cut(b"".join(map(encode_sse, events)), sizes), close=False) == expected


def test_events_are_written_line_by_line() -> None:
    assert encode_sse(ServerSentEvent()) == b"data: \n\n"
    assert encode_sse(ServerSentEvent(data="a\r\nb\rc\nd")) == b"data: a\ndata: b\ndata: c\ndata: d\n\n"
    written = encode_sse(ServerSentEvent("x", "\u00e9", "7", 0))
    assert written.endswith("data: \u00e9\n\n".encode())
    assert sorted(written.split(b"\n")[:3]) == [b"event: x", b"id: 7", b"retry: 0"]


@pytest.mark.parametrize("text", ["\n", "\r", "a\r\nb", "a\n", "\ra"])
def test_a_name_or_id_with_a_line_end_cannot_be_written(text: str) -> None:
    with pytest.raises(ValueError, match="line end"):
        encode_sse(ServerSentEvent(event=text))
    with pytest.raises(ValueError, match="line end"):
        encode_sse(ServerSentEvent(id=text))


@pytest.mark.parametrize("retry", [-1, 10**19, 10**40])
def test_a_reconnection_time_out_of_range_cannot_be_written(retry: int) -> None:
    with pytest.raises(ValueError, match="milliseconds"):
        encode_sse(ServerSentEvent(retry=retry))


def test_an_id_with_nul_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="NUL"):
        encode_sse(ServerSentEvent(id="a\0"))
    assert read([encode_sse(ServerSentEvent(event="a\0", data="\0"))]) == [message("\0", "a\0")]
