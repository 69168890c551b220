"""The two codecs: bytes to values and back, in either naming."""

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from msgspec import UNSET, Raw, ValidationError
from msgspec.json import Decoder, Encoder

from .accounting import UsageRecord
from .errors import ConversationDecodeError
from .jsontext import UNREADABLE, check_utf8, decode_error, decoder_of, view_of
from .lines import numbered_lines
from .models.events import ConversationEvent, Event, MessageOutputEvent, ResponseDoneEvent
from .models.failures import ServiceError, service_error
from .models.responses import ConversationResponse, ResponseHead
from .models.unknown import Unknown
from .models.variants import public_of
from .reading.drift import find_drift
from .reading.open_union import members_of, unknown
from .reading.parts import names_unknown_field
from .reading.unknown_fields import Reader, UnknownSeen
from .spelling.families import PLAIN, Naming, rebuild_type
from .spelling.respell import Spelling
from .spelling.wrappers import WRAPPER, in_naming, member_in_naming
from .stream.blocks import MAX_EVENT_BYTES
from .stream.decoder import EventDecoder, aiter_events, iter_events, source_of
from .stream.frames import encode_frame
from .stream.invalid import InvalidEvent, StreamEvent, not_an_event
from .stream.meter import StreamMeter
from .summary import summary_of

if TYPE_CHECKING:
    from types import UnionType

    from typing_extensions import Buffer, TypeForm

    from .models.entries import Form

__all__ = ["Codec", "camel", "snake"]

T = TypeVar("T")


