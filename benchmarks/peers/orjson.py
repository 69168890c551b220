"""orjson: untyped dicts and lists, from the fastest of the widely used parsers."""

from collections.abc import Sequence
from typing import Any

import orjson

from ..peer import Peer, coding
from ..spelling import CAMEL_OF, respell
from ..streams import payloads_of


def _peek(data: bytes) -> tuple[str, int]:
    document = orjson.loads(data)
    return document["conversation_id"], document["usage"]["total_tokens"]


def _patch(data: bytes) -> bytes:
    document = orjson.loads(data)
    document["usage"]["total_tokens"] = 7
    return orjson.dumps(document)


def _transcode(data: bytes) -> bytes:
    return orjson.dumps(respell(orjson.loads(data), CAMEL_OF))


def _decode_lines(data: bytes) -> list[Any]:
    return [orjson.loads(line) for line in data.splitlines()]


def _encode_lines(documents: Sequence[Any]) -> bytes:
    return b"".join([orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE) for document in documents])


def _events(chunks: Sequence[bytes]) -> list[Any]:
    return [orjson.loads(payload) for payload in payloads_of(list(chunks))]


def _build(events: Sequence[Any]) -> int:
    """The length of the text of one message whose deltas are strings. Ignores the rest of the response."""
    deltas = [event["content"] for event in events if event["type"] == "message.output.delta"]
    return len("".join([content for content in deltas if isinstance(content, str)]))


PEER = Peer(
    name="orjson",
    packages=["orjson"],
    typed=False,
    operations={
        **coding("snake", orjson.loads, orjson.loads, orjson.dumps),
        **coding("camel", orjson.loads, orjson.loads, orjson.dumps),
        "encode": orjson.dumps,
        "decode request": orjson.loads,
        "encode request": orjson.dumps,
        "decode history": orjson.loads,
        "encode history": orjson.dumps,
        "decode lines": _decode_lines,
        "encode lines": _encode_lines,
        "peek": _peek,
        "patch": _patch,
        "transcode": _transcode,
        "build": _build,
    },
    prepare={"build": _events},
)
