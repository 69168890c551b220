"""Takes samples in turn, one of each peer per round, so that a disturbance of the machine affects all peers alike."""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

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
    """Names of the peers to time; all but variants if ``None``."""
    unchecked: frozenset[str] = frozenset()
    """Names of the peers whose answers are not checked, such as one that drops new fields, for comparison."""
    compared: str = ""
    """Consecutive cases with the same text here are compared with each other, so they are timed in turn too."""

    def includes(self, peer: Peer) -> bool:
        named = not peer.variant if self.peers is None else peer.name in self.peers
        return named and self.operation in peer.offers


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


class _Entrant(NamedTuple):
    """A peer that takes part in a case."""

    case: Case
    peer: str
    size: int
    timer: Timer


def measure(cases: Iterable[Case], peers: Sequence[Peer], plan: Plan) -> Iterator[Measurement | Refusal]:
    """Time the cases one after the other, each with all peers in turn; cases that are compared, all of them in turn."""
    for _, together in groupby(cases, key=lambda case: case.compared or case.name):
        entrants: list[_Entrant] = []
        for case in together:
            data = case.make()
            for peer in peers:
                if not case.includes(peer):
                    continue
                try:
                    answer = peer.answer(case.operation, data)
                    if peer.name in case.unchecked or case.accepts(answer):
                        entrants.append(_Entrant(case, peer.name, size_of(data), peer.timer(case.operation, data)))
                    else:
                        yield Refusal(case=case.name, peer=peer.name, reason="wrong answer")
                except Exception as error:
                    reason = (str(error).splitlines() or [""])[0][:120]
                    yield Refusal(case=case.name, peer=peer.name, reason=f"{type(error).__name__}: {reason}")
        yield from _in_turn(entrants, plan)


def _in_turn(entrants: Sequence[_Entrant], plan: Plan) -> Iterator[Measurement]:
    # Frozen objects are ignored by collections, so a sample pays only for the objects it makes.
    gc.collect()
    gc.freeze()
    loops = [_calibrate(entrant.timer, plan) for entrant in entrants]
    values: list[list[float]] = [[] for _ in entrants]
    slow: set[int] = set()
    for turn in range(plan.rounds):
        for index, entrant in enumerate(entrants):
            if index in slow and turn % 3:
                continue
            gc.collect()
            seconds = entrant.timer(loops[index]) / loops[index]
            if seconds > plan.slow_seconds:
                slow.add(index)
            values[index].append(seconds)
    gc.unfreeze()
    for index, (case, peer, size, _) in enumerate(entrants):
        yield Measurement(
            case=case.name,
            peer=peer,
            operation=case.operation,
            values=values[index],
            bytes=size,
            items=case.items,
            loops=loops[index],
        )


def _calibrate(timer: Timer, plan: Plan) -> int:
    loops = 1
    while (seconds := timer(loops)) < plan.sample_seconds / 2:
        loops = loops * 2 if seconds < plan.sample_seconds / 100 else round(loops * plan.sample_seconds / seconds)
    return loops
