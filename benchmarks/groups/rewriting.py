"""Rewriting: a stream's decoded events with their text edited, next to building the response from the same events."""

from collections.abc import Iterator
from functools import partial
from operator import eq, le

from ..group import Group, timed
from ..measure import Case, given
from ..peer import LIBRARY
from ..plan import Plan
from ..streams import frames

__all__ = ["REWRITE"]


def _cases(plan: Plan) -> Iterator[Case]:
    for stream in ("short deltas", "tools and thinking"):
        written = frames(stream, plan.quick)
        # Text that waits comes in events of its own.
        yield Case(
            name=f"{stream}, unchanged",
            operation="rewrite",
            make=given(written),
            items=len(written),
            accepts=partial(eq, len(written)),
            compared=stream,
        )
        yield Case(
            name=f"{stream}, e-mail addresses redacted",
            operation="redact",
            make=given(written),
            items=len(written),
            accepts=partial(le, len(written)),
            compared=stream,
        )
        yield Case(
            name=f"{stream}, built",
            operation="build",
            make=given(written),
            items=len(written),
            peers=frozenset([LIBRARY]),
            compared=stream,
        )


REWRITE = Group("rewrite", "events with their text edited", timed(_cases))
