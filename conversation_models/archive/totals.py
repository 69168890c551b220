"""Adds up the tables of a run, by what the calls have in common."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nlargest
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as pq

from .columns import COLUMNS
from .parts import Part
from .places import Directory

pc: Any = compute  # Its functions are made when it is imported, where type checkers do not look.

__all__ = ["MEASURES", "Slow", "Totals", "add_up", "check_grouping"]

MEASURES = ("prompt_tokens", "completion_tokens", "connector_tokens", "total_tokens")
_COUNTED = ("calls", "uses", *MEASURES)
_MOST_PARTIAL_ROWS = 100_000
_SLOWEST = 5


class Slow(NamedTuple):
    """A stream whose first output took long."""

    seconds: float
    conversation_id: str | None
    source: str
    offset: int


class Totals(NamedTuple):
    """The sums for each grouping that was asked for, and the streams whose first output took longest.

    ``tables`` has a ``pyarrow.Table`` for each grouping: its columns, then ``calls``, ``uses`` and the tokens of these
    calls. Days are in order, otherwise the most tokens are first. A sum is null if no call states the count. ``uses``
    says how often a tool, connector or function was used. A call that used several counts in the row of each.
    """

    tables: list[Any]
    slowest: list[Slow]


def add_up(out: str, parts: Iterable[Part], groupings: Sequence[Sequence[str]]) -> Totals:
    """Read the tables of a run once, and add up their rows in groups: for ``[["day", "model"]]`` by day and model.

    ``check_grouping`` says what a table can be grouped by. Memory: the groups, and some thousands of rows.
    """
    directory = Directory(out)
    partial: list[list[Any]] = [[] for _ in groupings]
    slowest: list[Slow] = []
    for part in parts:
        with directory.open(part.name) as file:
            for batch in pq.ParquetFile(file).iter_batches():
                table = pa.Table.from_batches([batch])
                slowest = nlargest(_SLOWEST, [*slowest, *_slow_in(table)], key=lambda slow: slow.seconds)
                for by, sums in zip(groupings, partial, strict=True):
                    sums.append(_summed(_flat(table, by), by))
                    if sum(map(len, sums)) > _MOST_PARTIAL_ROWS:
                        sums[:] = [_summed(pa.concat_tables(sums), by)]
    return Totals([_in_order(sums, by) for by, sums in zip(groupings, partial, strict=True)], slowest)


def check_grouping(by: Sequence[str], own: Iterable[str]) -> None:
    """Raises ``ValueError`` if tables cannot be grouped by these names. ``own``: the operator's own columns.

    They can be by ``day``, ``model``, ``agent``, by any column that holds single values, and by one of ``tool``,
    ``connector`` and ``function``.
    """
    single = [field.name for field in COLUMNS if not pa.types.is_nested(field.type)]
    names = [*_COMPUTED, *_OF_MANY, *single, *own]
    for name in by:
        if name not in names:
            raise ValueError(f"there is no {name!r} to group by, only {', '.join(names)}")
    if len(several := [name for name in by if name in _OF_MANY]) > 1 or len(set(by)) < len(by):
        raise ValueError(f"tables cannot be grouped by {' and '.join(several or by)} together")


def _joined(names: Any) -> Any:
    # A call that several models answered is a group of its own: its tokens are those of all together.
    text = pc.binary_join(names, " + ")
    return pc.if_else(pc.equal(text, ""), None, text)


_COMPUTED: Mapping[str, Callable[[Any], Any]] = {
    "day": lambda table: pc.coalesce(table["started_at"], table["completed_at"]).cast(pa.date32()),
    "model": lambda table: _joined(table["models"]),
    "agent": lambda table: _joined(table["agent_ids"]),
}
_OF_MANY = {"tool": "tools", "connector": "connectors", "function": "function_calls"}


def _flat(table: Any, by: Sequence[str]) -> Any:
    """The columns of a grouping and those to add up, with a row for each call, or for each use of a tool in a call."""
    columns: dict[str, Any] = {"uses": pa.repeat(1, len(table))}
    for name in by:
        if name in _OF_MANY:
            pairs = _uses(table[_OF_MANY[name]].combine_chunks())
            table = table.take(pairs["row"])
            columns = {name: pairs["name"], "uses": pairs["uses_sum"]}
    for name in by:
        if name not in columns:
            columns[name] = _COMPUTED[name](table) if name in _COMPUTED else table[name]
    measures = {name: table[name] for name in MEASURES}
    return pa.table({name: columns[name] for name in by} | {"calls": pa.repeat(1, len(table)), **columns, **measures})


def _uses(lists: Any) -> Any:
    """For each list of names, or map from names to numbers, the number of its row, each name, and how often."""
    if pa.types.is_map(lists.type):
        names, uses = lists.keys, lists.items
        # Given a map, ``list_parent_indices`` ends the process.
        lists = pa.ListArray.from_arrays(lists.offsets, names)
    else:
        names = lists.flatten()
        uses = pa.repeat(1, len(names))
    rows = pc.list_parent_indices(lists)
    return pa.table({"row": rows, "name": names, "uses": uses}).group_by(["row", "name"]).aggregate([("uses", "sum")])


def _summed(table: Any, by: Sequence[str]) -> Any:
    sums = table.group_by(list(by)).aggregate([(name, "sum") for name in _COUNTED])
    # Older versions of pyarrow have the columns of the grouping last.
    return sums.select([*by, *[f"{name}_sum" for name in _COUNTED]]).rename_columns([*by, *_COUNTED])


def _in_order(sums: list[Any], by: Sequence[str]) -> Any:
    if not sums:
        return pa.table({name: pa.array([], pa.int64()) for name in (*by, *_COUNTED)})
    order = [("total_tokens", "descending"), ("calls", "descending")]
    if "day" in by:
        order.insert(0, ("day", "ascending"))
    return _summed(pa.concat_tables(sums), by).sort_by(order)


def _slow_in(table: Any) -> list[Slow]:
    waits = pc.subtract(table["first_output_at"].cast(pa.int64()), table["started_at"].cast(pa.int64()))
    table = table.select(["conversation_id", "source", "offset"]).append_column("wait", waits)
    table = table.filter(pc.is_valid(waits))
    rows = table.take(pc.top_k_unstable(table["wait"], min(_SLOWEST, len(table)))) if len(table) else table
    return [Slow(row["wait"] / 1e6, row["conversation_id"], row["source"], row["offset"]) for row in rows.to_pylist()]
