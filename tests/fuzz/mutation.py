"""Changes to the bytes of seeds and to the JSON in them."""

import json
import re
from collections.abc import Sequence
from random import Random
from typing import Any

from .seeds import words

_WORDS = words()
_MEMBER = re.compile(rb'("[^"\\]*")\s*:\s*("[^"\\]*"|[^][{}\s",]+|\[[^][{}]*\]|\{[^][{}]*\})')
MAX_LENGTH = 4096


def mutated(data: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """``data`` with a few changes. The first two bytes choose how the rest is read (``document_oracles``)."""
    how, text = bytearray(data[:2].ljust(2, b"\0")), data[2:]
    if random.randrange(8) == 0:
        how[0] = random.randrange(256)
    if random.randrange(2):
        how[1] = random.randrange(256)
    for _ in range(random.choice([1, 1, 1, 2, 3, 8])):
        kind = random.randrange(6)
        if kind < 3:
            text = _other_members(text, random)
        elif kind == 3:
            text = _other_lines(text, random)
        else:
            text = _other_bytes(text, random, others)
    return bytes(how) + text[:MAX_LENGTH]


def _other_bytes(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    text = bytearray(data)
    at = random.randrange(len(text) + 1)
    kind = random.randrange(8)
    if kind == 7 and (found := list(_MEMBER.finditer(data))):
        # Repeat a member: a dict cannot represent such JSON.
        member = random.choice(found)
        text[member.end() : member.end()] = b", %b:%b" % (member[1], random.choice(found)[2])
    elif kind == 0 and at < len(text):
        text[at] ^= 1 << random.randrange(8)
    elif kind == 1:
        del text[at:]
    elif kind == 2:
        del text[at : at + random.randrange(1, 40)]
    elif kind == 3:
        start = random.randrange(len(text) + 1)
        text[at:at] = text[start : start + random.randrange(1, 200)]
    elif kind == 4 and others:
        other = random.choice(others)
        start = random.randrange(len(other) + 1)
        text[at:at] = other[start : start + random.randrange(1, 200)]
    else:
        text[at : at + random.choice([0, 0, 1, 3])] = random.choice(_WORDS)
    return bytes(text)


def _other_lines(data: bytes, random: Random) -> bytes:
    end = random.choice([b"\n", b"\n\n", b"\r", b"\r\n"])
    lines = data.split(end)
    at = random.randrange(len(lines))
    kind = random.randrange(5)
    if kind == 0:
        lines.insert(at, lines[random.randrange(len(lines))])
    elif kind == 1:
        del lines[at]
    elif kind == 2:
        lines.insert(at, random.choice([b": ping", b"", b"id: 7", b"event: x", b"retry: 1", b"data:", b"data: [DONE]"]))
    elif kind == 3:
        return random.choice([b"\n", b"\r", b"\r\n"]).join(lines)
    else:
        lines[at] = lines[at][:-1]
    return end.join(lines)


def _other_members(data: bytes, random: Random) -> bytes:
    """The JSON in ``data``, or in one of its ``data:`` lines, with a member changed."""
    head, found, text = data.rpartition(b"data: ") if random.randrange(2) else data.partition(b"data: ")
    if not found:
        head, text = b"", data
    line, end, rest = text.partition(b"\n\n") if found else (text, b"", b"")
    try:
        document = json.loads(line)
        place = _place(document, random)
        _change(place, random)
        return head + found + json.dumps(document, ensure_ascii=bool(random.randrange(2))).encode() + end + rest
    except (ValueError, RecursionError):
        return data


def _place(document: Any, random: Random) -> Any:
    places = [document]
    for place in places:
        members = place.values() if isinstance(place, dict) else place if isinstance(place, list) else ()
        places += [member for member in members if isinstance(member, (dict, list))]
    return random.choice(places)


_VALUES: list[Any] = [
    *(None, True, 0, -1, 2**64, 1.0, 1e-7, "", "x", "é\n", [], {}, [{}], {"type": "new"}, [1], 10**30),
    *("2025-05-27T10:00:00Z", "2025-05-27T10:00:00.5+02:00", {"type": "text", "text": "t"}, [{"text": "t"}]),
]


def _change(place: Any, random: Random) -> None:
    if isinstance(place, list):
        at = random.randrange(len(place) + 1)
        place[at : at + random.randrange(2)] = random.choices(_VALUES, k=random.randrange(3))
    elif isinstance(place, dict):
        name = random.choice([*place, json.loads(b"%b" % random.choice(_WORDS[:60]))])
        if random.randrange(3) == 0:
            place.pop(name, None)
        else:
            place[name] = random.choice([*_VALUES, *place.values()])
