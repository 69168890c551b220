"""The kernel: one file in, one table of usage out, in record batches."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa

from .columns import record_batch, schema_of
from .errors import Reject
from .options import Options
from .reading import Reading

__all__ = ["batches_of", "usage_table"]

# As many rows as the processor's caches hold. With more, each value would come from memory again.
_BATCH = 512


def usage_table(
    path: str,
    *,
    at: str | None = None,
    keys: Mapping[str, str] | None = None,
    on_reject: Callable[[Reject], object] | None = None,
) -> Any:
    """What the responses in a file cost and did: a ``pyarrow.Table`` with a row for each. ``COLUMNS`` has its schema.

    The file is anywhere that fsspec opens, gzip, zstd or neither, and holds newline-delimited JSON, one JSON document
    or a captured stream, in either naming. ``at``: where in each document the body is, such as ``response.body``; it
    may be a string that holds JSON or a stream. ``keys``: columns of your own, such as ``{"team": "headers.x-team"}``.

    Bodies that are not responses or errors are left out. What cannot be read is handed to ``on_reject``. Raises
    ``ArchiveError`` if the file cannot be opened or read, ``ValueError`` if ``at`` or one of ``keys`` is not a path, or
    a name is that of another column. O(size); memory: the table, and the largest body, of at most 64 MiB.
    """
    options = Options(at, keys or {})
    options.check()
    reading = Reading(path, options, on_reject or (lambda _: None))
    schema = schema_of(list(options.keys))
    return pa.Table.from_batches(list(batches_of(reading, schema)), schema).combine_chunks()


def batches_of(reading: Reading, schema: Any) -> Iterator[Any]:
    """The rows of a file in record batches of some hundreds."""
    rows = reading.rows()
    while some := list(islice(rows, _BATCH)):
        yield record_batch(reading.source, some, schema)
