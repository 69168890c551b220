"""Whole responses: decoded, encoded, transcoded, and a hundred of them as lines."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..group import Group, timed
from ..measure import Case, given
from ..payloads import PAYLOADS, document, encode
from ..plan import Plan
from ..spelling import CAMEL_OF, respell

__all__ = ["DECODE", "ENCODE", "LINES", "TRANSCODE", "camel_case", "same_as"]

LINES_IN_A_FILE = 100


def camel_case(data: bytes) -> bytes:
    """A document in the REST naming as the TypeScript SDK spells it."""
    return encode(respell(json.loads(data), CAMEL_OF))


def decode_cases(_: Plan) -> Iterator[Case]:
    for payload in PAYLOADS:
        yield Case(name=payload.name, operation="decode", make=payload.data)
    for name in ("web search", "cited report"):
        yield Case(name=f"{name}, camelCase", operation="decode camelCase", make=partial(camel_case, document(name)))


def encode_cases(_: Plan) -> Iterator[Case]:
    for payload in PAYLOADS:
        yield Case(name=payload.name, operation="encode", make=payload.data)
    for name in ("web search", "cited report"):
        yield Case(name=f"{name}, camelCase", operation="encode camelCase", make=partial(camel_case, document(name)))
    for name in ("web search", "cited report", "image"):
        yield Case(name=f"{name}, into a buffer", operation="encode_into", make=partial(document, name))


def transcode_cases(_: Plan) -> Iterator[Case]:
    for name in ("short answer", "web search", "functions and handoffs", "reasoning", "cited report", "history"):
        data = document(name)
        yield Case(name=f"{name}, same naming", operation="round trip", make=given(data))
        yield Case(
            name=f"{name}, snake to camel",
            operation="transcode",
            make=given(data),
            accepts=same_as(camel_case(data)),
        )
        yield Case(
            name=f"{name}, camel to snake",
            operation="transcode back",
            make=partial(camel_case, data),
            accepts=same_as(data),
        )


def lines_cases(_: Plan) -> Iterator[Case]:
    for name in ("short answer", "web search"):
        data = document(name)
        lines = (data + b"\n") * LINES_IN_A_FILE
        yield Case(
            name=f"decode {name}",
            operation="decode lines",
            make=given(lines),
            items=LINES_IN_A_FILE,
            accepts=lambda values: len(values) == LINES_IN_A_FILE,
        )
        yield Case(name=f"encode {name}", operation="encode lines", make=given(lines), items=LINES_IN_A_FILE)


def same_as(expected: bytes) -> Callable[[Any], bool]:
    """Whether an answer is the same document.

    An answer may spell times differently, have null for an absent field, and lack ``source``, which no schema names.
    """

    def compared(value: Any) -> Any:
        if isinstance(value, dict):
            ignored = ("created_at", "completed_at", "createdAt", "completedAt", "source")
            return {key: compared(member) for key, member in value.items() if member is not None and key not in ignored}
        return [compared(member) for member in value] if isinstance(value, list) else value

    return lambda answer: compared(json.loads(answer)) == compared(json.loads(expected))


DECODE = Group("decode", "bytes of a response to values", timed(decode_cases))
ENCODE = Group("encode", "values to bytes", timed(encode_cases))
TRANSCODE = Group("transcode", "one naming in, the other out, and for comparison the same", timed(transcode_cases))
LINES = Group("lines", f"{LINES_IN_A_FILE} responses as newline-delimited JSON", timed(lines_cases))
