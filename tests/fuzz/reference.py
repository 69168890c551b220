"""Plain readers of JSON and of event streams to compare the library with. They share nothing with it."""

import json
import math
import re
from typing import Any, NamedTuple

# The differences between the library and the standard library's ``json``, with the reasons.
DIFFERENCES = {
    "constant": "NaN and Infinity are not JSON (RFC 8259, 6): only json reads them.",
    "surrogate": "A lone surrogate escape is not a character, and UTF-8 cannot carry it: only json reads it.",
    "range": "A float out of range is accepted here only if it is skipped: json turns it into infinity.",
    "digits": "An integer of more than 4,300 digits is accepted here only if it is skipped: json raises ValueError.",
    "utf-8": "Bytes that are not UTF-8 go unnoticed in strings that are skipped: json refuses them.",
    "depth": "Both refuse deep nesting, json with RecursionError; they count differently.",
}

_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_LONG_INTEGER = re.compile(rb"[0-9]{4301}")
DEEP = 200


class NotJsonError(Exception):
    """``difference`` is a key of ``DIFFERENCES`` if the library may accept the text, and empty if it may not."""

    def __init__(self, difference: str) -> None:
        super().__init__(difference)
        self.difference = difference


def read_json(data: bytes) -> Any:
    """The value that the standard library reads, if both have to agree on it. Raises ``NotJsonError``."""
    if data.count(b"[") + data.count(b"{") > DEEP:
        raise NotJsonError("depth")
    if _LONE_SURROGATE.search(data):
        raise NotJsonError("surrogate")
    if _LONG_INTEGER.search(data):
        raise NotJsonError("digits")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise NotJsonError("utf-8") from None
    out_of_range = False

    def finite(number: str) -> float:
        nonlocal out_of_range
        value = float(number)
        out_of_range |= math.isinf(value)
        return value

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        value = json.loads(text, parse_float=finite, parse_constant=refuse)
    except ValueError:
        raise NotJsonError("") from None
    if out_of_range:
        raise NotJsonError("range")
    return value


class Event(NamedTuple):
    """A server-sent event: its fields as text, and its data as bytes."""

    event: str
    data: bytes
    id: str
    retry: int | None


_LINE_END = re.compile(rb"\r\n|\r|\n")


def read_events(stream: bytes) -> list[Event]:
    """The events of a whole stream, line by line as in the standard, with the two additions of this wire."""
    *lines, last = _LINE_END.split(stream.removeprefix(b"\xef\xbb\xbf"))
    events: list[Event] = []
    data: list[bytes] = []
    event, id, retry = "", "", None

    def field(line: bytes) -> None:
        nonlocal event, id, retry
        name, _, value = line.partition(b":")
        value = value[1:] if value[:1] == b" " else value
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value.decode(errors="replace")
        elif name == b"id" and b"\0" not in value:
            id = value.decode(errors="replace")
        elif name == b"retry" and re.fullmatch(rb"0*[0-9]{1,19}", value):
            retry = int(value)
        elif name == b"retry" and re.fullmatch(rb"[0-9]+", value):
            retry = None

    def dispatch() -> None:
        nonlocal event, retry
        if data and [line.strip(b" ") for line in data] != [b"[DONE]"]:
            events.append(Event(event or "message", b"\n".join(data), id, retry))
        data.clear()
        event, retry = "", None

    for line in lines:
        if line:
            field(line)
        else:
            dispatch()
    # Data that may be cut off is whole if its JSON is; another field could be anything.
    if last.partition(b":")[0] == b"data":
        field(last)
    if data and is_whole_json(b"\n".join(data)):
        dispatch()
    return events


def is_whole_json(data: bytes) -> bool:
    """Whether ``data`` is JSON. The caller has to leave out texts that ``DIFFERENCES`` covers."""
    try:
        read_json(data)
    except NotJsonError:
        return False
    return True
