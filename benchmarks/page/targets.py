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


def _floor(group: str, case: str, bound: float) -> Target:
    return Target(Time(group, case), Time(group, case, FLOOR), bound)


def _faster(group: str, case: str, peer: str, bound: float) -> Target:
    return Target(Time(group, case, peer), Time(group, case), bound, at_least=True)


def _pair(group: str, case: str, against: str, bound: float) -> Target:
    return Target(Time(group, case), Time(group, against), bound)


SHORT, BY_EVENT = "short deltas, 16 kB a chunk", "short deltas, one event a chunk"
REQUESTS = ("request of one question", "request of 20 messages", "request with ten tools", "history of 12 entries")
TARGETS: tuple[Target, ...] = (
    *[
        _floor(group, case, 1.1)
        for group in ("decode", "encode")
        for case in ("web search", "cited report", "history", "image")
    ],
    _faster("decode", "web search", SDK, 50),
    _faster("decode", "web search", PYDANTIC, 5),
    _faster("decode", "cited report", PYDANTIC, 5),
    _faster("encode", "web search", SDK, 30),
    _pair("transcode", "web search, into camelCase", "web search, same naming", 3),
    _pair("decode", "unknown entries", "history", 2.2),
    _floor("events", SHORT, 1.5),
    _floor("events", BY_EVENT, 2.5),
    _faster("events", SHORT, SDK, 100),
    _faster("events", SHORT, CLIENT, 100),
    _faster("events", SHORT, "httpx-sse + orjson", 3),
    Target(Time("build", "short deltas"), Time("build", "short deltas", f"{FLOOR}: decoding"), 1),
    _faster("meter", SHORT, f"{LIBRARY}, all events", 8),
    Target(
        Time("growth", "one event of 2 MB in 256 B chunks", "read events"),
        Time("growth", "one event of 512 kB in 256 B chunks", "read events"),
        9,
    ),
    *[
        _pair("drift", f"{case}, new fields", f"{case}, no new fields", 1.3)
        for case in ("web search", "delta event", SHORT)
    ],
    *[_floor("requests", f"{verb} {case}", 1.1) for case in REQUESTS for verb in ("decode", "encode")],
    _pair("requests", "decode request of 20 messages, untagged", "decode request of 20 messages", 2.5),
    *[
        Target(Time("drift", case), Time("drift", case, f"{LIBRARY}, tagged and known"), bound)
        for case, bound in (
            ("web search, one unknown entry", 3),
            ("web search, untagged", 4),
            ("cited report, untagged", 4),
        )
    ],
    *[
        Target(Time("drift", case), Time("drift", case, JSON), 1)
        for case in ("web search, untagged", "cited report, untagged")
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
