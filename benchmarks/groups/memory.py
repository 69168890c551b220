"""Memory: the peak memory and the number of allocations of one operation, measured by memray.

Each peer runs in its own process, in which Python's allocator is malloc. So memray sees every allocation, including
those of extension modules.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..environment import machine, versions
from ..group import Found, Group
from ..measure import Data, Measurement, Refusal, size_of
from ..payloads import document
from ..peer import Operation
from ..peers import load_peers
from ..plan import Plan
from ..streams import cut, frames

__all__ = ["ALLOCATIONS", "MEMORY", "PEAK"]

CASES: dict[str, tuple[Operation, Callable[[bool], Data]]] = {
    "decode web search": ("decode", lambda _: document("web search")),
    "decode cited report": ("decode", lambda _: document("cited report")),
    "decode image": ("decode", lambda _: document("image")),
    "encode cited report": ("encode", lambda _: document("cited report")),
    "peek image": ("peek", lambda _: document("image")),
    "patch image": ("patch", lambda _: document("image")),
    "read short deltas, 16 kB a chunk": ("read events", lambda quick: cut(frames("short deltas", quick), 16_384)),
    "meter short deltas, 16 kB a chunk": ("meter", lambda quick: cut(frames("short deltas", quick), 16_384)),
}
PEAK, ALLOCATIONS = "peak", "allocations"


def _run(plan: Plan) -> Found:
    peers = load_peers(plan.peers)
    found: list[Measurement | Refusal] = []
    about = {"machine": machine(), "versions": versions(peers.present), "missing": peers.missing}
    try:
        import memray  # noqa: F401
    except ImportError as error:
        return Found(found, about | {"missing": {**peers.missing, "memory": str(error)}})
    for file, peer in peers.by_file.items():
        if peer.variant or not peer.operations:  # Without operations, the peer runs outside this process.
            continue
        for case, measured in _probe(file, plan.quick).items():
            operation, make = CASES[case]
            size = size_of(make(plan.quick))
            if isinstance(measured, str):
                found.append(Refusal(case=case, peer=peer.name, reason=measured))
                continue
            peak, allocations = measured
            found += [
                Measurement(
                    case=f"{case}, {PEAK}", peer=peer.name, operation=operation, values=[peak], unit="byte", bytes=size
                ),
                Measurement(
                    case=f"{case}, {ALLOCATIONS}",
                    peer=peer.name,
                    operation=operation,
                    values=[allocations],
                    unit="integer",
                    bytes=size,
                ),
            ]
    return Found(found, about)


def _probe(file: str, quick: bool) -> dict[str, tuple[int, int] | str]:
    command = [sys.executable, "-m", __name__, file, *(["quick"] if quick else [])]
    environment = os.environ | {"PYTHONMALLOC": "malloc"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        return dict.fromkeys(CASES, f"the probe ended with {done.returncode}")
    answer: dict[str, tuple[int, int] | str] = json.loads(done.stdout)
    return answer


def _probe_all(file: str, quick: bool) -> dict[str, tuple[int, int] | str]:
    peer = load_peers(frozenset([file])).by_file[file]
    found: dict[str, tuple[int, int] | str] = {}
    for case, (operation, make) in CASES.items():
        if operation in peer.offers:
            try:
                found[case] = _measure(peer.task(operation, make(quick)))
            except Exception as error:
                found[case] = f"{type(error).__name__}: {error}"[:120]
    return found


def _measure(task: Callable[[], Any]) -> tuple[int, int]:
    import memray

    for _ in range(3):
        task()
    gc.collect()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "probe")
        held = None
        with memray.Tracker(file):
            held = task()
        del held
        metadata = memray.FileReader(file).metadata
    # pyperf cannot store zeros.
    return max(metadata.peak_memory, 1), max(metadata.total_allocations, 1)


MEMORY = Group("memory", "peak memory and allocations of one operation", _run)

if __name__ == "__main__":
    print(json.dumps(_probe_all(sys.argv[1], quick="quick" in sys.argv[2:])))
