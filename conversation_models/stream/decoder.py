"""Server-sent events to typed events.

The plan: nearly every event of a stream is a ``message.output.delta``, in a frame that always begins with the same
bytes. Splitting a block at those bytes leaves the data of each event, and decoding is all that is left to do. Other
frames are taken apart line by line. Either way, msgspec's decoder then runs over a list of data. If it refuses one,
that one is read again more tolerantly, and the decoder goes on after it: an odd event costs only itself.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec import ValidationError

from ..errors import ConversationDecodeError
from ..jsontext import UNREADABLE, decode_error, is_json
from ..models.events import ConversationEvent, MessageOutputEvent
from .blocks import MAX_EVENT_BYTES, BlockReader
from .errors import TruncatedStreamError
from .frames import SHORTEST_FRAME, frames_of, is_end_mark, read_fields, read_last_fields
from .invalid import InvalidEvent, StreamEvent
from .progress import Progress

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["EventDecoder", "InvalidEvent", "StreamEvent", "aiter_events", "iter_events", "source_of"]

_DELTA_TYPE = MessageOutputEvent.type
_DELTA_NAME = _DELTA_TYPE.encode()
_DELTA, _DATA_ONLY = b"event: %b\ndata: " % _DELTA_NAME, b"data: "
_DELTA_LENGTH = len(_DELTA)
_LF, _CR = b"\n\r"


class EventDecoder:
    """Reads the events of a stream from its bytes, however they are cut. Made by ``Codec.event_decoder``, one a stream.

    >>> from conversation_models import camel
    >>> decoder = camel.event_decoder()
    >>> decoder.feed(b'data: {"type":"conversation.response.started","conversationId":"c1"}')
    []
    >>> [event.conversation_id for event in decoder.feed(b"\\n\\n")]
    ['c1']
    """

    __slots__ = ("_blocks", "_decode", "_find_decode", "_max_event_bytes", "_read_event")

    def __init__(
        self,
        find_decode: Callable[[], Callable[[bytes], ConversationEvent]],
        read_event: Callable[[bytes, str], ConversationEvent],
        max_event_bytes: int = MAX_EVENT_BYTES,
    ) -> None:
        """``read_event`` reads any data, given the ``event`` field.

        ``find_decode`` gives a faster function, for the data of well-formed events. It gives another one after
        ``read_event`` has met a field that no model has.
        """
        self._blocks = BlockReader(max_event_bytes)
        self._max_event_bytes = max_event_bytes
        self._find_decode = find_decode
        self._decode = find_decode()
        self._read_event = read_event

    def feed(self, data: "Buffer | str") -> list[StreamEvent]:
        """Return the events that ``data`` completes, in order, with an ``InvalidEvent`` in place of a malformed one.

        Raises ``EventTooLargeError`` at an event over ``max_event_bytes``; if events precede it, the next call does.
        Time: O(size), little more than decoding. Memory: the unfinished event.
        """
        blocks = self._blocks
        # Most reads of a live stream are one delta.
        if blocks.between_events and type(data) is bytes and data[:_DELTA_LENGTH] == _DELTA and data[-2:] == b"\n\n":
            payload = data[_DELTA_LENGTH:-2]
            if _LF not in payload and _CR not in payload and len(data) <= self._max_event_bytes:
                try:
                    return [self._decode(payload)]
                except UNREADABLE:
                    return self._read_all([payload], [_DELTA_NAME])
        block = blocks.feed(data)
        return self._events(block) if block else []

    def close(self) -> list[StreamEvent]:
        """End the stream. Return its last event, if only the blank line is missing.

        Raises ``TruncatedStreamError`` with the remaining bytes if the stream was cut off inside an event.
        """
        rest = self._blocks.close()
        fields = read_last_fields(rest)
        if fields.data is not None and (is_end_mark(fields.data) or is_json(fields.data)):
            return self._read_all([fields.data], [fields.event])
        if rest:
            raise TruncatedStreamError(_problem_of(rest), rest)
        return []

    def _events(self, block: bytes) -> list[StreamEvent]:
        """The events in ``block``: cut at the bytes that nearly every frame begins with, the others one by one."""
        payloads: list[bytes]
        names: list[bytes]
        head, name = (_DATA_ONLY, b"") if block.startswith(_DATA_ONLY) else (_DELTA, _DELTA_NAME)
        if block.startswith(head):
            payloads = block.split(b"\n\n" + head)
            payloads[0] = payloads[0][len(head) :]
            payloads[-1] = payloads[-1][:-2]
            if _LF not in b"".join(payloads):
                return self._read_all(payloads, [name] * len(payloads))
        payloads, names = [], []
        before, *parts = (b"\n\n" + block[:-2]).split(b"\n\n" + head)
        _add_frames(before, payloads, names)
        for part in parts:
            if _LF not in part:
                payloads.append(part)
                names.append(name)
            else:
                _add_frames(head + part, payloads, names)
        return self._read_all(payloads, names)

    def _read_all(self, payloads: list[bytes], names: list[bytes]) -> list[StreamEvent]:
        """Read the data of many events, given the ``event`` field of each. Data that is not an event is left out."""
        events: list[StreamEvent] = []
        rest = iter(payloads)
        taken = 0
        only_events = False
        while True:
            before = len(events)
            try:
                events.extend(map(self._decode, rest))
                return events
            except UNREADABLE as error:
                # `extend` has kept the events before the one that failed, and `rest` goes on after it.
                taken += len(events) - before + 1
                payload, name = payloads[taken - 1], names[taken - 1]
                if _is_event(payload):
                    events.append(self._read_again(payload, name, error))
                elif not only_events:
                    # Leave out the others at once: in a flood of them, each exception would take ten times as long.
                    only_events = True
                    kept = [index for index in range(taken, len(payloads)) if _is_event(payloads[index])]
                    payloads, names = [payloads[index] for index in kept], [names[index] for index in kept]
                    rest, taken = iter(payloads), 0

    def _read_again(self, data: bytes, name: bytes, refusal: Exception) -> StreamEvent:
        """Read data that ``_decode`` has refused."""
        event = name.decode("utf-8", "replace")
        if not isinstance(refusal, ValidationError):
            return InvalidEvent(data, decode_error(refusal, data), event)
        try:
            return self._read_event(data, event)
        except ConversationDecodeError as error:
            return InvalidEvent(data, error, event)
        finally:
            self._decode = self._find_decode()


def _problem_of(rest: bytes) -> str:
    if rest[:1] in (b"{", b"[", b"<"):
        # A page or JSON that was taken for a stream. No line of one begins like this.
        return f"Expected server-sent events, found {rest[:20].decode('utf-8', 'replace')!r}"
    return "The stream was cut off in the middle of an event"


def _is_event(data: bytes) -> bool:
    return bool(data) and not is_end_mark(data)


def _add_frames(frames: bytes, payloads: list[bytes], names: list[bytes]) -> None:
    """Append the data of each frame that has some, and the value of its ``event`` field."""
    # Nearly every frame is one line of data, often after an `event` line that is the same as in the frame before.
    latest_head = b""
    name: bytes | None = b""
    for frame in frames_of(frames):
        if len(frame) < SHORTEST_FRAME:
            continue
        head, found, data = frame.partition(b"data:")
        if not found and frame.find(b"data\n") < 0:
            continue
        if head != latest_head:
            latest_head, name = head, _name_in(head)
        if found and name is not None and _LF not in data:
            data = data.removeprefix(b" ")
            event = name
        else:
            fields = read_fields(frame)
            data, event = fields.data or b"", fields.event
        if data:
            payloads.append(data)
            names.append(event)


def _name_in(head: bytes) -> bytes | None:
    """The value of the ``event`` line that ``head`` consists of, empty if ``head`` is. ``None`` for anything else."""
    if head[:6] != b"event:" or head.find(b"\n") != len(head) - 1:
        return None if head else b""
    return head[6:-1].removeprefix(b" ")


def iter_events(decoder: EventDecoder, chunks: Iterable[Any], strict: bool) -> Generator[StreamEvent, None, None]:
    """The events in ``chunks``; see ``Codec.iter_events``. Raises ``TypeError`` at once for other than chunks."""
    return _iter_events(decoder, chunks, source_of(chunks), strict)


def source_of(chunks: Iterable[Any]) -> Iterator[Any]:
    """An iterator over ``chunks``. Raises ``TypeError`` for what is not an iterable of bytes, such as bytes."""
    if isinstance(chunks, str) or _is_buffer(chunks):
        raise TypeError(f"Expected an iterable of bytes, such as [data], not {type(chunks).__qualname__}")
    try:
        return iter(chunks)
    except TypeError:
        raise TypeError(f"Expected an iterable of bytes, not {type(chunks).__qualname__}") from None


def aiter_events(decoder: EventDecoder, chunks: AsyncIterable[Any], strict: bool) -> AsyncGenerator[StreamEvent, None]:
    """The events in ``chunks``; see ``Codec.aiter_events``. Raises ``TypeError`` at once for other than chunks."""
    if not isinstance(chunks, AsyncIterable):
        raise TypeError(f"Expected an asynchronous iterable of bytes, not {type(chunks).__qualname__}")
    return _aiter_events(decoder, chunks, strict)


def _is_buffer(value: Any) -> bool:
    try:
        memoryview(value)
    except TypeError:
        return False
    return True


# Whoever keeps an error that these raise keeps their variables, by its traceback. So they let go of what they read.


def _iter_events(
    decoder: EventDecoder, chunks: Iterable[Any], source: Iterator[Any], strict: bool
) -> Generator[StreamEvent, None, None]:
    progress, feed, blocks = Progress(), decoder.feed, decoder._blocks
    try:
        for chunk in source:
            events = feed(chunk)
            del chunk
            if len(events) == 1 and events[0].type == _DELTA_TYPE:
                yield events[0]  # A live stream's usual read, without another generator.
            elif events:
                yield from _checked(events, progress, strict)
            if not blocks.between_events:
                blocks.check()
        yield from _checked(_close(decoder, progress), progress, strict)
    finally:
        if isinstance(chunks, Generator):
            chunks.close()


async def _aiter_events(
    decoder: EventDecoder, chunks: AsyncIterable[Any], strict: bool
) -> AsyncGenerator[StreamEvent, None]:
    progress = Progress()
    try:
        async for chunk in chunks:
            events = decoder.feed(chunk)
            del chunk
            for event in _checked(events, progress, strict):
                yield event
            decoder._blocks.check()
        for event in _checked(_close(decoder, progress), progress, strict):
            yield event
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


def _checked(events: list[StreamEvent], progress: Progress, strict: bool) -> Iterator[StreamEvent]:
    """``events`` one by one, noted in ``progress``. If ``strict``, raises at one that is malformed."""
    for event in events:
        if event.type != _DELTA_TYPE:
            if strict and isinstance(event, InvalidEvent):
                events.clear()
                raise event.error
            progress.take(event)
        yield event


def _close(decoder: EventDecoder, progress: Progress) -> list[StreamEvent]:
    try:
        return decoder.close()
    except TruncatedStreamError:
        if progress.ended:
            return []
        raise
