"""Where it loses: every case in which a peer is faster than this library, or nearly as fast, with the reason.

The reasons are written by hand, in ``reasons.json``. Its keys are patterns for ``group/case/peer``.
"""

import json
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from ..groups import GROUPS
from ..peer import FLOOR, LIBRARY
from ..results import Results, Timing
from .markdown import table
from .numbers import ratio

__all__ = ["write"]

NEAR = 1.2
"""A peer is nearly as fast if it takes less than this many times as long."""
NEAR_THE_FLOOR = 1.1
REASONS = Path(__file__).parent / "reasons.json"
UNEXPLAINED = "not explained yet"

ABOUT = f"""\
# Where it loses

Every case in which a peer is faster than `{LIBRARY}` or takes less than {NEAR} times as long. Ratios are the peer's
median to this library's, so below 1 the peer wins.
"""
ABOUT_FLOOR = f"""\
## Against the floor

Every case in which this library takes more than {NEAR_THE_FLOOR} times as long as bare msgspec on the same classes,
which rejects a document for one unknown member and does not split streams.
"""


def write(results: Results) -> Iterator[Path]:
    reasons: dict[str, str] = json.loads(REASONS.read_bytes())
    losses: list[Sequence[str]] = []
    above_floor: list[Sequence[str]] = []
    for group in GROUPS:
        for case, timings in (found.cases if (found := results[group]) is not None else {}).items():
            ours = timings.get(LIBRARY)
            if ours is None:
                continue
            for timing in sorted(timings.values(), key=lambda timing: timing.median):
                times = timing.median / ours.median
                if timing.peer == FLOOR:
                    if 1 / times > NEAR_THE_FLOOR:
                        above_floor.append([f"{group}: {case}", ratio(1 / times), _reason(group, timing, reasons)])
                elif times < NEAR and not timing.peer.startswith(LIBRARY):
                    losses.append([f"{group}: {case}", timing.peer, ratio(times), _reason(group, timing, reasons)])
    parts = [
        ABOUT,
        table(["case", "peer", "ratio", "reason"], losses),
        ABOUT_FLOOR,
        table(["case", "times the floor", "reason"], above_floor),
    ]
    file = results.folder / "where-it-loses.md"
    file.write_text("\n".join(parts) + "\n", encoding="utf-8")
    yield file


def _reason(group: str, timing: Timing, reasons: dict[str, str]) -> str:
    key = f"{group}/{timing.case}/{timing.peer}"
    return next((reason for pattern, reason in reasons.items() if fnmatchcase(key, pattern)), UNEXPLAINED)
