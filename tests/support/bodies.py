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


class Recorded(NamedTuple):
    """A ``UsageRecord``, by the parts that tell it from others. ``total_tokens`` is ``None`` if there is no usage."""

    status: str
    conversation_id: str | None = None
    total_tokens: int | None = None
    error: str | None = None
    outputs: int = 0
    events: int = 0
    deltas: int = 0
    unknown: int = 0


def recorded(record: cm.UsageRecord) -> Recorded:
    """The parts of ``record``."""
    return Recorded(
        record.status,
        record.conversation_id,
        None if record.usage is None else record.usage.total_tokens,
        record.error_message if record.status == "failed" else None,
        record.outputs,
        record.events,
        record.deltas,
        record.unknown,
    )


class Body(NamedTuple):
    events: list[bytes]
    """The frames of the events, in order; each is one event."""
    steps: str
    """For each event: ``o`` opens a response, ``c`` continues one, ``-`` is outside of any."""
    responses: list[Said | type[Exception]]
    """For each response: what ``collect_all`` returns, or what ``collect`` raises if it is the only one."""
    metered: Metered
    records: list[Recorded]
    """The record of each response, for a meter and for whoever relays the body and accounts for it."""
    rest: bytes = b""
    """Bytes of an unfinished event at the end."""
    stopped: bool = False
    """The last event is not from upstream: it is what ``StreamMeter.stop`` returns to whoever relays the others."""

    @property
    def upstream(self) -> bytes:
        """What a meter is fed."""
        return b"".join(self.events[:-1]) if self.stopped else self.bytes

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


def named(event: str, frame: bytes) -> bytes:
    return f"event: {event}\n".encode() + frame


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
STOP = frame('{"type":"conversation.response.done","usage":{}}', "conversation.response.done")
HALF = b'data: {"type":"message.output.del'

CUT_OFF = cm.TruncatedStreamError
FAILED = cm.ConversationResponseError
UNREADABLE = cm.ConversationDecodeError

# The records of the responses that most bodies have.
WHOLE = Recorded("completed", "a", 7, outputs=1, events=3, deltas=1)
CUT_A = Recorded("truncated", "a", outputs=1, events=2, deltas=1)
FAILED_A = Recorded("failed", "a", error="Out of order", outputs=1, events=3, deltas=1)

