"""One event of a stream: the fields in its lines, and how one is written."""

import re

from msgspec import Struct

__all__ = ["SHORTEST_FRAME", "Fields", "encode_frame", "frames_of", "is_end_mark", "read_fields", "read_last_fields"]

_LF, _CR, _NUL = b"\n\r\0"
SHORTEST_FRAME = len(b"data:0")
"""No shorter frame has data: a flood of them is skipped at little cost."""
_END_OF_LINE = re.compile(rb"\r\n|\r|\n")


class Fields(Struct, gc=False):
    """The values of an event's fields. ``data`` is ``None`` without a ``data`` line."""

    event: bytes
    data: bytes | None
    id: bytes | None
    retry: bytes | None


def frames_of(block: bytes) -> list[bytes]:
    """Split ``block`` into events, each without its blank line. More blank lines make no event."""
    return list(filter(None, block.split(b"\n\n")))


def read_fields(frame: bytes) -> Fields:
    """Read the fields in the lines of an event."""
    data: list[bytes] = []
    event, id, retry = b"", None, None
    for line in frame.split(b"\n"):
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value.removeprefix(b" "))
        elif name == b"event":
            event = value.removeprefix(b" ")
        elif name == b"id":
            id = id if _NUL in value else value.removeprefix(b" ")
        elif name == b"retry" and (digits := value.removeprefix(b" ")).isdigit():
            retry = digits.lstrip(b"0") or b"0"
    return Fields(event, b"\n".join(data) if data else None, id, retry)


def read_last_fields(rest: bytes) -> Fields:
    """Read the fields of a stream's last event, whose blank line is missing.

    A last line without a line end may be cut off. So it counts only if it is data, which is whole if its JSON is.
    """
    lines, line_end, last = rest.rpartition(b"\n")
    return read_fields(rest if last.startswith(b"data") else lines + line_end)


def is_end_mark(data: bytes) -> bool:
    """Whether ``data`` is the ``[DONE]`` sentinel that some services end a stream with."""
    return data.strip(b" ") == b"[DONE]"


def encode_frame(event: bytes, data: bytes) -> bytes:
    """Write an event with ``data`` and, if the grammar can carry it, the name ``event``."""
    head = b"event: %b\n" % event if event and _LF not in event and _CR not in event else b""
    if _LF in data or _CR in data:
        data = b"\ndata: ".join(_END_OF_LINE.split(data))
    return b"%bdata: %b\n\n" % (head, data)
