"""The section on archives: what the suite in ``benchmarks.archives`` found."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .tables import size, table

_PEEK = "peek, in memory"


def archive_figures(file: Path) -> dict[str, Any]:
    """What that suite has stored, without the conditions, which all groups have."""
    stored = json.loads(file.read_bytes())
    return {name: value for name, value in stored.items() if name not in ("machine", "date")}


def section(found: dict[str, Any]) -> str:
    readers, one, two = found["readers"], found["processes"]["1"], found["processes"]["2"]
    return "\n\n".join(
        [
            "## Archives",
            f"{size(readers['bytes'])} of newline-delimited JSON: {readers['bodies']:,} responses of"
            f" {size(readers['bytes'] / readers['bodies'])} on average, up to 5 MB. Each reader adds up their tokens on"
            " one core, in a process of its own, and all find the same total. *conversation_models* makes the whole"
            " table, with all of its columns. Least processor time of several rounds, and most memory.",
            table(["reader", "bytes a second", "of peek", "peak memory"], _readers(readers)),
            f"Two processes instead of one are {one / two:.2f} times as fast ({one:.2f} s and {two:.2f} s).",
            "One file, by its size:",
            table(
                ["file", "time", "bytes a second", "peak memory"],
                [
                    [size(of["bytes"]), f"{of['seconds']:.2f} s", _rate(of["bytes"], of["seconds"]), size(of["peak"])]
                    for of in found["sizes"]
                ],
            ),
            "Many files of 2 kB, two processes, by their number; *again*: a run that finds all parts there:",
            table(
                ["files", "time", "again", "manifest"],
                [
                    [f"{of['files']:,}", f"{of['seconds']:.2f} s", f"{of['again']:.2f} s", size(of["manifest"])]
                    for of in found["counts"]
                ],
            ),
        ]
    )


def _readers(readers: dict[str, Any]) -> Iterator[list[str]]:
    least = readers["seconds"][_PEEK]
    for reader, seconds in readers["seconds"].items():
        # A program that holds all lines in memory says nothing about the memory of a reader.
        peak = "" if reader == _PEEK else size(readers["peak"][reader])
        yield [reader, _rate(readers["bytes"], seconds), f"{least / seconds:.2f}x", peak]


def _rate(done: float, seconds: float) -> str:
    return f"{size(done / seconds)}/s"
