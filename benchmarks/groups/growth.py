"""Growth of cost: documents from 1 kB to 64 MB, streams of 10 to 1,000,000 events, one event in many chunks."""

from collections.abc import Iterator
from functools import cache, partial
from itertools import cycle

from ..group import Group, timed
from ..measure import Case
from ..payloads import encode, history
from ..peer import FLOOR, LIBRARY, Operation
from ..plan import Plan
from ..streams import cut, deltas

__all__ = ["EVENT_OPERATIONS", "GROWTH", "SIZE_OPERATIONS"]

KB, MB = 1024, 1024 * 1024
SIZES = {"1 kB": KB, "4 kB": 4 * KB, "16 kB": 16 * KB, "64 kB": 64 * KB, "256 kB": 256 * KB}
SIZES |= {"1 MB": MB, "4 MB": 4 * MB, "16 MB": 16 * MB, "64 MB": 64 * MB}
COUNTS = (10, 100, 1000, 10_000, 100_000, 1_000_000)
SIZE_OPERATIONS: tuple[Operation, ...] = ("decode", "encode", "peek")
EVENT_OPERATIONS: tuple[Operation, ...] = ("read events", "build", "meter")
OURS = frozenset([LIBRARY, FLOOR])


@cache
def _document(size: int) -> bytes:
    """A response of that many bytes or a little less. It repeats the same thousand entries."""
    whole = history(1000)
    entries = [encode(entry) for entry in whole["outputs"]]
    before, after = encode(whole | {"outputs": []}).split(b"[]")
    outputs: list[bytes] = []
    room = size - len(before) - len(after) - 2
    for entry in cycle(entries):
        room -= len(entry) + 1
        if room < 0 and outputs:
            break
        outputs.append(entry)
    return b"%b[%b]%b" % (before, b",".join(outputs), after)


def _stream(count: int) -> list[bytes]:
    """A stream of that many deltas, in chunks. It repeats the same chunk objects to save memory."""
    first, *middle, last = deltas(min(count, 1000))
    return [first, *(cut(middle, 16 * KB) * (count // len(middle))), last]


def _one_event(size: int) -> list[bytes]:
    return cut(deltas(1, size), 256)


def _cases(plan: Plan) -> Iterator[Case]:
    for label, size in SIZES.items():
        if plan.quick and size > MB:
            break
        for operation in SIZE_OPERATIONS:
            yield Case(name=f"{operation}, {label}", operation=operation, make=partial(_document, size), peers=OURS)
    for count in COUNTS:
        if plan.quick and count > 10_000:
            break
        for operation in EVENT_OPERATIONS:
            yield Case(
                name=f"{operation}, {count:,} deltas",
                operation=operation,
                make=partial(_stream, count),
                items=count + 2,
                peers=frozenset([LIBRARY]),
            )
    for label, size in {"128 kB": 128 * KB, "512 kB": 512 * KB, "2 MB": 2 * MB, "8 MB": 8 * MB}.items():
        yield Case(
            name=f"one event of {label} in 256 B chunks",
            operation="read events",
            make=partial(_one_event, size),
            items=3,
            peers=OURS,
        )


GROWTH = Group("growth", "how cost grows with size and with number of events", timed(_cases))
