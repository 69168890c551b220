"""Whole responses: decoded, encoded, transcoded, and looked into."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from operator import eq
from typing import Any

import msgspec
import orjson
import simdjson
from pydantic import BaseModel

import conversation_models as cm

from ..measure import Case, Group, Op
from ..models import pydantic, snake
from ..payloads import PAYLOADS, document
from ..peers import CLIENT, FLOOR, JSON, LIBRARY, ORJSON, PYDANTIC, SDK, STRICT, Coder, coders, sdk_coder, unmarshal
from ..spelling import CAMEL_OF, camel_case, respell, same_as
from ..typescript import typescript

__all__ = ["DECODE", "ENCODE", "PEEK", "TRANSCODE", "decoding", "encoding", "named"]

CODERS = coders(cm.ConversationResponse) | {SDK: sdk_coder("ConversationResponse")}
CODERS[CLIENT] = Coder(unmarshal, CODERS[SDK].encode)
CAMEL = {
    LIBRARY: Coder(cm.camel.decode, cm.camel.encode),
    FLOOR: Coder(msgspec.json.Decoder(cm.ConversationResponse).decode, msgspec.json.Encoder().encode),
    ORJSON: CODERS[ORJSON],
}


def decoding(coders: Mapping[str, Coder]) -> dict[str, Op]:
    """Decoding. The values are right if the peer writes them as the same document."""
    return {
        peer: Op(decode, check=lambda data, coder=(decode, encode): coder[1](coder[0](data)))
        for peer, (decode, encode) in coders.items()
    }


def encoding(coders: Mapping[str, Coder]) -> dict[str, Op]:
    """Encoding what the peer has decoded."""
    # The strict decoder and the SDK's client write as the bare one and the SDK's models do.
    return {peer: Op(encode, decode) for peer, (decode, encode) in coders.items() if peer not in (STRICT, CLIENT)}


def named(names: tuple[str, ...], quick: bool) -> dict[str, bytes]:
    """The payloads of those names, or the first two."""
    return {name: document(name) for name in (names[:2] if quick else names)}


def _decode_cases(quick: bool) -> Iterator[Case]:
    for name, data in named(tuple(payload.name for payload in PAYLOADS), quick).items():
        yield Case(name=name, data=data, ops=decoding(CODERS) | typescript("decode", quick), right=same_as(data))
    data = camel_case(document("web search"))
    yield Case(name="web search, camelCase", data=data, ops=decoding(CAMEL), right=same_as(data))


def _encode_cases(quick: bool) -> Iterator[Case]:
    for name, data in named(tuple(payload.name for payload in PAYLOADS), quick).items():
        yield Case(name=name, data=data, ops=encoding(CODERS) | typescript("encode", quick), right=same_as(data))
    data = camel_case(document("web search"))
    yield Case(name="web search, camelCase", data=data, ops=encoding(CAMEL), right=same_as(data))


# Transcoding ------------------------------------------------------------------------------------------------------


def _both(coder: Coder) -> Op:
    return Op(lambda data: coder.encode(coder.decode(data)))


SAME_NAMING = {peer: _both(CODERS[peer]) for peer in (LIBRARY, FLOOR, ORJSON, PYDANTIC, SDK)}
_ADAPTER = pydantic(cm.ConversationResponse)
OTHER_NAMING = {
    LIBRARY: Op(lambda data: cm.camel.encode(cm.snake.decode(data))),
    ORJSON: Op(lambda data: orjson.dumps(respell(orjson.loads(data), CAMEL_OF))),
    PYDANTIC: Op(lambda data: _ADAPTER.dump_json(_ADAPTER.validate_json(data), exclude_unset=True, by_alias=True)),
}


def _transcode_cases(quick: bool) -> Iterator[Case]:
    for name, data in named(("short answer", "web search", "reasoning", "cited report", "history"), quick).items():
        yield Case(name=f"{name}, same naming", data=data, ops=SAME_NAMING, right=same_as(data), together=name)
        ops = OTHER_NAMING | typescript("transcode", quick)
        yield Case(name=f"{name}, into camelCase", data=data, ops=ops, right=same_as(camel_case(data)), together=name)
        back = {LIBRARY: Op(lambda data: cm.snake.encode(cm.camel.decode(data)))}
        yield Case(name=f"{name}, from camelCase", data=camel_case(data), ops=back, right=same_as(data), together=name)


# Peeking ----------------------------------------------------------------------------------------------------------


class _Head(BaseModel):
    class Usage(BaseModel):
        total_tokens: int

    conversation_id: str
    usage: Usage


# Its documentation advises to keep one parser, and forbids references that outlive the next parse.
_PARSER = simdjson.Parser()


def _pointed(data: bytes) -> tuple[str, int]:
    found: Any = _PARSER.parse(data)
    return found["conversation_id"], found.at_pointer("/usage/total_tokens")


def _attributes(decode: Callable[[bytes], Any]) -> Callable[[bytes], tuple[str, int]]:
    def peek(data: bytes) -> tuple[str, int]:
        head = decode(data)
        return head.conversation_id, head.usage.total_tokens

    return peek


def _keys(loads: Callable[[bytes], Any]) -> Callable[[bytes], tuple[str, int]]:
    def peek(data: bytes) -> tuple[str, int]:
        found = loads(data)
        return found["conversation_id"], found["usage"]["total_tokens"]

    return peek


PEEKING = {
    LIBRARY: Op(_attributes(cm.snake.peek)),
    f"{LIBRARY}, summarize": Op(_attributes(cm.snake.summarize)),
    FLOOR: Op(_attributes(msgspec.json.Decoder(snake(cm.ResponseHead)).decode)),
    ORJSON: Op(_keys(orjson.loads)),
    JSON: Op(_keys(json.loads)),
    "pysimdjson": Op(_pointed),
    PYDANTIC: Op(_attributes(_Head.model_validate_json)),
    SDK: Op(_attributes(CODERS[SDK].decode)),
}


def _peek_cases(quick: bool) -> Iterator[Case]:
    for name, data in named(("short answer", "web search", "cited report", "history", "image"), quick).items():
        yield Case(name=name, data=data, ops=PEEKING, right=partial(eq, _keys(json.loads)(data)))


DECODE = Group("decode", "The bytes of a response to values.", _decode_cases, LIBRARY)
ENCODE = Group("encode", "Values to bytes.", _encode_cases, LIBRARY)
TRANSCODE = Group(
    "transcode",
    "Bytes in one naming to values, and to bytes in the same naming or the other.",
    _transcode_cases,
    LIBRARY,
)
PEEK = Group(
    "peek",
    "The conversation id and the total of tokens of a response. `summarize` makes a whole `UsageRecord`.",
    _peek_cases,
    LIBRARY,
)