BODIES: dict[str, Body] = {
    "a whole response": Body(
        [started("a"), hi("1"), done(7)], "occ", [Said("a", "1", 7)], Metered("a", 7, done=True), [WHOLE]
    ),
    "a response without a started event": Body(
        [hi("1"), hi("2"), done(7)],
        "occ",
        [Said("", "12", 7)],
        Metered(None, 7, done=True),
        [Recorded("completed", None, 7, outputs=1, events=3, deltas=2)],
    ),
    "a done event alone is a response": Body(
        [done(7)], "o", [Said("", "", 7)], Metered(None, 7, done=True), [Recorded("completed", None, 7, events=1)]
    ),
    "an error ends a response": Body(
        [started("a"), hi("1"), ERROR], "occ", [FAILED], Metered("a", error="Out of order"), [FAILED_A]
    ),
    "an error alone is a response": Body(
        [ERROR], "o", [FAILED], Metered(error="Out of order"), [Recorded("failed", error="Out of order", events=1)]
    ),
    **{
        f"an error body of {sender} ends a response": Body(
            [started("a"), hi("1"), error], "occ", [FAILED], Metered("a", error="Out of order"), [FAILED_A]
        )
        for sender, error in ERROR_BODIES.items()
    },
    "an error body alone is a response": Body(
        [GATEWAY_ERROR],
        "o",
        [FAILED],
        Metered(error="Out of order"),
        [Recorded("failed", error="Out of order", events=1)],
    ),
    "an error body between deltas ends a response": Body(
        [started("a"), hi("1"), GATEWAY_ERROR, hi("2"), done(8)],
        "occ--",
        [FAILED],
        Metered("a", error="Out of order"),
        [FAILED_A],
    ),
    "an error body after the end belongs to no response": Body(
        [started("a"), hi("1"), done(7), *ERROR_BODIES.values()],
        "occ" + "-" * len(ERROR_BODIES),
        [Said("a", "1", 7)],
        Metered("a", 7, done=True),
        [WHOLE],
    ),
    "a response after one that an error body ended": Body(
        [started("a"), GATEWAY_ERROR, started("b"), done(8)],
        "ococ",
        [FAILED, Said("b", "", 8)],
        Metered("b", 8, done=True),
        [Recorded("failed", "a", error="Out of order", events=2), Recorded("completed", "b", 8, events=2)],
    ),
    "an unfinished event after an error body is harmless": Body(
        [started("a"), GATEWAY_ERROR],
        "oc",
        [FAILED],
        Metered("a", error="Out of order"),
        [Recorded("failed", "a", error="Out of order", events=2)],
        rest=HALF,
    ),
    "an event that has a field called error ends no response": Body(
        [started("a"), *NOT_ERRORS, done(7)],
        "o" + "c" * len(NOT_ERRORS) + "c",
        [Said("a", '"error" "detail"', 7)],
        Metered("a", 7, done=True),
        [Recorded("completed", "a", 7, outputs=2, events=9, deltas=2, unknown=4)],
    ),
    "no bytes": Body([], "", [], Metered(), []),
    "no event, only the start of one": Body([], "", [], Metered(), [], rest=HALF),
    "a response without an end": Body([started("a"), hi("1")], "oc", [CUT_OFF], Metered("a"), [CUT_A]),
    "a response cut off in an event": Body([started("a"), hi("1")], "oc", [CUT_OFF], Metered("a"), [CUT_A], rest=HALF),
    "an unfinished event after the end is harmless": Body(
        [started("a"), done(7)],
        "oc",
        [Said("a", "", 7)],
        Metered("a", 7, done=True),
        [Recorded("completed", "a", 7, events=2)],
        rest=HALF,
    ),
    "an unfinished event after an error is harmless": Body(
        [started("a"), ERROR],
        "oc",
        [FAILED],
        Metered("a", error="Out of order"),
        [Recorded("failed", "a", error="Out of order", events=2)],
        rest=HALF,
    ),
    # Events after the end.
    "a delta after the end belongs to no response": Body(
        [started("a"), hi("1"), done(7), hi("2")], "occ-", [Said("a", "1", 7)], Metered("a", 7, done=True), [WHOLE]
    ),
    "a second end belongs to no response": Body(
        [started("a"), done(7), done(8), ERROR],
        "oc--",
        [Said("a", "", 7)],
        Metered("a", 7, done=True),
        [Recorded("completed", "a", 7, events=2)],
    ),
    "a done event after an error belongs to no response": Body(
        [started("a"), ERROR, done(8)],
        "oc-",
        [FAILED],
        Metered("a", error="Out of order"),
        [Recorded("failed", "a", error="Out of order", events=2)],
    ),
    "unknown and malformed events after the end belong to no response": Body(
        [started("a"), done(7), UNKNOWN, MALFORMED],
        "oc--",
        [Said("a", "", 7)],
        Metered("a", 7, done=True),
        [Recorded("completed", "a", 7, events=2)],
        rest=HALF,
    ),
    # Several responses.
    "two responses": Body(
        [started("a"), hi("1"), done(7), started("b"), hi("2"), done(8)],
        "occocc",
        [Said("a", "1", 7), Said("b", "2", 8)],
        Metered("b", 8, done=True),
        [WHOLE, Recorded("completed", "b", 8, outputs=1, events=3, deltas=1)],
    ),
    "two responses, the second cut off in an event": Body(
        [started("a"), hi("1"), done(7), started("b"), hi("2")],
        "occoc",
        [Said("a", "1", 7), CUT_OFF],
        Metered("b"),
        [WHOLE, Recorded("truncated", "b", outputs=1, events=2, deltas=1)],
        rest=HALF,
    ),
    "two responses, the first without an end": Body(
        [started("a"), hi("1"), started("b"), hi("2"), done(8)],
        "ococc",
        [CUT_OFF, Said("b", "2", 8)],
        Metered("b", 8, done=True),
        [CUT_A, Recorded("completed", "b", 8, outputs=1, events=3, deltas=1)],
    ),
    "a started event after a delta cuts off the response without one": Body(
        [hi("1"), started("b"), done(8)],
        "ooc",
        [CUT_OFF, Said("b", "", 8)],
        Metered("b", 8, done=True),
        [Recorded("truncated", outputs=1, events=1, deltas=1), Recorded("completed", "b", 8, events=2)],
    ),
    "two started events are two responses": Body(
        [started("a"), started("b"), done(8)],
        "ooc",
        [CUT_OFF, Said("b", "", 8)],
        Metered("b", 8, done=True),
        [Recorded("truncated", "a", events=1), Recorded("completed", "b", 8, events=2)],
    ),
    "a response after a failed one": Body(
        [started("a"), ERROR, started("b"), done(8)],
        "ococ",
        [FAILED, Said("b", "", 8)],
        Metered("b", 8, done=True),
        [Recorded("failed", "a", error="Out of order", events=2), Recorded("completed", "b", 8, events=2)],
    ),
    "what lies between two responses belongs to neither": Body(
        [started("a"), done(7), hi("1"), started("b"), hi("2"), done(8)],
        "oc-occ",
        [Said("a", "", 7), Said("b", "2", 8)],
        Metered("b", 8, done=True),
        [Recorded("completed", "a", 7, events=2), Recorded("completed", "b", 8, outputs=1, events=3, deltas=1)],
    ),
    # Unknown and malformed events.
    "unknown and malformed events change nothing": Body(
        [started("a"), UNKNOWN, hi("1"), MALFORMED, done(7)],
        "occcc",
        [Said("a", "1", 7)],
        Metered("a", 7, done=True),
        [Recorded("completed", "a", 7, outputs=1, events=5, deltas=1, unknown=1)],
    ),
    "unknown and malformed events open no response": Body(
        [UNKNOWN, MALFORMED, started("a"), done(7)],
        "--oc",
        [Said("a", "", 7)],
        Metered("a", 7, done=True),
        [Recorded("completed", "a", 7, events=2)],
    ),
    "unknown and malformed events alone are no response": Body([UNKNOWN, MALFORMED], "--", [], Metered(), []),
    "a malformed done event ends a response": Body(
        [started("a"), hi("1"), frame('{"type":"conversation.response.done","usage":5}'), done(8), hi("2")],
        "occ--",
        [UNREADABLE],
        Metered("a", done=True, unreadable=True),
        [Recorded("unreadable", "a", outputs=1, events=3, deltas=1)],
        rest=HALF,
    ),
    "a malformed done event alone is a response": Body(
        [frame('{"type":"conversation.response.done"}')],
        "o",
        [UNREADABLE],
        Metered(done=True, unreadable=True),
        [Recorded("unreadable", events=1)],
    ),
    "a malformed error event ends a response": Body(
        [started("a"), frame('{"type":"conversation.response.error","message":5,"code":500}')],
        "oc",
        [UNREADABLE],
        Metered("a", unreadable=True),
        [Recorded("unreadable", "a", events=2)],
    ),
    "the event field names a malformed end whose data cannot be read": Body(
        [started("a"), frame('{"usage":{"total_tokens"', "conversation.response.done"), hi("2")],
        "oc-",
        [UNREADABLE],
        Metered("a", done=True, unreadable=True),
        [Recorded("unreadable", "a", events=2)],
    ),
    "the event field names a malformed end without a type in its data": Body(
        [started("a"), frame("{}", "conversation.response.done")],
        "oc",
        [UNREADABLE],
        Metered("a", done=True, unreadable=True),
        [Recorded("unreadable", "a", events=2)],
    ),
    "a type in the data goes before the event field": Body(
        [started("a"), frame('{"type":"message.output.delta"}', "conversation.response.done"), hi("2"), done(7)],
        "occc",
        [Said("a", "2", 7)],
        Metered("a", 7, done=True),
        [Recorded("completed", "a", 7, outputs=1, events=4, deltas=2)],
    ),
    "a type inside the data of a malformed event does not count": Body(
        [started("a"), frame('{"id":{"type":"conversation.response.done"},"type":"message.output.delta"}'), done(7)],
        "occ",
        [Said("a", "", 7)],
        Metered("a", 7, done=True),
        [Recorded("completed", "a", 7, events=3, deltas=1)],
    ),
    "a malformed started event opens a response": Body(
        [started("a"), done(7), frame('{"type":"conversation.response.started"}'), hi("2"), done(8)],
        "ococc",
        [Said("a", "", 7), Said("", "2", 8)],
        Metered(None, 8, done=True),
        [Recorded("completed", "a", 7, events=2), Recorded("completed", None, 8, outputs=1, events=3, deltas=1)],
    ),
    "a malformed started event cuts off the open response": Body(
        [started("a"), hi("1"), frame('{"type":"conversation.response.started"}'), done(8)],
        "ococ",
        [CUT_OFF, Said("", "", 8)],
        Metered(None, 8, done=True),
        [CUT_A, Recorded("completed", None, 8, events=2)],
    ),
    "a response after one with a malformed end": Body(
        [started("a"), frame('{"type":"conversation.response.done"}'), started("b"), done(8)],
        "ococ",
        [UNREADABLE, Said("b", "", 8)],
        Metered("b", 8, done=True),
        [Recorded("unreadable", "a", events=2), Recorded("completed", "b", 8, events=2)],
    ),
    # Other ways to write the same.
    "events with names": Body(
        [
            named("conversation.response.started", started("a")),
            named("message.output.delta", hi("1")),
            named("conversation.response.done", done(7)),
        ],
        "occ",
        [Said("a", "1", 7)],
        Metered("a", 7, done=True),
        [WHOLE],
    ),
    "lines that end in CRLF": Body(
        [one.replace(b"\n", b"\r\n") for one in (started("a"), hi("1"), done(7))],
        "occ",
        [Said("a", "1", 7)],
        Metered("a", 7, done=True),
        [WHOLE],
    ),
    "lines that end in CR": Body(
        [one.replace(b"\n", b"\r") for one in (started("a"), hi("1"), done(7))],
        "occ",
        [Said("a", "1", 7)],
        Metered("a", 7, done=True),
        [WHOLE],
    ),
    "comments between events and in them": Body(
        [b": ping\n\n" + started("a"), b": ping\n" + hi("1") + b": ping\n\n", done(7)[:-1] + b": ping\n\n"],
        "occ",
        [Said("a", "1", 7)],
        Metered("a", 7, done=True),
        [WHOLE],
    ),
    "ids, reconnection times and a byte-order mark": Body(
        [b"\xef\xbb\xbf" + started("a"), b"id: 1\nretry: 5\n" + hi("1"), b"id: 2\n" + done(7)],
        "occ",
        [Said("a", "1", 7)],
        Metered("a", 7, done=True),
        [WHOLE],
    ),
    "a [DONE] after the end": Body(
        [started("a"), hi("1"), done(7) + b"data: [DONE]\n\n"],
        "occ",
        [Said("a", "1", 7)],
        Metered("a", 7, done=True),
        [WHOLE],
    ),
    "a [DONE] is not an end": Body(
        [started("a"), hi("1") + b"data: [DONE]\n\n"],
        "oc",
        [CUT_OFF],
        Metered("a"),
        [CUT_A],
    ),
    "frames without data are no events": Body(
        [b"event: conversation.response.done\n\n" + started("a"), b"data\n\n" + hi("1"), b"data:\n\n" + done(7)],
        "occ",
        [Said("a", "1", 7)],
        Metered("a", 7, done=True),
        [WHOLE],
    ),
    # Errors in the middle, ends without a count, ends by the gateway.
    "an error between deltas ends a response": Body(
        [started("a"), hi("1"), ERROR, hi("2"), done(8)],
        "occ--",
        [FAILED],
        Metered("a", error="Out of order"),
        [FAILED_A],
    ),
    "a usage without a count is not zero tokens": Body(
        [started("a"), hi("1"), frame('{"type":"conversation.response.done","usage":{ }}')],
        "occ",
        [Said("a", "1", 0)],
        Metered("a", done=True),
        [Recorded("completed", "a", outputs=1, events=3, deltas=1)],
    ),
    "of a repeated usage the last one counts": Body(
        [started("a"), frame('{"type":"conversation.response.done","usage":5,"usage":{}}')],
        "oc",
        [Said("a", "", 0)],
        Metered("a", done=True),
        [Recorded("completed", "a", events=2)],
    ),
    "a malformed delta with the name of an end is one": Body(
        [started("a"), hi("1"), frame('{"type":"message.output.delta","id":oops}', "conversation.response.done")],
        "occ",
        [UNREADABLE],
        Metered("a", done=True, unreadable=True),
        [Recorded("unreadable", "a", outputs=1, events=3, deltas=1)],
    ),
    "stopped by the gateway": Body(
        [started("a"), hi("1"), STOP],
        "occ",
        [Said("a", "1", 0)],
        Metered("a"),
        [Recorded("stopped", "a", outputs=1, events=2, deltas=1)],
        stopped=True,
    ),
    "stopped by the gateway in the second response": Body(
        [started("a"), hi("1"), done(7), started("b"), STOP],
        "occoc",
        [Said("a", "1", 7), Said("b", "", 0)],
        Metered("b"),
        [WHOLE, Recorded("stopped", "b", events=1)],
        stopped=True,
    ),
    # Outputs of every kind.
    "tools, a call in pieces, a handoff and two messages": Body(
        [
            started("a"),
            frame('{"type":"tool.execution.started","id":"t","name":"web_search"}'),
            frame('{"type":"tool.execution.delta","id":"t","name":"web_search","arguments":"{}"}'),
            frame('{"type":"tool.execution.done","id":"t","name":"web_search"}'),
            frame('{"type":"function.call.delta","name":"f","tool_call_id":"x","arguments":"{"}'),
            frame('{"type":"function.call.delta","id":"1","name":"f","tool_call_id":"x","arguments":"}"}'),
            frame('{"type":"function.call.delta","id":"2","name":"f","tool_call_id":"x","arguments":"{}"}'),
            frame('{"type":"agent.handoff.started","id":"h","previous_agent_id":"p","previous_agent_name":"P"}'),
            frame('{"type":"agent.handoff.done","id":"h","next_agent_id":"n","next_agent_name":"N"}'),
            hi("1"),
            UNKNOWN,
            frame('{"type":"message.output.delta","id":"n","content":"2"}'),
            done(7),
        ],
        "o" + "c" * 12,
        [Said("a", "12", 7)],
        Metered("a", 7, done=True),
        [Recorded("completed", "a", 7, outputs=6, events=13, deltas=2, unknown=1)],
    ),
}


RELAYED = {name: body for name, body in BODIES.items() if not body.stopped}
"""The bodies that a gateway relays byte for byte. It has to account for what ``records`` says."""

# A body that is cut off after any byte: the record after each of its events.
_WHOLE = BODIES["events with names"]
_RECORDED = [Recorded("truncated", "a", events=1), CUT_A, WHOLE]


def _cut_after(size: int) -> tuple[bytes, Body]:
    data = rest = _WHOLE.bytes[:size]
    count = 0
    # An event is one as soon as its data is whole.
    while rest and len(rest) >= len(_WHOLE.events[count]) - len(b"\n\n"):
        rest = rest[len(_WHOLE.events[count]) :]
        count += 1
    records = _RECORDED[count - 1 : count] if count else []
    responses: list[Said | type[Exception]] = [CUT_OFF for _ in records]
    if count == len(_WHOLE.events):
        responses = _WHOLE.responses
    metered = [Metered(), Metered("a"), Metered("a"), _WHOLE.metered][count]
    return data, Body(_WHOLE.events[:count], _WHOLE.steps[:count], responses, metered, records, rest)


CUTS = [_cut_after(size) for size in range(len(_WHOLE.bytes) + 1)]
"""The first bytes of a body, and what every reader makes of them."""
