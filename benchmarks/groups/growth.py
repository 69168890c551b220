"""Growth of cost: responses of 1 to 32,768 entries, streams of 10 to 100,000 deltas, one event in many chunks."""

from collections.abc import Iterator
from functools import partial

import conversation_models as cm

from ..measure import Case, Group, Op
from ..payloads import encode, history
from ..peers import FLOOR, LIBRARY
from ..streams import cut, deltas
from .documents import CODERS, PEEKING
from .streams import METERS, building, counting

ENTRIES = (1, 8, 32, 128, 512, 2048, 8192, 32_768)
COUNTS = (10, 100, 1000, 10_000, 100_000)
ONE_EVENT = {"128 kB": 1 << 17, "512 kB": 1 << 19, "2 MB": 1 << 21, "8 MB": 1 << 23}
OPS = {
    "decode": Op(cm.snake.decode),
    "encode": Op(cm.snake.encode, cm.snake.decode),
    "peek": PEEKING[LIBRARY],
    f"{FLOOR}: decode": Op(CODERS[FLOOR].decode),
}
EVENT_OPS = {"read events": counting(LIBRARY)[LIBRARY], "build": building(5)[LIBRARY], "meter": METERS[LIBRARY]}


def _stream(count: int) -> list[bytes]:
    """A stream of that many deltas, in chunks. It repeats the same chunk objects to save memory."""
    first, *middle, last = deltas(min(count, 1000))
    return [first, *(cut(middle, 16_384) * (count // len(middle))), last]


def _cases(quick: bool) -> Iterator[Case]:
    # What the answers hold is checked in the other groups.
    case = partial(Case, right=lambda _: True)
    for entries in ENTRIES[: 3 if quick else None]:
        yield case(name=f"{entries:,} entries", data=encode(history(entries)), ops=OPS)
    for count in COUNTS[: 3 if quick else None]:
        yield case(name=f"{count:,} deltas", data=_stream(count), ops=EVENT_OPS, items=count + 2)
    ops = {"read events": EVENT_OPS["read events"]}
    for label, size in list(ONE_EVENT.items())[: 1 if quick else None]:
        yield case(name=f"one event of {label} in 256 B chunks", data=cut(deltas(1, size), 256), ops=ops, items=3)


GROWTH = Group("growth", "How the cost of this library grows with the size and the number of events.", _cases, "")
