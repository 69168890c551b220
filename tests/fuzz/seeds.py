"""The seeds of fuzzing: the fixtures in both namings, a stream with every event, and small cases of every rule."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from random import Random

import conversation_models as cm

from ..support.documents import CODECS, NAMINGS, SHAPES, UNION_TYPES, UNIONS, dumps, key, minimal, respelled
from ..support.examples import full
from ..support.paths import FIXTURES
from ..support.streams import every_event
from .document_oracles import TYPES, prefix
from .targets import STREAMS

SMALL = [
    *(b"null", b"[]", b"{}", b'""', b"-0.0", b"1e400", b"NaN", b'"\\ud83d\\ude00"', b'"\\ud800"', b'{"a":1,"a":2}'),
    *(b'{"a":{"b":1},"a":{"b":[2,{"c":3}]}, "a" : {"b":4 ,"b":[5,{"c":6,"c":7}]} }', b'{"usage":{},"usage":{"a":1}}'),
    *(b'{"type":"new"}', b'{"type":null}', b'{"text":1}', b'"\xff"', b" [ 1 , 2 ] ", b"12345678901234567890123"),
]
ERROR_BODIES = [
    b'{"object":"Error","message":"No such conversation","type":"invalid_request_error","code":3000}',
    b'{"object":"Error","detail":[{"loc":["body","inputs",0],"msg":"Field required","type":"missing","ctx":{"a":1}}]}',
    b'{"detail":"Invalid API Key"}',
    b'{"error":{"message":"Blocked","status":403},"guardrails":{"results":{}}}',
    b'{"object":"error","message":{"detail":[{"msg":"m"}]},"param":null,"code":"x"}',
]
_ENDS = b'data: {"type":"conversation.response.%b"}\n\n'
SMALL_STREAMS = [
    b"".join(
        _ENDS % (b'started","conversation_id":"%d","conversationId":"%d' % (i, i))
        + b'data: {"type":"conversation.response.done","usage":{"total_tokens":%d,"totalTokens":%d}}\n\n' % (i, i)
        + _ENDS % (b'error","code":%d,"message":"' % i)
        for i in range(3)
    ),
    b": comment\n\n\xef\xbb\xbfdata: 1\n\n",
    b"\xef\xbb\xbfdata\n\ndata:\ndata\n\nid: 1\nretry: 10\nevent: x\ndata: {}\n\nid\ndata: [DONE]\n\n",
    b'event: a\r\ndata: {"type":\r\ndata: "new"}\r\n\r\nid:\0\r\rdata: {"type":"new"}',
    *(
        b"".join(
            b'%bdata: {"type":%b"message.output.delta","id":"m","content":"%d","model":"a%d"}\n\n' % (name, space, i, i)
            for i in range(4)
        )
        + b'data: {"type":"conversation.response.done","usage":{}}\n\n'
        for name in (b"event: message.output.delta\n", b"")
        for space in (b"", b" ")
    ),
    b'event: new.event\ndata: {"a": 1}\n\nevent: conversation.response.done\ndata: {"usage":{}}\n\n',
]


def documents() -> Iterator[bytes]:
    random = Random(1)
    for path in sorted(FIXTURES.glob("*.json")):
        value = (cm.camel if path.stem.endswith("_camel") else cm.snake).decode(path.read_bytes())
        yield prefix("snake" if "_camel" not in path.stem else "camel", cm.ConversationResponse) + path.read_bytes()
        yield prefix("camel", cm.ConversationResponse) + cm.camel.encode(value)
    for naming in NAMINGS:
        for event in every_event():
            spelled = event if naming == "snake" else respelled(event, "event", "snake")
            yield prefix(naming, cm.ConversationEvent) + dumps(spelled)
        for union, tp in UNION_TYPES.items():
            for cls in UNIONS[union]:
                untagged = {key(name, naming): value for name, value in minimal(cls).items()}
                yield prefix(naming, tp) + dumps(untagged)
        for cls in SHAPES:
            yield prefix(naming, cls) + CODECS[naming].encode(full(cls))
        for body in ERROR_BODIES:
            yield prefix(naming, cm.ServiceError) + body
    for text in SMALL:
        yield prefix("camel", random.choice(TYPES)) + text


def streams() -> Iterator[bytes]:
    for naming in NAMINGS:
        events = [e if naming == "snake" else respelled(e, "event", "snake") for e in every_event()]
        named = b"".join(b"event: %b\ndata: %b\n\n" % (e["type"].encode(), dumps(e)) for e in events)
        unnamed = b"".join(b"data: %b\n\n" % dumps(e) for e in events)
        few = re.split(rb"(?<=\n\n)", named)
        parts = [b"".join(few[at : at + 3]) for at in range(0, len(few), 2)]
        parts += [part.replace(b"\n", b"\r\n") for part in parts[::3]] + [
            part.replace(b"\n", b"\r") for part in parts[::4]
        ]
        for stream in [named, unnamed, *parts, *parts, *SMALL_STREAMS]:
            yield prefix(naming, cm.ConversationResponse) + stream


def seeds(target: str) -> list[bytes]:
    return list(_all(streams if target in STREAMS else documents))


@cache
def _all(generator: Callable[[], Iterator[bytes]]) -> list[bytes]:
    return list(generator())


def words() -> list[bytes]:
    """Pieces of streams and documents that mutations insert."""
    names = {name for shape in SHAPES.values() for name in shape.fields}
    quoted = [dumps(key(name, naming)) for name in sorted(names) for naming in NAMINGS]
    tags = [dumps(shape.tag) for shape in SHAPES.values() if shape.tag]
    return [
        *dict.fromkeys(quoted + tags),
        *(b'"type":', b'"type":null,', b"null", b"true", b"{}", b"[]", b'""', b"0", b"1.5", b"1e999", b"-", b"NaN"),
        *(b"\xff", b"\x80", b"\0", b'"', b"\\", b"\\ud800", b"\\u0061", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xc3\xa9"),
        *(b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"data: ", b"data:", b"event: message.output.delta\ndata: "),
        *(b":", b": ping\n", b"id: 1\n", b"retry: 5\n", b"event: ", b"data: [DONE]\n\n", b"data\n", b"\ndata: "),
    ]
