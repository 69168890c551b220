"""The performance targets of this library, each with the measured figure."""

from collections.abc import Iterator
from typing import NamedTuple

from ..peers import CLIENT, FLOOR, JSON, LIBRARY, PYDANTIC, SDK
from ..results import Results
from .tables import factor, table


class Time(NamedTuple):
    """The least time of a peer in a case of a group."""

    group: str
    case: str
    peer: str = LIBRARY

    def __str__(self) -> str:
        return f"{self.group}: {self.case}" if self.peer == LIBRARY else f"*{self.peer}*, {self.group}: {self.case}"


class Target(NamedTuple):
    """``measured`` divided by ``against`` is at most ``bound``, or at least ``bound`` if ``at_least``."""

    measured: Time
    against: Time
    bound: float
    at_least: bool = False

    def value(self, results: Results) -> float | None:
        measured, against = results.least(*self.measured), results.least(*self.against)
        return None if measured is None or against is None else measured / against

    def met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


def _times(bound: float, group: str, case: str, peer: str) -> Target:
    """So many times as fast as the peer."""
    return Target(Time(group, case, peer), Time(group, case), bound, at_least=True)


def _at_most(bound: float, group: str, case: str, peer: str = LIBRARY, to: str = "") -> Target:
    """So many times the time of the peer, or that of the case ``to``."""
    return Target(Time(group, case), Time(group, to or case, peer), bound)


SHORT, BY_EVENT = "short deltas, 16 kB a chunk", "short deltas, one event a chunk"
DOCUMENTS = ("web search", "cited report", "history", "image")
REQUESTS = ("request of one question", "request of 20 messages", "request with ten tools", "history of 12 entries")
USUAL = f"{LIBRARY}, tagged and known"
TARGETS: tuple[Target, ...] = (
    *[_at_most(1.1, group, case, FLOOR) for group in ("decode", "encode") for case in DOCUMENTS],
    _times(50, "decode", "web search", SDK),
    _times(5, "decode", "web search", PYDANTIC),
    _times(5, "decode", "cited report", PYDANTIC),
    _times(30, "encode", "web search", SDK),
    _at_most(3, "transcode", "web search, into camelCase", to="web search, same naming"),
    _at_most(2.2, "decode", "unknown entries", to="history"),
    _at_most(1.5, "events", SHORT, FLOOR),
    _at_most(2.5, "events", BY_EVENT, FLOOR),
    _times(100, "events", SHORT, SDK),
    _times(100, "events", SHORT, CLIENT),
    _times(3, "events", SHORT, "httpx-sse + orjson"),
    _at_most(1, "build", "short deltas", f"{FLOOR}: decoding"),
    _times(8, "meter", SHORT, f"{LIBRARY}, all events"),
    Target(
        Time("growth", "one event of 2 MB in 256 B chunks", "read events"),
        Time("growth", "one event of 512 kB in 256 B chunks", "read events"),
        9,
    ),
    *[
        _at_most(1.3, "drift", f"{case}, new fields", to=f"{case}, no new fields")
        for case in ("web search", "delta event", SHORT)
    ],
    *[_at_most(1.1, "requests", f"{verb} {case}", FLOOR) for case in REQUESTS for verb in ("decode", "encode")],
    _at_most(2.5, "requests", "decode request of 20 messages, untagged", to="decode request of 20 messages"),
    _at_most(3, "drift", "web search, one unknown entry", USUAL),
    *[
        target
        for case in ("web search, untagged", "cited report, untagged")
        for target in (_at_most(4, "drift", case, USUAL), _at_most(1, "drift", case, JSON))
    ],
)


def section(results: Results) -> str:
    """A table of the targets that were measured. Empty if none was."""
    rows = list(_rows(results))
    about = "What was asked of this library: the ratio of two of the times above."
    head = ["", "to", "target", "measured", ""]
    return "\n\n".join(["## Targets", about, table(head, rows, left=2)]) if rows else ""


def _rows(results: Results) -> Iterator[list[str]]:
    for target in TARGETS:
        value = target.value(results)
        if value is not None:
            bound = f"{'≥' if target.at_least else '≤'} {factor(target.bound)}"
            verdict = "met" if target.met(value) else "**missed**"
            yield [str(target.measured), str(target.against), bound, factor(value), verdict]
