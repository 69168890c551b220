"""Metering: the usage that a relayed stream reports in its last event."""

from collections.abc import Iterator
from functools import partial

from ..group import Group, timed
from ..measure import Case
from ..peer import FLOOR, LIBRARY
from ..plan import Plan
from ..streams import cut, frames
from .reading import CHUNK_SIZES, named

__all__ = ["METER"]


def _cases(plan: Plan) -> Iterator[Case]:
    for stream, sizes in (
        ("short deltas", ("one event", "1 kB", "4 kB", "16 kB", "64 kB")),
        ("tools and thinking", ("16 kB",)),
    ):
        written = frames(stream, plan.quick)
        for chunks in sizes:
            yield Case(
                name=named(stream, chunks),
                operation="meter",
                make=partial(cut, written, CHUNK_SIZES[chunks]),
                items=len(written),
                accepts=lambda tokens: tokens > 0,
            )
            # Metering is compared with reading the same stream in full, in the same run.
            yield Case(
                name=f"{named(stream, chunks)}, read in full",
                operation="read events",
                make=partial(cut, written, CHUNK_SIZES[chunks]),
                items=len(written),
                peers=frozenset([LIBRARY, FLOOR]),
            )


METER = Group("meter", "the usage a relayed stream reports", timed(_cases))
