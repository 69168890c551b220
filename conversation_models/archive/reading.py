"""Reads one file: rows for its responses, and the bodies to set aside."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from ..accounting import absent_counts
from ..captured.kinds import kind_of
from ..captured.layout import are_lines, beginning_of, is_stream
from ..codec import Codec, camel, snake
from ..errors import ConversationDecodeError
from ..jsontext import UNREADABLE, decode_error, decoder_of
from ..models.events import ConversationEvent
from ..models.failures import ServiceError
from ..models.responses import ConversationResponse
from ..spelling.detect import naming_of
from ..stream.blocks import BYTE_ORDER_MARK
from .columns import Row, Values, values_of
from .cutting import Line, lines_in
from .errors import Reject
from .members import Envelope
from .opening import BrokenFileError, Chunks
from .options import MAX_BODY_BYTES, Options
from .plain import plain_row
from .streams import rows_of_stream

__all__ = ["Reading"]

_OUTPUTS = b'"outputs"'


class Reading:
    """Reads a file once, from its beginning to its end.

    ``rows`` yields the responses. Bodies that are not responses are counted in ``skipped``, those that cannot be read
    in ``rejected``, and each of these is handed to ``set_aside``. Nothing in a file makes it raise. ``ArchiveError``
    says that the file cannot be opened or read.
    """

    def __init__(self, source: str, options: Options, set_aside: Callable[[Reject], object]) -> None:
        self.source: str = source
        self.skipped: int = 0
        self.rejected: int = 0
        self.chunks: Chunks = Chunks(source)
        self.bytes: int = 0
        """How many bytes were read, after decompression."""
        self.failure: str | None = None
        """Why the file was not read to its end."""
        self._set_aside = set_aside
        self._at = options.body_path()
        self._envelope = Envelope(self._at, options.column_paths()) if options.at or options.keys else None
        self._no_values: list[str | None] = [None] * len(options.keys)
        self._codec: Codec = snake  # The one that read the last response.

    def rows(self) -> Iterator[Values]:
        """The responses in the file, in order. O(size); memory: a chunk and a body, or a response of a stream."""
        chunks = self._counted()
        head = beginning_of(chunks)
        if head.is_stream:
            for row in self._stream(chain([head.text], chunks), 0):
                yield from self._fitting(row, self._no_values)
        else:
            text = head.text.removeprefix(BYTE_ORDER_MARK)
            first = len(head.text) - len(text)
            for offset, document, size in self._documents(lines_in(chain([text], chunks), MAX_BODY_BYTES)):
                if document is None:
                    self._reject_oversized(first + offset, size)
                elif self._envelope is not None:
                    yield from self._enveloped(self._envelope, document, first + offset)
                else:
                    yield from self._body(document, first + offset, size, self._no_values)
        if self.failure is not None:
            self.reject(self.bytes, None, self.failure)
        elif self.chunks.grew > 0:
            self.reject(
                self.bytes, self.chunks.grew, f"the file grew by {self.chunks.grew} bytes while it was read: run again"
            )

    def reject(self, offset: int, size: int | None, reason: str | None) -> None:
        """Set a body aside."""
        self.rejected += 1
        self._set_aside(Reject(self.source, offset, size, reason or ""))

    def _counted(self) -> Iterator[bytes]:
        try:
            for chunk in self.chunks:
                self.bytes += len(chunk)
                yield chunk
        except BrokenFileError as error:
            # What was read so far is worth having.
            self.failure = str(error)

    def _documents(self, lines: Iterator[Line]) -> Iterator[Line]:
        """The documents in lines: each, or all together. Blank ones are skipped."""
        seen: list[Line] = []
        if not are_lines(_recorded(lines, seen), self._at):
            seen += _up_to(MAX_BODY_BYTES - sum(line.size for line in seen), lines)
            size = sum(line.size + 1 for line in seen) + sum(line.size + 1 for line in lines)
            texts = [line.text for line in seen if line.text is not None]
            is_held = size <= MAX_BODY_BYTES and len(texts) == len(seen)
            document = Line(0, b"\n".join(texts) if is_held else None, size)
            seen.clear()
            lines = iter([document])
        for line in chain(seen, lines):
            if line.text is None or (line.text and not line.text.isspace()):
                yield line

    def _reject_oversized(self, offset: int, size: int) -> None:
        self.reject(offset, size, f"a body of {size:,} bytes, over the limit of {MAX_BODY_BYTES:,}")

    def _enveloped(self, envelope: Envelope, document: bytes, offset: int) -> Iterator[Values]:
        """The rows of the body in an envelope: those of a stream are all at the envelope's offset."""
        try:
            body, values = envelope.open(document)
        except ConversationDecodeError as error:
            self.reject(offset, len(document), str(error))
            return
        # JSON that is not in a string is not a stream.
        if isinstance(body, bytes) and is_stream(body):
            for row in self._stream(iter([body]), offset):
                yield from self._fitting(row._replace(offset=offset), values)
        else:
            yield from self._body(body, offset, len(document), values)

    def _body(self, body: bytes | memoryview, offset: int, size: int, own: Sequence[str | None]) -> Sequence[Values]:
        """The row of a body, if it has one. ``offset`` and ``size`` are those of the document that it is in."""
        # Most bodies are responses in the naming of the last one.
        plain = plain_row(body, self._codec, offset, own)
        if plain is not None:
            return (plain,)
        text = bytes(body)
        # The keys tell requests and error bodies apart.
        if _OUTPUTS in text and (found := self._unusual(text, offset, own)) is not None:
            return found
        kind = kind_of(text)
        if kind is ServiceError:
            return self._fitting(Row(offset, self._codec.summarize(text)), own)
        if kind is not ConversationResponse:
            self._other(kind, text, offset, size)
            return ()
        record = (snake if naming_of(text) == "snake" else camel).summarize(text)
        if record.status == "unreadable":
            self.reject(offset, size, record.error_message)
        return self._fitting(Row(offset, record), own)

    def _unusual(self, text: bytes, offset: int, own: Sequence[str | None]) -> Sequence[Values] | None:
        """The row of a response in the other naming than the last one, or not plain; ``None`` if it is neither."""
        other = camel if self._codec is snake else snake
        plain = plain_row(text, other, offset, own)
        if plain is not None:
            self._codec = other
            return (plain,)
        for codec in (self._codec, other):
            record = codec.summarize(text)
            if record.status == "completed":
                self._codec = codec
                return self._fitting(Row(offset, record, absent_counts(record.usage, text)), own)
        return None

    def _fitting(self, row: Row, own: Sequence[str | None]) -> Sequence[Values]:
        """The row, unless it does not fit into a table."""
        values = values_of(row, own)
        if values is not None:
            return (values,)
        self.reject(row.offset, row.record.bytes, "a number that does not fit in 64 bits")
        return ()

    def _other(self, kind: object, text: bytes, offset: int, size: int) -> None:
        """Count a body that is not a response, or set it aside if it should not be there."""
        if kind is ConversationEvent:
            self.reject(offset, size, "an event outside of a stream")
        elif kind is not None:
            self.skipped += 1
        else:
            self.reject(offset, size, _why_not_a_body(text))

    def _stream(self, chunks: Iterator[bytes], offset: int) -> Iterator[Row]:
        """The responses of a stream that begins at ``offset``, with offsets in the stream."""
        is_empty = True
        for row in rows_of_stream(chunks, MAX_BODY_BYTES):
            is_empty = False
            if row.record.status == "unreadable":
                self.reject(offset + row.offset, row.record.bytes, row.record.error_message)
            yield row
        if is_empty:
            self.reject(offset, None, "a stream without a response")


def _recorded(lines: Iterator[Line], seen: list[Line]) -> Iterator[bytes]:
    """The texts of lines that are not blank, until a body is full. The lines are in ``seen``."""
    room = MAX_BODY_BYTES
    for line in lines:
        seen.append(line)
        room -= line.size
        if line.text is None or line.text.strip():
            yield line.text or b""
        if room < 0:
            return


def _up_to(room: int, lines: Iterator[Line]) -> Iterator[Line]:
    """The lines until a body is full, with the one that does not fit."""
    for line in lines:
        yield line
        room -= line.size
        if room < 0:
            return


def _why_not_a_body(text: bytes) -> str:
    try:
        decoder_of[object].decode(text)
    except UNREADABLE as error:
        return str(decode_error(error, text))
    return "not a response, a request or the body of an error"
