"""One part: the table of one file, written whole or not at all."""

from collections.abc import Iterator
from time import monotonic
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct
from msgspec.json import decode, encode
from msgspec.structs import replace

from .columns import schema_of
from .errors import ArchiveError, Reject, message_of
from .kernel import batches_of
from .options import Options
from .places import Directory, Input, Unfinished
from .reading import Reading

__all__ = ["Part", "make_part", "part_in"]

_ROW_GROUP = 16_384
_FACTS = b"conversation_models"


class Part(Struct, frozen=True, kw_only=True):
    """What became of a file.

    Attributes:
        source: The file.
        version: The version of the file that was read.
        name: The name of its table in the directory of the run.
        rows: How many responses are in the table.
        skipped: How many bodies are not responses or errors, such as requests.
        rejected: How many could not be read. They are listed in the file that ``rejects`` names.
        bytes: How many bytes were read, after decompression.
        size: The size of the file.
        seconds: How long that took.
        error: Why there is no table. ``None`` if there is one.
    """

    source: str
    version: str
    name: str
    rows: int = 0
    skipped: int = 0
    rejected: int = 0
    bytes: int = 0
    size: int = 0
    seconds: float = 0.0
    error: str | None = None

    @property
    def rejects(self) -> str:
        """The name of the list of what could not be read, one JSON object a line. There is none if all could be."""
        return f"{self.name.removesuffix('.parquet')}.rejects.ndjson"


def make_part(out: str, name: str, file: Input, options: Options) -> Part:
    """Write the table of a file. For a process of its own: takes and returns small values, and raises nothing."""
    start = monotonic()
    part = Part(source=file.source, version=file.version, name=name, size=file.size)
    try:
        return _write(Directory(out), part, options, start)
    except ArchiveError as error:
        reason = str(error).removeprefix(f"{file.source}: ")
    # The disk is full, a network is down: filesystems have exceptions of their own.
    except Exception as error:
        reason = f"the part cannot be written: {message_of(error)}"
    return replace(part, error=reason, seconds=monotonic() - start)


def _write(out: Directory, part: Part, options: Options, start: float) -> Part:
    rejects = _Rejects(out, part.rejects)
    reading = Reading(part.source, options, rejects.add)
    schema = schema_of(list(options.keys))
    rows = 0
    unfinished = out.begin(part.name)
    try:
        with pq.ParquetWriter(unfinished.file, schema, compression="zstd") as writer:
            for table in _row_groups(batches_of(reading, schema)):
                writer.write_table(table)
                rows += len(table)
            part = replace(
                part,
                rows=rows,
                skipped=reading.skipped,
                rejected=reading.rejected,
                bytes=reading.bytes,
                seconds=monotonic() - start,
            )
            writer.add_key_value_metadata({_FACTS: encode(part)})
        # First, so that whoever finds the part has its rejects too.
        rejects.finish()
        unfinished.finish()
    finally:
        rejects.discard()
        unfinished.discard()
    return part


def _row_groups(batches: Iterator[Any]) -> Iterator[Any]:
    """Tables of as many rows as are worth a row group, which is read and compressed as a whole."""
    waiting: list[Any] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += len(batch)
        if rows >= _ROW_GROUP:
            yield pa.Table.from_batches(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def part_in(out: Directory, name: str) -> Part | None:
    """Read back what a run noted in a part; ``None`` if the file is not such a part."""
    try:
        with out.open(name) as file:
            return decode(pq.read_metadata(file).metadata[_FACTS], type=Part)
    except Exception:
        return None


class _Rejects:
    """A list of what was set aside, which is begun when there is something."""

    def __init__(self, out: Directory, name: str) -> None:
        self._out = out
        self._name = name
        self._unfinished: Unfinished | None = None

    def add(self, reject: Reject) -> None:
        if self._unfinished is None:
            self._unfinished = self._out.begin(self._name)
        self._unfinished.file.write(encode(reject._asdict()) + b"\n")

    def finish(self) -> None:
        if self._unfinished is not None:
            self._unfinished.finish()

    def discard(self) -> None:
        """Remove the list, unless it is finished."""
        if self._unfinished is not None:
            self._unfinished.discard()
