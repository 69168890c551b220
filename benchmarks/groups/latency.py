"""Latency: the time that a reader takes for one event, from its bytes to its delivery, with one event in each chunk."""

import gc
import statistics
import sys
from collections.abc import Iterator, Sequence
from time import perf_counter_ns

from ..environment import machine, versions
from ..group import Found, Group
from ..measure import Measurement, Refusal
from ..peer import Operation, Peer
from ..peers import load_peers
from ..plan import Plan
from ..streams import frames

if sys.platform != "win32":
    from resource import RUSAGE_SELF, getrusage

__all__ = ["LATENCY"]

OPERATION: Operation = "iterate events"
CASE = "short deltas, one event a chunk"
BURST = 10
PERMILLES = 1000
"""There are too many samples to store. The 999 quantiles that cut them into 1,000 equal parts are stored instead."""


def _run(plan: Plan) -> Found:
    peers = load_peers(plan.peers)
    chunks = frames("short deltas", plan.quick)
    latencies: dict[str, list[int]] = {}
    found: list[Measurement | Refusal] = []
    readers = [peer for peer in peers.present if OPERATION in peer.offers and not peer.variant]
    for _ in range(6 if plan.quick else 20):
        for peer in readers:
            latencies.setdefault(peer.name, []).extend(_latencies(peer, chunks))
    for name, samples in latencies.items():
        if len(samples) < PERMILLES:
            found.append(Refusal(case=CASE, peer=name, reason="interrupted too often"))
            continue
        found.append(
            Measurement(
                case=CASE,
                peer=name,
                operation=OPERATION,
                values=[value / 1e9 for value in statistics.quantiles(samples, n=PERMILLES)],
                bytes=sum(map(len, chunks)),
                items=len(chunks),
            )
        )
    about = {"machine": machine(), "versions": versions(peers.present), "missing": peers.missing}
    return Found(found, about)


def _latencies(peer: Peer, chunks: Sequence[bytes]) -> Iterator[int]:
    """Nanoseconds from the request for each event to its delivery, including the time to read the clock.

    Events are read in bursts. If the system gives the processor to another process during a burst, the burst is left
    out, because it says nothing about the reader.
    """
    argument = peer.prepare.get(OPERATION, list)(chunks)
    gc.collect()
    events = iter(peer.operations[OPERATION](argument))
    while True:
        burst: list[int] = []
        interruptions = _interruptions()
        for _ in range(BURST):
            start = perf_counter_ns()
            try:
                next(events)
            except StopIteration:
                return
            burst.append(perf_counter_ns() - start)
        if _interruptions() == interruptions:
            yield from burst


def _interruptions() -> int:
    return getrusage(RUSAGE_SELF).ru_nivcsw if sys.platform != "win32" else 0


LATENCY = Group("latency", "time from an event's bytes to the event", _run)
