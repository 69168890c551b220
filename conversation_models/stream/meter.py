"""Watch a stream that is relayed: whose it is, what it cost, how it ended - without decoding its deltas."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import ConversationDecodeError
from ..jsontext import is_json
from ..models.events import ConversationEvent, ResponseDoneEvent, ResponseErrorEvent, ResponseStartedEvent
from ..models.responses import ConversationUsageInfo
from .blocks import BlockReader
from .frames import Fields, is_end_mark, read_fields, read_last_fields
from .invalid import InvalidEvent, StreamEvent
from .progress import KINDS, Progress, Step, kind_of_data

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["StreamMeter"]

_COMMON = b"conversation.response."
"""The types of all events to inspect begin with this. Searching for it first takes a tenth of the time."""
_WANTED = re.compile(b'(?:%b)["\n]' % b"|".join(re.escape(kind.encode()) for kind in KINDS))
"""Such a type with the byte after it, in ``data`` or in ``event``. Texts that mention one hardly go on like that."""
_DELTA = b"event: message.output.delta\n"
_LONG = 8192
_CR = ord("\r")


class StreamMeter:
    """Learns from the bytes of a stream, however they are cut, what a gateway accounts for. Made by ``Codec.meter``.

    Never raises for the content of a stream. Of several responses in one, the attributes describe the latest. Memory:
    the unfinished event, at most 16 MiB; a larger one is skipped.

    Two shortcuts keep it fast. Event types must appear unescaped, in ``event`` or in ``type``. In a read over 8 kB
    whose first and last events are deltas, the events in between are not inspected.

    >>> from conversation_models import camel
    >>> meter = camel.meter()
    >>> meter.feed(b'data: {"type":"conversation.response.done","usage":{"totalTokens":7}}\\n\\n')
    >>> meter.done, meter.usage.total_tokens
    (True, 7)
    """

    __slots__ = ("_blocks", "_progress", "_read_event", "conversation_id", "done", "error", "unreadable", "usage")

    conversation_id: str | None
    """``None`` until the stream says it."""
    usage: ConversationUsageInfo | None
    """``None`` until the stream says it. Still ``None`` at the end if that could not be read."""
    error: ResponseErrorEvent | None
    """The event in which the service reported an error."""
    done: bool
    """Whether ``conversation.response.done`` was seen, readable or not."""
    unreadable: InvalidEvent | None
    """The event that ended the response, if it could not be read."""

    def __init__(self, read_event: Callable[[bytes, str], ConversationEvent]) -> None:
        self._blocks = BlockReader(skip_oversized=True)
        self._progress = Progress()
        self._read_event = read_event
        self._forget()

    def _forget(self) -> None:
        self.conversation_id = None
        self.usage = None
        self.error = None
        self.done = False
        self.unreadable = None

    def feed(self, data: "Buffer | str") -> None:
        """Inspect the next bytes of the stream. O(size), little more than one search for a word."""
        blocks = self._blocks
        if type(data) is bytes and len(data) > _LONG and _CR not in data:
            # Inspecting both ends of a long read takes less than half the time of inspecting it all. Without a CR, a
            # blank line is two LFs, so that whole events can be cut out.
            second = data.find(b"\n\n") + 2
            last = data.rfind(b"\n\n", 0, data.rfind(b"\n\n")) + 2
            if second < last and data.startswith(_DELTA, last) and (blocks.unfinished or data).startswith(_DELTA):
                data = data[:second] + data[last:]
        block = blocks.feed(data)
        found = block.find(_COMMON)
        match = _WANTED.search(block, found) if found >= 0 else None
        while match:
            start = max(block.rfind(b"\n\n", 0, match.start()), 0)
            end = block.find(b"\n\n", match.start())
            self._inspect(read_fields(block[start:end]))
            match = _WANTED.search(block, end)

    def close(self) -> None:
        """End the stream. Inspect its last event, if only the blank line is missing."""
        rest = self._blocks.close()
        if _WANTED.search(rest):
            fields = read_last_fields(rest)
            if is_json(fields.data or b""):
                self._inspect(fields)

    def _inspect(self, fields: Fields) -> None:
        data = fields.data
        if not data or is_end_mark(data):
            return
        name = fields.event.decode("utf-8", "replace")
        kind = kind_of_data(data, name)
        if not self._progress.awaits(kind):
            return
        # Not if the match was in a comment: some cuts of the stream have dropped it.
        if kind != name and data.find(kind.encode() + b'"') < 0:
            return
        event: StreamEvent
        try:
            event = self._read_event(data, name)
        except ConversationDecodeError as error:
            event = InvalidEvent(data, error, name)
        step = self._progress.take(event)
        if step is Step.OUTSIDE:
            return
        if step is Step.OPENS:
            self._forget()
        if isinstance(event, ResponseStartedEvent):
            self.conversation_id = event.conversation_id
        elif isinstance(event, ResponseDoneEvent):
            self.usage = event.usage
            self.done = True
        elif isinstance(event, ResponseErrorEvent):
            self.error = event
        elif isinstance(event, InvalidEvent) and self._progress.ended:
            self.unreadable = event
            self.done = kind == ResponseDoneEvent.type
