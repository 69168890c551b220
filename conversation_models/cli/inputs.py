"""Inputs: a document, lines of documents or a stream, recognised by content and read as they arrive."""

import os
import select
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple, get_args

import msgspec

from ..captured.envelopes import Member, Path, member_at
from ..captured.kinds import kind_of
from ..captured.layout import are_lines, beginning_of
from ..codec import Codec, camel, snake
from ..errors import ConversationDecodeError
from ..jsontext import decode_error
from ..lines import numbered_lines
from ..models.events import ConversationEvent
from ..models.failures import ServiceError
from ..spelling.detect import naming_of
from ..spelling.families import Naming
from ..stream.blocks import BYTE_ORDER_MARK
from ..stream.decoder import EventDecoder, iter_events
from ..stream.errors import TruncatedStreamError
from ..stream.invalid import InvalidEvent
from ..stream.progress import Progress
from .terminal import LongRead

__all__ = ["Documents", "Events", "Expected", "InputError", "Record", "codec_for", "open_input", "records_in"]

_READ = 256 * 1024


class InputError(Exception):
    """An input that cannot be opened or read."""


class Record(NamedTuple):
    """A document or an event of an input, or the error of one that is invalid."""

    value: Any
    codec: Codec
    naming: Naming | None
    """The naming that was given or found. If there is none, all codecs read the same."""
    member: Member
    type: Any

    def drift(self) -> list[str]:
        """The paths in it that the models do not know; none in an error body, or if it is nested too deep to search."""
        if isinstance(self.value, ServiceError):
            return []
        try:
            lines = self.codec.drift(self.member.text, self.type)
        except ConversationDecodeError:
            return []
        return [f"{self.member.path}{line.removeprefix('$')}" for line in lines]


class Expected(NamedTuple):
    """How the options describe the inputs."""

    naming: Naming | None = None
    type: Any = None
    """The type of the documents. If there is none, the content of each decides."""
    at: Path = ()
    """Where in each document the body is."""


def codec_for(naming: Naming | None) -> Codec:
    """The codec of a naming. If none is given or detected, both codecs read the same."""
    return snake if naming == "snake" else camel


def open_input(path: str, expected: Expected, *, progress: bool) -> "Documents | Events":
    """The records in a file, or in standard input for ``-``. Only the beginning is read at first."""
    return records_in(_chunks(path, progress=progress), path, expected)


def records_in(chunks: Iterator[bytes], name: str, expected: Expected) -> "Documents | Events":
    """The records in the bytes of an input called ``name``. Reads until it knows which kind they are. O(size)."""
    head = beginning_of(chunks)
    if head.is_stream:
        if expected.type or expected.at:
            raise InputError("a stream of server-sent events, for which --type and --at have no meaning")
        return Events(name, expected.naming, chain([head.text], chunks))
    return Documents(name, expected, chain([head.text.removeprefix(BYTE_ORDER_MARK)], chunks))


class Documents:
    """Bodies: one, or one a line, or members of such documents. ``place`` says, for messages, where the latest is."""

    noun = "document"

    def __init__(self, name: str, expected: Expected, chunks: Iterator[bytes]) -> None:
        self.name = name
        self.count: int = 0
        self._expected = expected
        self._line = 0
        seen = bytearray()
        one_a_line = are_lines((line for _, line in numbered_lines(_recorded(chunks, seen))), expected.at)
        chunks = _flushing(chain([bytes(seen)], chunks))
        self._texts = numbered_lines(chunks) if one_a_line else _whole(chunks)

    def __iter__(self) -> Iterator[Record]:
        while item := next(self._texts, None):
            self._line, text = item
            self.count += 1
            yield self._read(text)

    @property
    def place(self) -> str:
        """The input's name, with the line if the input holds more than one document."""
        if self.count == 1:
            item = next(self._texts, None)
            if item is None:
                return self.name
            self._texts = chain([item], self._texts)
        return f"{self.name}:{self._line}"

    def _read(self, text: bytes) -> Record:
        try:
            member = member_at(text, self._expected.at)
        except ConversationDecodeError as error:
            return Record(error, codec_for(None), None, Member(text, "$", text, (), is_quoted=False), None)
        naming = self._expected.naming or naming_of(member.text)
        codec = codec_for(naming)
        tp = self._expected.type or kind_of(member.text)
        value: Any
        try:
            if tp is None:
                codec.decode(member.text, msgspec.Raw)  # Raises if it is not JSON.
                raise ConversationDecodeError(
                    f"The keys do not tell the type of body: use --type or --at - at `{member.path}`"
                )
            value = codec.decode(member.text, tp)
        except ConversationDecodeError as error:
            value = error if error.path is None else decode_error(error, member.text, member.path)
        return Record(value, codec, naming, member, tp)


