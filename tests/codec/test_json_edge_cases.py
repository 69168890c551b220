"""JSON at its edges (RFC 8259): the texts that are accepted or refused, compared with the standard library.

``read`` is the decoded value; ``skipped`` says whether the text is accepted if it is skipped, as by ``peek``. For
nearly every text the two agree; this table is for the others.
"""

import json
from typing import Any, NamedTuple

import pytest

import conversation_models as cm

from ..support.each import each

REFUSED = "refused"


class Edge(NamedTuple):
    text: bytes
    read: Any
    """The value, or part of the message of the error."""
    skipped: bool
    json: Any
    """The value ``json.loads`` returns, or ``REFUSED``."""


def good(text: bytes, value: Any) -> Edge:
    return Edge(text, value, True, value)


def bad(text: bytes, why: str) -> Edge:
    return Edge(text, ValueError(why), False, REFUSED)


def nested(levels: int) -> list[Any]:
    """An empty list inside lists, so many in all."""
    return [nested(levels - 1)] if levels > 1 else []


DEEP = b"[" * 100_000

EDGES: dict[str, Edge] = {
    # 2, 3: grammar and values
    "any value is a text": good(b" null\r\n\t", None),
    "white space is four characters": bad(b"\x0c1", "invalid character"),
    "a no-break space is not one of them": bad(b"\xc2\xa01", "invalid character"),
    "nothing": bad(b"", "empty"),
    "nothing but white space": bad(b" \n", "truncated"),
    "two texts": bad(b"1 2", "trailing characters"),
    "a closing bracket too many": bad(b"[1]]", "trailing characters"),
    "NUL after the text": bad(b"1\0", "trailing characters"),
    "literals are lowercase": bad(b"True", "invalid character"),
    "a literal cut off": bad(b"nul", "truncated"),
    "a comment": bad(b"1 // one", "trailing characters"),
    # 4, 5: objects and arrays
    "an empty key": good(b'{"": 1}', {"": 1}),
    "a key twice: the last counts": good(b'{"a": 1, "b": 2, "a": 3}', {"a": 3, "b": 2}),
    "a comma at the end of an array": bad(b"[1,]", "trailing comma"),
    "a comma at the end of an object": bad(b'{"a": 1,}', "trailing comma"),
    "no comma": bad(b"[1 2]", "expected ',' or ']'"),
    "no colon": bad(b'{"a" 1}', "expected ':'"),
    "a key that is not a string": bad(b"{1: 2}", "must be strings"),
    "a key in single quotes": bad(b"{'a': 1}", "must be strings"),
    "a key without a value": bad(b'{"a":}', "invalid character"),
    "an array cut off": bad(b"[1", "truncated"),
    "nesting of 500 levels": good(b"[" * 500 + b"]" * 500, nested(500)),
    "nesting without end": bad(DEEP, "nested deeper"),
    # 6: numbers
    "minus zero is an integer": good(b"-0", 0),
    "minus zero with a fraction": good(b"-0.0", -0.0),
    "an exponent makes a float": good(b"1E+2", 100.0),
    "too small for a float": good(b"1e-999", 0.0),
    "the smallest float": good(b"5e-324", 5e-324),
    "the largest float": good(b"1.7976931348623157e308", 1.7976931348623157e308),
    "integers have any size": good(b"18446744073709551616", 18446744073709551616),
    "as many digits as Python reads": good(b"1" * 4300, int("1" * 4300)),
    "more digits than Python reads": Edge(b"1" * 4301, ValueError("out of range"), True, REFUSED),
    "too large for a float": Edge(b"1e999", ValueError("out of range"), True, float("inf")),
    "NaN": Edge(b"NaN", ValueError("invalid character"), False, "a constant"),
    "Infinity": Edge(b"-Infinity", ValueError("invalid character"), False, "a constant"),
    "a leading zero": bad(b"01", "invalid number"),
    "a leading plus": bad(b"+1", "invalid character"),
    "a leading point": bad(b".5", "invalid character"),
    "nothing after the point": bad(b"1.", "invalid number"),
    "nothing after the e": bad(b"1e+", "invalid number"),
    "nothing after the minus": bad(b"-", "invalid"),
    "hexadecimal": bad(b"0x10", "trailing characters"),
    "underscores": bad(b"1_000", "trailing characters"),
    # 7, 8: strings and characters
    "every short escape": good(rb'"\"\\\/\b\f\n\r\t"', '"\\/\b\f\n\r\t'),
    "NUL as an escape": good(rb'"\u0000"', "\0"),
    "a pair of surrogates": good(rb'"\ud83d\ude00"', "\U0001f600"),
    "delete is not a control character here": good(b'"\x7f"', "\x7f"),
    "line separators": good('"\u2028\u2029"'.encode(), "\u2028\u2029"),
    "noncharacters": good('"\uffff"'.encode(), "\uffff"),
    "a high surrogate alone": Edge(rb'"\ud800"', ValueError("lone surrogate"), False, "\ud800"),
    "a high surrogate before text": Edge(rb'"\ud800 and so on"', ValueError("surrogate"), False, "\ud800 and so on"),
    "a low surrogate alone": Edge(rb'"\udc00"', ValueError("surrogate"), False, "\udc00"),
    "two high surrogates": Edge(rb'"\ud800\ud800"', ValueError("surrogate"), False, "\ud800\ud800"),
    "a lone surrogate in a key": Edge(rb'{"\ud800": 1}', ValueError("surrogate"), False, {"\ud800": 1}),
    "a raw tab": bad(b'"\t"', "invalid character"),
    "a raw line feed": bad(b'"\n"', "invalid character"),
    "a raw NUL": bad(b'"\0"', "invalid character"),
    "an unknown escape": bad(rb'"\x41"', "invalid escape"),
    "an escape cut short": bad(rb'"\u12"', ""),
    "an escape of no digits": bad(rb'"\uZZZZ"', "invalid character in unicode escape"),
    "a string cut off": bad(b'"abc', "truncated"),
    "a byte-order mark": bad(b"\xef\xbb\xbf1", "invalid character"),
    "UTF-16": bad("1".encode("utf-16"), "invalid character"),
    "bytes that are no UTF-8": Edge(b'"\xff"', ValueError("not valid UTF-8"), True, REFUSED),
    "a key that is no UTF-8": Edge(b'{"\xff": 1}', ValueError("not valid UTF-8"), True, REFUSED),
    "a surrogate in UTF-8": Edge(b'"\xed\xa0\x80"', ValueError("not valid UTF-8"), True, REFUSED),
    "an overlong NUL": Edge(b'"\xc0\x80"', ValueError("not valid UTF-8"), True, REFUSED),
}


