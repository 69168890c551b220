"""Bodies of streams, and what every reader makes of each: the cases of ``stream/progress.py``, written out.

All are snake_case. ``BODIES`` maps a sentence about behaviour to a body.
"""

from typing import NamedTuple

import conversation_models as cm


class Said(NamedTuple):
    """A response, by the parts that tell it from others."""

    conversation_id: str
    text: str
    total_tokens: int


class Metered(NamedTuple):
    """The attributes of a ``StreamMeter``. ``unreadable``: the response ended with a malformed event."""

    conversation_id: str | None = None
    total_tokens: int | None = None
    error: str | None = None
    done: bool = False
    unreadable: bool = False


class Body(NamedTuple):
    events: list[bytes]
    """The frames of the events, in order; each is one event."""
    steps: str
    """For each event: ``o`` opens a response, ``c`` continues one, ``-`` is outside of any."""
    responses: list[Said | type[Exception]]
    """For each response: what ``collect_all`` returns, or what ``collect`` raises if it is the only one."""
    metered: Metered
    rest: bytes = b""
    """Bytes of an unfinished event at the end."""

    @property
    def bytes(self) -> bytes:
        """The whole body."""
        return b"".join(self.events) + self.rest

    @property
    def ended(self) -> bool:
        """Whether the latest response has ended: if not, bytes of an unfinished event mean a truncation."""
        return bool(self.responses) and self.responses[-1] is not cm.TruncatedStreamError


def started(conversation_id: str) -> bytes:
    return frame(f'{{"type":"conversation.response.started","conversation_id":"{conversation_id}"}}')


def hi(text: str) -> bytes:
    return frame(f'{{"type":"message.output.delta","id":"m","content":"{text}"}}')


def done(total_tokens: int) -> bytes:
    return frame(f'{{"type":"conversation.response.done","usage":{{"total_tokens":{total_tokens}}}}}')


def frame(data: str, event: str = "") -> bytes:
    return (f"event: {event}\n" if event else "").encode() + f"data: {data}\n\n".encode()


ERROR = frame('{"type":"conversation.response.error","message":"Out of order","code":500}')
# Bodies of errors in place of an event, by who sends them.
ERROR_BODIES = {
    "the service": frame('{"object":"Error","message":"Out of order","type":"invalid_request_error","code":3000}'),
    "the service, about the request": frame('{"object": "Error", "detail": [{"loc": [], "msg": "Out of order"}]}'),
    "the service, about the key": frame('{"detail":"Out of order"}'),
    "the chat API": frame('{"object":"error","message":"Out of order","type":null,"param":null,"code":null}'),
    "a gateway": frame('{"error":{"message":"Out of order","code":502}}'),
    "a gateway, with a string": frame('{"error":"Out of order"}', "message"),
    "a gateway, with the type error": frame('{"type":"error","error":{"message":"Out of order"}}'),
    "a gateway, with the event error": frame('{"message":"Out of order"}', "error"),
    "a gateway, over two lines": b'data: {"error":\ndata: "Out of order"}\n\n',
}
GATEWAY_ERROR = ERROR_BODIES["a gateway"]
# Fields of these names do not make an event of another type an error.
NOT_ERRORS = [
    frame('{"type":"video.delta","error":{"message":"no"},"detail":"no","message":"no"}'),
    frame('{"error":{"message":"no"},"detail":"no"}', "video.delta"),
    frame('{"error":null,"detail":"","message":"no"}'),
    frame('{"type":"message.output.delta","id":"m","content":{"type":"video_url","error":{"message":"no"}}}'),
    frame('{"type":"tool.execution.done","id":"t","name":"t","info":{"object":"Error","detail":"no"}}'),
    frame('{"type":"message.output.delta","id":"m","content":"\\"error\\" \\"detail\\""}'),
    frame('{"text":"{\\"error\\":\\"no\\"}"}'),
]
UNKNOWN = frame('{"type":"video.delta"}')
MALFORMED = frame("oops")
HALF = b'data: {"type":"message.output.del'

CUT_OFF = cm.TruncatedStreamError
FAILED = cm.ConversationResponseError
UNREADABLE = cm.ConversationDecodeError

