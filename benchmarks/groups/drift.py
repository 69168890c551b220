"""A drifting upstream: fields, entries and missing tags that no model describes."""

from collections.abc import Callable, Iterator
from functools import partial
from operator import eq
from typing import Any

import conversation_models as cm

from ..drift import EVENTS, REFERENCE, TAGGED_REFERENCE, drifting, drifting_stream, untagged, with_unknown_entry
from ..group import Group, timed
from ..measure import Case, given
from ..payloads import document
from ..peer import CODING, EXHAUSTED, FLOOR, FLOOR_KNOWN, KNOWN, LIBRARY, Operation
from ..plan import Plan
from ..streams import cut, frames
from .documents import camel_case, same_as

__all__ = ["DRIFT", "DRIFTING", "NO_NEW_FIELDS", "STREAM", "TAGGED", "UNKNOWN_ENTRY", "UNTAGGED", "drift_cases"]

DECODE, BOTH = "decode", "decode and encode"
SUFFIXES = {"snake": "", "camel": ", camelCase"}
DRIFTING = [
    f"{about} {name}{suffix}"
    for name in ("web search", *EVENTS)
    for suffix in SUFFIXES.values()
    for about in (DECODE, BOTH)
]
"""The names of the cases in which every document has new fields."""
STREAM = "short deltas, 16 kB a chunk"
NO_NEW_FIELDS = f"{STREAM}, no new fields"
TAGGED, UNTAGGED = "tagged", "untagged"
UNKNOWN_ENTRY = "web search, one unknown entry"
PEERS = frozenset([LIBRARY, KNOWN, EXHAUSTED, FLOOR, FLOOR_KNOWN, "pydantic, extra allowed", "orjson"])
READERS = frozenset([LIBRARY, FLOOR, FLOOR_KNOWN, "httpx-sse + orjson"])
UNTYPED = frozenset(["json (standard library)", "orjson"])


def drift_cases(plan: Plan) -> Iterator[Case]:
    yield from _new_fields()
    yield from _streams(plan)
    yield from _second_path()


def _new_fields() -> Iterator[Case]:
    """Every document has new fields. All peers but the floor keep them, or their answer is wrong."""
    for name, data in {"web search": document("web search"), **EVENTS}.items():
        for naming, operations in CODING.items():
            written = drifting(data) if naming == "snake" else camel_case(drifting(data))
            decode, both = operations[2:] if name in EVENTS else operations[:2]
            case = f"{name}{SUFFIXES[naming]}"
            yield Case(name=f"{DECODE} {case}", operation=decode, make=given(written), peers=PEERS)
            yield Case(
                name=f"{BOTH} {case}",
                operation=both,
                make=given(written),
                accepts=same_as(written),
                unchecked=frozenset([FLOOR]),
                peers=PEERS,
            )


def _streams(plan: Plan) -> Iterator[Case]:
    known = frames("short deltas", plan.quick)
    for name, written in {STREAM: drifting_stream(known), NO_NEW_FIELDS: known}.items():
        yield Case(
            name=name,
            operation="read events",
            make=partial(cut, written, 16_384),
            items=len(written),
            accepts=partial(eq, len(written)),
            peers=READERS,
            compared=STREAM,
        )


def _second_path() -> Iterator[Case]:
    """Responses that need the second path, each compared with the same response that does not."""
    for name in ("web search", "cited report"):
        tagged = document(name)
        value = cm.snake.decode(tagged)
        yield _read(f"{name}, {TAGGED}", tagged, partial(eq, value))
        yield _read(f"{name}, {UNTAGGED}", untagged(tagged), partial(eq, value))
        if name == "web search":
            data = with_unknown_entry(name)
            yield _read(UNKNOWN_ENTRY, data, _written_as(data))
    value = cm.camel.decode(TAGGED_REFERENCE)
    yield _read(f"reference example, {TAGGED}", TAGGED_REFERENCE, partial(eq, value), "decode camelCase")
    yield _read(f"reference example, {UNTAGGED}", REFERENCE, partial(eq, value), "decode camelCase")


def _written_as(data: bytes) -> Callable[[Any], bool]:
    """Whether a value is the document's."""
    accepts = same_as(data)
    return lambda value: accepts(cm.snake.encode(value))


def _read(name: str, data: bytes, accepts: Callable[[Any], bool], operation: Operation = "decode") -> Case:
    return Case(
        name=name,
        operation=operation,
        make=given(data),
        accepts=accepts,
        unchecked=UNTYPED,
        peers=UNTYPED | {LIBRARY},
        compared=name.partition(",")[0],
    )


DRIFT = Group(
    "drift",
    "a drifting upstream: new fields (msgspec, bare drops them), an entry of a new type, no tags",
    timed(drift_cases),
)
