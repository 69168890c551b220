"""What inputs hold: a document, lines of documents or a stream, told apart by content and read as they arrive."""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, NamedTuple, get_args

import msgspec

from ..codec import Codec, camel, snake
from ..errors import ConversationDecodeError
from ..jsontext import UNREADABLE, is_json
from ..models.events import ConversationEvent, ResponseDoneEvent, ResponseErrorEvent
from ..models.responses import ConversationResponse
from ..spelling.detect import naming_of
from ..spelling.twins import Naming
from ..sse import ServerSentEvent, SSEDecoder
from ..stream.blocks import BYTE_ORDER_MARK
from ..stream.decoder import InvalidEvent, StreamEvent
from ..stream.errors import TruncatedStreamError
from .terminal import LongRead

__all__ = ["Documents", "Events", "InputError", "Record", "codec_for", "open_input"]

_READ = 256 * 1024

# A captured stream begins with a field or a comment, JSON with neither.
_STREAM = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?::|(?:event|data|id|retry)[:\r\n])")
_TOO_SHORT_TO_TELL = re.compile(rb"(?:\xef(?:\xbb\xbf?)?)?\s*[a-z]{0,5}")


class InputError(Exception):
    """An input that cannot be opened or read."""


class Record(NamedTuple):
    """A response or an event of an input, or what is wrong with it."""

    value: ConversationResponse | ConversationEvent | ConversationDecodeError
    codec: Codec
    data: bytes | str
    type: Any

    def drift(self) -> list[str]:
        """The paths of what the models do not know in it, if it can be looked into as deep as it can be read."""
        try:
            return self.codec.drift(self.data, self.type)
        except ConversationDecodeError:
            return []


def codec_for(naming: Naming | None) -> Codec:
    """The codec of a naming; where none is given and none shows, either will do."""
    return snake if naming == "snake" else camel


def open_input(path: str, naming: Naming | None, *, progress: bool) -> "Documents | Events":
    """The records in a file, or in standard input for ``-``; of which nothing but the beginning is read yet."""
    chunks = _chunks(path, progress=progress)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) > _READ or not _TOO_SHORT_TO_TELL.fullmatch(head):
            break
    if _STREAM.match(head):
        return Events(path, naming, chain([head], chunks))
    return Documents(path, naming, chain([head.removeprefix(BYTE_ORDER_MARK)], chunks))


class Documents:
    """Responses: one, or one a line. ``place`` says, for messages, where the latest stands."""

    noun = "document"

    # So many may stand before the first line that is whole.
    _BROKEN_LINES = 100

    def __init__(self, name: str, naming: Naming | None, chunks: Iterator[bytes]) -> None:
        self.name = name
        self.count = 0
        self._naming: Naming | None = naming
        self._line = 0
        seen: list[bytes] = []
        ahead = _numbered_lines(_recorded(chunks, seen))
        _, first = next(ahead, (0, b""))
        one_a_line = is_json(first) or any(_is_response(line) for _, line in islice(ahead, self._BROKEN_LINES))
        chunks = _flushing(chain(seen, chunks))
        self._texts = _numbered_lines(chunks) if one_a_line else iter([(1, b"".join(chunks))])

    def __iter__(self) -> Iterator[Record]:
        while item := next(self._texts, None):
            self._line, text = item
            self.count += 1
            codec = codec_for(self._naming or naming_of(text))
            value: ConversationResponse | ConversationDecodeError
            try:
                value = codec.decode(text)
            except ConversationDecodeError as error:
                value = error
            yield Record(value, codec, text, ConversationResponse)

    @property
    def place(self) -> str:
        """The input's name, with the line where it holds more than one document."""
        if self.count == 1:
            item = next(self._texts, None)
            if item is None:
                return self.name
            self._texts = chain([item], self._texts)
        return f"{self.name}:{self._line}"


class Events:
    """The events of a stream. ``place`` says, for messages, which is the latest; ``naming`` is what the keys have told.

    Raises ``TruncatedStreamError`` where the stream ends before it is complete.
    """

    noun = "event"

    # What may come before the first key that has two spellings.
    _UNDECIDED = 64 * 1024

    def __init__(self, name: str, naming: Naming | None, chunks: Iterator[bytes]) -> None:
        self.name = name
        self.count = 0
        self.naming: Naming | None = naming
        self._chunks = _flushing(chunks)

    @property
    def place(self) -> str:
        """The input's name and the number of the event."""
        return f"{self.name}: event {self.count}"

    def __iter__(self) -> Iterator[Record]:
        complete = False
        try:
            for event, data in self._read():
                self.count += 1
                complete = complete or isinstance(event, (ResponseDoneEvent, ResponseErrorEvent))
                value = event.error if isinstance(event, InvalidEvent) else event
                # Data need not hold its own type.
                yield Record(value, codec_for(self.naming), data, _BY_TAG.get(event.type, ConversationEvent))
        except TruncatedStreamError:
            # Behind its end, a stream has nothing to lose.
            if not complete:
                raise
        if not complete:
            raise TruncatedStreamError("The stream ended before conversation.response.done")

    def _read(self) -> Iterator[tuple[StreamEvent, str]]:
        decoder = codec_for(self.naming).event_decoder()
        texts = SSEDecoder()
        head = b""
        for chunk in self._chunks:
            events = decoder.feed(chunk)
            if self.naming is None and len(head) < self._UNDECIDED:
                head += chunk
                self.naming = naming_of(head)
                if self.naming == "snake":
                    # Up to here, either codec has read the same.
                    decoder = snake.event_decoder()
                    events = decoder.feed(head)[self.count :]
            yield from zip(events, _data(texts.feed(chunk)), strict=True)
        yield from zip(decoder.close(), _data(texts.close()), strict=True)


_BY_TAG: dict[str | None, Any] = {cls.type: cls for cls in get_args(ConversationEvent)}


def _data(events: list[ServerSentEvent]) -> list[str]:
    # Without data, an event is none to the codecs.
    return [event.data for event in events if event.data]


def _chunks(path: str, *, progress: bool) -> Iterator[bytes]:
    try:
        # Unbuffered: what a live pipe holds is there at once.
        with open(0 if path == "-" else path, "rb", buffering=0, closefd=path != "-") as file:
            reading = LongRead(path, os.fstat(file.fileno()).st_size or None) if progress else None
            while chunk := file.read(_READ):
                if reading:
                    reading.advance(len(chunk))
                yield chunk
    except OSError as error:
        raise InputError(error.strerror or str(error)) from error


def _flushing(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """``chunks``, and what they gave is on the screen before the wait for the next one."""
    for chunk in chunks:
        yield chunk
        sys.stdout.flush()


def _recorded(chunks: Iterator[bytes], seen: list[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        seen.append(chunk)
        yield chunk


def _numbered_lines(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers, each as soon as it is complete."""
    number = 1
    line: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        line.append(first)
        for start in others:
            if text := b"".join(line).strip():
                yield number, text
            number += 1
            line = [start]
    if text := b"".join(line).strip():
        yield number, text


def _is_response(line: bytes) -> bool:
    """Whether a line is a response as far as can be seen: one that follows a broken line tells that they are lines."""
    try:
        return not {"conversationId", "conversation_id"}.isdisjoint(_members.decode(line))
    except UNREADABLE:
        return False


_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
