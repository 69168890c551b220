"""The results on disk: for each group, a pyperf suite with every sample, and an ``about`` file with the conditions.

The suites are pyperf's own format, so ``python -m pyperf stats``, ``hist`` and ``compare_to`` read them too.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

import pyperf  # type: ignore[import-untyped]

from .measure import Measurement, Refusal
from .plan import Plan

__all__ = ["FOLDER", "GroupResults", "Results", "Timing", "store"]

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Timing:
    """One peer in one case: the samples of all processes."""

    case: str
    peer: str
    operation: str
    bytes: int
    items: int
    samples: Any  # pyperf.Benchmark, which does the statistics

    @cached_property
    def median(self) -> float:
        return float(self.samples.median())

    @cached_property
    def quartiles(self) -> tuple[float, float]:
        return float(self.samples.percentile(25)), float(self.samples.percentile(75))

    @property
    def count(self) -> int:
        return int(self.samples.get_nvalue())

    @property
    def bytes_per_second(self) -> float:
        return self.bytes / self.median

    @property
    def items_per_second(self) -> float:
        return self.items / self.median


class GroupResults:
    """One group's timings by case and peer, in the order of measurement. ``about``: the conditions of measurement."""

    def __init__(self, timings: Iterable[Timing], about: Mapping[str, Any]) -> None:
        self.about = about
        self.refusals = [Refusal(**refusal) for refusal in about.get("refusals", [])]
        self.cases: dict[str, dict[str, Timing]] = {}
        for timing in timings:
            self.cases.setdefault(timing.case, {})[timing.peer] = timing

    def __iter__(self) -> Iterator[Timing]:
        for peers in self.cases.values():
            yield from peers.values()

    def get(self, case: str, peer: str) -> Timing | None:
        return self.cases.get(case, {}).get(peer)


class Results:
    """All groups stored in a folder. A group that was not measured is ``None``."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self._groups: dict[str, GroupResults | None] = {}

    def __getitem__(self, group: str) -> GroupResults | None:
        if group not in self._groups:
            self._groups[group] = self._load(group)
        return self._groups[group]

    def _load(self, group: str) -> GroupResults | None:
        suite_file, about_file = _files(self.folder, group)
        if not (suite_file.exists() and about_file.exists()):
            return None
        return GroupResults(
            map(_timing, pyperf.BenchmarkSuite.load(str(suite_file))), json.loads(about_file.read_bytes())
        )


def store(
    folder: Path, group: str, plan: Plan, found: Iterable[Measurement | Refusal], about: Mapping[str, Any]
) -> None:
    """Write the results in place of any earlier ones. Runs of the same case and peer are joined."""
    benchmarks: dict[str, Any] = {}
    refusals: dict[tuple[str, str], Refusal] = {}
    for one in found:
        if isinstance(one, Refusal):
            refusals[one.case, one.peer] = one
            continue
        run = _run(group, one)
        if (name := f"{group}/{one.case}/{one.peer}") in benchmarks:
            benchmarks[name].add_run(run)
        else:
            benchmarks[name] = pyperf.Benchmark([run])
    folder.mkdir(parents=True, exist_ok=True)
    suite_file, about_file = _files(folder, group)
    pyperf.BenchmarkSuite(list(benchmarks.values())).dump(str(suite_file), replace=True)
    described = {
        "group": group,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "plan": {name: value for name, value in asdict(plan).items() if name != "peers"},
        **about,
        "refusals": [asdict(refusal) for refusal in refusals.values()],
    }
    about_file.write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _files(folder: Path, group: str) -> tuple[Path, Path]:
    return folder / f"{group}.json", folder / f"{group}.about.json"


def _run(group: str, found: Measurement) -> Any:
    metadata = {
        "name": f"{group}/{found.case}/{found.peer}",
        "case": found.case,
        "peer": found.peer,
        "operation": found.operation,
        "bytes": found.bytes,
        "items": found.items,
        "loops": found.loops,
        "unit": found.unit,
    }
    # No machine repeats a measurement to four digits.
    values = [float(f"{value:.4g}") for value in found.values]
    return pyperf.Run(values, metadata=metadata, collect_metadata=False)


def _timing(samples: Any) -> Timing:
    metadata = samples.get_metadata()
    return Timing(
        case=str(metadata["case"]),
        peer=str(metadata["peer"]),
        operation=str(metadata["operation"]),
        bytes=int(metadata["bytes"]),
        items=int(metadata["items"]),
        samples=samples,
    )
