"""Plain readers of JSON and of event streams to compare the library with. They share no code with it."""

import json
import math
import re
from typing import Any, NamedTuple

# The differences between the library and the standard library's ``json``, with the reasons.
DIFFERENCES = {
    "constant": "NaN and Infinity are not JSON (RFC 8259, 6): only json reads them.",
    "surrogate": "A lone surrogate escape is not a character, and UTF-8 cannot carry it: only json reads it.",
    "range": "The library accepts a float out of range only if it skips it: json turns it into infinity.",
    "digits": "The library accepts an integer of over 4,300 digits only if it skips it: json raises ValueError.",
    "utf-8": "The library does not check that skipped strings are UTF-8: json refuses them.",
    "depth": "Both refuse deep nesting, json with RecursionError; they count differently.",
}

_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_LONG_INTEGER = re.compile(rb"[0-9]{4301}")
DEEP = 200


class NotJsonError(Exception):
    """``difference``: a key of ``DIFFERENCES`` if the library may accept the text; empty if it must refuse it."""

    def __init__(self, difference: str) -> None:
        super().__init__(difference)
        self.difference = difference


def read_json(data: bytes) -> Any:
    """The value of ``data`` by ``json``. Raises ``NotJsonError`` if it is not JSON or the library may disagree."""
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
    """The events of a whole stream, read line by line as in the standard.

    Two rules are additions: ``[DONE]`` is not an event, and the stream's last event may lack its blank line.
    """
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
    """Whether ``data`` is JSON. Not for texts that ``DIFFERENCES`` covers."""
    try:
        read_json(data)
    except NotJsonError:
        return False
    return True
