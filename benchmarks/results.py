"""The results on disk: one file. For each peer in each case: the least, the median and the spread of its samples."""

from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from msgspec import Struct, field
from msgspec.json import decode, encode

from .environment import machine, versions
from .measure import Found

FILE = Path(__file__).with_name("results.json")


class Figure(Struct, frozen=True, array_like=True):
    """The samples of one peer in one case, in seconds for one operation."""

    least: float
    median: float
    spread: float
    """The distance of the quartiles, as a share of the median."""


class Row(Struct, frozen=True):
    """A case: each peer's figure, or the reason why it was not timed."""

    name: str
    bytes: int
    items: int
    peers: dict[str, Figure]
    refused: dict[str, str] = {}

    def least(self, peer: str) -> float | None:
        found = self.peers.get(peer)
        return found.least if found is not None else None


class GroupResults(Struct, frozen=True):
    """What was found in a group, and the conditions."""

    date: str
    machine: dict[str, str | int]
    versions: dict[str, str]
    samples: int
    """Of each peer in each case, unless it is slow."""
    rows: list[Row] = []
    other: dict[str, Any] = {}
    """What another suite found; its format is its own."""

    def row(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.name == name), None)


class Results(Struct):
    """All groups that were measured."""

    groups: dict[str, GroupResults] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path) -> "Results":
        return cls(decode(file.read_bytes(), type=dict[str, GroupResults])) if file.exists() else cls()

    def save(self, file: Path) -> None:
        """Write the results, one line for each group."""
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [f'"{name}": {encode(found).decode()}' for name, found in self.groups.items()]
        file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")

    def add(self, group: str, found: Iterable[Found] = (), other: dict[str, Any] | None = None) -> None:
        """Put what was found in place of what this group had. Samples of the same case are joined."""
        joined: dict[str, Found] = {}
        for one in found:
            case = joined.setdefault(one.name, Found(one.name, one.bytes, one.items))
            case.refused |= one.refused
            for peer, samples in one.seconds.items():
                case.seconds.setdefault(peer, []).extend(samples)
        rows = [
            Row(one.name, one.bytes, one.items, {p: _figure(s) for p, s in one.seconds.items()}, one.refused)
            for one in joined.values()
        ]
        counts = [len(samples) for one in joined.values() for samples in one.seconds.values()]
        self.groups[group] = GroupResults(
            date=datetime.now(timezone.utc).date().isoformat(),
            machine=machine(),
            versions=versions(),
            samples=max(counts, default=0),
            rows=rows,
            other=other or {},
        )

    def least(self, group: str, case: str, peer: str) -> float | None:
        """The least time of a peer in a case, if it was measured."""
        found = self.groups.get(group)
        row = found.row(case) if found is not None else None
        return row.least(peer) if row is not None else None


def _figure(samples: list[float]) -> Figure:
    middle = median(samples)
    low, _, high = quantiles(samples, n=4, method="inclusive") if len(samples) > 1 else (middle,) * 3
    # No machine repeats a measurement to four digits.
    return Figure(*(float(f"{value:.4g}") for value in (min(samples), middle, (high - low) / middle)))
