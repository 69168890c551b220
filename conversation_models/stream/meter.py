"""Watches a stream that is relayed: which conversation it is, its cost and its end, without decoding the deltas.

The plan: a block in which all events are deltas is only counted (``deltas``). In any other block each event is looked
at, and decoded if it is no delta, as ``EventDecoder`` decodes it. ``progress`` decides which response an event belongs
to, and ``drafts`` which output.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..accounting import UsageRecord
from ..errors import ConversationDecodeError
from ..jsontext import is_json
from ..models.events import ConversationEvent, MessageOutputEvent, ResponseDoneEvent, ResponseErrorEvent
from ..models.failures import ServiceError
from ..models.responses import ConversationUsageInfo
from .blocks import MAX_EVENT_BYTES, BlockReader
from .deltas import count_deltas, is_delta
from .frames import SHORTEST_FRAME, Fields, encode_frame, is_end_mark, read_fields, read_last_fields
from .invalid import InvalidEvent, StreamEvent
from .progress import TYPES, Progress, Step, kind_of_data
from .tally import Tally

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["StreamMeter"]

_END = encode_frame(ResponseDoneEvent.type.encode(), b'{"type":"%b","usage":{}}' % ResponseDoneEvent.type.encode())


class StreamMeter:
    """Learns from the bytes of a stream, however they are cut, what a gateway accounts for. Made by ``Codec.meter``.

    Tells what decoding every event would tell, except for these: the models, agents, outputs and times of deltas are
    read from the first one after any other event, a delta counts even if it is malformed, and an event over
    ``max_event_bytes`` is skipped. Events that belong to no response, such as those after the end, are not counted.
    Never raises for the content of a stream. Of several responses in one, the attributes describe the latest. Call
    ``close`` at the end of the bytes: the last event may lack its blank line. Memory: the unfinished event, the
    outputs, and a record of each earlier response.

    >>> from conversation_models import camel
    >>> meter = camel.meter()
    >>> meter.feed(b'data: {"type":"conversation.response.done","usage":{"totalTokens":7}}\\n\\n')
    >>> meter.done, meter.usage.total_tokens
    (True, 7)
    >>> meter.record
    UsageRecord(kind='stream', status='completed', usage=ConversationUsageInfo(total_tokens=7), events=1, bytes=63)
    """

    __slots__ = ("_blocks", "_past", "_progress", "_read_event", "_skips_deltas", "_tally")

    def __init__(
        self, read_event: Callable[[bytes, str], ConversationEvent], max_event_bytes: int = MAX_EVENT_BYTES
    ) -> None:
        self._blocks = BlockReader(max_event_bytes, skip_oversized=True)
        self._progress = Progress()
        self._read_event = read_event
        self._past: list[UsageRecord] = []
        self._tally = Tally()
        # The next deltas are counted and not read: the event before them was one, or they come after the end.
        self._skips_deltas = False

    @property
    def conversation_id(self) -> str | None:
        """``None`` until the stream says it."""
        return self._tally.account.conversation_id

    @property
    def usage(self) -> ConversationUsageInfo | None:
        """``None`` until the stream says it. Still ``None`` at the end if that could not be read, or has no count."""
        return self._tally.account.usage

    @property
    def error(self) -> ResponseErrorEvent | ServiceError | None:
        """The event in which the service or a gateway reported an error."""
        return self._tally.error

    @property
    def done(self) -> bool:
        """Whether ``conversation.response.done`` was seen, readable or not."""
        return self._tally.done

    @property
    def unreadable(self) -> InvalidEvent | None:
        """The event that ended the response, if it could not be read."""
        return self._tally.unreadable

    @property
    def record(self) -> UsageRecord:
        """The record of the latest response so far, at any moment. O(its size).

        Until the response ends, its status is ``truncated``. A stream without a response has such a record too.
        """
        return self._tally.usage_record()

    @property
    def records(self) -> list[UsageRecord]:
        """The records of all responses in the stream, in order; empty if there is none. O(responses).

        To account for a call whatever it was, use ``meter.records or [meter.record]``.
        """
        return [*self._past, self.record] if self._progress.responses else []

    def feed(self, data: "Buffer | str") -> None:
        """Inspect the next bytes of the stream. O(size), a few searches for deltas, more for other events."""
        block = self._blocks.feed(data)
        if block:
            self._take_block(block)

    def close(self) -> None:
        """End the stream. Inspect its last event, if only the blank line is missing."""
        fields = read_last_fields(self._blocks.close())
        if fields.data is not None and is_json(fields.data):
            self._take(fields)

    def stop(self) -> bytes:
        """Note that the caller ends the response here, and return the event that ends it for whoever reads it.

        That is a ``conversation.response.done`` with ``"usage":{}``, which readers take for a usage of zeros. Send it
        after a whole event, which is not where every read ends, and not inside a function call, whose arguments would
        be cut. The record then has the status ``stopped``, and no usage unless more of the stream is fed, to its end.
        If the response has already ended, its record stays as it is.
        """
        if not self._progress.ended:
            self._tally.stopped = True
        return _END

    def _take_block(self, block: bytes) -> None:
        if self._counts_as_deltas(block):
            return
        # One by one: a list of them could take far more memory than the block. What is no delta is mostly the first
        # event or the last one, so the events between are tried once more.
        start, tried = 0, False
        while (end := block.find(b"\n\n", start)) >= 0:
            if self._skips_deltas and not tried:
                tried = True
                last = block.rfind(b"\n\n", start, -2) + 2
                if last > start and self._counts_as_deltas(block[start:last]):
                    start = last
                    continue
            if end - start >= SHORTEST_FRAME:
                self._take(read_fields(block[start:end]))
            start = end + 2

    def _counts_as_deltas(self, block: bytes) -> bool:
        """Count the events of ``block``, if they are nothing but deltas that need not be read."""
        deltas, size = count_deltas(block) if self._skips_deltas else (0, 0)
        self._count(deltas, size)
        return deltas > 0

    def _count(self, deltas: int, size: int) -> None:
        # After the end, they belong to no response.
        if not self._progress.ended:
            self._tally.count(deltas, size)

    def _take(self, fields: Fields) -> None:
        data = fields.data
        if not data or is_end_mark(data):
            return
        name = fields.event.decode("utf-8", "replace")
        if self._skips_deltas and is_delta(data, name):
            self._count(1, len(data))
            return
        progress = self._progress
        if progress.ended and (kind := kind_of_data(data, name)) in TYPES and not progress.awaits(kind):
            return
        event = self._event(data, name)
        step = progress.take(event)
        if step is Step.OUTSIDE:
            return
        if step is Step.OPENS and progress.responses > 1:
            self._past.append(self._tally.usage_record())
            self._tally = Tally()
        self._tally.take(event, data, ends=progress.ended)
        self._skips_deltas = progress.ended or isinstance(event, MessageOutputEvent)

    def _event(self, data: bytes, name: str) -> StreamEvent:
        try:
            return self._read_event(data, name)
        except ConversationDecodeError as error:
            return InvalidEvent(data, error, name)
