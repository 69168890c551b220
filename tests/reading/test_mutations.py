"""Damaged documents: any bytes give a value or ``ConversationDecodeError``, nothing else."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from msgspec import UNSET

import conversation_models as cm

from ..support.amounts import amount, in_full_if_long
from ..support.documents import CODECS, Naming, dumps, respelled
from ..support.paths import FIXTURES

EVENTS: list[Any] = [
    {"type": "message.output.delta", "id": "m", "content": {"type": "thinking", "thinking": [{"text": "é"}]}},
    {"type": "conversation.response.done", "usage": {"total_tokens": 3, "connectors": {"web_search": 1}}},
    {"type": "new.event", "payload": [1.5, None, {"type": "text"}]},
]


def seeds() -> list[tuple[Naming, Any, bytes]]:
    found: list[tuple[Naming, Any, bytes]] = []
    for path in sorted(FIXTURES.glob("*.json")):
        if path.stem.endswith("_camel"):
            found.append(("camel", cm.ConversationResponse, path.read_bytes()))
        else:
            found.append(("snake", cm.ConversationResponse, path.read_bytes()))
            document = cm.snake.decode(path.read_bytes())
            found.append(("camel", cm.ConversationResponse, cm.camel.encode(document)))
    for event in EVENTS:
        found.append(("snake", cm.ConversationEvent, dumps(event)))
        found.append(("camel", cm.ConversationEvent, dumps(respelled(event, "event", "snake"))))
    return found


INSERTED = [
    *(b"\xff", b"\x80", b"\0", b'"', b"\\", b"\\ud800", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
    *(b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN", b"1e999", b"-", b"1" * 5000),
    *(b'{"type":"new"},', b'"type":', b'"type":null,', b"[" * 3000, b'{"a":' * 1500),
]


def mutated(data: bytes, random: Random) -> bytes:
    text = bytearray(data)
    for _ in range(random.choice([1, 1, 1, 2, 5])):
        at = random.randrange(len(text) + 1)
        kind = random.randrange(6)
        if kind == 0 and at < len(text):
            text[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            del text[at:]
        elif kind == 2:
            del text[at : at + random.randrange(1, 40)]
        elif kind == 3:
            text[at:at] = random.choice(INSERTED)
        elif kind == 4:
            start = random.randrange(len(text) + 1)
            text[at:at] = text[start : start + random.randrange(1, 200)]
        else:
            depth = random.choice([10, 900, 20_000])
            text[at:at] = b'{"a":[' * depth + (b"1" + b"]}" * depth) * random.randrange(2)
    return bytes(text)


PATHS: list[list[str | int]] = [
    [],
    ["new"],
    ["usage", "total_tokens"],
    ["outputs", 1],
    ["outputs", 0, "type"],
    ["outputs", 0, "content", 0, "text"],
    ["content", "thinking", 0],
]


def outcomes(naming: Naming, type: Any, data: bytes, text: bytes, random: Random) -> Iterator[bool]:
    """For each way to read ``text``, a mutation of ``data``: whether it returned a value."""
    codec = CODECS[naming]
    ways: list[Callable[[], object]] = [
        lambda: cm.camel.encode(codec.decode(text, type)),
        lambda: codec.encode_lines(codec.decode_lines(data + b"\n" + text, type)),
        lambda: codec.peek(text),
        lambda: codec.drift(text, type),
        lambda: cm.patch(text, random.choice(PATHS), random.choice([UNSET, None])),
    ]
    for read in ways:
        try:
            read()
        except cm.ConversationDecodeError as error:
            yield False
            if not str(error) or not (error.path is None or error.path.startswith("$")):
                raise AssertionError(f"an error without a message or a path: {error!r} at {error.path}") from error
        else:
            yield True


def run(count: int, seed: int) -> None:
    random = Random(seed)
    originals = seeds()
    seen = {True: 0, False: 0}
    for _ in range(count):
        naming, type, data = random.choice(originals)
        text = mutated(data, random)
        try:
            for is_value in outcomes(naming, type, data, text, random):
                seen[is_value] += 1
        except Exception as error:
            raise AssertionError(f"{error!r}, reading as {type}: {text[:4000]!r}") from error
    # If one of the two were rare, the mutations would show little.
    assert min(seen.values()) > count // 2


@in_full_if_long
def test_damaged_documents_give_a_value_or_a_decode_error() -> None:
    run(amount(1_500, 8_000), seed=20250527)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_many_damaged_documents_give_a_value_or_a_decode_error(seed: int) -> None:
    run(100_000, seed)
