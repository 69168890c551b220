"""What a relayed answer costs: a meter that reads a copy of it, whether it is a stream or JSON, plain or gzipped."""

import asyncio
import zlib
from collections.abc import Iterator

import httpx
from msgspec.structs import replace

import conversation_models as cm

__all__ = ["AnswerMeter"]

# The most bytes that one answer makes the meter hold, or unzip. A stream that is not compressed has no such limit.
MAX_METERED = 32 << 20
# Bytes to unzip at a time: a small answer that unzips to a huge one never is in memory.
PIECE = 1 << 16


class AnswerMeter:
    """Reads an answer as it passes. Never raises for what is in it, and says so in the record if it cannot read it."""

    def __init__(self, headers: httpx.Headers) -> None:
        self.is_stream = headers.get("content-type", "").lower().startswith("text/event-stream")
        self._stream = cm.snake.meter()
        self._body = bytearray()
        self._size = self._metered = 0
        self._unreadable = ""
        encoding = headers.get("content-encoding", "identity").strip().lower()
        # Upstream was asked not to compress. Some do all the same.
        self._unzip = zlib.decompressobj(wbits=31) if encoding in ("gzip", "x-gzip") else None
        if self._unzip is None and encoding not in ("identity", ""):
            self._unreadable = f"the content-encoding {encoding[:40]!r} is not one that can be read"

    async def feed(self, chunk: bytes) -> None:
        """Read the next bytes of the answer's body, as upstream sent them."""
        self._size += len(chunk)
        if self._unreadable:
            return
        try:
            for piece in [chunk] if self._unzip is None else self._unzipped(chunk):
                self._metered += len(piece)
                if self._metered > MAX_METERED and not (self.is_stream and self._unzip is None):
                    self._unreadable = f"the answer has more than {MAX_METERED} bytes"
                    self._body.clear()
                    return
                if self.is_stream:
                    self._stream.feed(piece)
                else:
                    self._body += piece
                if self._unzip is not None and len(piece) == PIECE:
                    # A few kB can unzip to events that take a minute to read. Other calls run in between.
                    await asyncio.sleep(0)
        except zlib.error as error:
            self._unreadable = f"the answer is not gzip: {error}"

    def _unzipped(self, chunk: bytes) -> Iterator[bytes]:
        assert self._unzip is not None
        piece = b""
        # A full piece means that there may be more, even if the input is used up.
        while chunk or len(piece) == PIECE:
            piece = self._unzip.decompress(chunk, PIECE)
            yield piece
            chunk = self._unzip.unconsumed_tail
            if self._unzip.eof:  # What follows is another member: gzip files can be put one after the other.
                chunk = self._unzip.unused_data
                self._unzip = zlib.decompressobj(wbits=31)

    def records(self, *, whole: bool) -> list[cm.UsageRecord]:
        """What the answer cost and did: a record for each response in it, at least one. Call it once, at the end.

        ``whole``: whether the answer came to its end.
        """
        if self._unreadable:
            record = cm.UsageRecord(kind="stream" if self.is_stream else "response", status="unreadable")
            return [replace(record, error_message=self._unreadable, bytes=self._size)]
        if self.is_stream:
            self._stream.close()
            return self._stream.records or [self._stream.record]
        record = cm.snake.summarize(self._body)
        # Half an answer is not JSON, but it is known why.
        return [record if whole or record.status != "unreadable" else replace(record, status="truncated")]
