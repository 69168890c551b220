"""Takes samples in turn, one of each peer per round, so that a disturbance of the machine affects all peers alike."""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .peer import Operation, Peer, Timer
from .plan import Plan

__all__ = ["Case", "Data", "Measurement", "Refusal", "Unit", "given", "measure", "size_of"]

Data = bytes | Sequence[bytes]
Unit = Literal["second", "byte", "integer"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One operation on one input, to be timed for every peer that offers it."""

    name: str
    operation: Operation
    make: Callable[[], Data]
    items: int = 1
    """Documents or events in the input."""
    accepts: Callable[[Any], bool] = lambda _: True
    """Whether an answer is right; a peer with a wrong one is not timed."""
    peers: frozenset[str] | None = None
    """Names of the peers to time; all if ``None``."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The samples that one process took of one peer in one case. Each value is for one operation."""

    case: str
    peer: str
    operation: str
    values: Sequence[float]
    unit: Unit = "second"
    bytes: int = 0
    items: int = 1
    loops: int = 1


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A peer raised an error for the input, or gave a wrong answer."""

    case: str
    peer: str
    reason: str


def given(data: Data) -> Callable[[], Data]:
    """The ``make`` of a case whose input already exists."""
    return lambda: data


def size_of(data: Data) -> int:
    return len(data) if isinstance(data, bytes) else sum(map(len, data))


def measure(cases: Iterable[Case], peers: Sequence[Peer], plan: Plan) -> Iterator[Measurement | Refusal]:
    """Time the cases one after the other, each with all peers in turn."""
    for case in cases:
        data = case.make()
        timers: dict[str, Timer] = {}
        for peer in peers:
            if case.operation not in peer.offers or (case.peers is not None and peer.name not in case.peers):
                continue
            try:
                if case.accepts(peer.answer(case.operation, data)):
                    timers[peer.name] = peer.timer(case.operation, data)
                else:
                    yield Refusal(case=case.name, peer=peer.name, reason="wrong answer")
            except Exception as error:
                reason = (str(error).splitlines() or [""])[0][:120]
                yield Refusal(case=case.name, peer=peer.name, reason=f"{type(error).__name__}: {reason}")
        yield from _in_turn(case, size_of(data), timers, plan)


def _in_turn(case: Case, size: int, timers: dict[str, Timer], plan: Plan) -> Iterator[Measurement]:
    # Frozen objects are ignored by collections, so a sample pays only for the objects it makes.
    gc.collect()
    gc.freeze()
    loops = {name: _calibrate(timer, plan) for name, timer in timers.items()}
    values: dict[str, list[float]] = {name: [] for name in timers}
    slow: set[str] = set()
    for turn in range(plan.rounds):
        for name, timer in timers.items():
            if name in slow and turn % 3:
                continue
            gc.collect()
            seconds = timer(loops[name])
            if seconds / loops[name] > plan.slow_seconds:
                slow.add(name)
            values[name].append(seconds / loops[name])
    gc.unfreeze()
    for name in timers:
        yield Measurement(
            case=case.name,
            peer=name,
            operation=case.operation,
            values=values[name],
            bytes=size,
            items=case.items,
            loops=loops[name],
        )


def _calibrate(timer: Timer, plan: Plan) -> int:
    loops = 1
    while (seconds := timer(loops)) < plan.sample_seconds / 2:
        loops = loops * 2 if seconds < plan.sample_seconds / 100 else round(loops * plan.sample_seconds / seconds)
    return loops