def within(text: bytes) -> bytes:
    """A usage with ``text`` as the value of an unknown field."""
    return b'{"totalTokens": 7, "new": %b}' % text


def free_form(text: bytes) -> bytes:
    """A tool execution with ``text`` in its free-form information."""
    return b'{"type": "tool.execution", "name": "t", "info": {"x": %b}}' % text


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and repr(one) == repr(other)


@each("edge", EDGES.values())
def test_values_are_read_as_the_table_says(edge: Edge) -> None:
    """As a value of free-form data."""
    if isinstance(edge.read, ValueError):
        with pytest.raises(cm.ConversationDecodeError) as caught:
            cm.Unknown(None, edge.text).decode()
        assert str(edge.read) in str(caught.value)
        with pytest.raises(cm.ConversationDecodeError):
            cm.camel.decode(free_form(edge.text), cm.ToolExecutionEntry)
    else:
        assert same(cm.Unknown(None, edge.text).decode(), edge.read)
        entry = cm.camel.decode(free_form(edge.text), cm.ToolExecutionEntry)
        assert isinstance(entry.info, dict)
        assert same(entry.info["x"], edge.read)


@each("edge", EDGES.values())
def test_an_unknown_field_comes_back_with_the_same_value(edge: Edge) -> None:
    # Twice, since a codec reads a field in another way once it has met it.
    for _ in range(2):
        if edge.skipped and "UTF-8" not in str(edge.read):
            usage = cm.camel.decode(within(edge.text), cm.ConversationUsageInfo)
            assert usage.total_tokens == 7
            if edge.json is not REFUSED and edge.json != "a constant":
                assert same(json.loads(cm.camel.encode(usage))["new"], edge.json)
        else:
            with pytest.raises(cm.ConversationDecodeError):
                cm.camel.decode(within(edge.text), cm.ConversationUsageInfo)


@each("edge", EDGES.values())
def test_patch_and_drift_skip_nothing_that_is_not_utf8(edge: Edge) -> None:
    text = within(edge.text)
    if edge.skipped and "UTF-8" not in str(edge.read):
        assert cm.patch(text, ["totalTokens"], 8) == text.replace(b"7", b"8", 1)
        assert cm.camel.drift(text, cm.ConversationUsageInfo) == ["$.new"]
    else:
        with pytest.raises(cm.ConversationDecodeError):
            cm.patch(text, ["totalTokens"], 8)
        with pytest.raises(cm.ConversationDecodeError):
            cm.camel.drift(text, cm.ConversationUsageInfo)


@each("edge", EDGES.values())
def test_the_standard_library_reads_values_as_the_table_says(edge: Edge) -> None:
    """So the column ``json`` is checked, too."""
    if edge.json is REFUSED:
        with pytest.raises((ValueError, RecursionError)):
            json.loads(edge.text.decode())
    elif edge.json == "a constant":
        assert isinstance(json.loads(edge.text), float)
    else:
        assert same(json.loads(edge.text), edge.json)


def test_the_table_differs_from_the_standard_library_only_in_these_cases() -> None:
    only_json = {name for name, edge in EDGES.items() if edge.json is not REFUSED and isinstance(edge.read, ValueError)}
    assert only_json == {
        "too large for a float",  # Not a float; json makes it infinite, and cannot write that as JSON.
        *("NaN", "Infinity"),  # Not in the grammar; json's own extension.
        # Not a character, so UTF-8 has no bytes for it; json returns strings that cannot be encoded.
        *("a high surrogate alone", "a high surrogate before text", "a low surrogate alone", "two high surrogates"),
        "a lone surrogate in a key",
    }
    only_skipped = {name for name, edge in EDGES.items() if edge.skipped and isinstance(edge.read, ValueError)}
    assert only_skipped == {
        *("more digits than Python reads", "too large for a float"),  # JSON, but Python has no value for it.
        # Not JSON, but ``peek`` does not look at the text that it skips.
        *("bytes that are no UTF-8", "a key that is no UTF-8", "a surrogate in UTF-8", "an overlong NUL"),
    }
