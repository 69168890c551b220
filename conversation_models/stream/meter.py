"""Watch a stream that is relayed: whose it is, what it cost, how it ended - without decoding its deltas."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..errors import ConversationDecodeError
from ..jsontext import is_json
from ..models.events import ConversationEvent, ResponseDoneEvent, ResponseErrorEvent, ResponseStartedEvent
from ..models.failures import SIGNS, ServiceError, service_error
from ..models.responses import ConversationUsageInfo
from .blocks import BlockReader
from .frames import Fields, is_end_mark, read_fields, read_last_fields
from .invalid import InvalidEvent, StreamEvent
from .progress import KINDS, TYPES, Progress, Step, kind_of_data

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["StreamMeter"]

_COMMON, _ERROR, _DETAIL = _WORDS = b"conversation.response.", b"rror", b'"detail"'
"""Each event to inspect has one of these in it. Searching for them first takes a tenth of the time."""
_TYPE = b'(?:%b)["\n]' % b"|".join(re.escape(kind.encode()) for kind in KINDS)
_WANTED = re.compile(b"%b|%b|event: ?error\n" % (_TYPE, b"|".join(SIGNS)))
"""A type that opens or ends a response, with the byte after it, or the sign of an error body, in ``data`` or in
``event``. Texts that mention one hardly go on like that: a quote in them is escaped."""
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
    error: ResponseErrorEvent | ServiceError | None
    """The event in which the service or a gateway reported an error."""
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
        """Inspect the next bytes of the stream. O(size), little more than a search for three words."""
        blocks = self._blocks
        if type(data) is bytes and len(data) > _LONG and _CR not in data:
            # Inspecting both ends of a long read takes less than half the time of inspecting it all. Without a CR, a
            # blank line is two LFs, so that whole events can be cut out.
            second = data.find(b"\n\n") + 2
            last = data.rfind(b"\n\n", 0, data.rfind(b"\n\n")) + 2
            if second < last and data.startswith(_DELTA, last) and (blocks.unfinished or data).startswith(_DELTA):
                data = data[:second] + data[last:]
        block = blocks.feed(data)
        # Without a loop, which takes as long as the search of a short read.
        if block.find(_COMMON) >= 0 or block.find(_ERROR) >= 0 or block.find(_DETAIL) >= 0:
            for start, end in _events_with_words(block):
                if _WANTED.search(block, start, end + 1):
                    self._inspect(read_fields(block[start:end]))

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
        event = self._event(data, name, kind) if kind in KINDS else self._service_error(data, name)
        if event is None:
            return
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
        elif isinstance(event, (ResponseErrorEvent, ServiceError)):
            self.error = event
        elif isinstance(event, InvalidEvent) and self._progress.ended:
            self.unreadable = event
            self.done = kind == ResponseDoneEvent.type

    def _event(self, data: bytes, name: str, kind: str) -> StreamEvent | None:
        # Not if the match was in a comment: some cuts of the stream have dropped it.
        if not self._progress.awaits(kind) or (kind != name and data.find(kind.encode() + b'"') < 0):
            return None
        try:
            return self._read_event(data, name)
        except ConversationDecodeError as error:
            return InvalidEvent(data, error, name)

    def _service_error(self, data: bytes, name: str) -> StreamEvent | None:
        if self._progress.ended or kind_of_data(data, "") in TYPES:
            return None
        try:
            # Whether it is one indeed, ``read_event`` decides, as for everybody else.
            return self._read_event(data, name) if service_error(data, name) else None
        except (UnicodeDecodeError, ConversationDecodeError):
            return None


def _events_with_words(block: bytes) -> Iterator[tuple[int, int]]:
    """The start and end of each event in ``block`` that has one of the words in it, in order. O(size)."""
    ahead = {word: block.find(word) for word in _WORDS}
    while places := [place for place in ahead.values() if place >= 0]:
        place = min(places)
        end = block.find(b"\n\n", place)
        yield max(block.rfind(b"\n\n", 0, place), 0), end
        for word, found in ahead.items():
            if 0 <= found < end:
                ahead[word] = block.find(word, end)
