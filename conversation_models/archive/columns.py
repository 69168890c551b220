"""The columns of a usage table, the values of a row, and the rows that become record batches."""

from collections.abc import Container, Sequence
from datetime import datetime, timedelta, timezone
from itertools import accumulate, chain
from typing import Any, NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.compute as compute
from msgspec import UNSET
from msgspec.json import encode

from ..accounting import UsageRecord
from ..models.responses import ConversationUsageInfo
from ..summary import time_of

pc: Any = compute  # Its functions are made when it is imported, where type checkers do not look.

__all__ = ["COLUMNS", "NO_USAGE", "Row", "Values", "record_batch", "schema_of", "usage_values", "values_of"]

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

# Read by pyarrow, which takes a tenth of the time, and agrees with msgspec about these.
_USUAL_TIME = r"^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EPOCH_NAIVE = _EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)

Values: TypeAlias = tuple[Any, ...]
"""The values of some columns, in order: of all but the source, or of those of a usage."""

NO_USAGE: Values = (None,) * 6


class Row(NamedTuple):
    """A response, and where it is."""

    offset: int
    record: UsageRecord
    absent: frozenset[str] = frozenset()
    """The counts that its usage does not state. The record has them as 0."""


def schema_of(own: Sequence[str]) -> Any:
    """The schema of a table with these columns of the operator's own. Raises ``ValueError`` if a name is taken."""
    names = [*COLUMNS.names, *own]
    if taken := [name for name in own if names.count(name) > 1]:
        raise ValueError(f"a table has a column {taken[0]!r} already")
    return pa.schema([*COLUMNS, *[(name, pa.string()) for name in own]])


def record_batch(source: str, rows: Sequence[Values], schema: Any) -> Any:
    """Rows of a file as a ``pyarrow.RecordBatch``. O(rows)."""
    sources = pa.repeat(pa.scalar(source, pa.string()), len(rows))
    columns = zip(*rows, strict=True)
    arrays = [_array(values, field.type) for values, field in zip(columns, list(schema)[1:], strict=True)]
    return pa.record_batch([sources, *arrays], schema=schema)


def values_of(row: Row, own: Sequence[str | None]) -> Values | None:
    """The values of the columns, with those of the operator's own; ``None`` if a number does not fit into 64 bits."""
    record = row.record
    usage = usage_values(record.usage, row.absent)
    if usage is None or not _fits(record.error_code):
        return None
    return (
        row.offset,
        record.kind,
        record.status,
        record.error_code,
        record.conversation_id,
        record.models,
        record.agent_ids,
        record.started_at,
        record.first_output_at,
        record.completed_at,
        *usage,
        record.tools,
        record.function_calls,
        record.outputs,
        record.bytes,
        record.unknown,
        *own,
    )


def _array(values: Sequence[Any], kind: Any) -> Any:
    """A column. Lists and maps are laid out here: from nested values, pyarrow takes several times as long."""
    # A column with nothing in it, as several are, is left to pyarrow.
    if kind == _TIME and not all(value is None for value in values):
        return _times(values)
    if not pa.types.is_nested(kind) or not any(values):
        return pa.array(values, kind)
    filled = [value or () for value in values]
    starts: list[int | None] = [*accumulate(map(len, filled), initial=0)]
    for at, value in enumerate(values):
        if value is None:
            starts[at] = None
    offsets = pa.array(starts, pa.int32())
    names = pa.array([*chain.from_iterable(filled)], pa.string())
    if not pa.types.is_map(kind):
        return pa.ListArray.from_arrays(offsets, names)
    items = [item for value in values if value for item in value.values()]
    return pa.MapArray.from_arrays(offsets, names, pa.array(items, kind.item_type))


def usage_values(usage: ConversationUsageInfo | None, absent: Container[str] = ()) -> Values | None:
    """The values of the columns of a usage that lacks these counts; ``None`` if a number does not fit into 64 bits."""
    if usage is None:
        return NO_USAGE
    connector, connectors, unknown = usage.connector_tokens, usage.connectors, usage.unknown_fields
    values = (
        None if "prompt_tokens" in absent else usage.prompt_tokens,
        None if "completion_tokens" in absent else usage.completion_tokens,
        None if connector is UNSET else connector,
        None if "total_tokens" in absent else usage.total_tokens,
    )
    connectors = None if connectors is UNSET else connectors
    if not all(map(_fits, values)) or not all(map(_fits, (connectors or {}).values())):
        return None
    # Sorted: their order depends on what the codec has read before.
    extra = {key: encode(unknown[key]).decode() for key in sorted(unknown)} if unknown else None
    return (*values, connectors, extra)


def _fits(number: int | None) -> bool:
    return number is None or number.bit_length() <= 63


def _times(values: Sequence[datetime | str | None]) -> Any:
    """A column of times, as they were sent or read. A malformed one is null."""
    try:
        texts = pa.array(values, pa.string())
        if pc.all(pc.match_substring_regex(texts, _USUAL_TIME)).as_py() is not False:
            return texts.cast(_TIME)
    except pa.ArrowException:
        pass
    return pa.array([_microseconds(time_of(value)) for value in values], _TIME)


def _microseconds(time: datetime | None) -> int | None:
    """Since 1970. A time without an offset is taken as UTC."""
    return None if time is None else (time - (_EPOCH_NAIVE if time.tzinfo is None else _EPOCH)) // _MICROSECOND