class Codec:
    """Reads and writes one naming of the wire. There are two: ``camel`` and ``snake``.

    Both decode to the same public models, so equal values are equal whichever codec read them, and both encode any of
    them. ``data`` is a str or has the buffer protocol (bytes, bytearray, memoryview, mmap). Thread-safe.

    A codec learns the fields that no model has from what it reads, to read them faster: 256 at most. Nothing else
    depends on it. ``Codec("camel")`` is another codec, which learns on its own.
    """

    __slots__ = ("_decoders", "_encoder", "_matches", "_reader", "_respell", "naming")

    naming: Naming

    def __init__(self, naming: Naming) -> None:
        if naming not in PLAIN:
            raise ValueError(f"A naming is one of {', '.join(map(repr, PLAIN))}, not {naming!r}")
        self.naming = naming
        self._encoder = Encoder(enc_hook=partial(_as_raw, naming))
        spelling = Spelling(naming, self._encoder.encode)
        self._matches, self._respell = spelling.checks, spelling.respell
        self._reader = Reader(naming, spelling.forget)
        self._decoders = self._reader.decoders

    def __repr__(self) -> str:
        return f"<Codec {self.naming}>"

    @overload
    def decode(self, data: "Buffer | str") -> ConversationResponse: ...
    @overload
    def decode(self, data: "Buffer | str", type: type[T]) -> T: ...
    @overload
    def decode(self, data: "Buffer | str", type: "TypeForm[Form]") -> "Form": ...
    @overload
    def decode(self, data: "Buffer | str", type: "UnionType") -> Any: ...
    def decode(self, data: "Buffer | str", type: Any = ConversationResponse) -> Any:
        """Read one JSON document as ``type``: a model, one of the unions of models, or any type that holds these.

        Such types are lists, dicts, structs and dataclasses: whatever msgspec reads. Fields that no model has are kept,
        see ``unknown_fields``. Raises ``ConversationDecodeError`` with the path of the first value that is wrong, also
        if a required field or a token count is only there in the other naming; ``TypeError`` if ``data`` is not a str
        or buffer, or ``type`` cannot be read. Of a repeated key the last one counts, but the earlier values are checked
        too. O(size): one call of a prebuilt ``msgspec.json.Decoder``, and a second look at untagged and unknown members
        and at fields that the codec has not learned. The value keeps no reference to ``data``.

        >>> from conversation_models import camel
        >>> camel.decode(b'{"conversationId": "c1", "outputs": [{"content": "Hi"}], "usage": {}}').outputs[0].text
        'Hi'
        """
        decoder = self._decoders[type]
        try:
            return decoder.decode(data)
        except UNREADABLE as error:
            return self._reader.read_again(data, type, error)

    @overload
    def decode_lines(self, data: "Buffer | str") -> list[ConversationResponse]: ...
    @overload
    def decode_lines(self, data: "Buffer | str", type: type[T]) -> list[T]: ...
    @overload
    def decode_lines(self, data: "Buffer | str", type: "TypeForm[Form]") -> "list[Form]": ...
    def decode_lines(self, data: "Buffer | str", type: Any = ConversationResponse) -> list[Any]:
        """Read newline-delimited JSON, each document as ``decode`` does. Blank lines are skipped.

        The paths of errors begin with the document's index: ``$[3].usage``.
        """
        try:
            return self._decoders[type].decode_lines(data)
        except ValidationError:
            pass
        except UNREADABLE as error:
            raise decode_error(error, data) from error
        try:
            documents = decoder_of[Raw].decode_lines(data)
        except UNREADABLE as error:
            raise decode_error(error, data) from error
        return [self._reader.decode(document, type, f"$[{index}]") for index, document in enumerate(documents)]

    @overload
    def iter_lines(self, chunks: "Iterable[Buffer | str]") -> Generator[ConversationResponse, None, None]: ...
    @overload
    def iter_lines(self, chunks: "Iterable[Buffer | str]", type: type[T]) -> Generator[T, None, None]: ...
    @overload
    def iter_lines(self, chunks: "Iterable[Buffer | str]", type: "TypeForm[Form]") -> "Generator[Form, None, None]": ...
    def iter_lines(
        self, chunks: "Iterable[Buffer | str]", type: Any = ConversationResponse
    ) -> Generator[Any, None, None]:
        """Read newline-delimited JSON whose bytes ``chunks`` hands out, cut anywhere: a file, or a body as it arrives.

        Yields each document as soon as its line is complete, and skips blank lines. Raises what ``decode_lines``
        raises, in the place of the document; for text that is not JSON, with the number of the line. Closes ``chunks``
        when left, if it is a generator. O(size). Memory: a chunk and the unfinished line.

        >>> from conversation_models import TextChunk, camel
        >>> [chunk.text for chunk in camel.iter_lines([b'{"text": "a"}\\n{"te', b'xt": "b"}'], TextChunk)]
        ['a', 'b']
        """
        source = source_of(chunks)
        self._decoders[type]  # Raises ``TypeError`` for a type that cannot be read.
        return self._iter_lines(chunks, source, type)

    def _iter_lines(self, chunks: Any, source: Iterator[Any], tp: Any) -> Generator[Any, None, None]:
        try:
            for index, (number, line) in enumerate(numbered_lines(source)):
                try:
                    document = self._reader.decode(line, tp, f"$[{index}]")
                except ConversationDecodeError as error:
                    if error.path is not None:
                        raise
                    # Text that is not JSON. Its bytes are counted from the start of the line.
                    raise ConversationDecodeError(f"{error} - in line {number}") from error
                yield document
        finally:
            if isinstance(chunks, Generator):
                chunks.close()

    def encode(self, value: Any) -> bytes:
        """``value`` (a model, or anything msgspec writes that holds models) as compact JSON, UTF-8.

        One call of a ``msgspec.json.Encoder``, after a look at the value's members: a value that the other codec
        decoded is rebuilt first, at about the cost of decoding it twice. Raises ``TypeError`` for types that JSON
        cannot represent, and ``ValueError`` for text with a lone surrogate or an integer of more than 4,300 digits.
        NaN and infinity in free-form values become ``null``, as in msgspec.

        An ``Unknown`` is written byte for byte, unless it is the wrapper that the other naming's SDK puts around what
        it does not know: ``snake`` writes the value inside of ``{"raw": …, "type": "UNKNOWN", "isUnknown": true}``, and
        ``camel`` writes that form for ``{"type": "UNKNOWN", "raw": …, "is_unknown": true}``. What belongs into requests
        (a tool, a message to the model, a result, a value without a tag) stays in its wrapper.
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

    def to_builtins(self, value: Any) -> Any:
        """``value`` as parsed JSON: dicts, lists, strings, numbers, booleans and ``None``.

        For frameworks that take parsed JSON. Raises what ``encode`` raises, and ``ConversationDecodeError`` for a
        number that JSON allows and Python cannot hold. O(size), one encode and one decode.

        >>> from conversation_models import TextChunk, snake
        >>> snake.to_builtins([TextChunk(text="Hi")])
        [{'type': 'text', 'text': 'Hi'}]
        """
        text = self.encode(value)
        try:
            return decoder_of[Any].decode(text)
        except UNREADABLE as error:
            raise decode_error(error, text) from error

    @overload
    def from_builtins(self, value: Any) -> ConversationResponse: ...
    @overload
    def from_builtins(self, value: Any, type: type[T]) -> T: ...
    @overload
    def from_builtins(self, value: Any, type: "TypeForm[Form]") -> "Form": ...
    @overload
    def from_builtins(self, value: Any, type: "UnionType") -> Any: ...
    def from_builtins(self, value: Any, type: Any = ConversationResponse) -> Any:
        """Read parsed JSON, as ``decode`` reads its text. For frameworks that hand out dicts.

        Raises what ``decode`` raises, and ``TypeError`` for values that JSON cannot represent. O(size), one encode and
        one decode. The text of an ``Unknown`` is made from the parsed value.

        >>> from conversation_models import TextChunk, snake
        >>> snake.from_builtins({"type": "text", "text": "Hi"}, TextChunk)
        TextChunk(text='Hi')
        """
        return self.decode(self._encoder.encode(value), type)

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

    def summarize(self, data: "Buffer | str") -> UsageRecord:
        """What a body cost and did: a response, an error body, or anything else. For a stream, use ``meter``.

        Never raises for what ``data`` holds: what is neither a response nor an error body has the status
        ``unreadable``. Of each output only the type, name, model, agent and times are read. One in which these are
        malformed is counted, and nothing is read from it; nobody notices what is malformed elsewhere, such as bad UTF-8
        in a text. Raises ``TypeError`` if ``data`` is not a str or buffer. O(size), about as fast as ``peek``; if an
        output has no tag, all are decoded.

        >>> from conversation_models import camel
        >>> camel.summarize(b'{"detail": "Invalid API Key"}')
        UsageRecord(kind='response', status='failed', error_message='Invalid API Key', bytes=29)
        """
        return summary_of(data, self.naming, self.decode)

    def drift(self, data: "Buffer | str", type: Any = ConversationResponse) -> list[str]:
        """JSON paths, in document order, of the fields and tags in ``data`` that the models do not know.

        A ``usage`` that is missing is named too: ``$.usage is missing``.

        Does not look into free-form values. Raises ``ConversationDecodeError`` for text that is not JSON, and skips
        values of the wrong shape, which ``decode`` reports. O(size), with a dict for each object that has a model.

        >>> from conversation_models import camel
        >>> camel.drift(b'{"conversationId": "c1", "outputs": [{"type": "video.output"}], "usage": {}, "region": "eu"}')
        ['$.outputs[0].type = "video.output"', '$.region']
        """
        found: list[str] = []
        try:
            # A buffer only: the text of a str is always UTF-8.
            if not isinstance(data, str):
                check_utf8(view_of(data))
            self._decoders[type]  # Raises ``TypeError`` for a type that cannot be read.
            find_drift(decoder_of[Raw].decode(data), rebuild_type(type, public_of), self.naming, "$", found)
        except UNREADABLE as error:
            raise decode_error(error, data) from error
        return found

    @property
    def unknown_seen(self) -> Mapping[tuple[str, str | None], UnknownSeen]:
        """The fields and tags that this codec has met and no model has, with an example path and when it met it first.

        Keys are (model, field) and (union, tag), such as ``("ConversationUsageInfo", "promptTokensDetails")`` and
        ``("OutputEntry", "video.output")``; ``None`` in place of a tag that is missing or not a string. A copy, of at
        most about a thousand entries: later ones replace earlier ones, unless the field is in use. Names over 128
        characters are cut. Costs reading nothing; O(entries) here.
        """
        return self._reader.seen

    def schema(self, type: Any = ConversationResponse) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of what ``decode`` reads as ``type``, with the keys of this naming.

        Unknown fields and members are allowed, as in ``decode``. Not expressed: that a key in the other naming is an
        error. Raises ``TypeError`` if ``type`` cannot be read. O(classes in ``type``); each call builds a new dict.

        >>> from conversation_models import ImageURL, camel
        >>> camel.schema(ImageURL)["$defs"]["ImageURL"]["required"]
        ['url']
        """
        from .schema import schema_of  # Few programs need it, and the package's import is to stay cheap.

        self._decoders[type]  # Raises ``TypeError`` for a type that cannot be read.
        return schema_of(type, self.naming, self.to_builtins)

    def event_decoder(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> EventDecoder:
        """A decoder for one stream of server-sent events, which accepts events of up to ``max_event_bytes``."""
        return EventDecoder(lambda: self._decoders[Event].decode, self.decode_event, max_event_bytes)

    @overload
    def iter_events(
        self, chunks: "Iterable[Buffer | str]", *, strict: Literal[True] = True, max_event_bytes: int = MAX_EVENT_BYTES
    ) -> Generator[ConversationEvent, None, None]: ...
    @overload
    def iter_events(
        self, chunks: "Iterable[Buffer | str]", *, strict: bool, max_event_bytes: int = MAX_EVENT_BYTES
    ) -> Generator[StreamEvent, None, None]: ...
    def iter_events(
        self, chunks: "Iterable[Buffer | str]", *, strict: bool = True, max_event_bytes: int = MAX_EVENT_BYTES
    ) -> Generator[Any, None, None]:
        """The events of a stream whose bytes ``chunks`` hands out, cut anywhere.

        Reads a chunk when the events before it are used up; closes ``chunks`` when left, if it is a generator. Raises
        the ``ConversationDecodeError`` of a malformed event in its place, or yields an ``InvalidEvent`` there if not
        ``strict``; ``TruncatedStreamError`` where the stream was cut off in the middle of an event;
        ``EventTooLargeError`` at an event over ``max_event_bytes``.
        """
        return iter_events(self.event_decoder(max_event_bytes=max_event_bytes), chunks, strict)

    @overload
    def aiter_events(
        self,
        chunks: "AsyncIterable[Buffer | str]",
        *,
        strict: Literal[True] = True,
        max_event_bytes: int = MAX_EVENT_BYTES,
    ) -> AsyncGenerator[ConversationEvent, None]: ...
    @overload
    def aiter_events(
        self, chunks: "AsyncIterable[Buffer | str]", *, strict: bool, max_event_bytes: int = MAX_EVENT_BYTES
    ) -> AsyncGenerator[StreamEvent, None]: ...
    def aiter_events(
        self, chunks: "AsyncIterable[Buffer | str]", *, strict: bool = True, max_event_bytes: int = MAX_EVENT_BYTES
    ) -> AsyncGenerator[Any, None]:
        """``iter_events`` over an asynchronous source."""
        return aiter_events(self.event_decoder(max_event_bytes=max_event_bytes), chunks, strict)

    def encode_event(self, event: StreamEvent) -> bytes:
        """Encode ``event`` as one server-sent event.

        ``Unknown``, ``ServiceError`` and ``InvalidEvent`` are written back unchanged, except that ``encode``'s rule for
        the SDKs' wrappers holds. Raises ``TypeError`` for a value that is not an event.
        """
        if isinstance(event, (InvalidEvent, ServiceError)):
            return encode_frame(event.event.encode(), event.raw)
        if isinstance(event, Unknown):
            event = in_naming(event, self.naming)
            return encode_frame((event.type or "").encode(), event.raw)
        if not isinstance(event, Event):
            raise not_an_event(type(event))
        return encode_frame(event.type.encode(), self.encode(event))

    def _is_clear(self, data: Any, tag: Any, cls: Any) -> bool:
        """Whether data is a ``cls`` although it looks like an error's body too: no text or bill must be lost."""
        return tag is not UNSET or (
            cls in (MessageOutputEvent, ResponseDoneEvent) and self._reader.plans.fits(data, cls)
        )

    def meter(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> StreamMeter:
        """A meter for one stream, which skips events over ``max_event_bytes``."""
        return StreamMeter(self.decode_event, max_event_bytes)

    def decode_event(self, data: "Buffer | str", event: str = "") -> ConversationEvent:
        """Read the ``data`` of one server-sent event. Its ``event`` field is the type if the data has none.

        The body of an error, which the service or a gateway put into the stream, becomes a ``ServiceError``.

        For programs with an event-stream reader of their own. Raises ``ConversationDecodeError`` as ``decode`` does.

        >>> from conversation_models import camel
        >>> camel.decode_event(b'{"id": "t1", "name": "web_search"}', "tool.execution.done").type
        'tool.execution.done'
        """
        decoder: Decoder[ConversationEvent] = self._decoders[Event]
        try:
            return decoder.decode(data)
        except UNREADABLE as error:
            try:
                # An unknown field is met only in an event whose tag is known.
                if isinstance(error, ValidationError) and not names_unknown_field(error):
                    found = self._untagged_event(data, event)
                    if found is not None:
                        return found
                again: ConversationEvent = self._reader.read_again(data, Event, error)
                return again
            except UNREADABLE as unreadable:
                raise decode_error(unreadable, data) from unreadable

    def _untagged_event(self, data: Any, name: str) -> ConversationEvent | None:
        """The body of an error, or the event that the ``event`` field names; ``None`` if the data decides alone."""
        failure = service_error(data, name)
        is_named = name not in ("", "message")  # "message" is the name of an event without one.
        if failure is None and not is_named:
            return None
        tag, candidates = self._reader.plans.unions[_EVENTS].sight(data)
        if failure is not None and not any(self._is_clear(data, tag, cls) for cls, _ in candidates):
            return failure
        if not is_named or tag is not UNSET:
            return None
        cls = next((cls for cls in _EVENTS if cls.type == name), None)
        if cls is None:
            self._reader.note([(_EVENTS, name, "$")])
            return unknown(name, decoder_of[Raw].decode(data))
        named: ConversationEvent = self._reader.read(data, cls)
        return named


_EVENTS = members_of(ConversationEvent)

# Between the tokens of JSON, the only place for an unescaped line end, a space means the same.
_ON_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")


def _as_raw(naming: Naming, value: Any) -> Raw:
    if isinstance(value, Unknown):
        return Raw(member_in_naming(value, naming).raw if value.type == WRAPPER else value.raw)
    if isinstance(value, ServiceError):
        return Raw(value.raw)
    raise TypeError(f"Encoding objects of type {type(value).__qualname__} is unsupported")


camel: Codec = Codec("camel")
snake: Codec = Codec("snake")
