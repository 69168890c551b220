"""Reading events: from the bytes of a stream, as a network cuts them, to events."""

from collections.abc import Iterator
from functools import partial
from operator import eq

from ..group import Group, timed
from ..measure import Case
from ..plan import Plan
from ..streams import STREAMS, cut, frames

__all__ = ["EVENTS", "named"]

CHUNK_SIZES = {"one event": None, "256 B": 256, "1 kB": 1024, "4 kB": 4096, "16 kB": 16_384, "64 kB": 65_536}
USUAL = "16 kB"


def named(stream: str, chunks: str) -> str:
    """The name of the case for that stream in chunks of that size."""
    return f"{stream}, {chunks} a chunk"


def _cases(plan: Plan) -> Iterator[Case]:
    for stream in STREAMS:
        written = frames(stream.name, plan.quick)
        sizes = CHUNK_SIZES if stream.name == "short deltas" else (USUAL,)
        for chunks in sizes:
            yield Case(
                name=named(stream.name, chunks),
                operation="read events",
                make=partial(cut, written, CHUNK_SIZES[chunks]),
                items=len(written),
                accepts=partial(eq, len(written)),
            )


EVENTS = Group("events", "bytes of a stream to events", timed(_cases))