class Events:
    """The events of a stream. ``place`` says, for messages, which one is the latest.

    ``naming`` is the one that was given, or the one that the keys have shown so far. Iterating raises
    ``TruncatedStreamError`` if the stream ends before it is complete.
    """

    noun = "event"

    def __init__(self, name: str, naming: Naming | None, chunks: Iterator[bytes]) -> None:
        self.name = name
        self.count: int = 0
        self.naming: Naming | None = naming
        self._chunks = _flushing(chunks)
        self._data: deque[bytes] = deque()  # Of the events that have been read and not been handed out.

    @property
    def place(self) -> str:
        """The input's name and the number of the event."""
        return f"{self.name}: event {self.count}"

    def __iter__(self) -> Iterator[Record]:
        progress = Progress()
        for event in iter_events(EventDecoder(lambda: _refuse, self._read), self._chunks, strict=False):
            self.count += 1
            progress.take(event)
            if isinstance(event, InvalidEvent):
                yield self._record(event.error, event.raw, ConversationEvent)
            else:
                # The data need not name its own type.
                tp = _BY_TAG.get(event.type, ConversationEvent)
                yield self._record(event, self._data.popleft(), tp)
        if progress.cut_off or not progress.ended:
            raise TruncatedStreamError("The stream ended before conversation.response.done")

    def _record(self, value: Any, data: bytes, tp: Any) -> Record:
        return Record(value, codec_for(self.naming), self.naming, member_at(data, ()), tp)

    def _read(self, data: bytes, name: str) -> ConversationEvent:
        self.naming = self.naming or naming_of(data)
        event = codec_for(self.naming).decode_event(data, name)
        self._data.append(data)
        return event


def _refuse(_: bytes) -> ConversationEvent:
    # The decoder gives the name of an event only with data that has been refused.
    raise msgspec.ValidationError


_BY_TAG: dict[str | None, Any] = {cls.type: cls for cls in get_args(ConversationEvent)}


def _chunks(path: str, *, progress: bool) -> Iterator[bytes]:
    if path == "-" and sys.stdin is None:
        raise InputError("standard input is closed")
    try:
        # Unbuffered, so that data in a live pipe is returned at once.
        with open(0 if path == "-" else path, "rb", buffering=0, closefd=path != "-") as file:
            reading = LongRead(path, os.fstat(file.fileno()).st_size or None) if progress else None
            while (chunk := file.read(_READ)) != b"":
                # ``None``: a non-blocking pipe is empty. It is not at its end.
                if chunk is None:
                    select.select([file], [], [])
                    continue
                if reading:
                    reading.advance(len(chunk))
                yield chunk
    except OSError as error:
        raise InputError(error.strerror or str(error)) from error


def _flushing(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """``chunks``, with stdout flushed before each wait for the next one."""
    for chunk in chunks:
        yield chunk
        sys.stdout.flush()


def _recorded(chunks: Iterator[bytes], seen: bytearray) -> Iterator[bytes]:
    for chunk in chunks:
        seen += chunk
        yield chunk


def _whole(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """All of ``chunks``, as the text of a document in line 1."""
    # Not a list of chunks: a chunk of two bytes takes twenty times its size.
    text = bytearray()
    for chunk in chunks:
        text += chunk
    yield 1, bytes(text)
