"""Measures archives: readers in turn, each in a process of its own; one process against two; growth.

Figures are the least of several rounds, because other work on a machine only ever adds to them.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from conversation_models import archive

from ..environment import machine
from .probe import READERS
from .traffic import write_archive

__all__ = ["FILE", "FULL", "QUICK", "Amount", "measure"]

FILE = "archives.json"
MB = 1_000_000


@dataclass(frozen=True)
class Amount:
    """How much is measured. ``sizes``: of one file. ``counts``: how many small files."""

    bytes: int
    files: int
    rounds: int
    sizes: tuple[int, ...]
    counts: tuple[int, ...]


FULL = Amount(2000 * MB, 8, 2, (4 * MB, 16 * MB, 64 * MB, 256 * MB), (10, 100, 1000))
QUICK = Amount(8 * MB, 2, 1, (MB, 4 * MB), (10, 50))


def measure(amount: Amount, file: Path) -> None:
    """Measure everything, and store it as JSON."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        found = {
            "machine": machine(),
            "date": date.today().isoformat(),  # noqa: DTZ011
            "readers": _readers(root, amount),
            "processes": _processes(root, amount),
            "sizes": _sizes(root, amount),
            "counts": _counts(root, amount),
        }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _made(root: Path, name: str, size: int, files: int) -> list[str]:
    folder = root / name
    folder.mkdir()
    return write_archive(folder, size, files)


def _probe(reader: str, paths: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.archives.probe", reader, *paths]
    environment = os.environ | {"POLARS_MAX_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _readers(root: Path, amount: Amount) -> dict[str, Any]:
    paths = _made(root, "readers", amount.bytes, amount.files)
    size = sum(map(os.path.getsize, paths))
    rounds = [{reader: _probe(reader, paths) for reader in READERS} for _ in range(amount.rounds)]
    tokens = {found["tokens"] for one in rounds for found in one.values()}
    assert len(tokens) == 1, f"the readers find different totals: {tokens}"
    bodies = sum(1 for path in paths for _ in open(path, "rb"))  # noqa: SIM115
    return {
        "bytes": size,
        "bodies": bodies,
        "tokens": tokens.pop(),
        "seconds": {reader: min(one[reader]["seconds"] for one in rounds) for reader in READERS},
        "peak": {reader: max(one[reader]["peak"] for one in rounds) for reader in READERS},
    }


def _processes(root: Path, amount: Amount) -> dict[str, float]:
    """Wall-clock seconds of a run with one and with two processes, which have started."""
    paths = [str(path) for path in sorted((root / "readers").iterdir())]
    best: dict[str, float] = {}
    for turn in range(amount.rounds):
        for processes in (1, 2):
            with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
                list(pool.map(archive.usage_table, paths[:1] * processes * 2))
                out = root / f"processes-{turn}-{processes}"
                seconds = _timed(partial(archive.run, paths, str(out), pool))
            best[str(processes)] = min(seconds, best.get(str(processes), seconds))
    return best


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _sizes(root: Path, amount: Amount) -> list[dict[str, float]]:
    """Time and memory of one file, by its size."""
    found = []
    for size in amount.sizes:
        paths = _made(root, f"size-{size}", size, 1)
        rounds = [_probe("conversation_models", paths) for _ in range(amount.rounds)]
        found.append(
            {
                "bytes": os.path.getsize(paths[0]),
                "seconds": min(one["seconds"] for one in rounds),
                "peak": max(one["peak"] for one in rounds),
            }
        )
    return found


def _counts(root: Path, amount: Amount) -> list[dict[str, float]]:
    """Time of a run over small files, by their number."""
    found = []
    for count in amount.counts:
        paths = _made(root, f"count-{count}", count * 2000, count)
        out = root / f"out-{count}"
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            list(pool.map(archive.usage_table, paths[:4]))
            seconds = _timed(partial(archive.run, paths, str(out), pool))
        again = _timed(partial(archive.run, paths, str(out)))
        manifest = (out / "manifest.json").stat().st_size
        found.append({"files": count, "seconds": seconds, "again": again, "manifest": manifest})
    return found
