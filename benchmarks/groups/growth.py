"""Growth of cost: documents from 1 kB to 16 MB, streams of 10 to 100,000 deltas, one event in many chunks."""

from collections.abc import Iterator
from functools import partial
from itertools import cycle
from typing import Any

import conversation_models as cm

from ..measure import Case, Group, Op
from ..payloads import encode, history
from ..streams import cut, deltas
from .documents import CODERS, LIBRARY, PEEKING
from .streams import METERS, building, counting

KB, MB = 1024, 1024 * 1024
SIZES = {"1 kB": KB, "4 kB": 4 * KB, "16 kB": 16 * KB, "64 kB": 64 * KB, "256 kB": 256 * KB}
SIZES |= {"1 MB": MB, "4 MB": 4 * MB, "16 MB": 16 * MB}
COUNTS = (10, 100, 1000, 10_000, 100_000)
ONE_EVENT = {"128 kB": 128 * KB, "512 kB": 512 * KB, "2 MB": 2 * MB, "8 MB": 8 * MB}
OPS = {
    "decode": Op(cm.snake.decode),
    "encode": Op(cm.snake.encode, cm.snake.decode),
    "peek": PEEKING[LIBRARY],
    "msgspec, bare: decode": Op(CODERS["msgspec, bare"].decode),
}
EVENT_OPS = {"read events": counting(LIBRARY)[LIBRARY], "build": building(5)[LIBRARY], "meter": METERS[LIBRARY]}


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


def _cases(quick: bool) -> Iterator[Case]:
    # What the answers hold is checked in the other groups.
    case = partial(Case, right=_anything)
    for label, size in list(SIZES.items())[: 3 if quick else None]:
        yield case(name=label, data=_document(size), ops=OPS)
    for count in COUNTS[: 3 if quick else None]:
        yield case(name=f"{count:,} deltas", data=_stream(count), ops=EVENT_OPS, items=count + 2)
    for label, size in list(ONE_EVENT.items())[: 1 if quick else None]:
        yield case(
            name=f"one event of {label} in 256 B chunks",
            data=cut(deltas(1, size), 256),
            ops={"read events": EVENT_OPS["read events"]},
            items=3,
        )


def _anything(_: Any) -> bool:
    return True


GROWTH = Group("growth", "How the cost of this library grows with the size and the number of events.", _cases, "")
