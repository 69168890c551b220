"""Building: from a stream's decoded events to the response that they form."""

from collections.abc import Iterator

from ..group import Group, timed
from ..measure import Case, given
from ..plan import Plan
from ..streams import STREAMS, frames

__all__ = ["BUILD"]


def _cases(plan: Plan) -> Iterator[Case]:
    for stream in STREAMS[:3]:
        written = frames(stream.name, plan.quick)
        yield Case(name=stream.name, operation="build", make=given(written), items=len(written))


BUILD = Group("build", "events to the response they add up to (msgspec, bare: decoding the same events)", timed(_cases))
