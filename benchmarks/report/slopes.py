"""Growth of cost: medians over size, and the slope of the line through them on log-log axes. 1 is linear."""

import math
import statistics
from typing import NamedTuple

from ..groups.growth import EVENT_OPERATIONS, SIZE_OPERATIONS
from ..peer import LIBRARY
from ..results import Results

__all__ = ["Curve", "curves"]


class Curve(NamedTuple):
    """One operation: numbers of bytes or events, and the seconds that they take."""

    operation: str
    sizes: list[float]
    seconds: list[float]

    @property
    def slope(self) -> float:
        """The slope of the upper half. In the lower half, the constant cost of an operation hides the growth."""
        half = len(self.sizes) // 2
        logs = [[math.log(value) for value in values[half:]] for values in (self.sizes, self.seconds)]
        return statistics.linear_regression(*logs).slope


def curves(results: Results, peer: str = LIBRARY) -> tuple[list[Curve], list[Curve]]:
    """The curves over bytes of documents, and the curves over events of streams."""
    return (
        _curves(results, peer, SIZE_OPERATIONS, by_events=False),
        _curves(results, peer, EVENT_OPERATIONS, by_events=True),
    )


def _curves(results: Results, peer: str, operations: tuple[str, ...], *, by_events: bool) -> list[Curve]:
    found: list[Curve] = []
    group = results["growth"]
    for operation in operations if group is not None else ():
        curve = Curve(operation, [], [])
        for timing in group or ():
            if timing.peer == peer and timing.case.startswith(f"{operation}, "):
                curve.sizes.append(timing.items if by_events else timing.bytes)
                curve.seconds.append(timing.median)
        if len(curve.sizes) > 2:
            found.append(curve)
    return found
