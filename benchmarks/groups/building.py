"""Building: from a stream's decoded events to the response that they form, and back."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from operator import eq

from ..group import Group, timed
from ..measure import Case, given
from ..plan import Plan
from ..streams import STREAMS, frames

__all__ = ["BUILD"]


def _cases(plan: Plan) -> Iterator[Case]:
    for stream in STREAMS[:3]:
        written = frames(stream.name, plan.quick)
        case = Case(name=stream.name, operation="build", make=given(written), items=len(written), compared=stream.name)
        yield case
        # The pieces are as long as these deltas are, so that the events are as many.
        if stream.name == "short deltas":
            yield replace(
                case, name=f"{stream.name}, made of the response", operation="replay", accepts=partial(eq, len(written))
            )


BUILD = Group("build", "events to the response they add up to (msgspec, bare: decoding the same events)", timed(_cases))
