"""The columns of a usage table, and the rows that become record batches."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import pyarrow as pa
from msgspec import UNSET
from msgspec.json import encode

from ..accounting import UsageRecord
from .counts import NO_COUNTS

__all__ = ["COLUMNS", "Row", "Rows", "microseconds", "schema_of"]

_NAMES, _TIME = pa.list_(pa.string()), pa.timestamp("us", tz="UTC")
_NUMBERS = pa.map_(pa.string(), pa.int64())

COLUMNS = pa.schema(
    [
        ("source", pa.string()),
        ("offset", pa.int64()),
        ("kind", pa.string()),
        ("status", pa.string()),
        ("error_code", pa.int64()),
        ("conversation_id", pa.string()),
        ("models", _NAMES),
        ("agent_ids", _NAMES),
        ("started_at", _TIME),
        ("first_output_at", _TIME),
        ("completed_at", _TIME),
        ("prompt_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
        ("connector_tokens", pa.int64()),
        ("total_tokens", pa.int64()),
        ("connectors", _NUMBERS),
        ("usage_extra", pa.map_(pa.string(), pa.string())),
        ("tools", _NUMBERS),
        ("function_calls", _NAMES),
        ("outputs", pa.int64()),
        ("bytes", pa.int64()),
        ("unknown", pa.int64()),
    ]
)
"""The columns of every usage table. The operator's own come after them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EPOCH_NAIVE = _EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)


class Row(NamedTuple):
    """A response, where it is, and what its envelope says."""

    offset: int
    record: UsageRecord
    absent: frozenset[str] = NO_COUNTS
    """The counts that its usage does not state. The record has them as 0."""
    own: Sequence[str | None] = ()
    """The values of the operator's own columns."""
    problem: str | None = None
    """Why the end of a stream is not readable."""


def schema_of(own: Sequence[str]) -> Any:
    """The schema of a table with these columns of the operator's own. Raises ``ValueError`` if a name is taken."""
    names = [*COLUMNS.names, *own]
    if taken := [name for name in own if names.count(name) > 1]:
        raise ValueError(f"a table has a column {taken[0]!r} already")
    return pa.schema([*COLUMNS, *[(name, pa.string()) for name in own]])


class Rows:
    """Rows that wait to become a record batch."""

    def __init__(self, source: str, own: Sequence[str] = ()) -> None:
        self.schema: pa.Schema = schema_of(own)
        self._source = source
        self.added: int = 0
        self._values: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        return len(self._values)

    def add_values(self, values: tuple[Any, ...]) -> None:
        """Add a row as the values of its columns, without the source."""
        self._values.append(values)
        self.added += 1

    def add(self, row: Row) -> bool:
        """Add a row; whether it fits: numbers of a table have 64 bits. O(its names)."""
        record, absent = row.record, row.absent
        usage = record.usage
        if usage is None:
            prompt = completion = total = connector = connectors = extra = None
        else:
            prompt = None if "prompt_tokens" in absent else usage.prompt_tokens
            completion = None if "completion_tokens" in absent else usage.completion_tokens
            total = None if "total_tokens" in absent else usage.total_tokens
            connector = usage.connector_tokens
            if connector is UNSET:
                connector = None
            connectors = None if usage.connectors is UNSET else usage.connectors
            unknown = usage.unknown_fields
            extra = [(key, encode(value).decode()) for key, value in unknown.items()] if unknown else None
            numbers = usage.prompt_tokens | usage.completion_tokens | usage.total_tokens | (connector or 0)
            if numbers.bit_length() > 63 or (connectors and not all(map(_fits, connectors.values()))):
                return False
        code = record.error_code
        if code is not None and not _fits(code):
            return False
        started, first, completed = record.started_at, record.first_output_at, record.completed_at
        self._values.append(
            (
                row.offset,
                record.kind,
                record.status,
                code,
                record.conversation_id,
                record.models,
                record.agent_ids,
                None if started is None else microseconds(started),
                None if first is None else microseconds(first),
                None if completed is None else microseconds(completed),
                prompt,
                completion,
                connector,
                total,
                None if connectors is None else [*connectors.items()],
                extra,
                [*record.tools.items()] if record.tools else (),
                record.function_calls,
                record.outputs,
                record.bytes,
                record.unknown,
                *row.own,
            )
        )
        self.added += 1
        return True

    def take(self) -> Any:
        """The rows as a record batch, after which there are none. O(rows)."""
        sources = pa.repeat(pa.scalar(self._source, pa.string()), len(self))
        fields = list(self.schema)[1:]
        columns = zip(*self._values, strict=True) if self._values else [()] * len(fields)
        arrays = [pa.array(values, field.type) for values, field in zip(columns, fields, strict=True)]
        self._values.clear()
        return pa.record_batch([sources, *arrays], schema=self.schema)


def _fits(number: int) -> bool:
    return number.bit_length() <= 63


def microseconds(time: datetime) -> int:
    """Since 1970. A time without an offset is taken as UTC."""
    return (time - (_EPOCH_NAIVE if time.tzinfo is None else _EPOCH)) // _MICROSECOND
