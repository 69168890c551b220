"""Times operations in turn, one sample of each peer per round, so that a disturbance of the machine affects all alike.

Time is processor time, so that other work on the machine adds little to a sample. The garbage collector runs as it
would in production; objects that exist before a sample are frozen, so a sample pays only for the objects it makes.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, repeat
from time import process_time
from typing import Any, NamedTuple

Data = bytes | Sequence[bytes]
Timer = Callable[[int], float]
"""Runs an operation that many times. Returns the processor time of all runs together, in seconds."""


@dataclass(frozen=True)
class Op:
    """What a peer does: ``run`` is timed. ``prepare`` makes its argument of the case's data, untimed.

    ``check`` is called with that argument before anything is timed, and returns what the case compares with the right
    result. Without it, that is the answer of ``run``.
    """

    run: Callable[[Any], Any]
    prepare: Callable[[Any], Any] = lambda data: data
    check: Callable[[Any], Any] | None = None

    def result(self, data: Data) -> Any:
        return (self.check or self.run)(self.prepare(data))

    def timer(self, data: Data) -> Timer:
        run, argument = self.run, self.prepare(data)

        def timer(loops: int) -> float:
            start = process_time()
            for _ in repeat(None, loops):
                run(argument)
            return process_time() - start

        return timer


@dataclass(frozen=True, kw_only=True)
class Case:
    """One input, and what each peer does with it. ``items``: documents or events in the input.

    A peer whose result is not ``right`` is not timed, but reported. ``unchecked`` names peers that are timed although
    they lose something. Consecutive cases with the same ``together`` are timed in turn, as if they were one.
    """

    name: str
    data: Data
    ops: Mapping[str, Op]
    right: Callable[[Any], bool]
    items: int = 1
    unchecked: frozenset[str] = frozenset()
    together: str = ""


class Group(NamedTuple):
    """Cases that belong together. Factors in tables are to the peer ``base``, if there is one."""

    name: str
    about: str
    cases: Callable[[bool], Iterable[Case]]
    """The cases, or a few small ones if the argument (``quick``) is true."""
    base: str


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    quick: bool
    processes: int
    """Fresh processes, in which memory layout and hash seeds differ; 0 measures in this one."""
    rounds: int
    """Samples of each peer in each process."""
    sample_seconds: float
    """A sample repeats an operation until it takes about that long."""
    slow_seconds: float
    """An operation that takes longer takes part only in every third round."""


FULL = Plan(quick=False, processes=3, rounds=7, sample_seconds=0.02, slow_seconds=0.1)
QUICK = Plan(quick=True, processes=0, rounds=2, sample_seconds=0.0005, slow_seconds=0.02)


@dataclass
class Found:
    """The samples of one case, by peer, in seconds for one operation; and why the other peers were not timed."""

    name: str
    bytes: int
    items: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def measure(cases: Iterable[Case], plan: Plan) -> Iterator[Found]:
    """Time the cases one after the other, the peers of each in turn."""
    for _, together in groupby(cases, key=lambda case: case.together or case.name):
        timers: list[tuple[list[float], Timer]] = []
        results = []
        for case in together:
            size = len(case.data if isinstance(case.data, bytes) else b"".join(case.data))
            found = Found(case.name, size, case.items)
            results.append(found)
            for peer, op in case.ops.items():
                if (reason := _refusal(case, peer, op)) is not None:
                    found.refused[peer] = reason
                else:
                    samples = found.seconds.setdefault(peer, [])
                    timers.append((samples, op.timer(case.data)))
        _in_turn(timers, plan)
        yield from results


def _refusal(case: Case, peer: str, op: Op) -> str | None:
    try:
        result = op.result(case.data)
        return None if peer in case.unchecked or case.right(result) else "wrong result"
    except Exception as error:
        return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:100]}"


def _in_turn(timers: Sequence[tuple[list[float], Timer]], plan: Plan) -> None:
    gc.collect()
    gc.freeze()
    loops = [_loops(timer, plan) for _, timer in timers]
    for turn in range(plan.rounds):
        for (samples, timer), count in zip(timers, loops, strict=True):
            if turn % 3 and samples and samples[0] > plan.slow_seconds:
                continue
            gc.collect()
            samples.append(timer(count) / count)
    gc.unfreeze()


def _loops(timer: Timer, plan: Plan) -> int:
    timer(1)  # The first run may build what all others use, and would be taken for a slow operation.
    loops = 1
    while (seconds := timer(loops)) < plan.sample_seconds / 2:
        loops = loops * 2 if seconds < plan.sample_seconds / 100 else round(loops * plan.sample_seconds / seconds) + 1
    return loops