BODIES: dict[str, Body] = {
    "a whole response": Body(
        [started("a"), hi("1"), done(7)], "occ", [Said("a", "1", 7)], Metered("a", 7, done=True)
    ),
    "a response without a started event": Body(
        [hi("1"), hi("2"), done(7)], "occ", [Said("", "12", 7)], Metered(None, 7, done=True)
    ),
    "a done event alone is a response": Body([done(7)], "o", [Said("", "", 7)], Metered(None, 7, done=True)),
    "an error ends a response": Body(
        [started("a"), hi("1"), ERROR], "occ", [FAILED], Metered("a", error="Out of order")
    ),
    "an error alone is a response": Body([ERROR], "o", [FAILED], Metered(error="Out of order")),
    **{
        f"an error body of {sender} ends a response": Body(
            [started("a"), hi("1"), error], "occ", [FAILED], Metered("a", error="Out of order")
        )
        for sender, error in ERROR_BODIES.items()
    },
    "an error body alone is a response": Body([GATEWAY_ERROR], "o", [FAILED], Metered(error="Out of order")),
    "an error body between deltas ends a response": Body(
        [started("a"), hi("1"), GATEWAY_ERROR, hi("2"), done(8)], "occ--", [FAILED], Metered("a", error="Out of order")
    ),
    "an error body after the end belongs to no response": Body(
        [started("a"), hi("1"), done(7), *ERROR_BODIES.values()],
        "occ" + "-" * len(ERROR_BODIES),
        [Said("a", "1", 7)],
        Metered("a", 7, done=True),
    ),
    "a response after one that an error body ended": Body(
        [started("a"), GATEWAY_ERROR, started("b"), done(8)],
        "ococ",
        [FAILED, Said("b", "", 8)],
        Metered("b", 8, done=True),
    ),
    "an unfinished event after an error body is harmless": Body(
        [started("a"), GATEWAY_ERROR], "oc", [FAILED], Metered("a", error="Out of order"), rest=HALF
    ),
    "an event that has a field called error ends no response": Body(
        [started("a"), *NOT_ERRORS, done(7)],
        "o" + "c" * len(NOT_ERRORS) + "c",
        [Said("a", '"error" "detail"', 7)],
        Metered("a", 7, done=True),
    ),
    "no bytes": Body([], "", [], Metered()),
    "no event, only the start of one": Body([], "", [], Metered(), rest=HALF),
    "a response without an end": Body([started("a"), hi("1")], "oc", [CUT_OFF], Metered("a")),
    "a response cut off in an event": Body([started("a"), hi("1")], "oc", [CUT_OFF], Metered("a"), rest=HALF),
    "an unfinished event after the end is harmless": Body(
        [started("a"), done(7)], "oc", [Said("a", "", 7)], Metered("a", 7, done=True), rest=HALF
    ),
    "an unfinished event after an error is harmless": Body(
        [started("a"), ERROR], "oc", [FAILED], Metered("a", error="Out of order"), rest=HALF
    ),
    # Events after the end.
    "a delta after the end belongs to no response": Body(
        [started("a"), hi("1"), done(7), hi("2")], "occ-", [Said("a", "1", 7)], Metered("a", 7, done=True)
    ),
    "a second end belongs to no response": Body(
        [started("a"), done(7), done(8), ERROR], "oc--", [Said("a", "", 7)], Metered("a", 7, done=True)
    ),
    "a done event after an error belongs to no response": Body(
        [started("a"), ERROR, done(8)], "oc-", [FAILED], Metered("a", error="Out of order")
    ),
    "unknown and malformed events after the end belong to no response": Body(
        [started("a"), done(7), UNKNOWN, MALFORMED], "oc--", [Said("a", "", 7)], Metered("a", 7, done=True), rest=HALF
    ),
    # Several responses.
    "two responses": Body(
        [started("a"), hi("1"), done(7), started("b"), hi("2"), done(8)],
        "occocc",
        [Said("a", "1", 7), Said("b", "2", 8)],
        Metered("b", 8, done=True),
    ),
    "two responses, the second cut off in an event": Body(
        [started("a"), hi("1"), done(7), started("b"), hi("2")],
        "occoc",
        [Said("a", "1", 7), CUT_OFF],
        Metered("b"),
        rest=HALF,
    ),
    "two responses, the first without an end": Body(
        [started("a"), hi("1"), started("b"), hi("2"), done(8)],
        "ococc",
        [CUT_OFF, Said("b", "2", 8)],
        Metered("b", 8, done=True),
    ),
    "a started event after a delta cuts off the response without one": Body(
        [hi("1"), started("b"), done(8)], "ooc", [CUT_OFF, Said("b", "", 8)], Metered("b", 8, done=True)
    ),
    "two started events are two responses": Body(
        [started("a"), started("b"), done(8)], "ooc", [CUT_OFF, Said("b", "", 8)], Metered("b", 8, done=True)
    ),
    "a response after a failed one": Body(
        [started("a"), ERROR, started("b"), done(8)], "ococ", [FAILED, Said("b", "", 8)], Metered("b", 8, done=True)
    ),
    "what lies between two responses belongs to neither": Body(
        [started("a"), done(7), hi("1"), started("b"), hi("2"), done(8)],
        "oc-occ",
        [Said("a", "", 7), Said("b", "2", 8)],
        Metered("b", 8, done=True),
    ),
    # Unknown and malformed events.
    "unknown and malformed events change nothing": Body(
        [started("a"), UNKNOWN, hi("1"), MALFORMED, done(7)],
        "occcc",
        [Said("a", "1", 7)],
        Metered("a", 7, done=True),
    ),
    "unknown and malformed events open no response": Body(
        [UNKNOWN, MALFORMED, started("a"), done(7)], "--oc", [Said("a", "", 7)], Metered("a", 7, done=True)
    ),
    "unknown and malformed events alone are no response": Body([UNKNOWN, MALFORMED], "--", [], Metered()),
    "a malformed done event ends a response": Body(
        [started("a"), hi("1"), frame('{"type":"conversation.response.done","usage":5}'), done(8), hi("2")],
        "occ--",
        [UNREADABLE],
        Metered("a", done=True, unreadable=True),
        rest=HALF,
    ),
    "a malformed done event alone is a response": Body(
        [frame('{"type":"conversation.response.done"}')], "o", [UNREADABLE], Metered(done=True, unreadable=True)
    ),
    "a malformed error event ends a response": Body(
        [started("a"), frame('{"type":"conversation.response.error","message":5,"code":500}')],
        "oc",
        [UNREADABLE],
        Metered("a", unreadable=True),
    ),
    "the event field names a malformed end whose data cannot be read": Body(
        [started("a"), frame('{"usage":{"total_tokens"', "conversation.response.done"), hi("2")],
        "oc-",
        [UNREADABLE],
        Metered("a", done=True, unreadable=True),
    ),
    "the event field names a malformed end without a type in its data": Body(
        [started("a"), frame("{}", "conversation.response.done")],
        "oc",
        [UNREADABLE],
        Metered("a", done=True, unreadable=True),
    ),
    "a type in the data goes before the event field": Body(
        [started("a"), frame('{"type":"message.output.delta"}', "conversation.response.done"), hi("2"), done(7)],
        "occc",
        [Said("a", "2", 7)],
        Metered("a", 7, done=True),
    ),
    "a type inside the data of a malformed event does not count": Body(
        [started("a"), frame('{"id":{"type":"conversation.response.done"},"type":"message.output.delta"}'), done(7)],
        "occ",
        [Said("a", "", 7)],
        Metered("a", 7, done=True),
    ),
    "a malformed started event opens a response": Body(
        [started("a"), done(7), frame('{"type":"conversation.response.started"}'), hi("2"), done(8)],
        "ococc",
        [Said("a", "", 7), Said("", "2", 8)],
        Metered(None, 8, done=True),
    ),
    "a malformed started event cuts off the open response": Body(
        [started("a"), hi("1"), frame('{"type":"conversation.response.started"}'), done(8)],
        "ococ",
        [CUT_OFF, Said("", "", 8)],
        Metered(None, 8, done=True),
    ),
    "a response after one with a malformed end": Body(
        [started("a"), frame('{"type":"conversation.response.done"}'), started("b"), done(8)],
        "ococ",
        [UNREADABLE, Said("b", "", 8)],
        Metered("b", 8, done=True),
    ),
}  # fmt: skip
