"""The bytes of a file anywhere that fsspec opens, decompressed, in chunks."""

import sys
import zlib
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

import fsspec
import zstandard

from .errors import ArchiveError, message_of

__all__ = ["CHUNK", "STANDARD_INPUT", "BrokenFileError", "Chunks"]

STANDARD_INPUT = "-"
"""The name of standard input, among those of files."""

CHUNK = 256 * 1024
"""How many bytes are read, and at most decompressed, at once."""

_BLOCK = 4 * 1024 * 1024
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

# A block of zstd, four bytes and more, can hold 128 kB.
_ZSTD_PIECE = 4096


class BrokenFileError(Exception):
    """What the file holds cannot be decompressed any further."""


class Chunks:
    """The bytes of a file, decompressed if it is gzip or zstd, which its first bytes tell.

    Reads as many bytes of the file as it has when it is opened. Iterating raises ``BrokenFileError``, after all the
    bytes that can be had, and ``ArchiveError`` if the file cannot be opened or read. Memory: a chunk.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.size: int = 0
        """The size of the file, when it was opened."""
        self.grew: int = 0
        """How many bytes longer it was after it had been read."""

    def __iter__(self) -> Iterator[bytes]:
        try:
            if self._path == STANDARD_INPUT:
                if sys.stdin is None:
                    raise OSError("standard input is closed")
                head = sys.stdin.buffer.read(len(_ZSTD))
                yield from _decompressed(head, chain([head], iter(partial(sys.stdin.buffer.read, CHUNK), b"")))
                return
            filesystem, name = fsspec.core.url_to_fs(self._path)
            with filesystem.open(name, "rb", **_options(filesystem)) as file:
                self.size = file.seek(0, 2)
                file.seek(0)
                head = file.read(min(len(_ZSTD), self.size))
                yield from _decompressed(head, self._read(file, head))
                self.grew = file.seek(0, 2) - self.size
        except BrokenFileError:
            raise
        # Filesystems have exceptions of their own for networks, credentials and protocols.
        except Exception as error:
            raise ArchiveError(f"{self._path}: {message_of(error)}") from error

    def _read(self, file: Any, head: bytes) -> Iterator[bytes]:
        yield head
        left = self.size - len(head)
        while left and (chunk := file.read(min(left, CHUNK))):
            left -= len(chunk)
            yield chunk
        if left:
            raise BrokenFileError(f"the file became shorter while it was read: {left} bytes are missing")


def _options(filesystem: Any) -> dict[str, Any]:
    # A file elsewhere is read once, from its beginning to its end.
    return {} if "file" in filesystem.protocol else {"cache_type": "readahead", "block_size": _BLOCK}


def _decompressed(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if head.startswith(_GZIP):
        return _inflated(chunks)
    if head == _ZSTD:
        return _unpacked(chunks)
    return chunks


def _inflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    begun = False
    for chunk in chunks:
        rest = chunk
        # Several members in a file are one text. Some programs fill the file's last block with zeros.
        while rest := rest if begun else rest.lstrip(b"\0"):
            try:
                text = member.decompress(rest, CHUNK)
            except zlib.error as error:
                raise BrokenFileError(f"the gzip data is damaged: {error}") from error
            if text:
                yield text
            begun = not member.eof
            rest = member.unused_data if member.eof else member.unconsumed_tail
            if member.eof:
                member = zlib.decompressobj(wbits=31)
    if begun:
        raise BrokenFileError("the gzip data is cut off")


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    whole = zstandard.ZstdDecompressor()
    frame = whole.decompressobj()
    begun = False
    for chunk in chunks:
        for start in range(0, len(chunk), _ZSTD_PIECE):
            rest = chunk[start : start + _ZSTD_PIECE]
            while rest:
                try:
                    text = frame.decompress(rest)
                except zstandard.ZstdError as error:
                    raise BrokenFileError(f"the zstd data is damaged: {error}") from error
                begun = not frame.eof
                rest = frame.unused_data if frame.eof else b""
                if frame.eof:
                    frame = whole.decompressobj()
                if text:
                    yield text
    if begun:
        raise BrokenFileError("the zstd data is cut off")
