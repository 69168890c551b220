"""The section on archives: what the suite in ``benchmarks.archives`` found."""

import json
from pathlib import Path
from typing import Any

from .tables import size, table

_PEEK = "peek, in memory"


def archive_figures(file: Path) -> dict[str, Any]:
    """What that suite has stored, without the conditions, which all groups have."""
    stored = json.loads(file.read_bytes())
    return {name: value for name, value in stored.items() if name not in ("machine", "date")}


def section(found: dict[str, Any]) -> str:
    readers, processes = found["readers"], found["processes"]
    return "\n\n".join(
        [
            "## Archives",
            f"{size(readers['bytes'])} of newline-delimited JSON: {readers['bodies']:,} responses of"
            f" {size(readers['bytes'] / readers['bodies'])} on average, up to 5 MB. Each reader adds up their tokens on"
            " one core, in a process of its own, and all find the same total. *conversation_models* makes the whole"
            " table, with all of its columns. Least processor time of several rounds, and most memory.",
            _readers(readers),
            f"Two processes instead of one are {processes['1'] / processes['2']:.2f} times as fast"
            f" ({processes['1']:.2f} s and {processes['2']:.2f} s).",
            "One file, by its size:",
            table(["file", "time", "bytes a second", "peak memory"], [_size(one) for one in found["sizes"]]),
            "Many files of 2 kB, two processes, by their number; *again*: a run that finds all parts there:",
            table(["files", "time", "a file", "again", "manifest"], [_count(one) for one in found["counts"]]),
        ]
    )


def _readers(readers: dict[str, Any]) -> str:
    least = readers["seconds"][_PEEK]
    rows = []
    for reader, seconds in readers["seconds"].items():
        # A program that holds all lines in memory says nothing about the memory of a reader.
        peak = "" if reader == _PEEK else size(readers["peak"][reader])
        rows.append([reader, f"{size(readers['bytes'] / seconds)}/s", f"{least / seconds:.2f}x", peak])
    return table(["reader", "bytes a second", "of peek", "peak memory"], rows)


def _size(one: dict[str, float]) -> list[str]:
    rate = f"{size(one['bytes'] / one['seconds'])}/s"
    return [size(one["bytes"]), f"{one['seconds']:.2f} s", rate, size(one["peak"])]


def _count(one: dict[str, float]) -> list[str]:
    each = f"{one['seconds'] / one['files'] * 1000:.1f} ms"
    return [f"{one['files']:,}", f"{one['seconds']:.2f} s", each, f"{one['again']:.2f} s", size(one["manifest"])]
