"""Watch a stream that is relayed: who it belongs to, what it cost, how it ended - without decoding its deltas."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import ConversationDecodeError
from ..models.events import ConversationEvent, ResponseDoneEvent, ResponseErrorEvent, ResponseStartedEvent
from ..models.responses import ConversationUsageInfo
from .blocks import BlockReader
from .frames import Fields, read_fields

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["StreamMeter"]

_WANTED = b"conversation.response."
_DELTA = b"event: message.output.delta\n"
_LONG = 8192
_CR = ord("\r")


class StreamMeter:
    """Learns from the bytes of a stream, however they are cut, what a gateway accounts for. ``Codec.meter`` makes one.

    ``conversation_id``, ``usage`` and ``error`` are ``None`` until the stream tells them; ``done`` turns true with
    ``conversation.response.done``. Never raises for what is in a stream. Memory: the unfinished event, at most 16 MiB.

    To be fast it relies on two things: the events looked for spell their type out, in ``event`` or in ``type``, without
    escapes; and none stands between two deltas, in a read of more than 8 kB: a response starts before its first and
    ends after its last. An event over 16 MiB is passed over.

    >>> from conversation_models import camel
    >>> meter = camel.meter()
    >>> meter.feed(b'data: {"type":"conversation.response.done","usage":{"totalTokens":7}}\\n\\n')
    >>> meter.done, meter.usage.total_tokens
    (True, 7)
    """

    __slots__ = ("_blocks", "_read_event", "conversation_id", "done", "error", "usage")

    conversation_id: str | None
    usage: ConversationUsageInfo | None
    error: ResponseErrorEvent | None
    done: bool

    def __init__(self, read_event: Callable[[bytes, str], ConversationEvent]) -> None:
        self._blocks = BlockReader(skip_oversized=True)
        self._read_event = read_event
        self.conversation_id = None
        self.usage = None
        self.error = None
        self.done = False

    def feed(self, data: "Buffer | str") -> None:
        """Look at what passes. Costs a search for the one word that all the events looked for have in common."""
        blocks = self._blocks
        if type(data) is bytes and len(data) > _LONG and _CR not in data:
            # Looking at both ends of a long read takes less than half the time of looking through it. Without a CR,
            # both ends are whole events, and the rest can be left out.
            second = data.find(b"\n\n") + 2
            last = data.rfind(b"\n\n", 0, data.rfind(b"\n\n")) + 2
            if second < last and data.startswith(_DELTA, last) and (blocks.unfinished or data).startswith(_DELTA):
                data = data[:second] + data[last:]
        self._look_at(blocks.feed(data))

    def close(self) -> None:
        """Look at the last event, if only its blank line is missing."""
        self._look_at(self._blocks.close())

    def _look_at(self, frames: bytes) -> None:
        found = frames.find(_WANTED)
        while found >= 0:
            start = max(frames.rfind(b"\n\n", 0, found), 0)
            end = frames.find(b"\n\n", found)
            end = len(frames) if end < 0 else end
            self._read(read_fields(frames[start:end]))
            found = frames.find(_WANTED, end)

    def _read(self, fields: Fields) -> None:
        try:
            event = self._read_event(fields.data or b"", fields.event.decode("utf-8", "replace"))
        except ConversationDecodeError:
            return
        if isinstance(event, ResponseStartedEvent):
            self.conversation_id = event.conversation_id
        elif isinstance(event, ResponseDoneEvent):
            self.usage = event.usage
            self.done = True
        elif isinstance(event, ResponseErrorEvent):
            self.error = event
