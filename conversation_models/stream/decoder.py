"""Server-sent events to typed events.

The plan: nearly every event of a stream is a ``message.output.delta`` in a frame whose first bytes are always the same.
Splitting a block at those bytes leaves the payloads, and decoding them is all there is left to do. What is not such a
frame, or does not decode, is read on its own, field by field; so a frame that is wrong costs only itself.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..errors import ConversationDecodeError
from ..jsontext import UNREADABLE, is_json
from ..models.events import ConversationEvent, ResponseDoneEvent, ResponseErrorEvent, ResponseStartedEvent
from .blocks import MAX_EVENT_BYTES, BlockReader
from .errors import TruncatedStreamError
from .frames import is_end_mark, read_fields
from .invalid import InvalidEvent, StreamEvent

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["EventDecoder", "InvalidEvent", "StreamEvent", "aiter_events", "iter_events"]

_DELTA = b"event: message.output.delta\ndata: "
_DATA_ONLY = b"data: "
_BETWEEN_DELTAS, _BETWEEN_DATA = b"\n\n" + _DELTA, b"\n\n" + _DATA_ONLY
_DELTA_LENGTH = len(_DELTA)
_LF, _CR = b"\n\r"

# Whether a response has ended with an event that tells.
_ENDED_WITH: dict[str | None, bool] = {
    ResponseStartedEvent.type: False,
    ResponseDoneEvent.type: True,
    ResponseErrorEvent.type: True,
}


class EventDecoder:
    """Reads a stream's events from its bytes, however they are cut. ``Codec.event_decoder`` makes one for each stream.

    >>> from conversation_models import camel
    >>> decoder = camel.event_decoder()
    >>> decoder.feed(b'data: {"type":"conversation.response.started","conversationId":"c1"}')
    []
    >>> [event.conversation_id for event in decoder.feed(b"\\n\\n")]
    ['c1']
    """

    __slots__ = ("_blocks", "_decode", "_max_event_bytes", "_read_event")

    def __init__(
        self,
        decode: Callable[[bytes], ConversationEvent],
        read_event: Callable[[bytes, str], ConversationEvent],
        max_event_bytes: int = MAX_EVENT_BYTES,
    ) -> None:
        """``decode`` reads the data of a well-formed event, ``read_event`` any, given the ``event`` field beside it."""
        self._blocks = BlockReader(max_event_bytes)
        self._max_event_bytes = max_event_bytes
        self._decode = decode
        self._read_event = read_event

    def feed(self, data: "Buffer | str") -> list[StreamEvent]:
        """The events that ``data`` completes, in order; an ``InvalidEvent`` stands where one is malformed.

        Raises ``EventTooLargeError`` at an event of more than ``max_event_bytes``, after returning those before it.
        Costs little more than decoding the events; keeps the unfinished event only.
        """
        blocks = self._blocks
        # Most reads of a live stream are one delta.
        if blocks.between_events and type(data) is bytes and data[:_DELTA_LENGTH] == _DELTA and data[-2:] == b"\n\n":
            payload = data[_DELTA_LENGTH:-2]
            if _LF not in payload and _CR not in payload and len(data) <= self._max_event_bytes:
                try:
                    return [self._decode(payload)]
                except UNREADABLE:
                    pass
        block = blocks.feed(data)
        return self._events(block) if block else []

    def close(self) -> list[StreamEvent]:
        """Ends the stream: the last event, if only its blank line is missing.

        Raises ``TruncatedStreamError`` with the bytes left, if the stream was cut off in the middle of an event.
        """
        rest = self._blocks.close()
        fields = read_fields(rest)
        if fields.data is not None and (is_end_mark(fields.data) or is_json(fields.data)):
            return self._frames(rest)
        if rest:
            raise TruncatedStreamError("The stream was cut off in the middle of an event", rest)
        return []

    def _events(self, block: bytes) -> list[StreamEvent]:
        head, between = (_DATA_ONLY, _BETWEEN_DATA) if block.startswith(_DATA_ONLY) else (_DELTA, _BETWEEN_DELTAS)
        if block.startswith(head):
            payloads = block.split(between)
            payloads[0] = payloads[0][len(head) :]
            payloads[-1] = payloads[-1][:-2]
            if _LF not in b"".join(payloads):
                return self._payloads(payloads, head)
        events: list[StreamEvent] = []
        run: list[bytes] = []
        before, *parts = (b"\n\n" + block).split(between)
        events += self._frames(before)
        for part in parts:
            if _LF not in part:
                run.append(part)
                continue
            payload, _, others = part.partition(b"\n\n")
            if _LF in payload:
                others = b"%b%b\n\n%b" % (head, payload, others)
            else:
                run.append(payload)
            events += self._payloads(run, head)
            events += self._frames(others)
            run.clear()
        return events

    def _payloads(self, payloads: list[bytes], head: bytes) -> list[StreamEvent]:
        try:
            return list(map(self._decode, payloads))
        except UNREADABLE:
            return self._frames(b"\n\n".join([head + payload for payload in payloads]))

    def _frames(self, frames: bytes) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for frame in frames.split(b"\n\n"):
            fields = read_fields(frame)
            if fields.data and not is_end_mark(fields.data):
                name = fields.event.decode("utf-8", "replace")
                try:
                    events.append(self._read_event(fields.data, name))
                except ConversationDecodeError as error:
                    events.append(InvalidEvent(fields.data, error, name))
        return events


def iter_events(decoder: EventDecoder, chunks: Iterable[Any], strict: bool) -> Generator[StreamEvent, None, None]:
    """The events in ``chunks``; see ``Codec.iter_events``."""
    ended = False
    try:
        for chunk in chunks:
            for event in _raising(decoder.feed(chunk), strict):
                ended = _ENDED_WITH.get(event.type, ended)
                yield event
            decoder._blocks.check()
        yield from _raising(_close(decoder, ended), strict)
    finally:
        if isinstance(chunks, Generator):
            chunks.close()


async def aiter_events(
    decoder: EventDecoder, chunks: AsyncIterable[Any], strict: bool
) -> AsyncGenerator[StreamEvent, None]:
    """The events in ``chunks``; see ``Codec.aiter_events``."""
    ended = False
    try:
        async for chunk in chunks:
            for event in _raising(decoder.feed(chunk), strict):
                ended = _ENDED_WITH.get(event.type, ended)
                yield event
            decoder._blocks.check()
        for event in _raising(_close(decoder, ended), strict):
            yield event
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


def _raising(events: list[StreamEvent], strict: bool) -> Iterator[StreamEvent]:
    for event in events:
        if strict and isinstance(event, InvalidEvent):
            raise event.error
        yield event


def _close(decoder: EventDecoder, ended: bool) -> list[StreamEvent]:
    try:
        return decoder.close()
    except TruncatedStreamError:
        # Behind its end, a stream has nothing to lose.
        if ended:
            return []
        raise
