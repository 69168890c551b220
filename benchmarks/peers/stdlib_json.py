"""The standard library's ``json``: untyped dicts and lists. It needs no installation."""

import json
from typing import Any

from ..peer import Peer


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _peek(data: bytes) -> tuple[str, int]:
    document = json.loads(data)
    return document["conversation_id"], document["usage"]["total_tokens"]


def _patch(data: bytes) -> bytes:
    document = json.loads(data)
    document["usage"]["total_tokens"] = 7
    return _encode(document)


def _decode_lines(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.splitlines()]


PEER = Peer(
    name="json (standard library)",
    packages=[],
    typed=False,
    operations={
        "decode": json.loads,
        "decode camelCase": json.loads,
        "encode": _encode,
        "decode request": json.loads,
        "encode request": _encode,
        "decode history": json.loads,
        "encode history": _encode,
        "peek": _peek,
        "patch": _patch,
        "decode lines": _decode_lines,
    },
)
