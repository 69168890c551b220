"""All figures: a table for each group, with a line for each case and a column for each peer."""

from collections.abc import Iterator
from pathlib import Path

from ..groups import GROUPS
from ..peer import LIBRARY
from ..results import GroupResults, Results, Timing
from .markdown import origin, table
from .numbers import amount, ratio, seconds

__all__ = ["write"]

ABOUT = f"""\
# All figures

Each line is one case. The column `{LIBRARY}` has the median of all samples, followed by the quartiles. The column of a
peer has its median as a multiple of that (below 1 the peer is faster). `refuses` means that the peer raises an error or
gives a wrong answer. An empty cell means that it does not have the operation.
"""


def write(results: Results) -> Iterator[Path]:
    parts = [ABOUT]
    for name, group in GROUPS.items():
        if (found := results[name]) is not None:
            parts.append(f"## {name}: {group.about}\n\n{_table(found)}{_refusals(found)}\n\n{_samples(found)}")
    file = results.folder / "tables.md"
    file.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    yield file


def _table(group: GroupResults) -> str:
    peers = list(dict.fromkeys([LIBRARY, *[timing.peer for timing in group]]))
    refused = {(refusal.case, refusal.peer) for refusal in group.refusals}
    rows = []
    for case, timings in group.cases.items():
        ours = timings.get(LIBRARY)
        cells = [_cell(timings.get(peer), ours, refused=(case, peer) in refused) for peer in peers]
        size = next(iter(timings.values())).bytes
        rows.append([case, amount(size) if size else "", *cells])
    return table(["case", "size", *peers], rows)


def _cell(timing: Timing | None, ours: Timing | None, *, refused: bool) -> str:
    if timing is None:
        return "refuses" if refused else ""
    if ours is None or timing.peer == LIBRARY:
        low, high = timing.quartiles
        spread = f" ({_value(timing, low)} to {_value(timing, high)})" if low != high else ""
        return f"{_value(timing, timing.median)}{spread}"
    return ratio(timing.median / ours.median)


def _value(timing: Timing, value: float) -> str:
    unit = timing.samples.get_unit()
    return seconds(value) if unit == "second" else amount(value) if unit == "byte" else f"{value:,.0f}"


def _refusals(group: GroupResults) -> str:
    lines = [f"- {refusal.peer} refuses {refusal.case}: `{refusal.reason}`" for refusal in group.refusals]
    return "\n\n" + "\n".join(lines) if lines else ""


def _samples(group: GroupResults) -> str:
    counts = [timing.count for timing in group]
    return f"{min(counts)} to {max(counts)} samples each. {origin([group])}"
