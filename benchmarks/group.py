"""A group: related cases, measured in their own processes and stored in their own file."""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from .environment import machine, versions
from .measure import Case, Measurement, Refusal, measure
from .peers import load_peers
from .plan import Plan
from .results import store

__all__ = ["Found", "Group", "in_fresh_process", "timed"]

T = TypeVar("T")


class Found(NamedTuple):
    """The results of one pass over a group. ``about``: the machine, the versions and the missing peers."""

    found: list[Measurement | Refusal]
    about: dict[str, Any]


@dataclass(frozen=True)
class Group:
    """``run`` makes one pass, in a fresh process; the passes of all processes are stored together."""

    name: str
    about: str
    run: Callable[[Plan], Found]

    def measure(self, plan: Plan, folder: Path) -> None:
        passes = [in_fresh_process(self.run, plan) for _ in range(plan.processes)]
        store(folder, self.name, plan, [one for found in passes for one in found.found], passes[-1].about)


def timed(cases: Callable[[Plan], Iterable[Case]]) -> Callable[[Plan], Found]:
    """A pass that times ``cases`` for all peers in turn."""
    return _TimedPass(cases)


@dataclass(frozen=True)
class _TimedPass:
    cases: Callable[[Plan], Iterable[Case]]

    def __call__(self, plan: Plan) -> Found:
        peers = load_peers(plan.peers)
        found = list(measure(self.cases(plan), peers.present, plan))
        return Found(found, {"machine": machine(), "versions": versions(peers.present), "missing": peers.missing})


def in_fresh_process(function: Callable[[Plan], T], plan: Plan) -> T:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, plan).result()
