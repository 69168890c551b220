"""The performance targets of this library, each with the measured figure."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..groups.drift import DRIFTING, NO_NEW_FIELDS, TAGGED, UNKNOWN_ENTRY, UNTAGGED
from ..groups.drift import STREAM as DRIFTING_STREAM
from ..groups.requests import HISTORY, UNTAGGED_CHAT
from ..peer import EXHAUSTED, FLOOR, KNOWN, LIBRARY
from ..requests import MESSAGES, REQUESTS
from ..results import Results
from .markdown import table
from .numbers import ratio

__all__ = ["TARGETS", "write"]


class Figure(NamedTuple):
    """The median of a peer in a case of a group."""

    group: str
    case: str
    peer: str = LIBRARY

    def of(self, results: Results) -> float | None:
        group = results[self.group]
        timing = group.get(self.case, self.peer) if group is not None else None
        return timing.median if timing is not None else None


class Target(NamedTuple):
    """``measured`` divided by ``against`` must be at most ``bound``, or at least ``bound`` if ``at_least``."""

    about: str
    measured: Figure
    against: Figure
    bound: float
    at_least: bool = False

    def value(self, results: Results) -> float | None:
        measured, against = self.measured.of(results), self.against.of(results)
        return None if measured is None or against is None else measured / against

    def met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


STREAM = "short deltas, 16 kB a chunk"
JSON = "json (standard library)"
ONE_BY_ONE = "short deltas, one event a chunk"


def _to_floor(group: str, case: str, bound: float) -> Target:
    return Target(f"{group} {case}, to bare msgspec", Figure(group, case), Figure(group, case, FLOOR), bound)


def _faster(group: str, case: str, peer: str, bound: float) -> Target:
    about = f"{group} {case}, times faster than {peer}"
    return Target(about, Figure(group, case, peer), Figure(group, case), bound, at_least=True)


def _drift(about: str, case: str, against: str, bound: float) -> Target:
    return Target(f"drift {about}", Figure("drift", case), Figure("drift", against), bound)


def _as_fast_as_json(case: str) -> Target:
    return Target(f"drift {case}, to json.loads", Figure("drift", case), Figure("drift", case, JSON), 1)


TARGETS: tuple[Target, ...] = (
    *[_to_floor("decode", case, 1.1) for case in ("web search", "cited report", "history", "image")],
    *[_to_floor("encode", case, 1.1) for case in ("web search", "cited report", "history", "image")],
    _faster("decode", "web search", "mistralai models", 50),
    _faster("decode", "web search", "pydantic, tuned", 5),
    _faster("decode", "cited report", "pydantic, tuned", 5),
    _faster("encode", "web search", "mistralai models", 30),
    Target(
        "web search from one naming into the other, to the same naming",
        Figure("transcode", "web search, snake to camel"),
        Figure("transcode", "web search, same naming"),
        3,
    ),
    Target(
        "ten unknown entries among a thousand, to a thousand known ones",
        Figure("decode", "unknown entries"),
        Figure("decode", "history"),
        2.2,
    ),
    _to_floor("events", STREAM, 1.5),
    _to_floor("events", ONE_BY_ONE, 2.5),
    _faster("events", STREAM, "mistralai models", 100),
    _faster("events", STREAM, "mistralai client", 100),
    _faster("events", STREAM, "httpx-sse + orjson", 3),
    Target(
        "build from short deltas, to decoding them",
        Figure("build", "short deltas"),
        Figure("build", "short deltas", FLOOR),
        1,
    ),
    Target(
        "meter in 16 kB chunks, times faster than reading",
        Figure("meter", f"{STREAM}, read in full"),
        Figure("meter", STREAM),
        8,
        at_least=True,
    ),
    Target(
        "one event of 2 MB in 256 B chunks, to one of 512 kB",
        Figure("growth", "one event of 2 MB in 256 B chunks"),
        Figure("growth", "one event of 512 kB in 256 B chunks"),
        9,
    ),
    *[
        Target(f"drift {case}, to the fields known", Figure("drift", case), Figure("drift", case, KNOWN), 1.3)
        for case in DRIFTING
    ],
    _drift("short deltas, to those without new fields", DRIFTING_STREAM, NO_NEW_FIELDS, 1.3),
    *[
        Target(
            f"drift {case}, after 3,000 keys, to the fields known",
            Figure("drift", case, EXHAUSTED),
            Figure("drift", case, KNOWN),
            10,
        )
        for case in DRIFTING
    ],
    *[_to_floor("requests", case, 1.1) for name in (*REQUESTS, HISTORY) for case in (name, f"encode {name}")],
    Target(
        "request of 20 messages, untagged, to tagged",
        Figure("requests", UNTAGGED_CHAT),
        Figure("requests", MESSAGES),
        2.5,
    ),
    _drift("web search with an unknown entry, to none", UNKNOWN_ENTRY, f"web search, {TAGGED}", 3),
    *[
        _drift(f"{name}, {UNTAGGED}, to {TAGGED}", f"{name}, {UNTAGGED}", f"{name}, {TAGGED}", bound)
        for name, bound in (("web search", 4), ("cited report", 4), ("reference example", 6))
    ],
    *[_as_fast_as_json(f"{name}, {UNTAGGED}") for name in ("web search", "cited report")],
)


def write(results: Results) -> Iterator[Path]:
    rows = []
    for target in TARGETS:
        bound = f"{'≥' if target.at_least else '≤'} {ratio(target.bound)}"
        if (value := target.value(results)) is None:
            rows.append([target.about, bound, "", "not measured"])
        else:
            rows.append([target.about, bound, ratio(value), "met" if target.met(value) else "**missed**"])
    file = results.folder / "targets.md"
    text = "# Targets\n\nRatios of medians.\n\n" + table(["", "target", "measured", ""], rows)
    file.write_text(text + "\n", encoding="utf-8")
    yield file
