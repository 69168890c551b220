"""Text for a terminal: what it would obey is visible, and JSON keeps its value."""

import json
import unicodedata

import pytest

from conversation_models.cli.safe_text import json_escaped, one_line, plain, shortened

# Line ends and tabs; characters that words and emoji are spelled with; format characters that can be seen.
_KEPT = {"\n", "\t", "\u00ad", "\u200b", "\u200c", "\u200d"}
_KEPT |= {chr(code) for code in (*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD)}
_KEPT |= {chr(code) for code in (*range(0x13430, 0x13440), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B))}

# By Unicode's own categories: controls, format characters, line and paragraph separators.
_OBEYED = [
    character
    for character in map(chr, range(0x110000))
    if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and character not in _KEPT
]
_BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_the_characters_that_a_terminal_obeys_include_controls_and_bidirectional_controls() -> None:
    assert set("\0\x07\x08\r\x1b\x7f\x80\x9b\x9d\x9f\u2028\u2029\ufeff" + _BIDIRECTIONAL) < set(_OBEYED)


@pytest.mark.parametrize("around", ["", "é"], ids=["ascii", "not ascii"])
def test_a_character_that_a_terminal_obeys_is_replaced_by_a_visible_one(around: str) -> None:
    for character in _OBEYED:
        for shown in plain(around + character), one_line(around + character):
            assert shown == around or (len(shown) == len(around) + 1 and unicodedata.category(shown[-1]) == "So"), (
                ascii(character)
            )
    assert plain(f"{around}\r\n") == f"{around}\n"
    assert plain(f"{around}\x1b[2J\x9b1m\u202e") == f"{around}␛[2J\ufffd1m\ufffd"


def test_only_carriage_returns_are_removed() -> None:
    assert [character for character in _OBEYED if not plain(character)] == ["\r"]


def test_other_characters_are_kept() -> None:
    text = "".join(sorted(_KEPT)) + "naïve 日本語 שלום می‌خواهم 👩‍🚀 🗼"
    assert plain(text) == text
    assert json_escaped(text) == text


def test_a_line_has_no_line_ends_and_tabs() -> None:
    assert one_line("a\nb\tc\r\nd") == "a␤b␉c␤d"


def test_escaped_json_keeps_its_value() -> None:
    text = json.dumps("".join(_OBEYED), ensure_ascii=False)
    escaped = json_escaped(text)
    assert set(_OBEYED).isdisjoint(escaped)
    assert json.loads(escaped) == "".join(_OBEYED)
    assert json_escaped("\x7f\x9b\u202e\U000e0041") == "\\u007f\\u009b\\u202e\\udb40\\udc41"


def test_shortened_text_ends_with_an_ellipsis() -> None:
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefg", 6) == "abcde…"
