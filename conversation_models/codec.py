"""The two codecs: bytes to values and back, in either naming."""

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from msgspec import UNSET, Raw, ValidationError
from msgspec.json import Decoder, Encoder

from .building import Built
from .jsontext import UNREADABLE, check_utf8, decode_error, decoder_of, view_of
from .models.events import ConversationEvent, Event
from .models.responses import ConversationResponse, ResponseHead
from .models.unknown import Unknown
from .reading.drift import find_drift
from .reading.open_union import read_open, tagged_members, union_of, unknown
from .spelling.respell import spelling_of
from .spelling.twins import FAMILIES, Naming, check_type
from .stream.blocks import MAX_EVENT_BYTES
from .stream.decoder import EventDecoder, aiter_events, iter_events
from .stream.frames import encode_frame
from .stream.invalid import InvalidEvent, StreamEvent, not_an_event
from .stream.meter import StreamMeter

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["Codec", "camel", "snake"]

T = TypeVar("T")


class Codec:
    """Reads and writes one naming of the wire. There are two: ``camel`` and ``snake``.

    Both decode to the same public models, so equal values are equal whichever codec read them, and both encode any of
    them. ``data`` is a str or has the buffer protocol (bytes, bytearray, memoryview, mmap). Thread-safe.
    """

    __slots__ = ("_decoders", "_encoder", "_matches", "_respell", "naming")

    naming: Naming

    def __init__(self, naming: Naming) -> None:
        if naming not in FAMILIES:
            raise ValueError(f"A naming is one of {', '.join(map(repr, FAMILIES))}, not {naming!r}")
        self.naming = naming
        self._decoders: Built[Any, Decoder[Any]] = Built(self._build_decoder)
        self._encoder = Encoder(enc_hook=_unknown_as_raw)
        self._matches, self._respell = spelling_of(naming)

    def _build_decoder(self, tp: Any) -> Decoder[Any]:
        check_type(tp)
        return Decoder(FAMILIES[self.naming](tp))

    def __repr__(self) -> str:
        return f"<Codec {self.naming}>"

    @overload
    def decode(self, data: "Buffer | str") -> ConversationResponse: ...
    @overload
    def decode(self, data: "Buffer | str", type: type[T]) -> T: ...
    @overload
    def decode(self, data: "Buffer | str", type: Any) -> Any: ...
    def decode(self, data: "Buffer | str", type: Any = ConversationResponse) -> Any:
        """Read one JSON document as ``type``: a model, one of the unions of models, or a list or dict of these.

        Raises ``ConversationDecodeError`` with the path of the first value that is wrong, and ``TypeError`` if ``data``
        is not a str or buffer, or ``type`` cannot be read. Of a repeated key the last one counts, but the earlier
        values are checked too. O(size): one call of a prebuilt ``msgspec.json.Decoder``, and a second look at untagged
        and unknown members. The value keeps no reference to ``data``.

        >>> from conversation_models import camel
        >>> camel.decode(b'{"conversationId": "c1", "outputs": [{"content": "Hi"}], "usage": {}}').outputs[0].text
        'Hi'
        """
        decoder = self._decoders[type]
        try:
            return decoder.decode(data)
        except UNREADABLE as error:
            return _decode_again(data, decoder.type, error)

    @overload
    def decode_lines(self, data: "Buffer | str") -> list[ConversationResponse]: ...
    @overload
    def decode_lines(self, data: "Buffer | str", type: type[T]) -> list[T]: ...
    @overload
    def decode_lines(self, data: "Buffer | str", type: Any) -> list[Any]: ...
    def decode_lines(self, data: "Buffer | str", type: Any = ConversationResponse) -> list[Any]:
        """Read newline-delimited JSON, each document as ``decode`` does. Blank lines are skipped.

        The paths of errors begin with the document's index: ``$[3].usage``.
        """
        decoder = self._decoders[type]
        try:
            return decoder.decode_lines(data)
        except ValidationError:
            pass
        except UNREADABLE as error:
            raise decode_error(error, data) from error
        try:
            documents = decoder_of[Raw].decode_lines(data)
        except UNREADABLE as error:
            raise decode_error(error, data) from error
        values = []
        for index, document in enumerate(documents):
            try:
                values.append(decoder.decode(document))
            except UNREADABLE as error:
                values.append(_decode_again(document, decoder.type, error, f"$[{index}]"))
        return values

    def encode(self, value: Any) -> bytes:
        """``value`` (a model, or a list of them) as compact JSON, UTF-8.

        One call of a ``msgspec.json.Encoder``, after a look at the value's members: a value that the other codec
        decoded is rebuilt first, at about the cost of decoding it twice. Raises ``TypeError`` for types that JSON
        cannot represent, and ``ValueError`` for text with a lone surrogate or an integer of more than 4,300 digits.
        NaN and infinity in free-form values become ``null``, as in msgspec.
        """
        # ``_respell`` does the same check. Here it saves that call, a tenth of the time of a small event.
        return self._encoder.encode(value if self._matches[type(value)](value) else self._respell(value))

    def encode_into(self, value: Any, buffer: bytearray, offset: int = 0) -> None:
        """Write ``value`` as ``encode`` does into ``buffer``, from ``offset`` on (-1: the end), and cut it there."""
        self._encoder.encode_into(self._respell(value), buffer, offset)

    def encode_lines(self, values: Iterable[Any]) -> bytes:
        """``values`` as newline-delimited JSON, each line ended by LF. Line ends in an ``Unknown`` become spaces."""
        documents = [self._respell(value) for value in values]
        lines = self._encoder.encode_lines(documents)
        if b"\r" not in lines and lines.count(b"\n") == len(documents):
            return lines
        return b"".join([self._encoder.encode(document).translate(_ON_ONE_LINE) + b"\n" for document in documents])

    def peek(self, data: "Buffer | str") -> ResponseHead:
        """Read a response's ``conversation_id`` and ``usage``, and skip ``outputs``, which becomes a view of ``data``.

        Raises ``ConversationDecodeError`` as ``decode`` does, but does not check that the text of ``outputs`` is UTF-8.
        O(size), without an allocation that grows with ``outputs``.

        >>> from conversation_models import camel
        >>> head = camel.peek(b'{"conversationId": "c1", "outputs": [1, 2], "usage": {"totalTokens": 7}}')
        >>> head.usage.total_tokens, bytes(head.outputs)
        (7, b'[1, 2]')
        """
        return self.decode(data, ResponseHead)

    def drift(self, data: "Buffer | str", type: Any = ConversationResponse) -> list[str]:
        """JSON paths, in document order, of the fields and tags in ``data`` that the models do not know.

        Does not look into free-form values. Raises ``ConversationDecodeError`` for text that is not JSON, and skips
        values of the wrong shape, which ``decode`` reports. O(size), with a dict for each object that has a model.

        >>> from conversation_models import camel
        >>> camel.drift(b'{"conversationId": "c1", "outputs": [{"type": "video.output"}], "region": "eu"}')
        ['$.outputs[0].type = "video.output"', '$.region']
        """
        found: list[str] = []
        try:
            # A buffer only: the text of a str is always UTF-8.
            if not isinstance(data, str):
                check_utf8(view_of(data))
            find_drift(decoder_of[Raw].decode(data), self._decoders[type].type, "$", found)
        except UNREADABLE as error:
            raise decode_error(error, data) from error
        return found

    def event_decoder(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> EventDecoder:
        """A decoder for one stream of server-sent events, which accepts events of up to ``max_event_bytes``."""
        return EventDecoder(self._decoders[ConversationEvent].decode, self.decode_event, max_event_bytes)

    @overload
    def iter_events(
        self, chunks: "Iterable[Buffer | str]", *, strict: Literal[True] = True
    ) -> Generator[ConversationEvent, None, None]: ...
    @overload
    def iter_events(self, chunks: "Iterable[Buffer | str]", *, strict: bool) -> Generator[StreamEvent, None, None]: ...
    def iter_events(self, chunks: "Iterable[Buffer | str]", *, strict: bool = True) -> Generator[Any, None, None]:
        """The events of a stream whose bytes ``chunks`` hands out, cut anywhere.

        Reads a chunk when the events before it are used up; closes ``chunks`` when left, if it is a generator. Raises
        the ``ConversationDecodeError`` of a malformed event in its place, or yields an ``InvalidEvent`` there if not
        ``strict``; ``TruncatedStreamError`` where the stream was cut off in the middle of an event;
        ``EventTooLargeError`` at an event over 16 MiB.
        """
        return iter_events(self.event_decoder(), chunks, strict)

    @overload
    def aiter_events(
        self, chunks: "AsyncIterable[Buffer | str]", *, strict: Literal[True] = True
    ) -> AsyncGenerator[ConversationEvent, None]: ...
    @overload
    def aiter_events(
        self, chunks: "AsyncIterable[Buffer | str]", *, strict: bool
    ) -> AsyncGenerator[StreamEvent, None]: ...
    def aiter_events(self, chunks: "AsyncIterable[Buffer | str]", *, strict: bool = True) -> AsyncGenerator[Any, None]:
        """``iter_events`` over an asynchronous source."""
        return aiter_events(self.event_decoder(), chunks, strict)

    def encode_event(self, event: StreamEvent) -> bytes:
        """Encode ``event`` as one server-sent event. ``Unknown`` and ``InvalidEvent`` are written back unchanged.

        Raises ``TypeError`` for a value that is not an event.
        """
        if isinstance(event, InvalidEvent):
            return encode_frame(event.event.encode(), event.raw)
        if not isinstance(event, (Event, Unknown)):
            raise not_an_event(type(event))
        return encode_frame((event.type or "").encode(), self.encode(event))

    def meter(self) -> StreamMeter:
        """A meter for one stream."""
        return StreamMeter(self.decode_event)

    def decode_event(self, data: "Buffer | str", event: str = "") -> ConversationEvent:
        """Read the ``data`` of one server-sent event. Its ``event`` field is the type if the data has none.

        For programs with an event-stream reader of their own. Raises ``ConversationDecodeError`` as ``decode`` does.

        >>> from conversation_models import camel
        >>> camel.decode_event(b'{"id": "t1", "name": "web_search"}', "tool.execution.done").type
        'tool.execution.done'
        """
        decoder: Decoder[ConversationEvent] = self._decoders[ConversationEvent]
        try:
            return decoder.decode(data)
        except UNREADABLE as error:
            try:
                # "message" is the name of an event without one.
                if event not in ("", "message") and isinstance(error, ValidationError):
                    members = tagged_members(decoder.type)
                    if union_of[members].sight(data).tag is UNSET:
                        named = [cls for cls in members if cls.type == event]
                        return self.decode(data, named[0]) if named else unknown(event, decoder_of[Raw].decode(data))
                again: ConversationEvent = _decode_again(data, decoder.type, error)
                return again
            except UNREADABLE as unreadable:
                raise decode_error(unreadable, data) from unreadable


# Between the tokens of JSON, the only place for an unescaped line end, a space means the same.
_ON_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")


def _decode_again(data: Any, type: Any, error: Exception, root: str = "$") -> Any:
    if isinstance(error, ValidationError):
        try:
            return read_open(data, type, error, root)
        except UNREADABLE as unreadable:
            raise decode_error(unreadable, data, root) from unreadable
    raise decode_error(error, data, root) from error


def _unknown_as_raw(value: Any) -> Raw:
    if isinstance(value, Unknown):
        return Raw(value.raw)
    raise TypeError(f"Encoding objects of type {type(value).__qualname__} is unsupported")


camel = Codec("camel")
snake = Codec("snake")
