"""The report on archives: tables."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..archives.measure import FILE
from .markdown import table

__all__ = ["write"]

_MB = 1_000_000
_PEEK = "peek, in memory"


def write(folder: Path) -> Iterator[Path]:
    """Write the tables into ``folder``. Nothing if nothing was measured."""
    if not (folder / FILE).exists():
        return
    file = folder / "archives.md"
    file.write_text(_page(json.loads((folder / FILE).read_text(encoding="utf-8"))), encoding="utf-8")
    yield file


def _page(found: dict[str, Any]) -> str:
    readers, processes = found["readers"], found["processes"]
    size = readers["bytes"]
    parts = [
        "# Archives",
        f"{size / _MB:,.0f} MB of newline-delimited JSON: {readers['bodies']:,} responses of"
        f" {size / readers['bodies'] / 1000:,.1f} kB on average, from half a kB to 5 MB. Each reader adds up their"
        " tokens on one core, in a process of its own, and all find the same total. *conversation_models* makes the"
        " whole table, with all of its columns. Least processor time of several rounds, and most memory.",
        _readers(readers),
        f"The same files with two processes instead of one: {processes['1'] / processes['2']:.2f} times as fast"
        f" ({processes['1']:.2f} s and {processes['2']:.2f} s).",
        "One file, by its size:",
        table(["MB", "seconds", "MB/s", "peak memory"], [_size(one) for one in found["sizes"]]),
        "Many files of 2 kB, two processes, by their number; *again*: a run that finds all parts there:",
        table(
            ["files", "seconds", "ms a file", "again, seconds", "manifest"], [_count(one) for one in found["counts"]]
        ),
        f"<sub>{found['machine'].get('cpu_model_name', '')}, {found['machine'].get('cpu_count', '?')} cores,"
        f" Python {found['machine'].get('python_version', '?').split()[0]}, {found['date']}</sub>",
    ]
    return "\n\n".join(parts) + "\n"


def _readers(readers: dict[str, Any]) -> str:
    least = readers["seconds"][_PEEK]
    rows = []
    for reader, seconds in readers["seconds"].items():
        # A program that holds all lines in memory says nothing about the memory of a reader.
        peak = "" if reader == _PEEK else f"{readers['peak'][reader] / _MB:,.0f} MB"
        rows.append([reader, f"{readers['bytes'] / seconds / _MB:,.0f} MB/s", f"{least / seconds:.2f}x", peak])
    return table(["reader", "bytes a second", "of peek", "peak memory"], rows)


def _size(one: dict[str, float]) -> list[str]:
    rate = one["bytes"] / one["seconds"] / _MB
    return [f"{one['bytes'] / _MB:,.0f}", f"{one['seconds']:.2f}", f"{rate:,.0f}", f"{one['peak'] / _MB:,.0f} MB"]


def _count(one: dict[str, float]) -> list[str]:
    each = one["seconds"] / one["files"] * 1000
    manifest = f"{one['manifest'] / 1000:,.0f} kB"
    return [f"{one['files']:,.0f}", f"{one['seconds']:.2f}", f"{each:.1f}", f"{one['again']:.2f}", manifest]
