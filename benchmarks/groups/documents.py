"""Whole responses: decoded, encoded, transcoded, and looked into."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
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

CODERS = coders(cm.ConversationResponse) | {SDK: sdk_coder("ConversationResponse")}
CODERS[CLIENT] = Coder(unmarshal, CODERS[SDK].encode)
CAMEL = {
    LIBRARY: Coder(cm.camel.decode, cm.camel.encode),
    FLOOR: Coder(msgspec.json.Decoder(cm.ConversationResponse).decode, msgspec.json.Encoder().encode),
    ORJSON: CODERS[ORJSON],
}


def decoding(coders: Mapping[str, Coder]) -> dict[str, Op]:
    """Decoding. The values are right if the peer writes them as the same document."""
    return {peer: replace(op, run=coders[peer].decode, check=op.run) for peer, op in both(coders).items()}


def encoding(coders: Mapping[str, Coder]) -> dict[str, Op]:
    """Encoding what the peer has decoded."""
    # The strict decoder and the SDK's client write as the bare one and the SDK's models do.
    return {peer: Op(encode, decode) for peer, (decode, encode) in coders.items() if peer not in (STRICT, CLIENT)}


def named(names: Iterable[str], quick: bool) -> dict[str, bytes]:
    """The payloads of those names, or the first two."""
    return {name: document(name) for name in islice(names, 2 if quick else None)}


def _cases(ops: Callable[[Mapping[str, Coder]], dict[str, Op]], quick: bool) -> Iterator[Case]:
    for name, data in named(PAYLOADS, quick).items():
        yield Case(name=name, data=data, ops=ops(CODERS), right=same_as(data))
    data = camel_case(document("web search"))
    yield Case(name="web search, camelCase", data=data, ops=ops(CAMEL), right=same_as(data))


def both(coders: Mapping[str, Coder]) -> dict[str, Op]:
    """Decoding and encoding."""

    def op(coder: Coder) -> Op:
        return Op(lambda data: coder.encode(coder.decode(data)))

    return {peer: op(coder) for peer, coder in coders.items()}


SAME_NAMING = both({peer: CODERS[peer] for peer in (LIBRARY, FLOOR, ORJSON, PYDANTIC, SDK)})
_ADAPTER = pydantic(cm.ConversationResponse)
OTHER_NAMING = {
    LIBRARY: Op(lambda data: cm.camel.encode(cm.snake.decode(data))),
    ORJSON: Op(lambda data: orjson.dumps(respell(orjson.loads(data), CAMEL_OF))),
    PYDANTIC: Op(lambda data: _ADAPTER.dump_json(_ADAPTER.validate_json(data), exclude_unset=True, by_alias=True)),
}


def _transcode_cases(quick: bool) -> Iterator[Case]:
    for name, data in named(("short answer", "web search", "reasoning", "cited report", "history"), quick).items():
        yield Case(name=f"{name}, same naming", data=data, ops=SAME_NAMING, right=same_as(data), together=name)
        right = same_as(camel_case(data))
        yield Case(name=f"{name}, into camelCase", data=data, ops=OTHER_NAMING, right=right, together=name)


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


def _of_keys(found: Any) -> tuple[str, int]:
    return found["conversation_id"], found["usage"]["total_tokens"]


def _of_attributes(head: Any) -> tuple[str, int]:
    return head.conversation_id, head.usage.total_tokens


def _peeking(decode: Callable[[bytes], Any], found_in: Callable[[Any], tuple[str, int]] = _of_attributes) -> Op:
    return Op(lambda data: found_in(decode(data)))


PEEKING = {
    LIBRARY: _peeking(cm.snake.peek),
    f"{LIBRARY}, summarize": _peeking(cm.snake.summarize),
    FLOOR: _peeking(msgspec.json.Decoder(snake(cm.ResponseHead)).decode),
    ORJSON: _peeking(orjson.loads, _of_keys),
    JSON: _peeking(json.loads, _of_keys),
    "pysimdjson": Op(_pointed),
    PYDANTIC: _peeking(_Head.model_validate_json),
    SDK: _peeking(CODERS[SDK].decode),
}


def _peek_cases(quick: bool) -> Iterator[Case]:
    for name, data in named(("short answer", "web search", "cited report", "history", "image"), quick).items():
        yield Case(name=name, data=data, ops=PEEKING, right=partial(eq, _of_keys(json.loads(data))))


DECODE = Group("decode", "The bytes of a response to values.", partial(_cases, decoding), LIBRARY)
ENCODE = Group("encode", "Values to bytes.", partial(_cases, encoding), LIBRARY)
TRANSCODE = Group("transcode", "Read in one naming, written in the same or the other.", _transcode_cases, LIBRARY)
PEEK = Group("peek", "A response's id and total of tokens. `summarize` makes a `UsageRecord`.", _peek_cases, LIBRARY)
